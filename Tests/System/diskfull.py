#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills the disk of the server, or of a client, while people write, and frees it again.

The folder is a small filesystem in memory, in a mount namespace of this process, so this needs
root; without, it says so and ends with status 77. Promise, beside the one of load.py:

- The server lives on and refuses with UNAVAILABLE, read from the wire; it still gives its readers
  what it has. Who waits for a message to be stored is told that it was not, who registers is
  refused, and `status` counts what waits.
- A client lives on and refuses to send with `store-failure`, to programs and to people.
- When there is room again all goes on by itself: on the same connection, in the same processes.
"""

import argparse
import os
import ssl
import subprocess
import sys
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Failed, World, wait_until  # noqa: E402
from load import Load, check, end_loads, start_loads, summary, texts  # noqa: E402
from serverstate import sound  # noqa: E402
from wire import CODE, RETRY_AFTER, UNAVAILABLE, Wire  # noqa: E402

DISK_MEBIBYTES = 24
CANNOT = 77
INSIDE = "SOTTO_DISKFULL_INSIDE"
# Exit statuses of Documentation/protocol/json-rpc.md.
RATE_LIMITED, STORE_FAILURE, TIMEOUT = 40, 50, 51
EARLY = 20


def enter_namespace():
    """Runs this program again where its mounts are its own."""
    if os.environ.get(INSIDE) == "1":
        return
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        print("diskfull: NOT RUN: a mount namespace needs root", flush=True)
        sys.exit(CANNOT)
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])


class SmallDisk:
    """A folder with a filesystem of its own, and a file that fills it."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MEBIBYTES}m,mode=0700",
                        "tmpfs", folder], check=True)
        self.filler = os.path.join(folder, "filler")

    def fill(self):
        with open(self.filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def free(self):
        os.unlink(self.filler)

    def unmount(self):
        subprocess.run(["umount", "--lazy", self.folder], check=False)


def metric(server, name):
    """The sum of a figure of /metrics over its labels."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    url = f"https://127.0.0.1:{server.port}/metrics"
    with urllib.request.urlopen(url, context=context, timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines
               if line.startswith(name) and not line.startswith("#"))


def refused_on_the_wire(wire):
    """A log that the server does not make, and the failure that it says; what fits in the room that
    is left is made first."""
    def refusal():
        log_id = os.urandom(32)
        failure = wire.create_log(log_id)
        return failure and (log_id, failure)

    log_id, failure = wait_until("a refusal on the wire", 60, refusal)
    if failure.get(CODE) != UNAVAILABLE:
        raise Failed(f"a full disk is refused with {failure}, not with UNAVAILABLE")
    return log_id, failure.get(RETRY_AFTER, 0)


def refused_to_people(world, alice, bob):
    """What the command line says while the server's disk is full."""
    def told(done, status, what):
        if done.returncode != status:
            raise Failed(f"{what}: status {done.returncode}, not {status}: {done.stderr.strip()}")
        return f"'{done.stderr.strip()}'"

    waited = alice.run("send", bob.address, "still here", "--wait", "stored", "--timeout", "3",
                       check=False)
    carol = world.person("carol")
    registered = carol.run("register", carol.address, "--invite", world.server.invite, check=False)
    waiting = alice.call("status")["waiting"]
    if not waiting:
        raise Failed("nothing waits while the server takes nothing")
    return (f"{told(waited, TIMEOUT, 'send --wait stored')}, "
            f"{told(registered, RATE_LIMITED, 'register')}, {waiting} messages waiting")


def server_full(options):
    with World(options.programs) as world:
        disk = SmallDisk(world.server.data)
        try:
            server, alice, bob = world.conversation()
            identifier = server.process.pid
            wire = Wire(server.port)
            if wire.create_log(os.urandom(32)):
                raise Failed("no log can be made with room on the disk")
            # Something for a reader to fetch while nothing can be written.
            bob.stop()
            loads = [Load(alice, bob, 0.02), Load(bob, alice, 0.05)]
            for _ in range(EARLY):
                text = loads[0].next_text()
                alice.call("send", address=bob.address, text=text)
                loads[0].acknowledged.append(text)
            early = set(loads[0].acknowledged)
            time.sleep(2)
            disk.fill()
            loads[0].start()
            log_id, wait = refused_on_the_wire(wire)
            said = refused_to_people(world, alice, bob)
            bob.start()
            wait_until("what was accepted before, from a full disk", 60,
                       lambda: early <= set(texts(bob, alice)))
            loads[1].start()
            end_loads(loads, 3)
            if server.process.poll() is not None:
                raise Failed("the server ended when its disk was full")
            failures = metric(server, "sotto_store_failures")
            late = len(set(texts(bob, alice)) - early)
            disk.free()
            if wire.create_log(log_id):
                raise Failed("what was refused is refused still, with room on the disk")
            wire.close()
            shown = [check(load) for load in loads]
            bob.run("send", alice.address, "still here", "--wait", "delivered", "--timeout", "60")
            if server.process.pid != identifier or server.process.poll() is not None:
                raise Failed("the server did not live through it")
            server.stop()
            sound(server)
            print(f"diskfull: server: UNAVAILABLE on the wire (wait {wait} ms), then done on the "
                  f"same connection; people were told {said}", flush=True)
            print(f"diskfull: server: {int(failures)} failed transactions; {len(early)} earlier "
                  f"messages read meanwhile, {late} new ones got through; "
                  f"{summary(loads, shown)}; sound", flush=True)
        finally:
            disk.unmount()


def store_refusal(alice, bob):
    """What a person is told whose own disk is full; what fits in the room left is sent first."""
    def refusal():
        done = alice.run("send", bob.address, "still here", check=False)
        return done.returncode != 0 and done

    done = wait_until("a refusal to a person", 60, refusal)
    if done.returncode != STORE_FAILURE or "(store-failure)" not in done.stderr:
        raise Failed(f"send ended with {done.returncode}: {done.stderr.strip()}")
    return done.stderr.strip()


def client_full(options):
    with World(options.programs) as world:
        disk = SmallDisk(os.path.join(world.folder, "alice"))
        try:
            _, alice, bob = world.conversation()
            loads = start_loads(alice, bob, (0.02, 0.05))
            time.sleep(2)
            disk.fill()
            wait_until("the client's first refusal", 60, lambda: loads[0].unknown)
            before = len(loads[0].acknowledged)
            said = store_refusal(alice, bob)
            time.sleep(3)
            if alice.process.poll() is not None:
                raise Failed("the daemon ended when its disk was full")
            refused = list(loads[0].reasons)
            disk.free()
            others = [reason for reason in refused if "store-failure" not in reason]
            if others:
                raise Failed(f"refused for another reason: {others[0]}")
            wait_until("a message accepted after the disk has room", 60,
                       lambda: len(loads[0].acknowledged) > before + 5)
            end_loads(loads)
            counts = [check(load) for load in loads]
            if alice.process.poll() is not None:
                raise Failed("the daemon did not live through it")
            alice.stop()
            alice.start()
            again = [check(load) for load in loads]
            if again != counts:
                raise Failed(f"after a restart {again} messages, before it {counts}")
            print(f"diskfull: client: {len(refused)} sends refused with store-failure, a person "
                  f"told '{said}'; {summary(loads, counts)}; the same after a restart", flush=True)
        finally:
            disk.unmount()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    arguments.add_argument("--victim", choices=["server", "client"], required=True)
    options = arguments.parse_args()
    enter_namespace()
    server_full(options) if options.victim == "server" else client_full(options)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"diskfull: {failure}")
