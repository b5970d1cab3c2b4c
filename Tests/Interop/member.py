# SPDX-License-Identifier: Apache-2.0
"""What every implementation is to the scenarios: a client with at most one group.

Everything that crosses is an MLSMessage of RFC 9420 as it stands, in bytes.
"""

import dataclasses


class Unsupported(Exception):
    """The implementation's interface has no such operation."""


class Disagreement(AssertionError):
    """Two implementations see the same thing differently."""


class Refused(Exception):
    """An implementation refuses what it was given, or fails; the text is its own."""


@dataclasses.dataclass
class Commit:
    message: bytes
    welcomes: list = dataclasses.field(default_factory=list)  # one for all, or one each
    group_info: bytes | None = None

    def welcome(self, index):
        return self.welcomes[index] if len(self.welcomes) > 1 else self.welcomes[0]


@dataclasses.dataclass
class Received:
    kind: str  # application, proposal, commit, removed
    data: bytes = b""


class Member:
    """Operations that an implementation lacks raise `Unsupported`."""

    kind = "?"
    makes_group_info = False
    burns_keys = False  # loses a message's key to a forgery of that message

    def __init__(self, label):
        self.label = label
        self.identity = label.encode()

    def _unsupported(self, what):
        raise Unsupported(f"{self.kind} has no {what}")

    def key_package(self):
        self._unsupported("key packages")

    def create(self, group_id):
        self._unsupported("groups")

    def join(self, welcome, tree=None):
        self._unsupported("joins")

    def join_externally(self, group_info):
        self._unsupported("external commits")

    def resync(self, group_info, stale_leaf):
        self._unsupported("resync")

    def add(self, key_packages, **how):
        self._unsupported("adds")

    def remove(self, members, **how):
        self._unsupported("removes")

    def update(self, **how):
        self._unsupported("empty commits")

    def commit_pending(self, **how):
        return self.update(**how)

    def propose_add(self, key_package, **how):
        self._unsupported("proposals")

    def propose_remove(self, member, **how):
        self._unsupported("proposals")

    def propose_update(self, **how):
        self._unsupported("Update proposals")

    def confirm(self, commit):
        """The own commit was accepted."""

    def withdraw(self):
        """Another commit than the own one was accepted."""
        self._unsupported("withdrawing a commit")

    def receive(self, message, sender):
        self._unsupported("messages")

    def send(self, data):
        self._unsupported("messages")

    def group_info(self):
        self._unsupported("GroupInfo on demand")

    def tree(self):
        self._unsupported("exported trees")

    def export(self, label, context, length):
        return None

    def state(self):
        """Some of epoch, authenticator, treehash, members (identity to leaf)."""
        return {}
