# SPDX-License-Identifier: Apache-2.0
"""People who write under load, and the history that has to be there after it.

The promise: every message whose `send` was answered is in the other's history once, whole, and each
sender's messages stand there in the order sent. A `send` that got no answer is there at most once.
"""

import random
import threading
import time

from harness import Failed, wait_until

PAGE = 200
# What people say outside of the load.
ASIDE = ("hello", "still here")
# One message in so many is long, so that the databases grow and their logs are copied often.
LONG_EVERY = 8
LONG_LETTERS = 20_000


class Load(threading.Thread):
    """One person who writes numbered messages as fast as they are accepted, up to a rate."""

    def __init__(self, writer, reader, pause, seed=0):
        super().__init__(daemon=True)
        self.writer, self.reader, self.pause = writer, reader, pause
        self.chance = random.Random(f"{writer.name} {seed}")
        self.acknowledged, self.unknown, self.reasons = [], [], []
        self.running = True
        self.number = 0

    def next_text(self):
        text = f"{self.writer.name} {self.number}"
        self.number += 1
        if self.number % LONG_EVERY == 0:
            text += " " + self.chance.choice("abcdefgh") * self.chance.randrange(LONG_LETTERS)
        return text

    def run(self):
        while self.running:
            text = self.next_text()
            try:
                self.writer.call("send", address=self.reader.address, text=text)
                self.acknowledged.append(text)
            except (OSError, Failed, ValueError) as failure:
                self.unknown.append(text)
                self.reasons.append(str(failure))
                time.sleep(0.1)
            time.sleep(self.pause)


def start_loads(alice, bob, pauses=(0.02, 0.03)):
    """Both write to each other from now on."""
    loads = [Load(alice, bob, pauses[0]), Load(bob, alice, pauses[1])]
    for load in loads:
        load.start()
    return loads


def end_loads(loads, seconds=1):
    """They write for some seconds more, and then no longer."""
    time.sleep(seconds)
    for load in loads:
        load.running = False
    for load in loads:
        load.join(60)


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
    return [text for text in found if text not in ASIDE]


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
        raise Failed(f"a message that nobody sent: {strangers[0][:60]}")
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


def summary(loads, shown):
    """What the check found, in words."""
    return (f"acknowledged {[len(load.acknowledged) for load in loads]}, unanswered "
            f"{sum(len(load.unknown) for load in loads)}, shown {shown}: each once, in order")
