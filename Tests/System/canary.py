#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The canary: a marked message goes from Alice to Bob and back through the real programs; then the
marker is looked for where nobody may find it.

Looked at: the server's data directory, its log, its output, its memory; a capture of the loopback
traffic; both clients' homes and logs while locked. A control shows that the search finds what is
there: the same search finds the marker in the memory of Bob's unlocked client.
"""

import argparse
import base64
import os
import secrets
import string
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Failed, World, files_under, wait_until  # noqa: E402

CHUNK = 1 << 22


def needles(marker):
    """The marker as text, UTF-16, hex and base64 at each alignment."""
    raw = marker.encode()
    found = {raw, raw.hex().encode(), marker.encode("utf-16-le")}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        found.add(text[4 if shift else 0:len(text) - 4])
    return found


def contains(read, wanted):
    """Looks for any needle in the blocks that `read` gives; neighbours overlap."""
    overlap = max(len(needle) for needle in wanted)
    tail = b""
    for block in read:
        window = tail + block
        if any(needle in window for needle in wanted):
            return True
        tail = window[-overlap:]
    return False


def file_blocks(path):
    with open(path, "rb") as file:
        while block := file.read(CHUNK):
            yield block


def memory_blocks(pid):
    """All readable memory of a process."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if "r" not in rights or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            while start < end:
                size = min(CHUNK, end - start)
                try:
                    memory.seek(start)
                    yield memory.read(size)
                except (OSError, ValueError):
                    break
                start += size


def capture(port, path):
    """tcpdump on loopback, already listening when this returns."""
    process = subprocess.Popen(
        ["tcpdump", "-i", "lo", "-s", "0", "-U", "-w", path, "-Z", "root",
         "tcp", "port", str(port)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    line = process.stderr.readline()
    while line and "listening on" not in line:
        line = process.stderr.readline()
    if not line:
        raise Failed("tcpdump does not capture on loopback here, so the canary cannot be checked")
    return process


def converse(world, alice, bob, there, back):
    alice.call("send", address=bob.address, text=f"to bob {there}")
    bob.call("send", address=alice.address, text=f"to alice {back}")

    def arrived(reader, writer, marker):
        return any(marker in (m.get("text") or "") for m in reader.history(writer, limit=50))

    # A file whose name and content have it, too, and which both sides keep outside their homes.
    path = os.path.join(world.folder, f"{there}.txt")
    with open(path, "w") as file:
        file.write(f"{there} {back} " * 500)
    message = alice.call("attach", address=bob.address, files=[path])["messageId"]

    wait_until("Bob to read", 60, lambda: arrived(bob, alice, there))
    wait_until("Alice to read", 60, lambda: arrived(alice, bob, back))
    wait_until("the file", 60, lambda: any(
        m.get("messageId") == message for m in bob.history(alice, limit=50)))
    saved = bob.call("save", address=alice.address, messageId=message, path=world.folder + "/saved")
    with open(path, "rb") as one, open(saved["path"], "rb") as other:
        if one.read() != other.read():
            raise Failed("the file is another one")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    options = arguments.parse_args()
    alphabet = string.ascii_letters + string.digits
    there, back = ("".join(secrets.choice(alphabet) for _ in range(32)) for _ in range(2))
    wanted = needles(there) | needles(back)

    with World(options.programs) as world:
        server = world.server.start()
        pcap = os.path.join(world.folder, "loopback.pcap")
        sniffer = capture(server.port, pcap)
        try:
            alice, bob = world.person("alice"), world.person("bob")
            for person in (alice, bob):
                person.register(server.invite)
                person.start()
            converse(world, alice, bob, there, back)

            found = []
            if not contains(memory_blocks(bob.process.pid), wanted):
                raise Failed("the control failed: the marker is not in the unlocked client's "
                             "memory, so this search proves nothing")
            if contains(memory_blocks(server.process.pid), wanted):
                found.append("the server's memory")
            alice.stop()
            bob.stop()
            time.sleep(0.5)
        finally:
            sniffer.terminate()
            sniffer.wait()
        server.stop()

        captured = os.path.getsize(pcap)
        if captured < 10_000:
            raise Failed(f"the capture holds only {captured} bytes: it missed the conversation")
        looked = 0
        places = [*files_under(server.data), server.log, server.out, pcap]
        for person in world.people:
            places += [*files_under(person.home), person.log]
        for path in places:
            looked += os.path.getsize(path)
            if contains(file_blocks(path), wanted):
                found.append(path)
        if found:
            raise Failed("the marker was found in: " + ", ".join(found))
        print(f"canary: looked through {len(places)} files ({looked} bytes, {captured} of them "
              "captured traffic) and the server's memory; the marker is nowhere, "
              "and the control found it in the unlocked client")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"canary: {failure}")
