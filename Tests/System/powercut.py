#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cuts the power of the server, or of a client, and checks what the disk then holds.

The program runs under powercut.c, which takes back all that was not synced at the operation chosen.
Then it starts again without, and the promise of kill.py has to hold. Three kinds of cut:

- load: at random operations while people write;
- start: before each single operation of a first start, so in each migration and key file;
- end: before random operations on the database file itself while SIGTERM checkpoints.

Each with all of the unsynced writes lost, with a random part of them, and with none (kill -9).
Last the control: a disk that only says "synced" has to lose acknowledged messages, or else all this
proves nothing.
"""

import argparse
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Failed, World  # noqa: E402
from kill import Load, check, texts  # noqa: E402
from serverstate import DATABASE, numbers, sound  # noqa: E402

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "powercut.c")
CLIENT_DATABASE = "sotto.db"
LOSSES = ["all", "some", "none"]
CUT_SECONDS = 60


class Disk:
    """The compiled library, and what it has to be told."""

    def __init__(self, chance):
        self.folder = tempfile.TemporaryDirectory(prefix="sotto-powercut-")
        self.library = os.path.join(self.folder.name, "powercut.so")
        self.report = os.path.join(self.folder.name, "report")
        self.chance = chance
        # The Swift toolchain brings its own clang.
        compiler = os.environ.get("CC") or shutil.which("cc") or "clang"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror",
                        "-o", self.library, SOURCE, "-ldl", "-lpthread"], check=True)

    def environment(self, folder, after, lose, on="", lies=False):
        values = {
            "LD_PRELOAD": self.library, "POWERCUT_FOLDER": os.path.realpath(folder),
            "POWERCUT_AFTER": str(after), "POWERCUT_LOSE": lose, "POWERCUT_REPORT": self.report,
            "POWERCUT_SEED": str(self.chance.randrange(1 << 31)),
            "POWERCUT_LIES": "1" if lies else "0",
        }
        return {**values, "POWERCUT_ON": on} if on else values

    def cuts(self):
        """Operation, file, writes and bytes lost, of each cut so far."""
        try:
            lines = pathlib.Path(self.report).read_text().splitlines()
        except FileNotFoundError:
            return []
        rows = [line.rsplit(" ", 3) for line in lines]
        return [(what, name, int(writes), int(size)) for what, name, writes, size in rows]


def folder_of(victim):
    return victim.data if hasattr(victim, "data") else victim.home


def ended(victim):
    """Waits until the cut killed the program; False when it lives on."""
    try:
        return victim.process.wait(CUT_SECONDS) == -signal.SIGKILL
    except subprocess.TimeoutExpired:
        return False


def start_to_cut(victim):
    """Starts the victim under the library; true when the cut came before it was ready."""
    try:
        victim.start()
    except Failed:
        if victim.process.poll() != -signal.SIGKILL:
            raise
        return True
    return False


def start_after_cut(victim):
    """The victim's database is sound, and it starts without the library."""
    victim.environment = {}
    if hasattr(victim, "data"):
        victim.numbers = sound(victim, getattr(victim, "numbers", None))
    victim.start()


def under_load(victim, disk, lose, most=400):
    """One cut at a random operation, then a start without the library."""
    victim.kill()
    after = disk.chance.randrange(1, most)
    victim.environment = disk.environment(folder_of(victim), after, lose)
    if not start_to_cut(victim) and not ended(victim):
        raise Failed(f"no power cut within {CUT_SECONDS} s")
    start_after_cut(victim)


def at_end(victim, disk, lose):
    """One cut in the checkpoint of an orderly end, or of the start; true when it came to that."""
    victim.kill()
    after = disk.chance.randrange(1, 30)
    database = DATABASE if hasattr(victim, "data") else CLIENT_DATABASE
    victim.environment = disk.environment(folder_of(victim), after, lose, on="/" + database)
    happened = start_to_cut(victim)
    if not happened:
        time.sleep(0.5)
        victim.process.send_signal(signal.SIGTERM)
        happened = ended(victim)
        if victim.process.poll() is None:
            victim.kill()
    start_after_cut(victim)
    return happened


def first_starts(programs, disk):
    """The server's first start, cut before each of its operations in turn; returns how many."""
    for lose in LOSSES:
        number = 0
        while True:
            number += 1
            with World(programs) as world:
                server = world.server
                os.mkdir(server.data, 0o700)
                server.environment = disk.environment(server.data, number, lose)
                if not start_to_cut(server):
                    # Fewer operations than that: all were tried.
                    break
                server.environment = {}
                server.start()
                if server.stop() != 0:
                    raise Failed(f"after a cut before operation {number} ({lose}): no good end")
                sound(server)
    return number - 1


def conversation(world):
    server = world.server.start()
    alice, bob = world.person("alice"), world.person("bob")
    for person in (alice, bob):
        person.run("register", person.address, "--invite", server.invite)
        person.start()
    alice.run("send", bob.address, "hello", "--wait", "delivered", "--timeout", "60")
    bob.run("send", alice.address, "hello", "--wait", "delivered", "--timeout", "60")
    return server, alice, bob


def history(options, disk, chance):
    """Cuts under load and at the end, then the check of kill.py."""
    with World(options.programs) as world:
        server, alice, bob = conversation(world)
        loads = [Load(alice, bob, 0.02), Load(bob, alice, 0.03)]
        for load in loads:
            load.start()
        checkpoints = 0
        for number in range(options.cuts):
            victim = server if options.victim == "server" else chance.choice([alice, bob])
            lose = LOSSES[number % len(LOSSES)]
            if number % 4 == 3:
                checkpoints += at_end(victim, disk, lose)
            else:
                under_load(victim, disk, lose)
        time.sleep(1)
        for load in loads:
            load.running = False
        for load in loads:
            load.join(60)
        shown = [check(load) for load in loads]
        for writer, reader in ((alice, bob), (bob, alice)):
            writer.run("send", reader.address, "still here", "--wait", "delivered",
                       "--timeout", "60")
        cuts = disk.cuts()
        lost = sum(writes for _, _, writes, _ in cuts), sum(size for _, _, _, size in cuts)
        if lost[0] == 0:
            raise Failed("no cut lost anything: the library is not in the program")
        places = sorted({f"{what} {name}" for what, name, _, _ in cuts})
        print(f"powercut: {len(cuts)} cuts of {options.victim}, {checkpoints} of them in a "
              f"checkpoint; lost {lost[0]} unsynced writes ({lost[1]} bytes); acknowledged "
              f"{[len(load.acknowledged) for load in loads]}, unanswered "
              f"{sum(len(load.unknown) for load in loads)}, shown {shown}: each once, in order")
        print(f"powercut: before {', '.join(places)}", flush=True)


def control(options, disk, lies):
    """The same cut with an honest disk, which keeps what was acknowledged, and with one that lies:
    then acknowledged messages have to be gone, or the tests see nothing."""
    with World(options.programs) as world:
        server, alice, bob = conversation(world)
        victim = server if options.victim == "server" else alice
        other = alice if options.victim == "server" else server
        # The one who could send again must not come back with what it still has.
        if options.victim == "client":
            other.kill()
        victim.kill()
        before = len(numbers(server)) if options.victim == "server" else 0
        victim.environment = disk.environment(folder_of(victim), 400, "all", lies=lies)
        victim.start()
        acknowledged = []
        while victim.process.poll() is None:
            text = f"alice {len(acknowledged)}"
            words = ["send", bob.address, text]
            if options.victim == "server":
                words += ["--wait", "delivered", "--timeout", "20"]
            try:
                done = alice.run(*words, check=False, timeout=60)
            except subprocess.TimeoutExpired:
                break
            if done.returncode == 0:
                acknowledged.append(text)
        if not ended(victim):
            raise Failed("the control's power cut did not come")
        victim.environment = {}
        kept = survivors(options, world, acknowledged, before)
        gone = len(acknowledged) - kept
        count = len(acknowledged)
        if not acknowledged or (lies and gone <= 0):
            raise Failed(f"a disk that lies lost none of {count} messages: this proves nothing")
        if not lies and gone > 0:
            raise Failed(f"an honest disk lost {gone} of {count} acknowledged messages")
        print(f"powercut: control: {'a disk that lies' if lies else 'an honest disk'} lost "
              f"{max(gone, 0)} of {count} acknowledged messages, as it has to", flush=True)


def survivors(options, world, acknowledged, before):
    """How many of the acknowledged messages the victim's own database still holds."""
    if options.victim == "client":
        alice, bob = world.people
        world.server.start()
        alice.start()
        time.sleep(3)
        shown = set(texts(alice, alice)) | {
            m.get("text") for m in alice.history(bob, limit=1000)}
        return len(shown & set(acknowledged))
    return len(numbers(world.server)) - before


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    arguments.add_argument("--victim", choices=["server", "client"], required=True)
    arguments.add_argument("--cuts", type=int, required=True)
    arguments.add_argument("--starts", action="store_true",
                           help="also cut the server's first start before each operation")
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    options = arguments.parse_args()
    chance = random.Random(options.seed)
    print(f"powercut: victim={options.victim} cuts={options.cuts} seed={options.seed}", flush=True)
    disk = Disk(chance)
    for lies in (False, True):
        control(options, Disk(chance), lies)
    if options.starts:
        number = first_starts(options.programs, Disk(chance))
        print(f"powercut: a first start, cut before each of its {number} operations in "
              f"{len(LOSSES)} ways: starts, sound", flush=True)
    history(options, disk, chance)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"powercut: {failure}")
