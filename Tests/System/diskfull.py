#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fills the disk of the server, or of a client, while people write, and frees it again.

The folder is a small filesystem in memory, in a mount namespace of this process, so this needs
root; without, it says so and ends with status 77. Promise: while the disk is full the program
lives, the server still gives its readers what it has and a client refuses to send, saying why; when
there is room again all goes on by itself, nothing acknowledged is lost, and the database is sound.
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
from kill import Load, check, texts  # noqa: E402
from powercut import conversation  # noqa: E402
from serverstate import sound  # noqa: E402

DISK_MEBIBYTES = 24
CANNOT = 77
INSIDE = "SOTTO_DISKFULL_INSIDE"


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


def peace(loads, seconds):
    time.sleep(seconds)
    for load in loads:
        load.running = False
    for load in loads:
        load.join(60)


def server_full(options):
    with World(options.programs) as world:
        disk = SmallDisk(world.server.data)
        try:
            server, alice, bob = conversation(world)
            identifier = server.process.pid
            # Something for a reader to fetch while nothing can be written.
            bob.stop()
            for number in range(20):
                alice.call("send", address=bob.address, text=f"early {number}")
            time.sleep(2)
            disk.fill()
            load = Load(alice, bob, 0.02)
            load.start()
            wait_until("the server's first refusal", 60,
                       lambda: metric(server, "sotto_store_failures") > 0)
            bob.start()
            early = {f"early {number}" for number in range(20)}
            wait_until("what was accepted before, from a full disk", 60,
                       lambda: early <= set(texts(bob, alice)))
            peace([load], 3)
            if server.process.poll() is not None:
                raise Failed("the server ended when its disk was full")
            failures = metric(server, "sotto_store_failures")
            late = set(texts(bob, alice)) - early
            disk.free()
            wanted = set(load.acknowledged) | early
            wait_until(f"{len(wanted)} messages after the disk has room", 300,
                       lambda: wanted <= set(texts(bob, alice)))
            got = texts(bob, alice)
            if sorted(got) != sorted(wanted | (set(got) & set(load.unknown))):
                raise Failed("a message is shown twice, or nobody sent it")
            bob.run("send", alice.address, "still here", "--wait", "delivered", "--timeout", "60")
            if server.process.pid != identifier or server.process.poll() is not None:
                raise Failed("the server did not live through it")
            server.stop()
            sound(server)
            print(f"diskfull: server: {int(failures)} failed transactions; {len(early)} earlier "
                  f"messages read meanwhile, {len(late)} new ones got through; "
                  f"{len(load.acknowledged)} sent meanwhile, all shown once after; sound",
                  flush=True)
        finally:
            disk.unmount()


def client_full(options):
    with World(options.programs) as world:
        alice = world.person("alice")
        world.people.clear()
        disk = SmallDisk(alice.home)
        try:
            _, alice, bob = conversation(world)
            loads = [Load(alice, bob, 0.02), Load(bob, alice, 0.05)]
            for load in loads:
                load.start()
            time.sleep(2)
            disk.fill()
            wait_until("the client's first refusal", 60, lambda: loads[0].unknown)
            before = len(loads[0].acknowledged)
            time.sleep(3)
            if alice.process.poll() is not None:
                raise Failed("the daemon ended when its disk was full")
            refused = len(loads[0].unknown)
            disk.free()
            wait_until("a message accepted after the disk has room", 60,
                       lambda: len(loads[0].acknowledged) > before + 5)
            peace(loads, 1)
            counts = [check(load) for load in loads]
            if alice.process.poll() is not None:
                raise Failed("the daemon did not live through it")
            alice.stop()
            alice.start()
            again = [check(load) for load in loads]
            if again != counts:
                raise Failed(f"after a restart {again} messages, before it {counts}")
            print(f"diskfull: client: {refused} sends refused; acknowledged "
                  f"{[len(load.acknowledged) for load in loads]}, shown {counts}: "
                  "each once, in order; the same after a restart", flush=True)
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
