# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks of servers and clients share: processes on chosen cores, and figures."""

import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

SERVER_CORE, LOAD_CORE = 0, 1


class Failed(Exception):
    """Something did not run as it should; the text says what."""


class NotCounted(Failed):
    """strace is not here, or may not attach."""


def raise_open_files():
    """As many open files as this user may have; every process started from here has them, too."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def on_core(core):
    """For `preexec_fn`: a process and its threads on one core, and gone when this one goes."""
    def pin():
        os.sched_setaffinity(0, {core})
    return pin


def resident_bytes(process):
    """VmRSS."""
    with open(f"/proc/{process}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise Failed("no VmRSS")


def cpu_seconds(process):
    """User and system time of a process and all its threads."""
    with open(f"/proc/{process}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def machine():
    """One line: processor, cores, memory, system, commit."""
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    commit = subprocess.run(["git", "-C", root, "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True, check=False).stdout.strip()
    return (f"{os.cpu_count()} cores of {model}, {memory:.0f} GiB, Linux {platform.release()}; "
            f"commit {commit or 'unknown'}, {time.strftime('%Y-%m-%d %H:%M')}")


def load_average():
    """The load of the last minute: what else ran."""
    return f"{os.getloadavg()[0]:.2f}"


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def head(*cells):
    row(*cells)
    row(*["---"] * len(cells))


class Syncs:
    """Calls of fsync and fdatasync of processes, by strace, for the time of a `with` block."""

    def __init__(self, processes):
        self.words = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync"]
        for one in processes:
            self.words += ["-p", str(one)]
        self.calls = None
        self.said = []

    def __enter__(self):
        if shutil.which("strace") is None:
            raise NotCounted("strace is not installed")
        self.trace = subprocess.Popen(
            self.words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=lambda: self.said.append(self.trace.stderr.read()))
        self.reader.start()
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self.trace.send_signal(signal.SIGINT)
        self.trace.wait(20)
        self.reader.join()
        if "attached" not in self.said[0]:
            raise NotCounted(f"strace does not attach: {self.said[0].strip()[-200:]}")
        self.calls = sum(int(line.split()[3]) for line in self.said[0].splitlines()
                         if line.endswith(("fsync", "fdatasync")))


class SottoServer:
    """A `sotto-server` on the server's core, with a database file in a folder of its own."""

    def __init__(self, programs, plaintext=True, synchronous="full"):
        self.folder = tempfile.TemporaryDirectory(prefix="sotto-bench-")
        self.log = os.path.join(self.folder.name, "log")
        self.database = os.path.join(self.folder.name, "data", "sotto.sqlite")
        words = [os.path.join(programs, "sotto-server"), "serve",
                 "--data", os.path.join(self.folder.name, "data"), "--listen", "127.0.0.1:0",
                 "--domain", "bench.example", "--rates", "unrestricted",
                 "--synchronous", synchronous]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                words + (["--plaintext"] if plaintext else []), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, text=True, preexec_fn=on_core(SERVER_CORE))
        # `listening: HOST:PORT` or `invite: sotto://HOST:PORT/...`
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"sotto-server does not start: {open(self.log).read()}")
        self.invite = line.split(" ", 1)[1].strip()
        authority = self.invite.split("//", 1)[-1].split("/", 1)[0]
        self.port = int(authority.rsplit(":", 1)[1])
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()
        if status != 0:
            print(f"sotto-server ended with {status}", file=sys.stderr)
