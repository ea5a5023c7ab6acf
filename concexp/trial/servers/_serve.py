"""A server's process: load the server that is named, print the port, serve until standard input closes."""

import ast
import asyncio
import importlib
import select
import selectors

from concexp.trial import passes


def main(name, parameters):
    """Run one server; `parameters` is the literal of a dict."""
    module = importlib.import_module("concexp.trial.servers.%s" % name)
    loop = asyncio.SelectorEventLoop(selector())
    asyncio.set_event_loop(loop)
    loop.run_until_complete(serve(module.factory, ast.literal_eval(parameters)))


class Delayed(asyncio.Protocol):
    """One connection whose answers leave `delay` seconds after they were made; `pending` is what came of later messages."""

    def __init__(self, delay):
        self.delay = delay
        self.pending = b""

    def connection_made(self, transport):
        self.transport = transport

    def send(self, answer):
        self.transport.write(answer)

    def send_later(self, *answer):
        """Call `send` when the delay is over. Since it is the same for all answers, they leave in their order."""
        asyncio.get_running_loop().call_later(self.delay, self.send, *answer)


async def serve(factory, parameters):
    """Listen on a free port until standard input closes."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    server = await loop.create_server(factory(**parameters), "127.0.0.1", 0, backlog=4096)
    loop.add_reader(0, done.set)  # it becomes readable when the trial has ended: nothing is ever written there
    passes.settle()
    print(server.sockets[0].getsockname()[1], flush=True)
    await done.wait()
    server.close()


def selector():
    """A selector that keeps a timer's time to about 0.1 ms: epoll alone counts in whole milliseconds, rounded up."""
    if not hasattr(selectors, "EpollSelector"):
        return selectors.DefaultSelector()

    class Fine(selectors.EpollSelector):
        def select(self, timeout=None):
            if timeout is not None and timeout > 0:
                # An epoll object is itself a descriptor to wait for, and select's timeouts are microseconds.
                select.select([self.fileno()], [], [], timeout)
                timeout = 0
            return super().select(timeout)

    return Fine()
