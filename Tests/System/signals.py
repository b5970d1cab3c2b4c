#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Signals the programs while they start, and sees that no signal is lost.

SIGTERM and SIGINT in turn: half of them at 0 to 50 ms after the start, half of them in the very
moment in which the program changes what the signal does. A program that takes no notice of its
signal lives on, and that is what this is after. It ends in good order, with the status that is
documented, or by the signal, when that came before the program listened to it. Whichever it was,
the next start on the same folder finds no lock, and at last a server and a daemon serve from it.
"""

import argparse
import collections
import os
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Failed, World  # noqa: E402

END_SECONDS = 20
LATEST_SECONDS = 0.05
SIGNALS = [signal.SIGTERM, signal.SIGINT]


def dispositions(process):
    """The signals that the process ignores or handles, as sets of bits; None when it is gone."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return fields["SigIgn"], fields["SigCgt"]
    except (OSError, KeyError, ValueError):
        return None


def is_default(process, number):
    """Whether the signal would still end the process by itself."""
    found = dispositions(process)
    if found is None or process.poll() is not None:
        return False
    return all(not int(bits, 16) >> (number - 1) & 1 for bits in found)


def wait_for_change(process, number):
    """Returns as soon as the signal is ignored or handled. The look is repeated without a pause,
    because what it is for lasts for some microseconds."""
    deadline = time.monotonic() + END_SECONDS
    while is_default(process, number):
        if time.monotonic() > deadline:
            raise Failed("the program takes no notice of signals at all")


def signalled(arguments, log, number, wait):
    """The status of a program that got the signal after `wait`, a number of seconds or a call."""
    with open(log, "ab") as out:
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            wait(process) if callable(wait) else time.sleep(wait)
            process.send_signal(number)
            return process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            raise Failed(f"{signal.Signals(number).name} was lost: the program lives on after "
                         f"{END_SECONDS} s") from None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def series(name, arguments, log, status, count):
    """`count` starts, each with its signal; counts how they ended."""
    ends = collections.Counter()
    for turn in range(count):
        number = SIGNALS[turn % 2]
        if turn % 4 < 2:
            wait = LATEST_SECONDS * turn / count
        else:
            def wait(process, number=number):
                wait_for_change(process, number)
        got = signalled(arguments, log, number, wait)
        if got not in (status, -number):
            raise Failed(f"{name}: status {got} after {signal.Signals(number).name}, see {log}")
        ends["in good order" if got == status else "by the signal"] += 1
    if not ends["in good order"]:
        raise Failed(f"{name}: no signal came while it listened: this proves nothing")
    print(f"signals: {name}: {count} signalled while they start; "
          f"{', '.join(f'{ends[end]} ended {end}' for end in sorted(ends))}; none lost", flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    arguments.add_argument("--count", type=int, default=40)
    options = arguments.parse_args()
    with World(options.programs) as world:
        server, alice = world.server.start(), world.person("alice")
        # A passphrase is stretched, which takes longer than all the rest of a start.
        alice.use_key_file()
        alice.run("register", alice.address, "--invite", server.invite)
        server.stop()
        series("sotto-server", server.arguments(), server.log, 0, options.count)
        series("sotto daemon", alice.arguments("daemon"), alice.log, 0, options.count)
        receive = alice.arguments("receive", "--timeout", "600")
        series("sotto receive", receive, alice.log, 130, options.count)
        series("sotto receive --follow", alice.arguments("receive", "--follow"), alice.log, 0,
               options.count)
        server.start()
        alice.start()
        alice.stop()
        if server.stop() != 0:
            raise Failed("the server does not end in good order")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"signals: {failure}")
