# SPDX-License-Identifier: Apache-2.0
"""One group and all its members, of whatever implementation, kept in one epoch.

`checks` counts what was compared.
"""

from member import Disagreement, Refused


def expect(condition, what):
    if not condition:
        raise Disagreement(what)


class Conversation:
    def __init__(self, creator, group_id=b"interop"):
        self.members = [creator]
        self.epochs = 0
        self.checks = 0
        self.messages = 0
        creator.create(group_id)

    def others(self, *absent):
        return [member for member in self.members if member not in absent]

    def deliver(self, commit, committer, removed=()):
        """The commit reaches everybody; each one that is removed notices."""
        for member in self.others(committer):
            kind = member.receive(commit.message, committer).kind
            wanted = "removed" if member in removed else "commit"
            expect(kind == wanted, f"{member.label} takes a commit for {kind}, not {wanted}")
            self.checks += 1
        self.members = self.others(*removed)
        self.epochs += 1

    def add(self, committer, newcomers, tree_out_of_band=False, **how):
        commit = committer.add([newcomer.key_package() for newcomer in newcomers], **how)
        committer.confirm(commit)
        self.deliver(commit, committer)
        tree = committer.tree() if tree_out_of_band else None
        for index, newcomer in enumerate(newcomers):
            newcomer.join(commit.welcome(index), tree)
        self.members += newcomers
        self.settle()
        return commit

    def remove(self, committer, gone, **how):
        commit = committer.remove(gone, **how)
        committer.confirm(commit)
        self.deliver(commit, committer, removed=gone)
        self.settle()
        for member in gone:
            self.expect_shut_out(member)
        return commit

    def update(self, committer, **how):
        commit = committer.update(**how)
        committer.confirm(commit)
        self.deliver(commit, committer)
        self.settle()
        return commit

    def join_externally(self, newcomer, helper):
        commit = newcomer.join_externally(helper.group_info())
        self.deliver(commit, newcomer)
        self.members.append(newcomer)
        self.settle()

    def resync(self, member, helper):
        """A member comes back without its state, in place of its old leaf."""
        group_info = helper.group_info()
        commit = member.resync(group_info, helper.state()["members"][member.identity])
        self.deliver(commit, member)
        self.settle()

    def propose(self, proposer, message):
        """A proposal reaches everybody."""
        for member in self.others(proposer):
            kind = member.receive(message, proposer).kind
            expect(kind == "proposal", f"{member.label} takes a proposal for {kind}")
            self.checks += 1

    def say(self, sender, data):
        message = sender.send(data)
        self.messages += 1
        for member in self.others(sender):
            received = member.receive(message, sender)
            expect(
                received.kind == "application" and received.data == data,
                f"{member.label} reads {received.kind} {received.data[:40]!r}"
                f" from {sender.label}")
            self.checks += 1

    def talk(self):
        """Everybody writes, everybody else reads."""
        for sender in list(self.members):
            self.say(sender, b"from " + sender.label.encode())

    def expect_shut_out(self, member):
        """A removed member reads nothing of the new epoch."""
        message = self.members[0].send(b"without you")
        try:
            received = member.receive(message, self.members[0])
        except Refused:
            self.checks += 1
        else:
            raise Disagreement(f"{member.label} was removed and still reads {received.data!r}")
        for other in self.others(self.members[0]):
            other.receive(message, self.members[0])

    def settle(self):
        """All that can be compared is equal in this epoch."""
        context = self.epochs.to_bytes(4, "big")
        exported = {}
        states = {}
        for member in self.members:
            secret = member.export("interop", context, 40)
            if secret is not None:
                exported[member.label] = secret
            for name, value in member.state().items():
                if name == "leaf":
                    continue
                states.setdefault(name, {})[member.label] = value
        for name, values in [("exporter secret", exported), *states.items()]:
            first = next(iter(values.items()), None)
            for label, value in values.items():
                expect(
                    value == first[1],
                    f"{name}: {label} has {value!r}, {first[0]} has {first[1]!r}")
                self.checks += 1
        names = states.get("members", {})
        if names:
            wanted = {member.identity for member in self.members}
            expect(set(next(iter(names.values()))) == wanted, "the members are others")
