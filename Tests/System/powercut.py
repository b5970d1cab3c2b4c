#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cuts the power of the server, or of a client, and checks what the disk then holds.

The program runs under powercut.c, which takes back all that was not synced at the operation chosen.
Then it starts again without, and the promise of load.py has to hold. The kinds of cut:

- load: at random operations while people write; at random operations on the database file itself,
  which is to say in a checkpoint; and before the sync that ends one;
- end: before random operations on the database file while SIGTERM checkpoints;
- start: before each single operation of a first start, so in the making of each key file and table;
- migration: before each single operation of the start that migrates a database with accounts. The
  server has two migrations, and its last one is taken away for this. A client's store has one, the
  first: its first start is the only migration that there is.

Each with all of the unsynced writes lost, with a random part of them, and with none (kill -9).

Two controls: a disk that only says "synced" has to lose acknowledged messages, or else all this
proves nothing; and no program may import a way to change files that powercut.c does not see.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disk import Disk, demand_all_seen  # noqa: E402
from harness import Failed, World  # noqa: E402
from load import check, end_loads, start_loads, summary, texts  # noqa: E402
from serverstate import numbers, rows_of, schema, sound, without_last_migration  # noqa: E402

LOSSES = ["all", "some", "none"]
CUT_SECONDS = 60
CHECKPOINT_BYTES = 65_536


def is_server(victim):
    return hasattr(victim, "data")


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
    if is_server(victim):
        victim.numbers = sound(victim, getattr(victim, "numbers", None))
    victim.start()


def under_load(victim, disk, lose, most=400, **chosen):
    """One cut at a random operation, then a start without the library."""
    victim.kill()
    after = disk.chance.randrange(1, most)
    victim.environment = disk.environment(victim.folder, after, lose, **chosen)
    if not start_to_cut(victim) and not ended(victim):
        raise Failed(f"no power cut within {CUT_SECONDS} s")
    start_after_cut(victim)


def at_end(victim, disk, lose):
    """One cut in the checkpoint of an orderly end, or of the start; true when it came to that."""
    victim.kill()
    after = disk.chance.randrange(1, 30)
    victim.environment = disk.environment(
        victim.folder, after, lose, on="/" + os.path.basename(victim.database))
    happened = start_to_cut(victim)
    if not happened:
        time.sleep(0.5)
        victim.process.send_signal(signal.SIGTERM)
        happened = ended(victim)
        if victim.process.poll() is None:
            victim.kill()
    start_after_cut(victim)
    return happened


def each_operation(attempt):
    """Calls `attempt` with a number and a way to lose, for each operation that there is; it says
    whether the cut came. Returns how many operations there are."""
    for lose in LOSSES:
        number = 1
        while attempt(number, lose):
            number += 1
    return number - 1


def demand_good_end(victim, number, lose):
    if victim.stop() != 0:
        raise Failed(f"after a cut before operation {number} ({lose}): no good end")


def first_starts_of_server(programs, disk):
    """The server's first start, cut before each of its operations in turn; returns how many."""
    def attempt(number, lose):
        with World(programs) as world:
            server = world.server
            os.mkdir(server.data, 0o700)
            server.environment = disk.environment(server.data, number, lose)
            if not start_to_cut(server):
                return False
            server.environment = {}
            server.start()
            demand_good_end(server, number, lose)
            sound(server)
            return True
    return each_operation(attempt)


def first_starts_of_client(programs, disk):
    """A client's, which makes its key and its store; then it is good for an account."""
    with World(programs) as world:
        world.server.options = ["--rates", "unrestricted"]
        invite = world.server.start().invite

        def attempt(number, lose):
            person = world.person(f"{lose}{number}")
            os.mkdir(person.home, 0o700)
            person.environment = disk.environment(person.home, number, lose)
            if not start_to_cut(person):
                return False
            person.environment = {}
            person.start()
            person.run("register", person.address, "--invite", invite)
            demand_good_end(person, number, lose)
            person.start()
            if person.call("status")["address"] != person.address:
                raise Failed(f"after a cut before operation {number} ({lose}): no account")
            demand_good_end(person, number, lose)
            return True
        return each_operation(attempt)


def migrations(programs, disk):
    """The start that migrates the server's database with its accounts, cut before each operation;
    returns how many there are, and how many rows had to stay."""
    with World(programs) as world, tempfile.TemporaryDirectory(prefix="sotto-older-") as older:
        server, alice, bob = world.conversation()
        for person in (alice, bob):
            person.stop()
        server.stop()
        whole = schema(server)
        without_last_migration(server)
        before = rows_of(server)
        if schema(server) == whole or not any(before.values()):
            raise Failed("there is nothing to migrate")
        older = os.path.join(older, "server")
        shutil.copytree(server.data, older)

        def attempt(number, lose):
            shutil.rmtree(server.data)
            shutil.copytree(older, server.data)
            server.environment = disk.environment(server.data, number, lose)
            was_cut = start_to_cut(server)
            if not was_cut:
                server.kill()
            server.environment = {}
            server.start()
            demand_good_end(server, number, lose)
            sound(server)
            if schema(server) != whole:
                raise Failed(f"after a cut before operation {number} ({lose}): other tables")
            if {table: found for table, found in rows_of(server).items()
                    if table in before} != before:
                raise Failed(f"after a cut before operation {number} ({lose}): other accounts")
            return was_cut
        return each_operation(attempt), sum(len(found) for found in before.values())


def history(options, disk, chance):
    """Cuts under load, in checkpoints and at the end, then the check of load.py."""
    with World(options.programs) as world:
        world.server.options = ["--checkpoint-bytes", str(CHECKPOINT_BYTES)]
        server, alice, bob = world.conversation()
        loads = start_loads(alice, bob)
        checkpoints = 0
        for number in range(options.cuts):
            victim = server if options.victim == "server" else chance.choice([alice, bob])
            lose = LOSSES[number % len(LOSSES)]
            if number % 4 == 3:
                checkpoints += at_end(victim, disk, lose)
            elif number % 4 == 1:
                on = "/" + os.path.basename(victim.database)
                if number % 8 == 1:
                    under_load(victim, disk, lose, most=60, on=on)
                else:
                    under_load(victim, disk, lose, most=4, on=on, call="sync")
                checkpoints += 1
            else:
                under_load(victim, disk, lose)
        end_loads(loads)
        shown = [check(load) for load in loads]
        world.greet("still here")
        cuts = disk.cuts()
        lost = sum(writes for _, _, writes, _ in cuts), sum(size for _, _, _, size in cuts)
        if lost[0] == 0:
            raise Failed("no cut lost anything: the library is not in the program")
        places = sorted({f"{what} {name}" for what, name, _, _ in cuts})
        print(f"powercut: {len(cuts)} cuts of {options.victim}, {checkpoints} of them in a "
              f"checkpoint; lost {lost[0]} unsynced writes ({lost[1]} bytes); "
              f"{summary(loads, shown)}")
        print(f"powercut: before {', '.join(places)}", flush=True)


def control(options, disk, lies):
    """The same cut with an honest disk, which keeps what was acknowledged, and with one that lies:
    then acknowledged messages have to be gone, or the tests see nothing."""
    with World(options.programs) as world:
        server, alice, bob = world.conversation()
        victim = server if options.victim == "server" else alice
        other = alice if options.victim == "server" else server
        # The one who could send again must not come back with what it still has.
        if options.victim == "client":
            other.kill()
        victim.kill()
        before = len(numbers(server)) if options.victim == "server" else 0
        victim.environment = disk.environment(victim.folder, 400, "all", lies=lies)
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


def starts(options):
    """Cuts of each operation of a first start and of a migration."""
    ways = f"each of its %d operations in {len(LOSSES)} ways"
    disk = Disk(random.Random(options.seed))
    if options.victim == "client":
        number = first_starts_of_client(options.programs, disk)
        print(f"powercut: a client's first start, cut before {ways % number}: starts, registers, "
              "starts again", flush=True)
        return
    number = first_starts_of_server(options.programs, disk)
    print(f"powercut: a first start, cut before {ways % number}: starts, sound", flush=True)
    number, rows = migrations(options.programs, disk)
    print(f"powercut: a migration with {rows} rows, cut before {ways % number}: starts, sound, the "
          "same rows", flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    arguments.add_argument("--victim", choices=["server", "client"], required=True)
    arguments.add_argument("--cuts", type=int, required=True)
    arguments.add_argument("--starts", action="store_true",
                           help="also cut a first start and a migration before each operation")
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    options = arguments.parse_args()
    chance = random.Random(options.seed)
    print(f"powercut: victim={options.victim} cuts={options.cuts} seed={options.seed}", flush=True)
    disk = Disk(chance)
    calls = demand_all_seen(options.programs, disk.library)
    undone, refused = disk.prove()
    print(f"powercut: control: {calls} calls that change files are imported and all are seen; "
          f"{undone} kinds of change taken back, {refused} refused", flush=True)
    for lies in (False, True):
        control(options, Disk(chance), lies)
    if options.starts:
        starts(options)
    history(options, Disk(chance), chance)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"powercut: {failure}")
