#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make interop`: the MLS library against two other implementations, over raw RFC 9420 bytes.

Prints what was tried with whom, and how many comparisons held. Ends with 1 on any disagreement,
and when an operation is absent that was there, or there that was absent.
"""

import argparse
import os
import random
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import product_suite  # noqa: E402
import scenarios  # noqa: E402
from history import History  # noqa: E402
from member import Disagreement, Refused, Unsupported  # noqa: E402
from world import KINDS, World  # noqa: E402

# Who is first and who is second; the peers among themselves are the control.
PAIRS = ["oo", "ou", "uo", "or", "ro", "ur", "ru"]


def absent(name, pair):
    """Where a peer's interface lacks an operation that the scenario needs."""
    first, second = pair
    return (
        name == "tree_out_of_band" and "r" in pair
        or name.startswith("empty_commit") and "r" in pair
        or name == "remove_many" and second == "r"
        or name.startswith("proposals") and "r" in pair
        or name == "update_proposal" and (first != "o" or second == "r")
        or name in ("external_join", "resync") and "u" in pair)


class Totals:
    def __init__(self):
        self.ran = self.absent = self.failed = 0
        self.epochs = self.messages = self.checks = 0

    def count(self, group):
        self.ran += 1
        self.epochs += group.epochs
        self.messages += group.messages
        self.checks += group.checks


def run_scenarios(program, only, totals):
    for scenario in scenarios.ALL:
        if only and scenario.__name__ not in only:
            continue
        cells = []
        for pair in PAIRS:
            world = World(program)
            expected = absent(scenario.__name__, pair)
            try:
                totals.count(scenario(world, *pair))
                cells.append("yes" if not expected else "YES?")
                totals.failed += expected
            except Unsupported as reason:
                cells.append("-" if expected else "MISSING")
                totals.absent += 1
                if not expected:
                    totals.failed += 1
                    print(f"{scenario.__name__} {pair}: {reason}", file=sys.stderr)
            except (Disagreement, Refused) as reason:
                cells.append("FAILED")
                totals.failed += 1
                print(f"{scenario.__name__} {pair}: {reason}", file=sys.stderr)
            finally:
                world.close()
        print("| " + " | ".join([scenario.__name__.replace("_", " "), *cells]) + " |", flush=True)


def run_histories(program, first, count, steps, totals):
    for seed in range(first, first + count):
        world = World(program)
        history = History(world, seed, steps)
        try:
            group = history.run()
        except (Disagreement, Refused) as reason:
            totals.failed += 1
            print(f"seed {seed}: {reason}\n  after {' '.join(history.log)}", file=sys.stderr)
            continue
        finally:
            world.close()
        totals.count(group)
        kinds = "".join(sorted(member.label[0] for member in group.members))
        print(
            f"seed {seed}: {group.epochs} epochs, {group.messages} messages, {group.checks} checks,"
            f" {len(group.members)} members at the end ({kinds})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True, help="mls-peer")
    parser.add_argument("--only", nargs="*", help="these scenarios, and no histories")
    parser.add_argument("--seed", type=int, help="first seed of the random histories")
    parser.add_argument("--histories", type=int, default=20)
    parser.add_argument("--steps", type=int, default=30)
    arguments = parser.parse_args()
    began = time.monotonic()
    totals = Totals()

    print("| scenario | " + " | ".join(f"{KINDS[a]} → {KINDS[b]}" for a, b in PAIRS) + " |")
    print("| --- |" + " --- |" * len(PAIRS))
    run_scenarios(arguments.program, arguments.only, totals)
    if not arguments.only:
        seed = arguments.seed
        if seed is None:
            seed = random.SystemRandom().randrange(2**32)
        print(f"\nRandom histories from seed {seed}, {arguments.steps} changes each:")
        run_histories(arguments.program, seed, arguments.histories, arguments.steps, totals)
        print()
        totals.failed += product_suite.run(arguments.program)
    print(
        f"\n{totals.ran} passed, {totals.absent} absent, {totals.failed} failed;"
        f" {totals.epochs} epochs, {totals.messages} messages, {totals.checks} checks"
        f" in {time.monotonic() - began:.0f} s")
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(main())
