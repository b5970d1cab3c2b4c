#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the manual pages and completions, and has the programs that read them try them.

Each verb has its page, and `man` formats each page without a warning. The shells that are here
parse their completions, and an interactive bash completes a verb and the address of a conversation
that a real daemon has.
"""

import argparse
import glob
import json
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import tempfile
import termios
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Failed, World  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def verbs(command, path=()):
    """The page of each command that people are to see."""
    path = (*path, command["commandName"])
    found = ["-".join(path)]
    for sub in command.get("subcommands", []):
        if sub.get("shouldDisplay", True) and sub["commandName"] != "help":
            found += verbs(sub, path)
    return found


def check_pages(program, folder):
    described = json.loads(subprocess.run(
        [program, "--experimental-dump-help"], check=True, capture_output=True).stdout)
    expected = sorted(verbs(described["command"]))
    pages = glob.glob(os.path.join(folder, "man", "man1", "*.1"))
    pages.sort(key=lambda page: os.path.basename(page)[:-2])
    if [os.path.basename(page)[:-2] for page in pages] != expected:
        raise Failed(f"the pages are {pages}, the verbs {expected}")
    for page in pages:
        with open(page, encoding="utf-8") as file:
            text = file.read()
        if not text.isascii():
            raise Failed(f"{page} is not ASCII")
        for line in text.splitlines():
            if re.match(r"[.']", line) and not re.match(r"\.(TH|SH|TP|B|BR|I)( |$)", line):
                raise Failed(f"{page}: {line} is no request that we write")
    used = []
    if shutil.which("man") and shutil.which("groff"):
        used.append("man")
        for page in pages:
            done = subprocess.run(
                ["man", "--warnings", "-l", page], capture_output=True, text=True,
                env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"})
            title = os.path.basename(page)[:-2]
            plain = " ".join(re.sub(".\b", "", done.stdout).split())
            if done.returncode or done.stderr or f"{title} - " not in plain:
                raise Failed(f"man of {page}: {done.stderr}{done.stdout[:200]}")
    if shutil.which("mandoc"):
        used.append("mandoc")
        subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], check=True)
    print(f"manuals: {len(pages)} pages, one for each verb; read by "
          f"{', '.join(used) or 'nobody: neither man nor mandoc is here'}", flush=True)


class Bash:
    """An interactive bash on a terminal of its own."""

    def __init__(self, environment, folder):
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            # A line that is wider than the terminal would be shown in part.
            termios.tcsetwinsize(0, (24, 400))
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment)
        self.seen = ""

    def type(self, text):
        self.seen = ""
        os.write(self.terminal, text.encode())

    def wait_for(self, text, seconds=30):
        deadline = time.monotonic() + seconds
        # The shell may quote what needs no quoting.
        while text not in self.seen.replace("\\", ""):
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self.terminal], [], [], left)[0]:
                raise Failed(f"bash did not show {text!r} but {self.seen!r}")
            self.seen += os.read(self.terminal, 4096).decode(errors="replace")

    def end(self):
        os.close(self.terminal)
        os.waitpid(self.process, 0)


def check_shells(folder):
    files = {"bash": "bash-completion/completions/sotto", "zsh": "zsh/site-functions/_sotto",
             "fish": "fish/vendor_completions.d/sotto.fish"}
    used = []
    for shell, name in files.items():
        path = os.path.join(folder, name)
        if os.path.getsize(path) < 1000:
            raise Failed(f"{path} is too small to complete anything")
        if shutil.which(shell):
            used.append(shell)
            subprocess.run([shell, "-n", path], check=True)
    print(f"manuals: completions for {', '.join(files)}; parsed by {', '.join(used)}", flush=True)


def check_bash(programs, folder, alice, bob):
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PS1": "READY> ",
                   "TERM": "dumb", "SOTTO_HOME": alice.home, "HISTFILE": ""}
    bash = Bash(environment, folder)
    try:
        bash.wait_for("READY> ")
        script = os.path.join(folder, "bash-completion", "completions", "sotto")
        bash.type(f"source {shlex.quote(script)}; echo DO''NE\n")
        bash.wait_for("DONE")
        bash.wait_for("READY> ")
        bash.type("sotto conv\t")
        bash.wait_for("sotto conversations ")
        bash.type("\x15sotto safety-number \t")
        bash.wait_for(f"sotto safety-number {bob.address}")
        # Another home is asked when the line names one; nobody answers for one without a daemon.
        bash.type(f"\x15sotto safety-number --home {bob.home} \t")
        bash.wait_for(f"{bob.home} {alice.address}")
    finally:
        bash.end()
    print("manuals: bash completes a verb, and an address that the daemon knows", flush=True)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    options = arguments.parse_args()
    programs = os.path.abspath(options.programs)
    with tempfile.TemporaryDirectory(prefix="sotto-") as folder:
        program = os.path.join(programs, "sotto")
        subprocess.run(
            [os.path.join(ROOT, "Scripts", "generate-manuals"), program, folder], check=True)
        check_pages(program, folder)
        check_shells(folder)
        with World(programs) as world:
            _, alice, bob = world.conversation()
            check_bash(programs, folder, alice, bob)


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"manuals: {failure}")
