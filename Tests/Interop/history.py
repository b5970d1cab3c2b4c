# SPDX-License-Identifier: Apache-2.0
"""Random histories of mixed groups: a seed draws the members, the operations and their order."""

import random

from conversation import Conversation

SIZE_MAX = 50


class History:
    def __init__(self, world, seed, steps):
        self.world = world
        self.random = random.Random(seed)
        self.steps = steps
        # Some histories have no uniffi or no rine in them, and all have us.
        self.kinds = self.random.choice(["ou", "or", "our", "our", "oour"])
        self.target = self.random.choice([2, 4, 8, 16, 50])
        self.log = []

    def run(self):
        group = Conversation(self.world.make(self.random.choice(self.kinds)))
        for _ in range(self.steps):
            self.step(group)
            group.say(self.random.choice(group.members), self.random.randbytes(100))
        group.talk() if len(group.members) <= 12 else None
        return group

    def step(self, group):
        size = len(group.members)
        choices = {
            "add": 6 if size < self.target else 1,
            "remove": 0 if size < 2 else (1 if size < self.target else 4),
            "update": 3,
            "external": 2 if self.helpers(group) and size < SIZE_MAX else 0,
            "resync": 1 if self.helpers(group) and size > 1 else 0,
        }
        if size >= SIZE_MAX:
            choices["add"] = 0
        name = self.random.choices(list(choices), weights=choices.values())[0]
        self.log.append(name)
        getattr(self, name)(group)

    def helpers(self, group):
        return [m for m in group.members if m.makes_group_info]

    def how(self):
        """Ours frames handshakes either way, and adds with or without a path."""
        return {"wire": self.random.choice(["private", "public"])}

    def add(self, group):
        room = SIZE_MAX - len(group.members)
        count = min(self.random.choice([1, 1, 2, 4, 12]), room)
        newcomers = [self.world.make(self.random.choice(self.kinds)) for _ in range(count)]
        group.add(
            self.random.choice(group.members), newcomers,
            path=self.random.random() < 0.7, **self.how())

    def remove(self, group):
        committer = self.random.choice(group.members)
        others = group.others(committer)
        count = 1 if committer.kind == "rine-mls" else self.random.choice([1, 1, 2, 3])
        gone = self.random.sample(others, min(count, len(others)))
        for member in gone:
            if committer.kind == "mls-rs-uniffi" and member.identity not in committer.known:
                group.say(member, b"here I am")
        group.remove(committer, gone, **self.how())

    def update(self, group):
        able = [m for m in group.members if m.kind != "rine-mls"]
        if able:
            group.update(self.random.choice(able), **self.how())

    def external(self, group):
        kind = self.random.choice([k for k in self.kinds if k != "u"])
        group.join_externally(
            self.world.make(kind), self.random.choice(self.helpers(group)))

    def resync(self, group):
        able = [m for m in group.members if m.kind != "mls-rs-uniffi"]
        if not able:
            return
        member = self.random.choice(able)
        helpers = [m for m in self.helpers(group) if m is not member]
        if helpers:
            group.resync(member, self.random.choice(helpers))
