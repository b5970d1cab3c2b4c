# SPDX-License-Identifier: Apache-2.0
"""What the X-Wing suites of both sides are made of: 0xF04E of ours and 0xF057 of rine-mls.

A key package is made by hand, each side adds it, and the Welcome is opened by code written anew,
step by step. Each step is tried in every way that is known; the one that fits is the finding.
"""

import hashlib
import os
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import construction as made
from ours import Ours, Program
from rine_peer import Rine
from wire import Reader, extensions, group_context, root_key, vector

XWING_KEM_ID = 0x647A  # the registered one

OURS = {
    "hash": "sha384", "HPKE KEM id": "0x647a", "AEAD": "AES-256-GCM",
    "Welcome and key schedule": "RFC 9420",
    "DeriveKeyPair of the path": "SHAKE256.LabeledDerive, 0x647a",
    "DeriveKeyPair of external_pub": "SHAKE256.LabeledDerive, 0x647a",
}
RINE = {
    "hash": "sha256", "HPKE KEM id": "0xf057", "AEAD": "ChaCha20Poly1305",
    "Welcome and key schedule": "RFC 9420",
    "DeriveKeyPair of the path": "SHAKE256 of LabeledExtract, 0xf057",
    "DeriveKeyPair of external_pub": "SHAKE256 of LabeledExtract, 0xf057",
}


class Newcomer:
    """A key package of a suite with X-Wing and Ed25519, made by hand (RFC 9420 §10)."""

    def __init__(self, suite):
        number = suite.to_bytes(2, "big")
        signer = Ed25519PrivateKey.generate()
        public = signer.public_key().public_bytes_raw()
        self.init_key = made.XWingKey(os.urandom(32))
        leaf_key = made.XWingKey(os.urandom(32))
        now = int(time.time())

        def signed(label, content):
            tbs = vector(b"MLS 1.0 " + label) + vector(content)
            return content + vector(signer.sign(tbs))

        capabilities = vector(b"\0\1") + vector(number) + vector(b"") * 2 + vector(b"\0\1")
        lifetime = (now - 60).to_bytes(8, "big") + (now + 86_400).to_bytes(8, "big")
        leaf = signed(
            b"LeafNodeTBS",
            vector(leaf_key.public) + vector(public) + b"\0\1" + vector(public) + capabilities
            + b"\1" + lifetime + vector(b""))
        self.key_package = signed(
            b"KeyPackageTBS", b"\0\1" + number + vector(self.init_key.public) + leaf + vector(b""))
        self.message = b"\0\1\0\5" + self.key_package


def examine(member, suite):
    """The findings about one implementation's suite."""
    newcomer = Newcomer(suite)
    member.create(b"suite")
    commit = member.add([newcomer.message])
    member.confirm(commit)
    reader = Reader(commit.welcome(0))
    reader.take(6)
    entry, sealed = Reader(reader.vector()), reader.vector()
    reference, kem_output, ciphertext = entry.vector(), entry.vector(), entry.vector()

    found = {}
    label = vector(b"MLS 1.0 KeyPackage Reference") + vector(newcomer.key_package)
    kdf = next(k for k in made.KDF_IDS if hashlib.new(k, label).digest() == reference)
    found["hash"] = kdf
    secrets, kem_id, aead_id = _open(newcomer, kdf, suite, kem_output, ciphertext, sealed)
    found["HPKE KEM id"], found["AEAD"] = hex(kem_id), made.AEADS[aead_id][0]

    joiner, path_secret = secrets.vector(), (secrets.take(1), secrets.vector())[1]
    epoch_secret, tree = _enter(kdf, aead_id, joiner, sealed)
    found["Welcome and key schedule"] = "RFC 9420"
    node_secret = made.derive_secret(kdf, path_secret, b"node")
    found["DeriveKeyPair of the path"] = _derivation(kdf, suite, node_secret, root_key(tree))
    group_info = Reader(member.group_info()[4:])
    group_context(group_info)
    external_pub = Reader(extensions(group_info.vector())[4]).vector()
    external_secret = made.derive_secret(kdf, epoch_secret, b"external")
    found["DeriveKeyPair of external_pub"] = _derivation(
        kdf, suite, external_secret, external_pub)
    return found


def _open(newcomer, kdf, suite, kem_output, ciphertext, sealed):
    """GroupSecrets, and the ids of the HPKE suite under which they open (RFC 9420 §5.1.3)."""
    shared_secret = newcomer.init_key.decapsulate(kem_output)
    info = vector(b"MLS 1.0 Welcome") + vector(sealed)
    for kem_id in (XWING_KEM_ID, suite):
        for aead_id in made.AEADS:
            opened = made.hpke_open(kdf, kem_id, aead_id, shared_secret, info, ciphertext)
            if opened is not None:
                return Reader(opened), kem_id, aead_id
    raise ValueError("the Welcome's GroupSecrets do not open in any way that is known")


def _enter(kdf, aead_id, joiner, sealed):
    """The epoch secret and the tree, once the confirmation tag fits (RFC 9420 §8, §12.4.3.1)."""
    _, length, algorithm = made.AEADS[aead_id]
    size = hashlib.new(kdf).digest_size
    member_secret = made.extract(kdf, joiner, bytes(size))
    welcome_secret = made.derive_secret(kdf, member_secret, b"welcome")
    opened = made.aead_open(
        algorithm, made.expand_with_label(kdf, welcome_secret, b"key", b"", length),
        made.expand_with_label(kdf, welcome_secret, b"nonce", b"", 12), sealed)
    if opened is None:
        raise ValueError("the GroupInfo does not open")
    reader = Reader(opened)
    context, transcript = group_context(reader)
    tree = Reader(extensions(reader.vector())[2]).vector()
    epoch_secret = made.expand_with_label(kdf, member_secret, b"epoch", context, size)
    confirmation_key = made.derive_secret(kdf, epoch_secret, b"confirm")
    if made.extract(kdf, confirmation_key, transcript) != reader.vector():
        raise ValueError("the confirmation tag is another one")
    return epoch_secret, tree


def _derivation(kdf, suite, ikm, public):
    for name, derive in made.DERIVATIONS.items():
        for kem_id in (XWING_KEM_ID, suite):
            if derive(ikm, kem_id, kdf).public == public:
                return f"{name}, {hex(kem_id)}"
    return "not known"


def run(program):
    """Prints the findings; the number of them that are others than those written down."""
    process = Program(program)
    sides = [
        (Ours("product", process, suite=0xF04E), 0xF04E, OURS),
        (Rine("product", suite=0xF057), 0xF057, RINE),
    ]
    failures, columns = 0, []
    for member, suite, wanted in sides:
        found = examine(member, suite)
        failures += sum(found[step] != wanted[step] for step in wanted)
        columns.append(found)
    process.close()
    sides[1][0].close()
    print("| X-Wing suite | ours, 0xF04E | rine-mls, 0xF057 |\n| --- | --- | --- |")
    for step in OURS:
        print(f"| {step} | {columns[0][step]} | {columns[1][step]} |")
    return failures
