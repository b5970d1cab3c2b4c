#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the server, or a client, at random moments under load, and checks the history.

Promise: every message whose `send` was answered is in the other's history once, and each sender's
messages stand there in the order sent. A `send` that got no answer is there at most once. After
each kill of the server its database is sound, its logs have no gaps, and what had a number has it
still. At the end both still talk.
"""

import argparse
import os
import random
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Failed, World, wait_until  # noqa: E402
from serverstate import sound  # noqa: E402

PAGE = 200


class Load(threading.Thread):
    """One person who writes numbered messages as fast as they are accepted, up to a rate."""

    def __init__(self, writer, reader, pause):
        super().__init__(daemon=True)
        self.writer, self.reader, self.pause = writer, reader, pause
        self.acknowledged, self.unknown = [], []
        self.running = True
        self.number = 0

    def run(self):
        while self.running:
            text = f"{self.writer.name} {self.number}"
            self.number += 1
            try:
                self.writer.call("send", address=self.reader.address, text=text)
                self.acknowledged.append(text)
            except (OSError, Failed, ValueError):
                self.unknown.append(text)
                time.sleep(0.1)
            time.sleep(self.pause)


def history(owner, peer):
    """All lines of the owner's conversation with the peer, oldest first."""
    found, before = [], None
    while True:
        extra = {} if before is None else {"before": before}
        page = owner.history(peer, limit=PAGE, **extra)
        if not page:
            return found
        before = min(message["order"] for message in page)
        page.sort(key=lambda message: message["order"])
        found = page + found


def texts(reader, writer):
    """What the reader's history holds of the writer, oldest first."""
    return by(writer, history(reader, writer))


def by(writer, lines):
    """What these lines hold of the writer."""
    found = [line["text"] for line in lines
             if line["from"] == writer.address and line.get("text")]
    return [text for text in found if text not in ("hello", "still here")]


def check(load):
    """Waits for all that was acknowledged, then checks once, in order, nothing twice."""
    wanted = set(load.acknowledged)

    def complete():
        try:
            return wanted <= set(texts(load.reader, load.writer))
        except (OSError, Failed):
            return False

    wait_until(f"{len(wanted)} messages of {load.writer.name}", 300, complete)
    got = texts(load.reader, load.writer)
    if len(got) != len(set(got)):
        raise Failed(f"{len(got) - len(set(got))} messages of {load.writer.name} shown twice")
    known = wanted | set(load.unknown)
    strangers = [text for text in got if text not in known]
    if strangers:
        raise Failed(f"a message that nobody sent: {strangers[:3]}")
    numbers = [int(text.split()[1]) for text in got]
    if numbers != sorted(numbers):
        raise Failed(f"messages of {load.writer.name} out of order")
    # The writer's own history has the same, in the same order; what it has besides never left.
    own = by(load.writer, history(load.writer, load.reader))
    shown = set(got)
    if [text for text in own if text in shown] != got:
        raise Failed(f"{load.writer.name} and {load.reader.name} have different histories")
    undecryptable = [line for line in history(load.reader, load.writer)
                     if line.get("kind") == "undecryptable"]
    if undecryptable:
        raise Failed(f"{len(undecryptable)} messages that do not decrypt")
    return len(got)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    arguments.add_argument("--victim", choices=["server", "client"], required=True)
    arguments.add_argument("--kills", type=int, required=True)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    options = arguments.parse_args()
    chance = random.Random(options.seed)
    print(f"kill: victim={options.victim} kills={options.kills} seed={options.seed}", flush=True)

    with World(options.programs) as world:
        server = world.server.start()
        alice, bob = world.person("alice"), world.person("bob")
        for person in (alice, bob):
            person.run("register", person.address, "--invite", server.invite)
            person.start()
        # The first contact is made in peace: two who begin at once get two logs, and lines of
        # different logs have no order among them.
        alice.run("send", bob.address, "hello", "--wait", "delivered", "--timeout", "60")
        bob.run("send", alice.address, "hello", "--wait", "delivered", "--timeout", "60")
        loads = [Load(alice, bob, 0.02), Load(bob, alice, 0.03)]
        for load in loads:
            load.start()
        numbers = {}
        for _ in range(options.kills):
            time.sleep(chance.uniform(0.05, 0.8))
            victim = server if options.victim == "server" else chance.choice([alice, bob])
            victim.kill()
            if victim is server:
                numbers = sound(server, numbers)
            victim.start()
        time.sleep(1)
        for load in loads:
            load.running = False
        for load in loads:
            load.join(60)
        shown = [check(load) for load in loads]
        for writer, reader in ((alice, bob), (bob, alice)):
            writer.run("send", reader.address, "still here", "--wait", "delivered",
                       "--timeout", "60")
        acknowledged = [len(load.acknowledged) for load in loads]
        unknown = sum(len(load.unknown) for load in loads)
        print(f"kill: {options.kills} kills of {options.victim}; acknowledged {acknowledged}, "
              f"unanswered {unknown}, shown {shown}: each once, in order; both still talk")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"kill: {failure}")
