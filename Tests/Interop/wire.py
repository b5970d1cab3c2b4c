# SPDX-License-Identifier: Apache-2.0
"""As much of RFC 9420's encoding as it takes to open a Welcome by hand."""


def vector(data):
    """opaque data<V> (RFC 9420 §2.1.2)."""
    if len(data) < 1 << 6:
        return bytes([len(data)]) + data
    if len(data) < 1 << 14:
        return (0x4000 | len(data)).to_bytes(2, "big") + data
    return (0x8000_0000 | len(data)).to_bytes(4, "big") + data


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def __bool__(self):
        return self.at < len(self.data)

    def take(self, count):
        taken = self.data[self.at:self.at + count]
        if len(taken) != count:
            raise ValueError("the bytes end early")
        self.at += count
        return taken

    def number(self, width):
        return int.from_bytes(self.take(width), "big")

    def vector(self):
        width = 1 << (self.data[self.at] >> 6)
        return self.take(self.number(width) & ((1 << (8 * width - 2)) - 1))


def extensions(data):
    """Extension extensions<V> as type to data."""
    reader, found = Reader(data), {}
    while reader:
        kind = reader.number(2)
        found[kind] = reader.vector()
    return found


def group_context(reader):
    """The bytes of a GroupContext and its confirmed_transcript_hash (RFC 9420 §8.1)."""
    start = reader.at
    reader.take(4)
    reader.vector()
    reader.take(8)
    reader.vector()
    transcript = reader.vector()
    reader.vector()
    return reader.data[start:reader.at], transcript


def root_key(tree):
    """The encryption_key of the root of a tree of two leaves (RFC 9420 §7.8)."""
    reader = Reader(tree)
    for place in range(3):
        if reader.number(1) == 0:
            raise ValueError("a blank node")
        kind = reader.number(1)
        if (kind == 2) != (place == 1):
            raise ValueError("another node than expected")
        if kind == 2:
            return reader.vector()
        reader.vector()
        reader.vector()
        reader.take(2)
        for _ in range(6):
            reader.vector()
        source = reader.number(1)
        if source == 1:
            reader.take(16)
        elif source == 3:
            reader.vector()
        reader.vector()
        reader.vector()
    raise ValueError("no parent")
