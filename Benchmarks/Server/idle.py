# SPDX-License-Identifier: Apache-2.0
"""Many connections to `/v1/logs` that do nothing but answer pings. Only the standard library."""

import selectors
import socket
import ssl
import threading
import time

from measured import Failed, cpu_seconds

UPGRADE = (b"GET /v1/logs HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\n"
           b"upgrade: websocket\r\nsec-websocket-version: 13\r\n"
           b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
           b"sec-websocket-protocol: sotto.v1\r\n\r\n")
PING, PONG = 0x89, b"\x8a\x80\0\0\0\0"
# A request for the manifest of somebody unknown, so that the server has heard a first frame.
ADDRESS = b"nobody@bench.example"
REQUEST = bytes([0x08, 1, 0x12, len(ADDRESS) + 2, 0x0a, len(ADDRESS)]) + ADDRESS
FIRST = bytes([0x82, 0x80 | len(REQUEST), 0, 0, 0, 0]) + REQUEST


class Idle:
    """The connections; a thread answers their pings."""

    def __init__(self, port, tls):
        self.port = port
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            self.context.minimum_version = ssl.TLSVersion.TLSv1_3
            # The pin is the client's business; here nothing secret is said.
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        self.ended = 0
        self.running = True
        self.thread = threading.Thread(target=self._answer, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        for channel in self.sockets:
            channel.close()
        self.selector.close()

    def open(self, count):
        """Opens so many, one after the other; each makes one request."""
        for _ in range(count):
            plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            channel = self.context.wrap_socket(plain) if self.context else plain
            channel.sendall(UPGRADE)
            answer = b""
            # The head, and the server's greeting after it.
            while not answer.partition(b"\r\n\r\n")[2]:
                answer += self._receive(channel)
            if not answer.startswith(b"HTTP/1.1 101"):
                raise Failed(f"no upgrade: {answer[:40]!r}")
            channel.sendall(FIRST)
            self._receive(channel)
            channel.setblocking(False)
            self.sockets.append(channel)
            self.selector.register(channel, selectors.EVENT_READ)

    def _receive(self, channel):
        piece = channel.recv(4096)
        if not piece:
            raise Failed(f"the server closed connection {len(self.sockets) + 1}")
        return piece

    def _answer(self):
        while self.running:
            for key, _ in self.selector.select(0.1):
                try:
                    piece = key.fileobj.recv(4096)
                except (ssl.SSLWantReadError, BlockingIOError):
                    continue
                except OSError:
                    piece = b""
                if not piece:
                    self.ended += 1
                    self.selector.unregister(key.fileobj)
                elif piece[0] == PING:
                    key.fileobj.sendall(PONG)

    def check(self):
        """Nobody was sent away."""
        if self.ended:
            raise Failed(f"{self.ended} idle connections ended")

    def cpu_share(self, process, seconds):
        """What idle connections cost the server."""
        before = cpu_seconds(process)
        time.sleep(seconds)
        return (cpu_seconds(process) - before) / seconds
