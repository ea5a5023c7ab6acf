"""Semaphore: up to `permits` holders at a time."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A counting semaphore: with one permit it excludes, with more it only limits.

    permits: how many may hold it at the same time; with more than 1 a counter is no longer safe
    """

    known_as = ("threading.Semaphore", "multiprocessing.Semaphore", "asyncio.Semaphore")
    suits = "limiting how many workers do something at once"
    price = "in threads it is made of a condition in Python, so much more than a lock"

    permits: "int >= 1" = 1

    def build(self, tools, capacity):
        return tools.make("Semaphore", self.permits)
