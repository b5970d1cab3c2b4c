#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""seeds.py FOLDER: writes seeds from Tests/Vectors, a folder for each fuzz target."""
import hashlib
import json
import pathlib
import sys

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Vectors"
# How many cases of a file are enough, and the longest seed worth its time.
CASES_MAX, BYTES_MAX = 60, 16_384
# Fields of messages.json that hold each target's structure.
MESSAGES = {
    "mls-message": [
        "mls_welcome", "mls_group_info", "mls_key_package", "public_message_application",
        "public_message_proposal", "public_message_commit", "private_message",
    ],
    "ratchet-tree": ["ratchet_tree"],
    "group-secrets": ["group_secrets"],
    "commit": ["commit"],
}
# The same without the MLSMessage header of version and wire format.
INNER = {"welcome": "mls_welcome", "group-info": "mls_group_info", "key-package": "mls_key_package"}
# Proposals stand in that file without the type that comes first on the wire.
PROPOSALS = [
    "add_proposal", "update_proposal", "remove_proposal", "pre_shared_key_proposal",
    "re_init_proposal", "external_init_proposal", "group_context_extensions_proposal",
]


def put(folder, target, data):
    if 0 < len(data) <= BYTES_MAX:
        place = folder / target
        place.mkdir(parents=True, exist_ok=True)
        (place / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def main():
    folder = pathlib.Path(sys.argv[1])
    for case in json.loads((VECTORS / "mls" / "messages.json").read_text())[:CASES_MAX]:
        for target, fields in MESSAGES.items():
            for field in fields:
                put(folder, target, bytes.fromhex(case[field]))
        for target, field in INNER.items():
            put(folder, target, bytes.fromhex(case[field])[4:])
        for number, field in enumerate(PROPOSALS, 1):
            put(folder, "proposal", number.to_bytes(2, "big") + bytes.fromhex(case[field]))
    for case in json.loads((VECTORS / "mls" / "tree-validation.json").read_text())[:CASES_MAX]:
        put(folder, "ratchet-tree", bytes.fromhex(case["tree"]))
    for file in sorted((VECTORS / "mimi").glob("*.cbor")):
        data = file.read_bytes()
        put(folder, "cbor", data)
        put(folder, "derived-values" if file.stem.startswith("implied") else "content", data)


main()
