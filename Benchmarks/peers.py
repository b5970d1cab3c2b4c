#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What two other MLS implementations cost, in the operations that mls-bench measures.

Started by bench.py with the Python of Scripts/setup-interop; prints a figure a line. Times are
processor time of this process in microseconds, medians; a commit counts with what it takes to be
in its epoch. Messages stay on the other side of the binding where it lets them; what handing bytes
over costs is a figure of its own.
"""

import os
import shutil
import statistics
import sys
import tempfile
import time

BUDGET_SECONDS = 2.0
RUNS_MAX, RUNS_MIN = 500, 3


class Uniffi:
    """agentvault-mls-rs-uniffi; messages are handles."""

    has_empty_commits = one_welcome = True

    def __init__(self):
        import mls_rs_uniffi.mls_rs_uniffi as mls
        self.mls = mls
        keys = mls.generate_signature_keypair(mls.CipherSuite.CURVE25519_AES128)
        self.client = mls.Client(os.urandom(16), keys, mls.client_config_default())
        self.group = self.last = None

    def key_package(self):
        return self.client.generate_key_package_message()

    def create(self):
        self.group = self.client.create_group(b"bench")

    def join(self, welcome):
        self.group = self.client.join_group(None, welcome).group

    def _applied(self, output):
        self.group.process_incoming_message(output.commit_message)
        return output.commit_message, output.welcome_message

    def add(self, packages):
        return self._applied(self.group.add_members(packages))

    def remove(self, member):
        return self._applied(self.group.remove_members([self.last.sender]))

    def update(self):
        return self._applied(self.group.commit())

    def process(self, commit):
        self.group.process_incoming_message(commit)

    def send(self, data):
        return self.group.encrypt_application_message(data)

    def read(self, message):
        self.last = self.group.process_incoming_message(message)

    def size(self, message):
        return len(message.to_bytes())

    def hand_over(self, message):
        self.mls.Message.from_bytes(message.to_bytes())

    def close(self):
        self.group = None


class Rine:
    """rine-mls; messages are bytes. Nothing is saved but what it saves by itself."""

    has_empty_commits = one_welcome = False

    def __init__(self):
        import rine_mls
        self.folder = tempfile.mkdtemp(prefix="bench-rine-", dir=RAM)
        self.client = rine_mls.MlsClient(
            self.folder, os.urandom(32), rine_mls.CIPHER_SUITE_CLASSICAL)
        self.identity = self.client.public_key()
        self.group = None

    def key_package(self):
        return self.client.generate_key_package()

    def create(self):
        self.group = self.client.create_group(b"bench")

    def join(self, welcome):
        self.group = self.client.join_from_welcome(welcome)

    def add(self, packages):
        made = self.group.add_members(packages)
        return made.commit, made.welcomes[0]

    def remove(self, member):
        made = self.group.remove_member(self.group.member_index(member.identity))
        return made.commit, None

    def process(self, commit):
        self.group.apply_commit(commit)

    def send(self, data):
        return self.group.encrypt_application_message(data)

    def read(self, message):
        self.group.decrypt_application_message(message)

    def size(self, message):
        return len(message)

    def close(self):
        self.group = None
        shutil.rmtree(self.folder, ignore_errors=True)


# The files of rine-mls lie in memory where there is such a place, so that no disk is measured.
RAM = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
KINDS = {"mls-rs-uniffi": Uniffi, "rine-mls": Rine}


class Samples:
    """Times by operation; the first of each is not counted."""

    def __init__(self, who, tree, members):
        self.place = f"{who} 0x0001 {tree} {members}"
        self.times = {}

    def time(self, operation, action):
        began = time.process_time()
        result = action()
        self.times.setdefault(operation, []).append(time.process_time() - began)
        return result

    def print(self):
        for operation, times in self.times.items():
            value = statistics.median(times[1:] or times) * 1e6
            print(self.place, operation, f"{value:.1f}", flush=True)

    def bytes(self, operation, count):
        print(self.place, operation, count, flush=True)


def rounds():
    end = time.monotonic() + BUDGET_SECONDS
    count = 0
    while count <= RUNS_MIN or (count < RUNS_MAX and time.monotonic() < end):
        yield count
        count += 1


def bulk(kind, size, who):
    """A group of `size` by one commit; two of its members."""
    samples = Samples(who, "cold", size)
    for _ in range(5 if size <= 128 else 3):
        creator, others = kind(), [kind() for _ in range(size - 1)]
        creator.create()
        packages = [other.key_package() for other in others]
        commit, welcome = samples.time("bulk", lambda: creator.add(packages))
        others[0].join(welcome)
        for other in others[1:]:
            other.close()
    samples.print()
    samples.bytes("bulk-commit-bytes", creator.size(commit))
    if creator.one_welcome:
        samples.bytes("bulk-welcome-bytes", creator.size(welcome))
    return creator, others[0]


def warm(kind, size):
    """Each member adds the next and both renew their paths; the last two."""
    last, before = kind(), None
    last.create()
    for _ in range(size - 1):
        if before:
            before.close()
        before, last = last, kind()
        _, welcome = before.add([last.key_package()])
        last.join(welcome)
        if last.has_empty_commits:
            before.process(last.update()[0])
    return before, last


def changes(kind, committer, follower, samples):
    """Adds, joins and removes one member again and again."""
    sizes = {}
    for _ in rounds():
        newcomer = kind()
        package = newcomer.key_package()
        added, welcome = samples.time("add", lambda: committer.add([package]))
        samples.time("process-add", lambda: follower.process(added))
        samples.time("join", lambda: newcomer.join(welcome))
        sizes["add-bytes"] = added
        sizes["welcome-bytes"] = welcome
        # The one removes another only after a message of it.
        committer.read(newcomer.send(b"here"))
        removed, _ = committer.remove(newcomer)
        follower.process(removed)
        if committer.has_empty_commits:
            made, _ = samples.time("commit", committer.update)
            samples.time("process", lambda: follower.process(made))
            sizes["commit-bytes"] = made
        newcomer.close()
    samples.print()
    for operation, message in sizes.items():
        samples.bytes(operation, committer.size(message))


def messages(kind, who):
    samples = Samples(who, "-", 0)
    one, two = kind(), kind()
    one.create()
    two.join(one.add([two.key_package()])[1])
    for size in (100, 16_384):
        data = os.urandom(size)
        for _ in rounds():
            message = samples.time(f"protect-{size}", lambda: one.send(data))
            samples.time(f"unprotect-{size}", lambda: two.read(message))
            if hasattr(one, "hand_over"):
                samples.time(f"handover-{size}", lambda: one.hand_over(message))
        samples.bytes(f"message-bytes-{size}", one.size(message))
    samples.print()
    one.close()
    two.close()


def main():
    who, warm_max, sizes = sys.argv[1], int(sys.argv[2]), map(int, sys.argv[3:])
    kind = KINDS[who]
    messages(kind, who)
    for size in sizes:
        pairs = [("cold", bulk(kind, size, who))]
        if size <= warm_max:
            pairs.append(("warm", warm(kind, size)))
        for tree, pair in pairs:
            changes(kind, *pair, Samples(who, tree, size))
            for member in pair:
                member.close()


if __name__ == "__main__":
    main()
