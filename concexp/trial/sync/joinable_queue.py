"""Joinable queue: one can wait until all that was put into it is done with."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A queue whose takers say when they are done with an item, so that others can wait until all are: `task_done`, `join`."""

    known_as = ("multiprocessing.JoinableQueue", "queue.Queue.task_done", "queue.Queue.join")
    suits = "handing over work and waiting until all of it is done"
    price = "a queue, and one more lock for the count"

    interface = "channel"
    sized = True
    joins = True

    def build(self, tools, capacity):
        return tools.make("JoinableQueue", capacity)
