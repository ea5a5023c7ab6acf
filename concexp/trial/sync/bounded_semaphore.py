"""Bounded semaphore: a semaphore that notices a release too many."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A counting semaphore that never has more permits than it began with: one release too many is an error.

    permits: how many may hold it at the same time; with more than 1 a counter is no longer safe
    """

    known_as = ("threading.BoundedSemaphore", "multiprocessing.BoundedSemaphore", "asyncio.BoundedSemaphore")
    suits = "a semaphore whose misuse shall be an error"
    price = "those of a semaphore, and a comparison"

    permits: "int >= 1" = 1

    def build(self, tools, capacity):
        return tools.make("BoundedSemaphore", self.permits)
