# SPDX-License-Identifier: Apache-2.0
"""rine-mls: mls-rs 0.55.2 with cryptography of its own (libcrux, RustCrypto)."""

import functools
import os
import shutil
import tempfile

import rine_mls

from member import Commit, Member, Received, Refused, Unsupported


def _refusing(method):
    @functools.wraps(method)
    def wrapped(self, *arguments, **named):
        try:
            return method(self, *arguments, **named)
        except rine_mls.RineMlsError as error:
            raise Refused(f"rine, {method.__name__}: {error}") from error
    return wrapped


class Rine(Member):
    kind = "rine-mls"
    burns_keys = True
    makes_group_info = True

    def __init__(self, label, suite=rine_mls.CIPHER_SUITE_CLASSICAL):
        super().__init__(label)
        self.folder = tempfile.mkdtemp(prefix="interop-rine-")
        self.client = rine_mls.MlsClient(self.folder, os.urandom(32), suite)
        # Its credential is its signature key.
        self.identity = bytes(self.client.public_key())
        self.group = None

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    @_refusing
    def key_package(self):
        return self.client.generate_key_package()

    @_refusing
    def create(self, group_id):
        self.group = self.client.create_group(group_id)
        self.group.save()

    @_refusing
    def join(self, welcome, tree=None):
        if tree is not None:
            raise Unsupported("rine-mls takes no tree beside the Welcome")
        self.group = self.client.join_from_welcome(welcome)
        self.group.save()

    @_refusing
    def join_externally(self, group_info):
        self.group = self.client.join_by_external_commit(group_info)
        return self._commit(self.group.last_commit())

    @_refusing
    def resync(self, group_info, stale_leaf):
        self.group = self.client.resync_by_external_commit(group_info, stale_leaf)
        return self._commit(self.group.last_commit())

    def _commit(self, bundle):
        return Commit(bundle.commit, list(bundle.welcomes), bundle.group_info)

    @_refusing
    def add(self, key_packages, **how):
        return self._commit(self.group.add_members(key_packages))

    @_refusing
    def remove(self, members, **how):
        if len(members) != 1:
            raise Unsupported("rine-mls removes one member at a time")
        return self._commit(
            self.group.remove_member(self.group.member_index(members[0].identity)))

    @_refusing
    def confirm(self, commit):
        # The group is in the new epoch already; saving makes that last.
        self.group.save()

    @_refusing
    def withdraw(self):
        self.group = self.client.load_group(self.group.group_id())

    @_refusing
    def receive(self, message, sender):
        if message[2:4] == b"\0\2" and self._is_application(message):
            # Its application messages bear one byte before the MLSMessage.
            tag = bytes([rine_mls.APP_MESSAGE_TAG])
            opened = self.group.decrypt_application_message(tag + message)
            return Received("application", opened.envelope)
        try:
            self.group.apply_commit(message)
        except rine_mls.UnexpectedMessageError as error:
            raise Unsupported("rine-mls takes no proposals") from error
        if not self.group.is_active():
            return Received("removed")
        self.group.save()
        return Received("commit")

    @staticmethod
    def _is_application(message):
        """The content type of a PrivateMessage, behind version, format, group id and epoch."""
        length = message[4]
        return message[5 + length + 8] == 1

    @_refusing
    def send(self, data):
        message = self.group.encrypt_application_message(data)
        if message[0] != rine_mls.APP_MESSAGE_TAG:
            raise Refused("rine's application message has another first byte")
        return message[1:]

    @_refusing
    def group_info(self):
        return self.group.group_info()

    @_refusing
    def state(self):
        members = {bytes(m.identity): m.index for m in self.group.member_identities()}
        return {
            "epoch": self.group.epoch(),
            "leaf": self.group.current_member_index(),
            "members": members,
        }
