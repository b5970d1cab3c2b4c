#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ejabberd with PostgreSQL and Prosody of Debian 12 beside sotto-server: prints Markdown.

All in one run, by one method: the server on core 0, the load on core 1, no TLS, pairs of users,
1,024 bytes of opaque text a message, closed loop. See Benchmarks/README.md, Peers.
"""

import argparse
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(os.path.dirname(here), "Server")]
from measured import (  # noqa: E402
    LOAD_CORE, Failed, SottoServer, Syncs, cpu_seconds, head, load_average, machine, on_core,
    raise_open_files, row)
from packages import Packages  # noqa: E402
from servers import Ejabberd, Prosody  # noqa: E402

PACKAGES = ["ejabberd", "erlang-p1-pgsql", "postgresql", "prosody", "lua-dbi-sqlite3", "lua-event",
            "strace"]
SHAPES = [(1, 1), (8, 1), (8, 16)]


class Ours(SottoServer):
    """sotto-server as it is by default, in plaintext."""

    @property
    def processes(self):
        return [self.pid]


class Bench:
    def __init__(self, options):
        self.warm_up, self.seconds = options.warm_up, options.seconds
        self.server_bench = os.path.abspath(options.load)

    def load(self, kind, server, pairs, window, seconds=None):
        """One load in a process of its own; its figures with the CPU seconds of the server."""
        seconds = seconds or self.seconds
        if kind == "server-bench":
            words = [self.server_bench, server.port, server.pid, pairs, 1, 1, window,
                     self.warm_up, seconds]
        else:
            words = [sys.executable, os.path.join(here, "load.py"), kind, server.port, pairs,
                     window, self.warm_up, seconds]
        processes = server.processes
        before = {one: cpu_seconds(one) for one in processes}
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                              preexec_fn=on_core(LOAD_CORE), check=False)
        if done.returncode != 0:
            raise Failed(done.stderr.strip()[-600:])
        found = json.loads(done.stdout)
        found["cpu"] = sum(cpu_seconds(one) - before.get(one, 0) for one in server.processes)
        return found

    def syncs(self, kind, server):
        """Calls of fsync and fdatasync for each message, one in flight, under strace."""
        with Syncs(server.processes) as syncs:
            found = self.load(kind, server, 1, 1, seconds=2)
        return syncs.calls / max(1, found["total"])

    def peer(self, name, acknowledges, kind, make):
        rows = []
        for pairs, window in SHAPES:
            with make() as server:
                found = self.load(kind, server, pairs, window)
            rows.append((f"{pairs} x {window}",
                         f"{found['messages'] / found['seconds']:,.0f}",
                         f"{found['deliveredP50']:.2f}", f"{found['deliveredP99']:.2f}",
                         f"{found['cpu'] / max(1, found['total']) * 1e3:.3f}"))
        with make() as server:
            syncs = self.syncs(kind, server)
        for cells in rows:
            row(name, acknowledges, f"{syncs:.1f}", *cells, load_average())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    arguments.add_argument("--load", required=True, help="the program server-bench")
    arguments.add_argument("--warm-up", type=float, default=2)
    arguments.add_argument("--seconds", type=float, default=5)
    arguments.add_argument("--keep-packages", action="store_true")
    options = arguments.parse_args()
    raise_open_files()
    programs = os.path.abspath(options.programs)
    bench = Bench(options)
    with Packages(PACKAGES, options.keep_packages):
        print(f"Peers: {machine()}\n")
        head("server, load", "sender is told", "syncs a message", "pairs x in flight",
             "messages/s", "p50 ms", "p99 ms", "server CPU ms a message", "load average")
        after = "it is on disk"
        bench.peer("sotto-server, server-bench", after, "server-bench", lambda: Ours(programs))
        bench.peer("sotto-server, Python", after, "sotto", lambda: Ours(programs))
        bench.peer("ejabberd with PostgreSQL, Python", "nothing", "xmpp", Ejabberd)
        bench.peer("Prosody with SQLite, Python", "nothing", "xmpp", lambda: Prosody("sql"))
        bench.peer("Prosody with files, Python", "nothing", "xmpp", lambda: Prosody("internal"))


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"bench-peers: {failure}")
