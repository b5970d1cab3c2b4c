#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A marked message disappears in real daemons; then the marker is looked for in their memory and
in the decrypted database and log of both homes.

The database's pages are decrypted here, with the key of the home's key file, by libcrypto alone.
Controls show that the searches find what is there: the same message before its end, and one that
stays, afterwards.
"""

import argparse
import ctypes
import ctypes.util
import os
import secrets
import string
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from canary import contains, memory_blocks  # noqa: E402
from harness import Failed, World, wait_until  # noqa: E402

PAGE, RESERVE, IV = 4096, 80, 16
# SQLite builds rows in a page of its own, which the next row of this length writes over.
FILLER = "y" * 1800
PATIENCE = 30


def crypto():
    return ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")


def decrypted(library, key, page, skips):
    """AES-256-CBC of one page (SQLCipher 4: the reserve holds the IV and a MAC)."""
    body, iv = page[skips:PAGE - RESERVE], page[PAGE - RESERVE:PAGE - RESERVE + IV]
    library.EVP_CIPHER_CTX_new.restype = ctypes.c_void_p
    library.EVP_aes_256_cbc.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.EVP_CIPHER_CTX_new())
    try:
        library.EVP_DecryptInit_ex(
            context, ctypes.c_void_p(library.EVP_aes_256_cbc()), None, key, iv)
        library.EVP_CIPHER_CTX_set_padding(context, 0)
        out, length = ctypes.create_string_buffer(len(body) + 32), ctypes.c_int(0)
        if library.EVP_DecryptUpdate(context, out, ctypes.byref(length), body, len(body)) != 1:
            raise Failed("a page does not decrypt")
        return out.raw[:length.value]
    finally:
        library.EVP_CIPHER_CTX_free(context)


def pages(home_database, key):
    """All pages of the database, and of its log."""
    library = crypto()
    with open(home_database, "rb") as file:
        number = 0
        while len(page := file.read(PAGE)) == PAGE:
            yield decrypted(library, key, page, 16 if number == 0 else 0)
            number += 1
    if os.path.exists(home_database + "-wal"):
        with open(home_database + "-wal", "rb") as file:
            file.read(32)
            while len(frame := file.read(24 + PAGE)) == 24 + PAGE:
                first = int.from_bytes(frame[:4], "big") == 1
                yield decrypted(library, key, frame[24:], 16 if first else 0)


def text_of(marker):
    return {marker.encode(), marker.encode("utf-16-le")}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--programs", required=True)
    options = arguments.parse_args()
    alphabet = string.ascii_letters + string.digits
    goes, stays = ("".join(secrets.choice(alphabet) for _ in range(32)) for _ in range(2))

    with World(options.programs) as world:
        server = world.server.start()
        alice, bob = world.person("alice"), world.person("bob")
        for person in (alice, bob):
            person.use_key_file()
            person.register(server.invite)
            person.start()
        keys = {}
        for person in (alice, bob):
            with open(person.secret) as file:
                keys[person.name] = bytes.fromhex(file.read().strip())

        def in_memory(person, marker):
            return contains(memory_blocks(person.process.pid), text_of(marker))

        def in_store(person, marker):
            return contains(pages(person.database, keys[person.name]), text_of(marker))

        alice.call("send", address=bob.address, text=f"this stays: {stays}")
        alice.call("send", address=bob.address, text=f"this goes: {goes} " * 20, expires="15s")

        def has_text():
            lines = bob.history(alice, limit=10)
            return any(goes in (line.get("text") or "") for line in lines)

        wait_until("Bob to read", 60, has_text)
        for person in (alice, bob):
            if not in_memory(person, goes):
                raise Failed(f"the control failed: {person.name}'s memory has no such text")
            if not in_store(person, goes):
                raise Failed(f"the control failed: {person.name}'s store has no such text")

        def is_gone(person, peer):
            lines = person.history(peer, limit=10)
            return not any(goes in (line.get("text") or "") for line in lines)

        wait_until("the end on both sides", 60, lambda: is_gone(alice, bob) and is_gone(bob, alice))
        ended = time.monotonic()
        for person in (alice, bob):
            if in_store(person, goes):
                raise Failed(f"{person.name}'s decrypted store still has the text")
            if not in_store(person, stays):
                raise Failed("the control failed: what stays is not found in the store")

        # The conversation goes on, and what it does next writes over what is left.
        talks = 0

        def is_forgotten():
            nonlocal talks
            talks += 1
            for person, peer in ((alice, bob), (bob, alice)):
                person.call("send", address=peer.address, text=FILLER, wait="delivered")
            return not any(in_memory(person, goes) for person in (alice, bob))

        wait_until("both memories to lose the text", PATIENCE, is_forgotten)
        bob.history(alice, limit=50)
        if not in_store(bob, stays):
            raise Failed("the control failed: what stays is not in the store at the end")
        print("disappear: the text was in both stores and both memories; after its end it is in "
              "no page of the decrypted databases and logs, and in no memory once each side had "
              f"written {talks} more message(s), after {time.monotonic() - ended:.1f} s")
        for person in (alice, bob):
            person.stop()
        server.stop()


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"disappear: {failure}")
