#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two people converse with `sotto chat`: Alice on a terminal, Bob line by line, over a real server.

Alice's program has a terminal of its own, on which keys are typed; what it shows and how it leaves
the terminal is looked at, also after Ctrl-Z and after a SIGKILL. Bob's has pipes. One of them has a
daemon, the other none.
"""

import argparse
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Failed, World, wait_until  # noqa: E402

SECONDS = 60


class Screen:
    """A program on a terminal of its own, beside a shell that keeps the terminal open."""

    def __init__(self, arguments):
        self.master, self.slave = pty.openpty()
        self.resize(80, 24)
        self.usual = termios.tcgetattr(self.slave)

        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            arguments, stdin=self.slave, stdout=self.slave, stderr=self.slave,
            preexec_fn=take_terminal)
        self.seen, self.all = "", ""

    def child(self):
        """The process of the program that the shell runs."""
        number = self.process.pid
        with open(f"/proc/{number}/task/{number}/children", encoding="ascii") as file:
            return int(file.read().split()[0])

    def resize(self, columns, lines):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def wait_for(self, text):
        """Reads until the text came; what came before it is forgotten."""
        deadline = time.monotonic() + SECONDS
        while text not in self.seen:
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self.master], [], [], left)[0]:
                raise Failed(f"the screen does not show {text!r} but {self.seen[-2000:]!r}")
            more = os.read(self.master, 65536).decode(errors="replace")
            self.seen += more
            self.all += more
        before, _, self.seen = self.seen.partition(text)
        return before

    @property
    def is_raw(self):
        return not termios.tcgetattr(self.slave)[3] & termios.ICANON

    def check_restored(self, when):
        """The terminal is as it was, and pastes are no longer marked."""
        wait_until(f"the terminal {when}", SECONDS,
                   lambda: termios.tcgetattr(self.slave) == self.usual)
        self.wait_for("\x1b[?2004l")

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


class Lines:
    """A program with pipes."""

    def __init__(self, arguments):
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.seen = b""

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def wait_for(self, text):
        deadline = time.monotonic() + SECONDS
        while text.encode() not in self.seen:
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise Failed(f"the lines do not tell {text!r} but {self.seen!r}")
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                raise Failed(f"the program ended without {text!r}: {self.seen!r}")
            self.seen += more

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def converse(screen, lines, alice, bob):
    screen.wait_for("hello")
    if not screen.is_raw:
        raise Failed("the terminal does not give every key")
    lines.wait_for("hello")
    # Typed with a mistake, moved about in, in two rows, with wide characters.
    screen.type("Diner at noon?\x1b[1;5D\x1b[1;5D\x1b[1;5D\x06\x06\x06n\x05 \u6f22\u5b57\x1b\rYes?")
    screen.type("\r")
    lines.wait_for(f"{alice.address}, message 3: Dinner at noon? \u6f22\u5b57\n    | Yes?\n")
    screen.wait_for("#3 read")
    lines.type("/reply 3 Gladly")
    screen.wait_for('#4 bob@messenger.example: (answers "Dinner at noon?')
    lines.type("/react 3 \U0001f44d")
    screen.wait_for("reacted \U0001f44d to #3.")
    screen.type("/edit 3 Dinner at one?\r")
    lines.wait_for("Message 3 now says: Dinner at one?\n")
    screen.type("/delete 3\r")
    lines.wait_for("Message 3 was deleted.\n")
    # What would command the terminal comes as what it is.
    lines.type("\x1b[2J\u202eevil\x07")
    before = screen.wait_for("evil\\u{7}")
    if "\\u{1b}[2J\\u{202e}" not in before or "\x1b[2J" in before or "\u202e" in before:
        raise Failed(f"the terminal was commanded: {before!r}")
    print("chat: two people write, answer, react, edit and delete; a message cannot command the "
          "terminal", flush=True)


def bother(screen):
    """Sizes, pasted text, a pause."""
    screen.resize(30, 10)
    screen.wait_for("\x1b[J")
    screen.type("\x1b[200~pasted\nrows\x1b[201~")
    screen.wait_for("  rows")
    screen.type("\x03")
    print("chat: another size and a paste are survived", flush=True)


def pause(alice, bob):
    """Ctrl-Z gives the terminal back to the shell, and fg takes it again."""
    script = 'set -m; "$@"; echo PAUSED; read -r line; fg; echo "ENDED $?"'
    screen = Screen(["bash", "-c", script, "chat", *alice.arguments("chat", bob.address)])
    try:
        screen.wait_for("evil")
        screen.wait_for("> ")
        screen.type("\x1a")
        screen.wait_for("PAUSED")
        if screen.is_raw:
            raise Failed("the shell gets a raw terminal")
        screen.type("\n")
        wait_until("raw keys after the pause", SECONDS, lambda: screen.is_raw)
        screen.wait_for("> ")
        screen.type("/quit\r")
        screen.wait_for("ENDED 0")
    finally:
        screen.end()
    print("chat: a pause gives the terminal back, and takes it again", flush=True)


def ends(alice, bob):
    """Every way to end puts the terminal back."""
    # A shell has the terminal and keeps it, as it does for people: the terminal is lost with the
    # process that has it.
    script = '"$@"; echo "ENDED $?"; exec sleep 600'
    for name, act, status in (
            ("/quit", lambda screen: screen.type("/quit\r"), 0),
            ("Ctrl-D", lambda screen: screen.type("\x04"), 0),
            ("Ctrl-C", lambda screen: screen.type("\x03"), 0),
            ("SIGTERM", lambda screen: os.kill(screen.child(), signal.SIGTERM), 0),
            ("SIGKILL", lambda screen: os.kill(screen.child(), signal.SIGKILL), 128 + 9)):
        screen = Screen(["bash", "-c", script, "chat", *alice.arguments("chat", bob.address)])
        try:
            screen.wait_for("evil")
            screen.wait_for("> ")
            act(screen)
            screen.check_restored(f"after {name}")
            screen.seen = screen.all
            screen.wait_for(f"ENDED {status}")
        finally:
            screen.end()
    print("chat: the terminal is as it was after /quit, Ctrl-D, Ctrl-C, SIGTERM and SIGKILL",
          flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    options = arguments.parse_args()
    with World(options.programs) as world:
        _, alice, bob = world.conversation()
        bob.stop()
        screen = Screen(alice.arguments("chat", bob.address))
        lines = Lines(bob.arguments("chat", alice.address, "--plain"))
        try:
            converse(screen, lines, alice, bob)
            bother(screen)
            # What was typed before the end of input is still said.
            lines.type("the last word")
            lines.process.stdin.close()
            screen.wait_for("the last word")
            if lines.process.wait(SECONDS) != 0:
                raise Failed(f"the end of input ended it with {lines.process.returncode}")
            screen.type("/quit\r")
            screen.check_restored("at the end")
            if screen.process.wait(SECONDS) != 0:
                raise Failed(f"/quit ended it with {screen.process.returncode}")
        finally:
            screen.end()
            lines.end()
        pause(alice, bob)
        ends(alice, bob)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"chat: {failure}")
