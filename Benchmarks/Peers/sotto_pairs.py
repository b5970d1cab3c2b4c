# SPDX-License-Identifier: Apache-2.0
"""The load of xmpp.py for a sotto-server in plaintext, in the same language and on the same loop.

Frames are built by hand (RFC 6455 with a key of zeros; protobuf as in Protos/sotto/v1/logs.proto).
A message counts when its receiver has it; the server answers the sender after its fsync.
"""

import asyncio
import hashlib
import os

from closed_loop import ClosedLoop

UPGRADE = (b"GET /v1/logs HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\n"
           b"upgrade: websocket\r\nsec-websocket-version: 13\r\n"
           b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
           b"sec-websocket-protocol: sotto.v1\r\n\r\n")
CREATE_LOG, APPEND, SUBSCRIBE_LOG, ACKNOWLEDGE_LOG, ENTRIES = 4, 5, 8, 10, 8


def varint(value):
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


def fields(content):
    """Numbers and blocks of a message, one after the other."""
    at = 0

    def read():
        nonlocal at
        value = shift = 0
        while True:
            byte = content[at]
            at += 1
            value |= (byte & 0x7f) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(content):
        tag = read()
        value = read()
        if tag & 7 == 2:
            yield tag >> 3, content[at:at + value]
            at += value
        else:
            yield tag >> 3, value


class Link:
    """One WebSocket to /v1/logs."""

    def __init__(self, port):
        self.port = port
        self.requests = 0
        self.reader = self.writer = None

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(UPGRADE)
        head = await self.reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"no upgrade: {head!r}")
        await self.receive()

    def send(self, field, content):
        self.requests += 1
        frame = number(1, self.requests) + block(field, content)
        size = len(frame)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self.writer.write(b"\x82" + length + b"\0\0\0\0" + frame)
        return self.requests

    async def receive(self):
        """The fields of the next frame."""
        while True:
            first, size = await self.reader.readexactly(2)
            if size > 125:
                width = 2 if size == 126 else 8
                size = int.from_bytes(await self.reader.readexactly(width), "big")
            content = await self.reader.readexactly(size)
            if first == 0x82:
                return dict(fields(content))


class Pair:
    """A sender and a receiver of one log."""

    def __init__(self, port, body):
        self.sender, self.receiver = Link(port), Link(port)
        token = os.urandom(32)
        self.log = os.urandom(32)
        self.hash = hashlib.sha256(token).digest()
        self.right = block(1, self.log) + number(2, 1) + block(3, token)
        self.body = body
        self.subscription = 0

    async def open(self):
        await self.sender.open()
        await self.receiver.open()
        self.sender.send(CREATE_LOG, block(1, self.log) + number(2, 1) + block(3, self.hash))
        if 3 not in await self.sender.receive():
            raise ConnectionError("the log was not made")
        self.subscription = self.receiver.send(SUBSCRIBE_LOG, block(1, self.right))

    def send(self, index):
        self.sender.send(APPEND, block(1, self.right) + block(2, index.to_bytes(16, "big"))
                         + number(3, 1) + block(4, self.body))

    async def acknowledged(self):
        """Reads the server's answers; anything but Appended is a failure."""
        while True:
            answer = await self.sender.receive()
            if 7 not in answer:
                raise ConnectionError(f"an append was refused: {answer}")

    async def deliver(self, loop):
        while True:
            frame = await self.receiver.receive()
            if ENTRIES not in frame:
                continue
            last = 0
            for field, value in fields(frame[ENTRIES]):
                if field == 1:
                    entry = dict(fields(value))
                    last = entry[1]
                    loop.delivered(int.from_bytes(entry[5], "big"))
            if last:
                self.receiver.send(ACKNOWLEDGE_LOG, number(1, self.subscription) + number(2, last))


async def run(port, pairs, window, warm_up, seconds, body):
    """Figures of a closed loop."""
    both = [Pair(port, body.encode()) for _ in range(pairs)]
    for pair in both:
        await pair.open()
    loop = ClosedLoop(pairs, window, lambda pair, index: both[pair].send(index))
    tasks = [asyncio.create_task(pair.deliver(loop)) for pair in both]
    tasks += [asyncio.create_task(pair.acknowledged()) for pair in both]
    figures = await loop.measure(warm_up, seconds)
    for task in tasks:
        if task.done():
            task.result()
        task.cancel()
    return figures
