# SPDX-License-Identifier: Apache-2.0
"""agentvault-mls-rs-uniffi: mls-rs 0.55.0 over OpenSSL. Suite 0x0001 only."""

import functools

import mls_rs_uniffi.mls_rs_uniffi as mls

from member import Commit, Member, Received, Refused


def _refusing(method):
    @functools.wraps(method)
    def wrapped(self, *arguments, **named):
        try:
            return method(self, *arguments, **named)
        except mls.Error as error:
            raise Refused(f"uniffi, {method.__name__}: {error!r}") from error
    return wrapped


class Uniffi(Member):
    kind = "mls-rs-uniffi"
    burns_keys = True

    def __init__(self, label, tree_in_welcome=True):
        super().__init__(label)
        keys = mls.generate_signature_keypair(mls.CipherSuite.CURVE25519_AES128)
        config = mls.client_config_default()
        config.use_ratchet_tree_extension = tree_in_welcome
        self.client = mls.Client(self.identity, keys, config)
        self.group = None
        # A member can be removed by its SigningIdentity only, which a message of it brings.
        self.known = {}

    @_refusing
    def key_package(self):
        return self.client.generate_key_package_message().to_bytes()

    @_refusing
    def create(self, group_id):
        self.group = self.client.create_group(group_id)

    @_refusing
    def join(self, welcome, tree=None):
        tree = mls.RatchetTree(bytes=tree) if tree is not None else None
        self.group = self.client.join_group(tree, mls.Message.from_bytes(welcome)).group

    def _commit(self, output):
        self.out_of_band_tree = output.ratchet_tree.bytes if output.ratchet_tree else None
        return Commit(
            output.commit_message.to_bytes(),
            [output.welcome_message.to_bytes()] if output.welcome_message else [],
            output.group_info.to_bytes() if output.group_info else None)

    @_refusing
    def add(self, key_packages, **how):
        messages = [mls.Message.from_bytes(k) for k in key_packages]
        return self._commit(self.group.add_members(messages))

    @_refusing
    def remove(self, members, **how):
        return self._commit(
            self.group.remove_members([self.known[m.identity] for m in members]))

    @_refusing
    def update(self, **how):
        return self._commit(self.group.commit())

    @_refusing
    def propose_add(self, key_package, **how):
        messages = self.group.propose_add_members([mls.Message.from_bytes(key_package)])
        return messages[0].to_bytes()

    @_refusing
    def propose_remove(self, member, **how):
        return self.group.propose_remove_members([self.known[member.identity]])[0].to_bytes()

    @_refusing
    def confirm(self, commit):
        self.group.process_incoming_message(mls.Message.from_bytes(commit.message))

    def withdraw(self):
        """Processing the commit that won clears the own one."""

    @_refusing
    def receive(self, message, sender):
        received = self.group.process_incoming_message(mls.Message.from_bytes(message))
        if received.is_application_message():
            self.known[sender.identity] = received.sender
            return Received("application", received.data)
        if received.is_received_proposal():
            self.known[sender.identity] = received.sender
            return Received("proposal")
        if received.is_commit():
            self.known[sender.identity] = received.committer
            return Received("removed" if received.effect.is_removed() else "commit")
        raise Refused(f"uniffi takes the message for {received}")

    @_refusing
    def send(self, data):
        return self.group.encrypt_application_message(data).to_bytes()

    @_refusing
    def tree(self):
        return self.group.export_tree().bytes

    @_refusing
    def export(self, label, context, length):
        return self.group.export_secret(label.encode(), context, length)
