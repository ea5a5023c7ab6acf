"""LIFO queue: last in, first out."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A stack between workers: `queue.LifoQueue` or `asyncio.LifoQueue`; what came last goes first."""

    known_as = ("queue.LifoQueue", "asyncio.LifoQueue", "stack")
    suits = "handing over the newest work first"
    price = "those of a queue"

    interface = "channel"
    sized = True

    def build(self, tools, capacity):
        return tools.make("LifoQueue", capacity)
