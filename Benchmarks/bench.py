#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make bench`: runs mls-bench and the peers one after another and prints Markdown tables.

Without a Python that has the peers (`--peers`), only the library is measured.
"""

import argparse
import datetime
import os
import pathlib
import platform
import subprocess
import sys

sys.dont_write_bytecode = True
import figures  # noqa: E402

FOLDER = pathlib.Path(__file__).parent
OURS = "ours"
PEERS = ["mls-rs-uniffi", "rine-mls"]


def machine():
    """What the figures hold for."""
    model = next(
        (line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line),
        platform.machine())
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=FOLDER, capture_output=True, text=True)
    return (
        f"{os.cpu_count()} cores ({model}), {platform.system()} {platform.release()};"
        f" commit {commit.stdout.strip() or 'unknown'}, {datetime.date.today()}")


def measure(command, prefix, lines):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        lines.append((prefix + " " + line.strip()).strip())
    if process.wait() != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True, help="mls-bench")
    parser.add_argument("--peers", help="the Python that has the peers")
    parser.add_argument("--peers-warm", type=int, default=128, help="their largest warm tree")
    parser.add_argument("--save", help="a file for the figures, as lines")
    parser.add_argument("sizes", nargs="*", type=int)
    arguments = parser.parse_args()
    sizes = [str(size) for size in arguments.sizes or [2, 16, 128]]

    load = os.getloadavg()
    lines = []
    measure([arguments.program, *sizes], OURS, lines)
    if arguments.peers:
        for peer in PEERS:
            script = str(FOLDER / "peers.py")
            measure(
                [arguments.peers, script, peer, str(arguments.peers_warm), *sizes], "", lines)
    if arguments.save:
        pathlib.Path(arguments.save).write_text("\n".join(lines) + "\n")
    after = os.getloadavg()
    print(machine())
    print(f"Load average before {load[0]:.2f}, after {after[0]:.2f} (one process measures).\n")
    figures.Figures(lines).print_tables()


if __name__ == "__main__":
    main()
