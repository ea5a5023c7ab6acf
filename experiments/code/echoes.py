"""An echo over a pair of sockets, both ends in one event loop."""

import asyncio
import socket


class Echo:
    """Sends a message and waits until it has come back; another coroutine of the same loop sends it back."""

    def __init__(self, size=65536):
        self.message = bytes(size)

    async def __aenter__(self):
        near, far = socket.socketpair()
        self.reader, self.writer = await asyncio.open_connection(sock=near)
        self.far = await asyncio.open_connection(sock=far)
        self.answering = asyncio.ensure_future(self.answer())
        return self

    async def __aexit__(self, *error):
        self.answering.cancel()
        await asyncio.gather(self.answering, return_exceptions=True)
        for writer in (self.writer, self.far[1]):
            writer.close()
            await writer.wait_closed()

    async def answer(self):
        reader, writer = self.far
        while True:
            writer.write(await reader.readexactly(len(self.message)))
            await writer.drain()

    async def run(self):
        self.writer.write(self.message)
        await self.writer.drain()
        return len(await self.reader.readexactly(len(self.message)))
