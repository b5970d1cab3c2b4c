# SPDX-License-Identifier: Apache-2.0
"""A closed loop: each pair keeps `window` messages on their way and sends the next one when one has
come to its receiver. The same for every server, so that the same thing is measured."""

import asyncio
import time


class ClosedLoop:
    """Numbers messages, and measures from sending to delivery."""

    def __init__(self, pairs, window, send):
        self.pairs, self.window, self.send = pairs, window, send
        self.open = {}
        self.samples = []
        self.next = 0
        self.sending = True
        self.began = self.ended = float("inf")

    def _start(self, pair):
        number = self.next
        self.next += 1
        self.open[number] = (pair, time.monotonic())
        self.send(pair, number)

    def delivered(self, number):
        """A message has come; twice or unknown ones do not count."""
        found = self.open.pop(number, None)
        if found is None:
            return
        pair, sent = found
        now = time.monotonic()
        if self.began <= now < self.ended:
            self.samples.append(now - sent)
        if self.sending:
            self._start(pair)

    async def measure(self, warm_up, seconds, at_begin=None, at_end=None):
        """Runs it; returns the number of messages, the seconds and the sorted latencies."""
        for pair in range(self.pairs):
            for _ in range(self.window):
                self._start(pair)
        await asyncio.sleep(warm_up)
        self.began = time.monotonic()
        await asyncio.sleep(seconds)
        self.ended = time.monotonic()
        self.sending = False
        patience = time.monotonic() + 30
        while self.open and time.monotonic() < patience:
            await asyncio.sleep(0.05)
        if self.open:
            raise TimeoutError(f"{len(self.open)} messages did not arrive")
        self.samples.sort()
        count = len(self.samples)
        return {"messages": count, "total": self.next, "seconds": self.ended - self.began,
                "deliveredP50": self.samples[count // 2] * 1e3,
                "deliveredP99": self.samples[count * 99 // 100] * 1e3}
