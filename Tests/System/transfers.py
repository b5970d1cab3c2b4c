#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the server and the sender with SIGKILL while a large file goes, and the server while it
comes: the file goes on where it was, arrives once, and is the same.
"""

import argparse
import filecmp
import os
import random
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Failed, World, wait_until  # noqa: E402

MIB = 1_048_576
PIECES = 384


def fill(path):
    with open(path, "wb") as file:
        for _ in range(PIECES):
            file.write(os.urandom(MIB))


def restart(server):
    server.kill()
    time.sleep(0.1)
    server.start()


def bring(server, alice, address, path, kills):
    """Sends the file; gives the message and how many kills came before it was there."""
    message = alice.call("attach", address=address, files=[path])["messageId"]

    def is_queued():
        return alice.call(
            "message-state", address=address, messageId=message)["state"] == "queued"

    hits = 0
    for number in range(kills):
        time.sleep(random.uniform(0.05, 0.3))
        hits += is_queued()
        if number % 2 == 0:
            restart(server)
        else:
            alice.process.kill()
            alice.process.wait()
            alice.start()
    wait_until("the file at the server", 120, lambda: not is_queued())
    return message, hits


def save(server, bob, address, message, path, kills):
    """Saves the file, asking again as a person would; gives how often that took a kill."""
    done = threading.Event()
    refused = []

    def ask():
        while not done.is_set():
            try:
                bob.call("save", address=address, messageId=message, path=path)
                done.set()
            except Failed as failure:
                refused.append(str(failure))
                time.sleep(0.2)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    for _ in range(kills):
        time.sleep(random.uniform(0.05, 0.3))
        restart(server)
    if not done.wait(120):
        raise Failed(f"the file was not saved: {refused[-1:]}")
    asking.join()
    return len(refused)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    arguments.add_argument("--kills", type=int, default=6)
    options = arguments.parse_args()
    with World(options.programs) as world:
        server = world.server.start()
        alice, bob = world.person("alice"), world.person("bob")
        for person in (alice, bob):
            person.use_key_file()
            person.register(server.invite)
            person.start()
        alice.call("send", address=bob.address, text="hello", wait="delivered", timeoutSeconds=60)
        sent, saved = (os.path.join(world.folder, name) for name in ("sent", "saved"))
        fill(sent)
        message, hits = bring(server, alice, bob.address, sent, options.kills)

        def arrived():
            page = bob.history(alice, limit=10)
            return [m for m in page if m.get("attachments")]

        wait_until("the message", 60, arrived)
        refused = save(server, bob, alice.address, message, saved, options.kills // 2)
        if not filecmp.cmp(sent, saved, shallow=False):
            raise Failed("the saved file is another one")
        if [m["messageId"] for m in arrived()] != [message]:
            raise Failed("the message did not come once")
        left = [name for person in (alice, bob)
                for name in os.listdir(os.path.join(person.home, "spool"))]
        if left:
            raise Failed(f"the spools hold {left}")
        print(f"a file of {PIECES} MiB: {options.kills} kills of server and sender, {hits} of them "
              f"on its way; {options.kills // 2} of the server on the way back, {refused} asked "
              "again; the same file, once, and nothing left in the spools")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"transfers: {failure}")
