# SPDX-License-Identifier: Apache-2.0
"""Sees when a program copies its write-ahead log into its database, and how far a kill let it come.

Between two starts of a program nothing but a checkpoint writes to the database file, so the first
write to it is the moment to kill for, and inotify tells it. What is counted is decided afterwards,
from the files that the killed program left:

- server: the log's index (-shm) says how far a checkpoint wanted to come and how far it came. The
  second is written after the database is synced; the kill fell in a checkpoint when it is less.
  Recovery leaves the index like that too, so the database must have been written since the start.
- client: it keeps its index in memory. The kill fell in a checkpoint when some pages of the log are
  in the database already and others are not. One that came after the last page, while the database
  was synced, cannot be told from one after the checkpoint, and is not counted.
"""

import ctypes
import os
import select
import struct

from harness import Failed

IN_MODIFY = 2
# https://sqlite.org/walformat.html: the header of the log and of its frames, and of its index.
LOG_HEADER, FRAME_HEADER = 32, 24
INDEX_DONE, INDEX_WANTED, INDEX_BYTES = 96, 128, 136


def watching(path):
    """A descriptor that can be read once the file was written to."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if descriptor < 0 or libc.inotify_add_watch(descriptor, os.fsencode(path), IN_MODIFY) < 0:
        raise Failed(f"inotify: {os.strerror(ctypes.get_errno())}")
    return descriptor


def pages(database):
    """How many pages of the log are in the database as they are in the log, and how many not."""
    try:
        with open(database + "-wal", "rb") as file:
            log = file.read()
    except FileNotFoundError:
        return 0, 0
    if len(log) < LOG_HEADER:
        return 0, 0
    size, salts = struct.unpack_from(">8xI4x8s", log)
    newest, pending = {}, {}
    for offset in range(LOG_HEADER, len(log) - FRAME_HEADER - size + 1, FRAME_HEADER + size):
        page, commits, found = struct.unpack_from(">II8s", log, offset)
        if found != salts:
            # What is left of an earlier round of the log.
            break
        pending[page] = offset + FRAME_HEADER
        if commits:
            newest.update(pending)
            pending = {}
    copied = 0
    with open(database, "rb") as file:
        for page, offset in newest.items():
            file.seek((page - 1) * size)
            copied += file.read(size) == log[offset:offset + size]
    return copied, len(newest) - copied


class Checkpoints:
    """The checkpoints of one program, from its present start on."""

    def __init__(self, victim):
        self.victim = victim
        self.database = victim.database
        self.descriptor = watching(self.database)
        self.was_written = False

    def drain(self):
        """Whether the database was written since the last look."""
        try:
            while os.read(self.descriptor, 65_536):
                self.was_written = True
        except BlockingIOError:
            pass
        return self.was_written

    def begun(self):
        """The program starts now; what was before does not count."""
        self.drain()
        self.was_written = False

    def wait(self, seconds):
        """Returns as soon as the database is written to; false when it was not in time."""
        self.drain()
        return bool(select.select([self.descriptor], [], [], seconds)[0])

    def was_cut(self):
        """Whether the kill, which was just now, fell in a checkpoint."""
        if not self.drain():
            return False
        if hasattr(self.victim, "data"):
            with open(self.database + "-shm", "rb") as file:
                index = file.read(INDEX_BYTES)
            if len(index) < INDEX_BYTES:
                return False
            (done,) = struct.unpack_from("=I", index, INDEX_DONE)
            (wanted,) = struct.unpack_from("=I", index, INDEX_WANTED)
            return done < wanted
        copied, missing = pages(self.database)
        return copied > 0 and missing > 0
