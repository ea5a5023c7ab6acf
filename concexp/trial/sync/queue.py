"""Queue: first in, first out, of limited size."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A queue between workers: `queue.Queue`, `multiprocessing.Queue` or `asyncio.Queue`, as the model has it."""

    known_as = ("queue.Queue", "multiprocessing.Queue", "asyncio.Queue")
    suits = "handing work from some workers to others"
    price = "a lock and a wake-up per item; between processes also a pickle, a pipe and a thread that feeds it"

    interface = "channel"
    sized = True

    def build(self, tools, capacity):
        return tools.make("Queue", capacity)
