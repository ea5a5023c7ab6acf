"""Sends back what came."""

import asyncio


def factory(size, delay):
    """Messages of `size` bytes, each sent back `delay` seconds after its last byte."""
    return lambda: Echo(size, delay)


class Echo(asyncio.Protocol):
    """One connection."""

    def __init__(self, size, delay):
        self.size = size
        self.delay = delay
        self.pending = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if not self.delay:
            self.transport.write(data)
            return
        self.pending += data
        while len(self.pending) >= self.size:
            message, self.pending = self.pending[: self.size], self.pending[self.size :]
            asyncio.get_running_loop().call_later(self.delay, self.transport.write, message)
