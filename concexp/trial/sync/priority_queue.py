"""Priority queue: the smallest goes first."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A heap between workers: `queue.PriorityQueue` or `asyncio.PriorityQueue`; the smallest item goes first."""

    interface = "channel"
    sized = True

    def build(self, tools, capacity):
        return tools.make("PriorityQueue", capacity)
