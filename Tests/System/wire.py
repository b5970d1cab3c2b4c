# SPDX-License-Identifier: Apache-2.0
"""A connection to `/v1/logs` as Documentation/protocol/logs.md has it, by hand: what the server
says is read from the wire, not from a client's words. Only Python's standard library.
"""

import base64
import os
import socket
import ssl
import struct

from harness import Failed

PATH = "/v1/logs"
SUBPROTOCOL = "sotto.v1"
BINARY, CLOSE, PING, PONG = 2, 8, 9, 10
# Fields of LogsClientFrame, LogsServerFrame and Failure, and a code of ErrorCode (Protos/).
REQUEST_ID, CREATE_LOG, DONE, FAILURE, CODE, RETRY_AFTER = 1, 4, 3, 4, 1, 2
UNAVAILABLE = 10


def varint(value):
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def field(number, value):
    """A protobuf field: a number, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(data):
    """The last value of each field; nothing but numbers and bytes stands in what is read here."""
    found, at = {}, 0

    def number():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        key = number()
        value = number()
        if key & 7 == 2:
            value, at = data[at:at + value], at + value
        found[key >> 3] = value
    return found


class Wire:
    """A WebSocket (RFC 6455) over TLS; the certificate is not looked at."""

    def __init__(self, port):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.channel = context.wrap_socket(plain)
        key = base64.b64encode(os.urandom(16)).decode()
        self.channel.sendall(
            f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n".encode())
        self.lines = self.channel.makefile("rb")
        status = self.lines.readline()
        if b" 101 " not in status:
            raise Failed(f"no WebSocket: {status!r}")
        while self.lines.readline().strip():
            pass
        self.request = 0

    def close(self):
        self.lines.close()
        self.channel.close()

    def send(self, code, payload):
        mask = os.urandom(4)
        length = len(payload)
        head = bytes([128 | code]) + (
            bytes([128 | length]) if length < 126 else bytes([254]) + struct.pack(">H", length))
        self.channel.sendall(
            head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)))

    def receive(self):
        """The next binary message."""
        while True:
            first, second = self.lines.read(2)
            length = second & 127
            if length == 126:
                (length,) = struct.unpack(">H", self.lines.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.lines.read(8))
            payload = self.lines.read(length)
            if first & 15 == PING:
                self.send(PONG, payload)
            elif first & 15 == CLOSE:
                raise Failed(f"the server closed the connection: {payload!r}")
            elif first & 15 == BINARY:
                return fields(payload)

    def create_log(self, log_id):
        """Makes a log; the fields of a Failure, or nothing when it was made."""
        self.request += 1
        body = field(1, log_id) + field(2, 1) + field(3, bytes(32))
        self.send(BINARY, field(REQUEST_ID, self.request) + field(CREATE_LOG, body))
        while True:
            answer = self.receive()
            if answer.get(REQUEST_ID) != self.request:
                continue
            if DONE in answer:
                return None
            if FAILURE in answer:
                return fields(answer[FAILURE])
            raise Failed(f"neither done nor refused: {answer}")
