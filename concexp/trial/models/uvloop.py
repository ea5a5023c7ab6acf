"""uvloop: asyncio's coroutines on an event loop in C, over libuv."""

from concexp.trial.models import asyncio


class Model(asyncio.Model):
    """The coroutines of asyncio on uvloop's event loop instead of Python's own.

    spawn: how coroutines come into being: persistent, or each operation a task by gather, in a task group, or started eagerly
    """

    known_as = ("uvloop.run", "uvloop.EventLoopPolicy", "libuv")
    suits = "as asyncio, where the event loop itself is the bottleneck"
    price = "as asyncio; a package to install"

    packages = ("uvloop",)
    colour = "#6699cc"
    marker = "d"

    def new_loop(self):
        import uvloop

        return uvloop.new_event_loop()
