#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the server can do on one core: prints Markdown. See Benchmarks/README.md, Server.

The server has core 0, the load core 1. Every row is a server of its own with a new database file.
"""

import argparse
import json
import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from idle import Idle  # noqa: E402
from measured import (  # noqa: E402
    LOAD_CORE, Failed, NotCounted, SottoServer, Syncs, head, load_average, machine, on_core,
    raise_open_files, resident_bytes, row)


class Bench:
    """The programs to measure, and for how long."""

    def __init__(self, options):
        self.programs = os.path.abspath(options.programs)
        self.load = os.path.abspath(options.load)
        self.warm_up, self.seconds = options.warm_up, options.seconds

    def run(self, server, logs, writers, readers, window, seconds=None):
        """One load; returns its figures."""
        words = [self.load, server.port, server.pid, logs, writers, readers, window,
                 self.warm_up, seconds or self.seconds]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                              preexec_fn=on_core(LOAD_CORE), check=False)
        if done.returncode != 0:
            raise Failed(done.stderr.strip() or f"server-bench ended with {done.returncode}")
        return json.loads(done.stdout)

    def pairs(self, shapes, synchronous):
        head("pairs x in flight", "messages/s", "p50 ms", "p99 ms", "acknowledged p50 ms",
             "p99 ms", "server CPU µs a message", "server core", "load core", "load average")
        for pairs, window in shapes:
            with SottoServer(self.programs, synchronous=synchronous) as server:
                found = self.run(server, pairs, 1, 1, window)
            rate = found["messages"] / found["seconds"]
            row(f"{pairs} x {window}", f"{rate:,.0f}", f"{found['deliveredP50']:.2f}",
                f"{found['deliveredP99']:.2f}", f"{found['acknowledgedP50']:.2f}",
                f"{found['acknowledgedP99']:.2f}",
                f"{found['serverCPU'] / max(1, found['messages']) * 1e6:.0f}",
                f"{found['serverCPU'] / found['seconds']:.0%}",
                f"{found['loadCPU'] / found['seconds']:.0%}", load_average())
        print()

    def fan_out(self, shapes):
        head("devices", "in flight", "messages/s", "deliveries/s", "p50 ms to the last", "p99 ms",
             "server CPU µs a delivery", "server core", "load core", "load average")
        for devices, window in shapes:
            with SottoServer(self.programs) as server:
                found = self.run(server, 1, 1, devices, window)
            row(devices, window, f"{found['messages'] / found['seconds']:,.0f}",
                f"{found['deliveries'] / found['seconds']:,.0f}", f"{found['deliveredP50']:.2f}",
                f"{found['deliveredP99']:.2f}",
                f"{found['serverCPU'] / max(1, found['deliveries']) * 1e6:.1f}",
                f"{found['serverCPU'] / found['seconds']:.0%}",
                f"{found['loadCPU'] / found['seconds']:.0%}", load_average())
        print()

    def syncs(self):
        """One message at a time under strace: no acknowledgement without a sync of its own."""
        with SottoServer(self.programs) as server:
            with Syncs([server.pid]) as syncs:
                found = self.run(server, 1, 1, 1, 1, seconds=2)
        calls = syncs.calls
        total = found["total"]
        print(f"With one message in flight, under strace: {total:,} messages acknowledged, "
              f"{calls:,} calls of fsync and fdatasync.\n")
        if calls < total:
            raise Failed("messages were acknowledged without a sync")

    def idle(self, count):
        head("idle connections", "transport", "RSS before MiB", "after MiB", "KiB a connection",
             "idle CPU", "load average")
        for plaintext in (True, False):
            with SottoServer(self.programs, plaintext=plaintext) as server:
                with Idle(server.port, tls=not plaintext) as idle:
                    # The first ones pay for what is made once.
                    idle.open(50)
                    before = resident_bytes(server.pid)
                    idle.open(count)
                    time.sleep(3)
                    busy = idle.cpu_share(server.pid, 5)
                    after = resident_bytes(server.pid)
                    idle.check()
            row(f"{count:,}", "plaintext" if plaintext else "TLS 1.3", f"{before / 2**20:.1f}",
                f"{after / 2**20:.1f}", f"{(after - before) / count / 1024:.1f}", f"{busy:.1%}",
                load_average())
        print()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    arguments.add_argument("--load", required=True, help="the program server-bench")
    arguments.add_argument("--warm-up", type=float, default=2)
    arguments.add_argument("--seconds", type=float, default=6)
    arguments.add_argument("--connections", type=int, default=5_000)
    arguments.add_argument("--only", choices=["pairs", "fan-out", "syncs", "idle"])
    bench = Bench(options := arguments.parse_args())
    raise_open_files()
    print(f"Server: {machine()}\n")

    def wanted(part):
        return options.only in (None, part)

    if wanted("syncs"):
        try:
            bench.syncs()
        except NotCounted as reason:
            print(f"fsync was not counted: {reason}.\n")
    if wanted("pairs"):
        print("Durable one-to-one messages of 1 KiB, acknowledged after fsync:\n")
        bench.pairs([(1, 1), (8, 1), (8, 16), (16, 32)], "full")
        print("The same with `--synchronous normal` (survives a killed process, not power loss):\n")
        bench.pairs([(1, 1), (8, 16)], "normal")
    if wanted("fan-out"):
        print("Messages of 1 KiB in one log with many connected readers:\n")
        bench.fan_out([(100, 1), (100, 64), (1_000, 1), (1_000, 64)])
    if wanted("idle"):
        print("Idle connections to /v1/logs:\n")
        bench.idle(options.connections)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"bench: {failure}")
