# SPDX-License-Identifier: Apache-2.0
"""Makes clients of each implementation, and clears up after them."""

import itertools

from ours import Ours, Program
from rine_peer import Rine
from uniffi_peer import Uniffi

KINDS = {"o": "ours", "u": "mls-rs-uniffi", "r": "rine-mls"}


class World:
    def __init__(self, program):
        self.program = Program(program)
        self.numbers = itertools.count(1)
        self.made = []

    def make(self, kind, tree_in_welcome=True):
        label = f"{kind}{next(self.numbers)}"
        if kind == "o":
            member = Ours(label, self.program)
        elif kind == "u":
            member = Uniffi(label, tree_in_welcome=tree_in_welcome)
        else:
            member = Rine(label)
        self.made.append(member)
        return member

    def close(self):
        self.program.close()
        for member in self.made:
            if hasattr(member, "close"):
                member.close()
