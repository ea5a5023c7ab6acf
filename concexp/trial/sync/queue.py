"""Queue: first in, first out, of limited size."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A queue between workers: `queue.Queue`, `multiprocessing.Queue` or `asyncio.Queue`, as the model has it."""

    interface = "channel"
    sized = True

    def build(self, tools, capacity):
        return tools.make("Queue", capacity)
