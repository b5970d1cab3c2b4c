# SPDX-License-Identifier: Apache-2.0
"""Starts the real programs on loopback and speaks to a client's daemon through its Unix socket.

Used by the canary, the kill tests, the demonstration and others. Only Python's standard library.
"""

import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

DOMAIN = "messenger.example"
START_SECONDS = 60


class Failed(Exception):
    """A program did not do what it should; the text says what."""


def wait_until(what, seconds, probe):
    """Calls `probe` until it returns something true; fails with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"waited {seconds} s in vain for {what}")
        time.sleep(0.02)


class Server:
    """A `sotto-server` process with its data directory."""

    def __init__(self, programs, folder):
        self.program = os.path.join(programs, "sotto-server")
        self.data = os.path.join(folder, "server")
        self.log = os.path.join(folder, "server.log")
        self.out = os.path.join(folder, "server.out")
        self.port = 0
        self.environment, self.options = {}, []
        self.process = None
        self.invite = None

    @property
    def folder(self):
        return self.data

    @property
    def database(self):
        return os.path.join(self.data, "sotto.sqlite")

    def arguments(self):
        return [self.program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
                "--domain", DOMAIN, *self.options]

    def start(self):
        with open(self.log, "ab") as log, open(self.out, "wb") as out:
            self.process = subprocess.Popen(
                self.arguments(), stdin=subprocess.DEVNULL, stdout=out, stderr=log,
                env={**os.environ, **self.environment})

        def line():
            if self.process.poll() is not None:
                raise Failed(f"sotto-server ended with {self.process.returncode}, see {self.log}")
            text = pathlib.Path(self.out).read_text()
            return next((l for l in text.splitlines() if l.startswith("invite: ")), None)

        self.invite = wait_until("the server's invite", START_SECONDS, line).split(" ", 1)[1]
        # The same port after a restart: the link that clients hold stays good.
        authority = self.invite.split("//", 1)[1].split("/", 1)[0]
        self.port = int(authority.rsplit(":", 1)[1])
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; returns the exit status."""
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed("sotto-server did not end within 20 s of SIGTERM") from None


class Client:
    """One person's `sotto`: a home, a passphrase file, and a daemon when it is started."""

    def __init__(self, programs, folder, name):
        self.program = os.path.join(programs, "sotto")
        self.name = name
        self.address = f"{name}@{DOMAIN}"
        self.home = os.path.join(folder, name)
        self.log = os.path.join(folder, f"{name}.log")
        self.secret = os.path.join(folder, f"{name}.passphrase")
        self.key_option = "--passphrase-file"
        self.write_secret(f"{name} walks seven miles before breakfast\n")
        self.environment = {}
        self.process = None
        self.numbers = itertools.count(1)

    def write_secret(self, text):
        descriptor = os.open(self.secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)

    def use_key_file(self):
        """A key instead of a passphrase, for a home that is not made yet."""
        self.key_option = "--key-file"
        self.write_secret(os.urandom(32).hex() + "\n")

    @property
    def folder(self):
        return self.home

    @property
    def database(self):
        return os.path.join(self.home, "sotto.db")

    @property
    def socket_path(self):
        return os.path.join(self.home, "sotto.sock")

    def arguments(self, *words):
        return [self.program, *words, "--home", self.home, self.key_option, self.secret]

    def run(self, *words, timeout=120, check=True, stdin=None):
        """Runs one verb to its end; returns what it printed."""
        done = subprocess.run(
            self.arguments(*words), input=stdin, capture_output=True, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise Failed(f"sotto {' '.join(words[:1])} of {self.name} ended with "
                         f"{done.returncode}: {done.stderr.strip()}")
        return done

    def register(self, invite):
        """Makes the account. These people take strangers at once, as a service does."""
        self.run("register", self.address, "--invite", invite)
        self.run("settings", "set", "strangers", "accept")

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments("daemon"), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **self.environment})

        def answers():
            if self.process.poll() is not None:
                raise Failed(f"the daemon of {self.name} ended with {self.process.returncode}, "
                             f"see {self.log}")
            try:
                return self.call("status") is not None
            except (OSError, Failed):
                return False

        wait_until(f"the daemon of {self.name}", START_SECONDS, answers)
        return self

    def history(self, peer, **params):
        """A page of the conversation's lines; empty until there is a conversation."""
        try:
            return self.call("history", address=peer.address, **params)["messages"]
        except Failed as failure:
            if "unknown-conversation" in str(failure):
                return []
            raise

    def call(self, method, timeout=60, **params):
        """One JSON-RPC request on a connection of its own; returns the result."""
        number = next(self.numbers)
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        with socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(timeout)
            channel.connect(self.socket_path)
            channel.sendall(json.dumps(request).encode() + b"\n")
            with channel.makefile("rb") as lines:
                for line in lines:
                    answer = json.loads(line)
                    if answer.get("id") != number:
                        continue
                    if "error" in answer:
                        raise Failed(f"{method}: {answer['error']}")
                    return answer["result"]
        raise Failed(f"{method}: the daemon closed the connection")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; returns the exit status."""
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"the daemon of {self.name} did not end in time") from None


class World:
    """A temporary folder with a server and people; all processes end with the `with` block."""

    def __init__(self, programs, keep=False):
        self.programs = os.path.abspath(programs)
        self.folder = tempfile.mkdtemp(prefix="sotto-")
        self.keep = keep
        self.server = Server(self.programs, self.folder)
        self.people = []

    def person(self, name):
        client = Client(self.programs, self.folder, name)
        self.people.append(client)
        return client

    def conversation(self):
        """The server, Alice and Bob run and have said hello.

        The first contact is made in peace: two who begin at once get two logs, and lines of
        different logs have no order among them.
        """
        server = self.server.start()
        alice, bob = self.person("alice"), self.person("bob")
        for person in (alice, bob):
            person.register(server.invite)
            person.start()
        self.greet("hello")
        return server, alice, bob

    def greet(self, text):
        """Both say it, and wait until the other has it."""
        alice, bob = self.people
        for writer, reader in ((alice, bob), (bob, alice)):
            writer.run("send", reader.address, text, "--wait", "delivered", "--timeout", "60")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        for program in [*self.people, self.server]:
            if program.process is not None and program.process.poll() is None:
                program.process.kill()
                program.process.wait()
        if kind is None and not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        elif kind is not None:
            print(f"what the programs left is in {self.folder}")


def files_under(folder):
    """All regular files below a folder."""
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            if os.path.isfile(path):
                yield path
