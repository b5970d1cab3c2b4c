# SPDX-License-Identifier: Apache-2.0
"""A load for an XMPP server: pairs of users, raw asyncio, no library.

RFC 6120 and 6121 as far as a load needs them: registration in band (XEP-0077), SASL PLAIN, bind,
presence, then messages. A server acknowledges nothing to the sender (that would be XEP-0198).
"""

import asyncio
import base64
import re

from closed_loop import ClosedLoop

HEADER = ("<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")
ID = re.compile(rb"<message[^>]*\sid=['\"]m(\d+)['\"]")
END = b"</message>"


class User:
    """One logged-in connection."""

    def __init__(self, port, name):
        self.port, self.name = port, name
        self.reader = self.writer = None

    async def _until(self, *marks):
        """Reads until one of the marks has come."""
        seen = b""
        while not any(mark in seen for mark in marks):
            piece = await asyncio.wait_for(self.reader.read(65536), 20)
            if not piece:
                raise ConnectionError(f"the stream of {self.name} ended after {seen[-200:]!r}")
            seen += piece
        return seen

    async def _say(self, text, *marks):
        self.writer.write(text.encode())
        return await self._until(*marks)

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        await self._say(HEADER, b"</stream:features>")
        await self._say(
            "<iq type='set' id='r1'><query xmlns='jabber:iq:register'>"
            f"<username>{self.name}</username><password>secret</password></query></iq>",
            b"id='r1'", b'id="r1"')
        proof = base64.b64encode(f"\0{self.name}\0secret".encode()).decode()
        answer = await self._say(
            f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{proof}</auth>",
            b"<success", b"</failure>")
        if b"<success" not in answer:
            raise ConnectionError(f"{self.name} is not let in: {answer!r}")
        await self._say(HEADER, b"</stream:features>")
        await self._say(
            "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
            "<resource>x</resource></bind></iq>", b"</iq>")
        self.writer.write(b"<presence/>")
        await asyncio.sleep(0.2)

    async def deliver(self, loop):
        """Tells the loop of each message that comes."""
        pending = b""
        while True:
            piece = await self.reader.read(262144)
            if not piece:
                return
            *whole, pending = (pending + piece).split(END)
            for stanza in whole:
                found = ID.search(stanza)
                if found:
                    loop.delivered(int(found.group(1)))


async def run(port, pairs, window, warm_up, seconds, body):
    """Figures of a closed loop."""
    senders = [User(port, f"a{i}") for i in range(pairs)]
    receivers = [User(port, f"b{i}") for i in range(pairs)]
    for user in [*senders, *receivers]:
        await user.open()

    def send(pair, number):
        senders[pair].writer.write(
            f"<message to='b{pair}@localhost/x' type='chat' id='m{number}'>"
            f"<body>{body}</body></message>".encode())

    loop = ClosedLoop(pairs, window, send)
    tasks = [asyncio.create_task(user.deliver(loop)) for user in receivers]
    tasks += [asyncio.create_task(user.deliver(loop)) for user in senders]
    figures = await loop.measure(warm_up, seconds)
    for task in tasks:
        task.cancel()
    for user in [*senders, *receivers]:
        user.writer.close()
    return figures
