# SPDX-License-Identifier: Apache-2.0
"""The disk that loses its power (powercut.c), and the proof that no way to write passes it by."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from harness import Failed

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = [os.path.join(HERE, name) for name in ("powercut.c", "powercut-unseen.c")]
PROGRAMS = ["sotto", "sotto-server", "sotto-sim"]

# Every call of the C library that changes a file, its length or its name, or writes it out, by
# whatever name; and what makes a file to write to. Streams write through `fopen` and `fdopen`.
CHANGES = re.compile("""
    p?writev?(64)? | pwritev(64)?(v)?2 | f?truncate(64)? | (posix_)?fallocate(64)?
  | f(data)?sync | sync_file_range | (__)?open(at)?(64)?(_2)? | creat(64)? | mko?stemps?(64)?
  | tmpfile(64)? | f(re|d)?open(64)? | v?dprintf | __v?dprintf_chk
  | rename(at2?)? | (un)?link(at)? | remove | symlink(at)? | mkdir(at)? | rmdir
  | mmap(64)? | splice | tee | vmsplice | sendfile(64)? | copy_file_range | syscall
  | aio_(write|fsync)(64)? | lio_listio(64)? | io_(submit|uring_.*)
""", re.VERBOSE)
# Without these the list was not read.
KNOWN = {"pwrite64", "write", "fdatasync", "fsync", "ftruncate64", "rename", "unlink", "open64"}
# What implements the calls, rather than calling them.
IMPLEMENTATION = ("libc.so", "ld-linux", "linux-vdso")


def symbols(path, kind):
    """The names that an ELF file defines or wants."""
    listed = subprocess.run(
        ["nm", "--dynamic", f"--{kind}-only", "--format=just-symbols", path],
        capture_output=True, text=True, check=True)
    return {line.split("@")[0] for line in listed.stdout.split()}


def parts(program):
    """The program and the libraries that are loaded with it."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
    libraries = re.findall(r"(/\S+) \(0x", listed.stdout)
    return [program] + [path for path in libraries
                        if not os.path.basename(path).startswith(IMPLEMENTATION)]


def demand_all_seen(programs, library):
    """Fails when a program, or a library of it, can change a file in a way that is not interposed.

    Returns how many such calls the programs import.
    """
    seen = symbols(library, "defined")
    imported = {}
    for program in PROGRAMS:
        for path in parts(os.path.join(programs, program)):
            for name in symbols(path, "undefined"):
                if CHANGES.fullmatch(name):
                    imported.setdefault(name, os.path.basename(path))
    if not KNOWN <= set(imported):
        raise Failed(f"the programs' imports were not read: {sorted(KNOWN - set(imported))}")
    unseen = {name: path for name, path in imported.items() if name not in seen}
    if unseen:
        raise Failed(f"ways to change a file that no power cut takes back: {unseen}")
    return len(imported)


# What a child does in a folder with the synced file `kept`; each has to be taken back.
WAYS = {
    "write": "os.write(kept, b'new')",
    "writev": "os.writev(kept, [b'n', b'ew'])",
    "pwrite": "os.pwrite(kept, b'new', 2)",
    "pwritev": "os.pwritev(kept, [b'new'], 1)",
    "ftruncate": "os.ftruncate(kept, 1)",
    "posix_fallocate": "os.posix_fallocate(kept, 0, 999)",
    "O_TRUNC": "os.open('kept', os.O_WRONLY | os.O_TRUNC)",
    "open": "os.open(folder + '/new', os.O_WRONLY | os.O_CREAT)",
    "openat": "os.open('new', os.O_WRONLY | os.O_CREAT, dir_fd=here)",
    "rename": "os.rename('kept', 'new')",
    "renameat": "os.rename('kept', 'new', src_dir_fd=here, dst_dir_fd=here)",
    "unlink": "os.unlink(folder + '/kept')",
    "unlinkat": "os.unlink('kept', dir_fd=here)",
}
# Those that are refused.
REFUSED = {
    "truncate": "os.truncate('kept', 1)",
    "mkdir": "os.mkdir('new')",
    "symlink": "os.symlink('kept', 'new')",
    "link": "os.link('kept', 'new')",
    "copy_file_range": "os.copy_file_range(kept, kept, 1, 0, 5)",
    "sendfile": "os.sendfile(kept, os.open('kept', os.O_RDONLY), 0, 3)",
    "mmap": "mmap.mmap(kept, 6)",
}
CHILD = """
import mmap, os, resource, sys
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
folder = sys.argv[1]
os.chdir(folder)
here, kept = os.open('.', os.O_RDONLY), os.open('kept', os.O_RDWR)
exec(sys.argv[2])
# The power goes before one of these.
last = os.open('/dev/null', os.O_WRONLY) if sys.argv[3] == 'refused' else os.open('last', os.O_RDWR)
for number in range(9): os.write(last, b'x')
"""


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
                        "-o", self.library, *SOURCES, "-ldl", "-lpthread"], check=True)

    def environment(self, folder, after, lose, on="", call="", lies=False):
        values = {
            "LD_PRELOAD": self.library, "POWERCUT_FOLDER": os.path.realpath(folder),
            "POWERCUT_AFTER": str(after), "POWERCUT_LOSE": lose, "POWERCUT_REPORT": self.report,
            "POWERCUT_SEED": str(self.chance.randrange(1 << 31)),
            "POWERCUT_LIES": "1" if lies else "0",
        }
        chosen = {"POWERCUT_ON": on, "POWERCUT_CALL": call}
        return {**values, **{name: value for name, value in chosen.items() if value}}

    def cuts(self):
        """Operation, file, writes and bytes lost, of each cut so far."""
        try:
            lines = pathlib.Path(self.report).read_text().splitlines()
        except FileNotFoundError:
            return []
        rows = [line.rsplit(" ", 3) for line in lines]
        return [(what, name, int(writes), int(size)) for what, name, writes, size in rows]

    def child(self, statement, kind):
        """What is left of a folder, and the status, after one change and a cut."""
        with tempfile.TemporaryDirectory(prefix="sotto-ways-") as folder:
            folder = os.path.realpath(folder)
            for name in ("kept", "last"):
                pathlib.Path(folder, name).write_bytes(b"before")
            done = subprocess.run(
                [sys.executable, "-c", CHILD, folder, statement, kind], capture_output=True,
                text=True, env={**os.environ, **self.environment(folder, 6, "all")})
            return done, {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}

    def prove(self):
        """Takes back every kind of change, one by one, and refuses the others; says how many."""
        before = {"kept": b"before", "last": b"before"}
        for name, statement in WAYS.items():
            done, left = self.child(statement, "seen")
            if done.returncode != -signal.SIGKILL or left != before:
                raise Failed(f"{name} is not taken back: {done.returncode} {left} {done.stderr}")
        for name, statement in REFUSED.items():
            done, _ = self.child(statement, "refused")
            if done.returncode != -signal.SIGABRT or "is not seen" not in done.stderr:
                raise Failed(f"{name} is not refused: {done.returncode} {done.stderr}")
        return len(WAYS), len(REFUSED)
