#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What it takes to link a device and give it all history: prints Markdown. See
Benchmarks/README.md, History.

The real daemons of one person's two devices and the real server with TLS, all on one machine.
"""

import argparse
import itertools
import json
import os
import socket
import sys
import time

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
sys.path[:0] = [os.path.join(here, "..", "Server"), os.path.join(root, "Tests", "System")]
from harness import Failed, World, wait_until  # noqa: E402
from measured import cpu_seconds, load_average, machine  # noqa: E402

WORDS = "the hike begins at the station on Sunday and whoever comes late takes the bus".split()


def memory(process):
    """The most that a process ever had in memory, in MiB."""
    with open(f"/proc/{process.pid}/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def text(number):
    """About 80 bytes, each another."""
    words = [WORDS[(number * 7 + index * 3) % len(WORDS)] for index in range(14)]
    return f"message {number}: {' '.join(words)}"


def fill(person, count, depth=200):
    """Notes to self, many requests in flight on one connection: lines as any others."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(person.socket_path)
        answers = connection.makefile("rb")
        asked = answered = 0
        while answered < count:
            lines = []
            while asked < count and asked - answered < depth:
                lines.append(json.dumps({
                    "jsonrpc": "2.0", "id": asked, "method": "send",
                    "params": {"address": person.address, "text": text(asked)}}) + "\n")
                asked += 1
            connection.sendall("".join(lines).encode())
            for _ in range(max(1, (asked - answered) // 2)):
                answer = json.loads(answers.readline())
                if "error" in answer:
                    raise Failed(f"a message was refused: {answer['error']}")
                answered += 1


def lines(person, address):
    """Every line, the newest first."""
    before = None
    while True:
        extra = {} if before is None else {"before": before}
        page = person.call("history", address=address, limit=1000, **extra)["messages"]
        yield from reversed(page)
        if len(page) < 1000:
            return
        before = page[0]["order"]


def check(old, new, count):
    """Every message, in its place, once."""
    compared = 0
    for mine, theirs in itertools.zip_longest(lines(old, old.address), lines(new, old.address)):
        for name in ("messageId", "text", "at", "from"):
            if mine is None or theirs is None or mine[name] != theirs[name]:
                raise Failed(f"line {compared} from the end is another")
        compared += 1
    if compared != count:
        raise Failed(f"{compared} of {count} lines are there")


def link(old, new, invite):
    offer = new.call("device-link", invite=invite)
    old.call("device-accept", link=offer["link"])

    def phase(person, *wanted):
        return lambda: person.call("device-link-state")["phase"] in wanted

    wait_until("the codes", 60, phase(old, "compare"))
    wait_until("the codes", 60, phase(new, "compare"))
    old.call("device-confirm", code=new.call("device-link-state")["code"])
    wait_until("the link", 60, phase(new, "done"))
    wait_until("the link", 60, phase(old, "done"))


def state(person):
    return person.call("device-history")["histories"][0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", required=True)
    parser.add_argument("--messages", type=int, default=100_000)
    options = parser.parse_args()
    count = options.messages
    with World(options.programs) as world:
        server = world.server.start()
        old, new = world.person("alice"), world.person("second")
        for person in (old, new):
            person.use_key_file()
        old.register(server.invite)
        for person in (old, new):
            person.start()
        fill(old, count)
        began = time.monotonic()
        link(old, new, server.invite)
        linked = time.monotonic()
        cpu = [cpu_seconds(person.process.pid) for person in (old, new)]
        old.call("device-share-history", deviceId=2)
        first = None
        while True:
            history = state(new)
            if first is None and history["messages"] > 0:
                first = time.monotonic()
            if history["phase"] == "done":
                break
            if time.monotonic() - linked > 1_800:
                raise Failed(f"not there in 1,800 s: {history}")
            time.sleep(0.02)
        done = time.monotonic()
        if history["missing"]:
            raise Failed(f"{history['missing']} messages are missing")
        used = [cpu_seconds(person.process.pid) - before
                for person, before in zip((old, new), cpu)]
        check(old, new, count)
        found = new.call("search", text=f"message {count // 3}")["hits"]
        if not found:
            raise Failed("the index of words has it not")
        print(machine())
        print(f"Load average {load_average()}.\n")
        print("| messages | linked in s | first messages after s | all after s | messages/s "
              "| CPU s old, new | highest memory MiB old, new, server |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        memories = ", ".join(f"{memory(process):.0f}" for process in
                             (old.process, new.process, server.process))
        print(f"| {count:,} | {linked - began:.2f} | {first - linked:.2f} | {done - linked:.2f} "
              f"| {count / (done - linked):,.0f} | {used[0]:.1f}, {used[1]:.1f} | {memories} |")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"bench: {failure}")
