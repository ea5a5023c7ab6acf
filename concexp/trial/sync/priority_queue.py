"""Priority queue: the smallest goes first."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A heap between workers: `queue.PriorityQueue` or `asyncio.PriorityQueue`; the smallest item goes first."""

    known_as = ("queue.PriorityQueue", "asyncio.PriorityQueue", "heapq.heappush", "heap")
    suits = "handing over the most urgent work first"
    price = "a queue, and comparisons that grow with the logarithm of its length"

    interface = "channel"
    sized = True

    def build(self, tools, capacity):
        return tools.make("PriorityQueue", capacity)
