#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a client takes: prints Markdown. See Benchmarks/README.md, Client.

The real daemon with its real database on core 1, the real server with TLS on core 0.
"""

import argparse
import os
import secrets
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
sys.path[:0] = [os.path.join(here, "..", "Server"), os.path.join(root, "Tests", "System")]
import harness  # noqa: E402
from measured import (  # noqa: E402
    LOAD_CORE, Failed, SottoServer, cpu_seconds, head, load_average, machine, on_core,
    resident_bytes, row)

harness.DOMAIN = "bench.example"


class Person(harness.Client):
    """A client on the load's core, opened by a passphrase or by a key file."""

    def __init__(self, programs, folder, name, by_key):
        super().__init__(programs, folder, name)
        if by_key:
            self.secret = os.path.join(folder, f"{name}.key")
            with open(os.open(self.secret, os.O_WRONLY | os.O_CREAT, 0o600), "w",
                      encoding="ascii") as file:
                file.write(secrets.token_hex(32) + "\n")
        self.option = "--key-file" if by_key else "--passphrase-file"

    def arguments(self, *words):
        return [self.program, *words, "--home", self.home, self.option, self.secret]

    def launch(self):
        """Starts the daemon and waits for nothing."""
        self.process = subprocess.Popen(
            self.arguments("daemon"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=on_core(LOAD_CORE))
        return self

    def patient_call(self, method, **params):
        """A request as soon as the daemon takes one."""
        while True:
            if self.process.poll() is not None:
                raise Failed(f"the daemon of {self.name} ended with {self.process.returncode}")
            try:
                return self.call(method, **params)
            except OSError:
                time.sleep(0.001)


def meet(server, *people):
    """Registers two people and lets each write once."""
    for person in people:
        person.register(server.invite)
        person.launch()
    one, other = people
    for writer, reader in ((one, other), (other, one)):
        writer.patient_call("send", address=reader.address, text="hello", wait="delivered",
                            timeout=60)


def first_message(programs, runs):
    head("daemon opened by", "runs", "start to first acknowledgement, median ms", "slowest ms",
         "load average")
    for by_key in (True, False):
        with SottoServer(programs, plaintext=False) as server:
            people = [Person(programs, server.folder.name, name, by_key)
                      for name in ("alice", "bob")]
            try:
                meet(server, *people)
                took = []
                for number in range(runs):
                    people[0].stop()
                    began = time.monotonic()
                    people[0].launch()
                    people[0].patient_call("send", address=people[1].address,
                                           text=f"message {number}", wait="stored")
                    took.append((time.monotonic() - began) * 1e3)
            finally:
                for person in people:
                    person.stop()
        row("a key file" if by_key else "a passphrase (scrypt, N 131072)", runs,
            f"{statistics.median(took):.0f}", f"{max(took):.0f}", load_average())
    print()


def newest(person, writer):
    page = person.call("history", address=writer.address, limit=1)["messages"]
    return page[-1].get("text") if page else None


def check_history(reader, writer, count):
    """All messages, in order, once."""
    texts, before = [], None
    while True:
        extra = {} if before is None else {"before": before}
        page = reader.call("history", address=writer.address, limit=200, **extra)["messages"]
        texts = [line["text"] for line in page if line.get("text", "").startswith("line ")] + texts
        if len(page) < 200:
            break
        before = min(line["order"] for line in page)
    if texts != [f"line {number}" for number in range(count)]:
        raise Failed(f"the reader shows {len(texts)} of {count} lines, or out of order")


def catch_up(programs, count):
    head("messages", "sent in s", "caught up in s", "messages/s", "client CPU s", "server CPU s",
         "client RSS MiB", "load average")
    with SottoServer(programs, plaintext=False) as server:
        alice, bob = [Person(programs, server.folder.name, name, True) for name in ("alice", "bob")]
        try:
            meet(server, alice, bob)
            bob.stop()
            began = time.monotonic()
            for number in range(count):
                last = alice.call("send", address=bob.address, text=f"line {number}")
            alice.call("message-state", address=bob.address, messageId=last["messageId"],
                       wait="stored", timeout=600)
            sent = time.monotonic() - began
            cpu = cpu_seconds(server.pid)
            began = time.monotonic()
            bob.launch()
            while True:
                try:
                    if newest(bob, alice) == f"line {count - 1}":
                        break
                except OSError:
                    pass
                time.sleep(0.02)
                if time.monotonic() - began > 300:
                    raise Failed("the messages did not come in 300 s")
            took = time.monotonic() - began
            own = cpu_seconds(bob.process.pid)
            check_history(bob, alice, count)
            row(f"{count:,}", f"{sent:.1f}", f"{took:.2f}", f"{count / took:,.0f}", f"{own:.2f}",
                f"{cpu_seconds(server.pid) - cpu:.2f}",
                f"{resident_bytes(bob.process.pid) / 2**20:.0f}", load_average())
        finally:
            for person in (alice, bob):
                person.stop()
    print()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    arguments.add_argument("--runs", type=int, default=15)
    arguments.add_argument("--messages", type=int, default=10_000)
    arguments.add_argument("--only", choices=["first", "catch-up"])
    options = arguments.parse_args()
    programs = os.path.abspath(options.programs)
    print(f"Client: {machine()}\n")
    if options.only != "catch-up":
        print("From the start of the daemon's process to the server's acknowledgement of the first "
              "message:\n")
        first_message(programs, options.runs)
    if options.only != "first":
        print("From the start of the daemon's process until all that came meanwhile is decrypted "
              "and stored:\n")
        catch_up(programs, options.messages)


if __name__ == "__main__":
    try:
        main()
    except (Failed, harness.Failed) as failure:
        sys.exit(f"bench: {failure}")
