#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills the server, or a client, under load, and checks the history.

The promise of load.py has to hold. Every second kill is at a random moment; the others are aimed at
a checkpoint, in the moment in which the database file is written. checkpoint.py says what is
counted. After each kill of the server its database is sound, its logs have no gaps, and what had a
number has it still. At the end both still talk.
"""

import argparse
import os
import random
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from checkpoint import Checkpoints  # noqa: E402
from harness import Failed, World  # noqa: E402
from load import check, end_loads, start_loads, summary  # noqa: E402
from serverstate import sound  # noqa: E402

# So that the load makes a checkpoint of the server several times a second; a client's come by
# themselves, after 1,000 pages.
CHECKPOINT_BYTES = 32_768
AIM_SECONDS = 5
# With fewer kills it may be that none hits.
ENOUGH_KILLS = 20


def aim(checkpoints, chance):
    """Waits for a checkpoint, and then sometimes a little into it."""
    if checkpoints.wait(AIM_SECONDS) and chance.random() < 0.5:
        time.sleep(chance.uniform(0, 0.003))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    arguments.add_argument("--victim", choices=["server", "client"], required=True)
    arguments.add_argument("--kills", type=int, required=True)
    arguments.add_argument("--seed", type=int, default=int(time.time()))
    options = arguments.parse_args()
    chance = random.Random(options.seed)
    print(f"kill: victim={options.victim} kills={options.kills} seed={options.seed}", flush=True)

    with World(options.programs) as world:
        world.server.options = ["--checkpoint-bytes", str(CHECKPOINT_BYTES)]
        server, alice, bob = world.conversation()
        victims = [server] if options.victim == "server" else [alice, bob]
        watched = {victim: Checkpoints(victim) for victim in victims}
        loads = start_loads(alice, bob)
        numbers, aimed, cut = {}, 0, 0
        for turn in range(options.kills):
            victim = chance.choice(victims)
            if turn % 2 == 0:
                time.sleep(chance.uniform(0.05, 0.8))
            else:
                aimed += 1
                aim(watched[victim], chance)
            victim.kill()
            cut += watched[victim].was_cut()
            if victim is server:
                numbers = sound(server, numbers)
            watched[victim].begun()
            victim.start()
        end_loads(loads)
        shown = [check(load) for load in loads]
        world.greet("still here")
        if options.kills >= ENOUGH_KILLS and not cut:
            raise Failed("no kill fell in a checkpoint")
        print(f"kill: {options.kills} kills of {options.victim}, {aimed} of them aimed at a "
              f"checkpoint and {cut} of all in one; {summary(loads, shown)}; both still talk")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"kill: {failure}")
