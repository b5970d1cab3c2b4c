#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A large group: prints Markdown. See Benchmarks/README.md, Groups.

The real server; the sender and the newcomer are real daemons with their databases; all other
devices are clients in one process, each with its own connections over TLS and a store in memory.
"""

import argparse
import os
import statistics
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
sys.path[:0] = [os.path.join(here, "..", "Server"), os.path.join(root, "Tests", "System")]
import harness  # noqa: E402
from measured import (  # noqa: E402
    cpu_seconds, head, load_average, machine, raise_open_files, resident_bytes, row)


class Crowd:
    """The process with all the others, and what it has said."""

    def __init__(self, programs, invite, people):
        self.process = subprocess.Popen(
            [os.path.join(programs, "group-bench"), invite, str(people), harness.DOMAIN],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.said = {}
        self.condition = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            when, text = line.rstrip("\n").split(" ", 1)
            with self.condition:
                self.said[text] = float(when)
                self.condition.notify_all()

    def when(self, text, seconds):
        """The time at which it said this."""
        deadline = time.monotonic() + seconds
        with self.condition:
            while text not in self.said:
                if self.process.poll() is not None:
                    raise harness.Failed("the crowd has ended")
                if not self.condition.wait(min(1, deadline - time.monotonic())):
                    if time.monotonic() > deadline:
                        raise harness.Failed(f"waited {seconds} s in vain for {text}")
            return self.said[text]


def person(world, name):
    client = world.person(name)
    client.use_key_file()
    client.register(world.server.invite)
    client.start()
    return client


def measure(programs, people, messages):
    with harness.World(programs) as world:
        world.server.options = ["--rates", "unrestricted"]
        world.server.start()
        server = world.server.process.pid
        sender = person(world, "sender")
        newcomer = person(world, "newcomer")
        began = time.time()
        # The sender and the newcomer are the other two.
        crowd = Crowd(programs, world.server.invite, people - 2)
        try:
            devices = 2 * (people - 2)
            crowd.when(f"ready {devices}", 3600)
            print(f"{devices} devices registered and linked in {time.time() - began:.0f} s\n",
                  flush=True)
            group = build(world, crowd, sender, people, server)
            send(crowd, sender, group, messages, server, devices)
            join(world, crowd, sender, newcomer, group, server)
            renew(crowd, sender, newcomer, group, server)
        finally:
            crowd.process.kill()
            crowd.process.wait()


def build(world, crowd, sender, people, server):
    """All come in, 40 devices a commit."""
    cpu = [cpu_seconds(pid) for pid in (server, sender.process.pid, crowd.process.pid)]
    began = time.time()
    addresses = [f"person{number}@{harness.DOMAIN}" for number in range(people - 2)]
    group = sender.call("group-create", name="Crowd", members=addresses)["address"]
    took = crowd.when("all joined", 3600) - began
    used = [cpu_seconds(pid) - before for pid, before in zip(
        (server, sender.process.pid, crowd.process.pid), cpu)]
    head("group", "devices", "until the last is in s", "maker CPU s", "server CPU s",
         "all others CPU s", "database MiB", "load average")
    row(f"{people - 1} people", 2 * people - 3, f"{took:.0f}", f"{used[1]:.1f}", f"{used[0]:.1f}",
        f"{used[2]:.0f}", f"{os.path.getsize(world.server.database) / 2**20:.0f}", load_average())
    print(flush=True)
    return group


def send(crowd, sender, group, messages, server, devices):
    """One message at a time, until the last device shows it."""
    # The first one after a while brings a commit with it.
    sender.call("send", address=group, text="warm", wait="stored", timeout=600)
    crowd.when("all shown warm", 600)
    time.sleep(2)
    pids = (server, sender.process.pid, crowd.process.pid)
    cpu = [cpu_seconds(pid) for pid in pids]
    stored, first, last = [], [], []
    for number in range(messages):
        text = f"message {number}"
        began = time.time()
        sender.call("send", address=group, text=text, wait="stored", timeout=60)
        stored.append((time.time() - began) * 1e3)
        last.append((crowd.when(f"all shown {text}", 60) - began) * 1e3)
        first.append((crowd.said[f"first shown {text}"] - began) * 1e3)
    used = [(cpu_seconds(pid) - before) * 1e3 / messages for pid, before in zip(pids, cpu)]
    head("messages", "devices that show it", "sender CPU ms each", "server CPU ms each",
         "a reader's CPU ms each", "stored after ms", "first shows it ms", "last shows it ms",
         "slowest ms", "load average")
    row(messages, devices, f"{used[1]:.1f}", f"{used[0]:.1f}", f"{used[2] / devices:.2f}",
        f"{statistics.median(stored):.0f}", f"{statistics.median(first):.0f}",
        f"{statistics.median(last):.0f}", f"{max(last):.0f}", load_average())
    print(flush=True)


def join(world, crowd, sender, newcomer, group, server):
    """Somebody with one device comes in."""
    pids = (server, sender.process.pid, newcomer.process.pid)
    cpu = [cpu_seconds(pid) for pid in pids]
    began = time.time()
    sender.call("group-add", address=group, member=newcomer.address)

    def is_in():
        try:
            return newcomer.call("group-show", address=group) is not None
        except harness.Failed:
            return False

    harness.wait_until("the newcomer", 600, is_in)
    took = time.time() - began
    used = [cpu_seconds(pid) - before for pid, before in zip(pids, cpu)]
    head("coming in", "from asking to being in s", "adder CPU s", "server CPU s",
         "newcomer CPU s", "newcomer RSS MiB", "load average")
    row("one device", f"{took:.1f}", f"{used[1]:.2f}", f"{used[0]:.2f}", f"{used[2]:.2f}",
        f"{resident_bytes(newcomer.process.pid) / 2**20:.0f}", load_average())
    print(flush=True)


def renew(crowd, sender, newcomer, group, server):
    """The newcomer writes for the first time: a commit with a path, then the message."""
    pids = (server, newcomer.process.pid, crowd.process.pid)
    cpu = [cpu_seconds(pid) for pid in pids]
    began = time.time()
    newcomer.call("send", address=group, text="I am in", wait="stored", timeout=600)
    took = crowd.when("all shown I am in", 600) - began
    used = [cpu_seconds(pid) - before for pid, before in zip(pids, cpu)]
    head("first message with its commit", "last shows it s", "sender CPU s", "server CPU s",
         "all others CPU s", "load average")
    row("", f"{took:.1f}", f"{used[1]:.2f}", f"{used[0]:.2f}", f"{used[2]:.1f}", load_average())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", required=True)
    parser.add_argument("--people", type=int, default=250)
    parser.add_argument("--messages", type=int, default=30)
    options = parser.parse_args()
    raise_open_files()
    print(machine() + "\n", flush=True)
    measure(os.path.abspath(options.programs), options.people, options.messages)


if __name__ == "__main__":
    main()
