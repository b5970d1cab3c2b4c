#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a large attachment takes: prints Markdown. See Benchmarks/README.md, Attachments.

The real daemons of two people and the real server with TLS, all on one machine and its one disk.
"""

import argparse
import filecmp
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(os.path.dirname(here))
sys.path[:0] = [os.path.join(here, "..", "Server"), os.path.join(root, "Tests", "System")]
from harness import Failed, World, wait_until  # noqa: E402
from measured import load_average, machine  # noqa: E402

MIB = 1_048_576


def cipher_speed():
    """Bytes a second of AES-256-GCM in pieces of 1 MiB, as openssl itself measures them."""
    output = subprocess.run(
        ["openssl", "speed", "-seconds", "3", "-bytes", str(MIB), "-evp", "aes-256-gcm"],
        capture_output=True, text=True, check=True).stdout
    return float(output.split()[-1].rstrip("k")) * 1000


def memory(process):
    """The most that a process ever had in memory, in MiB."""
    with open(f"/proc/{process.pid}/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def fill(path, size):
    with open("/dev/urandom", "rb") as random, open(path, "wb") as file:
        for _ in range(size // MIB):
            file.write(random.read(MIB))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", required=True)
    parser.add_argument("--mib", type=int, default=1024)
    options = parser.parse_args()
    size = options.mib * MIB
    speed = cipher_speed()
    with World(options.programs) as world:
        server = world.server.start()
        alice, bob = world.person("alice"), world.person("bob")
        for person in (alice, bob):
            # A passphrase would take 128 MiB for a moment: scrypt's.
            person.use_key_file()
            person.register(server.invite)
            person.start()
        alice.call("send", address=bob.address, text="hello", wait="delivered", timeoutSeconds=60)
        sent, saved = (os.path.join(world.folder, name) for name in ("sent", "saved"))
        fill(sent, size)
        times = [time.monotonic()]
        message = alice.call("attach", address=bob.address, files=[sent])["messageId"]
        times.append(time.monotonic())
        wait_until("the upload", 1_200, lambda: alice.call(
            "message-state", address=bob.address, messageId=message)["state"] != "queued")
        times.append(time.monotonic())
        wait_until("the message", 60, lambda: any(
            m.get("messageId") == message for m in bob.history(alice, limit=5)))
        times.append(time.monotonic())
        bob.call("save", address=alice.address, messageId=message, path=saved)
        times.append(time.monotonic())
        if not filecmp.cmp(sent, saved, shallow=False):
            raise Failed("the saved file is another one")
        print(machine())
        print(f"Load average {load_average()}. openssl speed: {speed / 1e6:,.0f} MB/s.\n")
        print(f"| {options.mib} MiB | s | MB/s | part of openssl speed | highest memory MiB |")
        print("| --- | --- | --- | --- | --- |")
        rows = [("sealed into the spool", 0, alice), ("brought to the server", 1, alice),
                ("fetched, proved and saved", 3, bob)]
        for name, index, person in rows:
            seconds = times[index + 1] - times[index]
            rate = size / seconds
            print(f"| {name} | {seconds:.2f} | {rate / 1e6:,.0f} | {rate / speed:.1%} "
                  f"| {memory(person.process):.0f} |")
        print(f"| the server, all of it | | | | {memory(server.process):.0f} |")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"bench: {failure}")
