# SPDX-License-Identifier: Apache-2.0
"""HPKE over X-Wing and the key schedule of MLS, written anew over Python's hashes and OpenSSL.

Each function takes as parameters what implementations may do differently.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from wire import vector

# RFC 9180 §7.3: id to name, key length, algorithm.
AEADS = {
    1: ("AES-128-GCM", 16, AESGCM),
    2: ("AES-256-GCM", 32, AESGCM),
    3: ("ChaCha20Poly1305", 32, ChaCha20Poly1305),
}
# RFC 9180 §7.2.
KDF_IDS = {"sha256": 1, "sha384": 2}
XWING_LABEL = b"\\.//^\\"


class XWingKey:
    """A key pair of draft-connolly-cfrg-xwing-kem from its 32-byte seed."""

    def __init__(self, seed):
        expanded = hashlib.shake_256(seed).digest(96)
        self.mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
        self.x25519 = X25519PrivateKey.from_private_bytes(expanded[64:])
        self.x25519_public = self.x25519.public_key().public_bytes_raw()
        self.public = self.mlkem.public_key().public_bytes_raw() + self.x25519_public

    def decapsulate(self, output):
        ephemeral = output[1088:]
        shared_x = self.x25519.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        return hashlib.sha3_256(
            self.mlkem.decapsulate(output[:1088]) + shared_x + ephemeral + self.x25519_public
            + XWING_LABEL).digest()


def hpke_pq_key(ikm, kem_id, kdf):
    """DeriveKeyPair of draft-ietf-hpke-pq: SHAKE256.LabeledDerive."""
    label = b"DeriveKeyPair"
    return XWingKey(hashlib.shake_256(
        ikm + b"HPKE-v1KEM" + kem_id.to_bytes(2, "big") + len(label).to_bytes(2, "big") + label
        + (32).to_bytes(2, "big")).digest(32))


def dkp_prk_key(ikm, kem_id, kdf):
    """The first half of RFC 9180 §7.1.3, its LabeledExtract, and SHAKE256 over that."""
    extracted = extract(kdf, b"", b"HPKE-v1KEM" + kem_id.to_bytes(2, "big") + b"dkp_prk" + ikm)
    return XWingKey(hashlib.shake_256(extracted).digest(32))


DERIVATIONS = {
    "SHAKE256.LabeledDerive": hpke_pq_key,
    "SHAKE256 of LabeledExtract": dkp_prk_key,
}


def extract(kdf, salt, ikm):
    return hmac.new(salt or bytes(hashlib.new(kdf).digest_size), ikm, kdf).digest()


def expand(kdf, key, info, length):
    output, block, counter = b"", b"", 1
    while len(output) < length:
        block = hmac.new(key, block + info + bytes([counter]), kdf).digest()
        output += block
        counter += 1
    return output[:length]


def hpke_open(kdf, kem_id, aead_id, shared_secret, info, ciphertext):
    """RFC 9180 §5.1 in base mode, and one opening. None when it does not open."""
    suite = b"HPKE" + b"".join(n.to_bytes(2, "big") for n in (kem_id, KDF_IDS[kdf], aead_id))
    _, length, algorithm = AEADS[aead_id]

    def labeled_extract(salt, label, ikm):
        return extract(kdf, salt, b"HPKE-v1" + suite + label + ikm)

    def labeled_expand(label, count):
        info = count.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
        return expand(kdf, secret, info, count)

    context = b"\0" + labeled_extract(b"", b"psk_id_hash", b"")
    context += labeled_extract(b"", b"info_hash", info)
    secret = labeled_extract(shared_secret, b"secret", b"")
    return aead_open(algorithm, labeled_expand(b"key", length), labeled_expand(b"base_nonce", 12),
                     ciphertext)


def aead_open(algorithm, key, nonce, ciphertext):
    try:
        return algorithm(key).decrypt(nonce, ciphertext, b"")
    except Exception:  # of whatever kind: it does not open
        return None


def expand_with_label(kdf, secret, label, context, length):
    """RFC 9420 §8."""
    info = length.to_bytes(2, "big") + vector(b"MLS 1.0 " + label) + vector(context)
    return expand(kdf, secret, info, length)


def derive_secret(kdf, secret, label):
    return expand_with_label(kdf, secret, label, b"", hashlib.new(kdf).digest_size)
