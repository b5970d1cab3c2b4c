# SPDX-License-Identifier: Apache-2.0
"""Our side: `mls-peer`, one process with all of our clients."""

import subprocess

from member import Commit, Member, Received, Refused


class Program:
    """The process and its line protocol."""

    def __init__(self, path):
        self.process = subprocess.Popen(
            [path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(self, verb, **values):
        words = [verb]
        for name, value in values.items():
            if value is None:
                continue
            if isinstance(value, bytes):
                value = value.hex()
            elif isinstance(value, bool):
                value = "yes" if value else "no"
            elif isinstance(value, list):
                value = ",".join(v.hex() if isinstance(v, bytes) else str(v) for v in value)
            words.append(f"{name}={value}")
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().rstrip("\n")
        if answer.startswith("ok"):
            return dict(word.split("=", 1) for word in answer.split(" ")[1:])
        raise Refused(f"ours, {verb}: {answer or 'the process has ended'}")

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)


class Ours(Member):
    kind = "ours"
    makes_group_info = True

    def __init__(self, label, program, suite=1):
        super().__init__(label)
        self.program = program
        self.suite = suite
        self._call("client", identity=self.identity, suite=suite)

    def _call(self, verb, **values):
        return self.program.call(verb, client=self.label, **values)

    def key_package(self):
        return bytes.fromhex(self._call("keypackage", suite=self.suite)["message"])

    def create(self, group_id):
        self._call("create", group=group_id, suite=self.suite)

    def join(self, welcome, tree=None):
        self._call("join", message=welcome, tree=tree)

    def join_externally(self, group_info):
        return Commit(bytes.fromhex(self._call("external", message=group_info)["message"]))

    def resync(self, group_info, stale_leaf):
        answer = self._call("external", message=group_info, replacing=[stale_leaf])
        return Commit(bytes.fromhex(answer["message"]))

    def _commit(self, **values):
        answer = self._call("commit", **values)
        return Commit(
            bytes.fromhex(answer["message"]),
            [bytes.fromhex(answer["welcome"])] if "welcome" in answer else [],
            bytes.fromhex(answer["groupinfo"]))

    def add(self, key_packages, **how):
        return self._commit(add=key_packages, **how)

    def remove(self, members, **how):
        leaves = self.state()["members"]
        return self._commit(remove=[leaves[m.identity] for m in members], **how)

    def update(self, **how):
        return self._commit(**how)

    def _propose(self, **values):
        return bytes.fromhex(self._call("propose", **values)["message"])

    def propose_add(self, key_package, **how):
        return self._propose(add=[key_package], **how)

    def propose_remove(self, member, **how):
        return self._propose(remove=[self.state()["members"][member.identity]], **how)

    def propose_update(self, **how):
        return self._propose(**how)

    def confirm(self, commit):
        # As a client that reads its own commit in the log: it is known by its bytes.
        self._call("process", message=commit.message)

    def withdraw(self):
        """A commit that lost needs nothing: the group has not changed."""

    def receive(self, message, sender):
        answer = self._call("process", message=message)
        return Received(answer["kind"], bytes.fromhex(answer.get("data", "")))

    def send(self, data):
        return bytes.fromhex(self._call("protect", data=data)["message"])

    def group_info(self):
        return bytes.fromhex(self._call("groupinfo")["message"])

    def tree(self):
        return bytes.fromhex(self._call("tree")["tree"])

    def export(self, label, context, length):
        answer = self._call("export", label=label, context=context, length=length)
        return bytes.fromhex(answer["secret"])

    def state(self):
        answer = self._call("state")
        pairs = [word.split(":") for word in answer["members"].split(",")]
        return {
            "epoch": int(answer["epoch"]),
            "leaf": int(answer["leaf"]),
            "authenticator": answer["authenticator"],
            "treehash": answer["treehash"],
            "members": {bytes.fromhex(identity): int(leaf) for leaf, identity in pairs},
        }
