"""Simple queue: first in, first out, without limit, and nothing else."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A queue without a limit: `queue.SimpleQueue`, which is written in C, or `multiprocessing.SimpleQueue`, a locked pipe."""

    known_as = ("queue.SimpleQueue", "multiprocessing.SimpleQueue")
    suits = "the same where no limit is needed"
    price = "less than a queue: C code between threads, a pipe and two locks between processes"

    interface = "channel"

    def build(self, tools, capacity):
        return tools.make("SimpleQueue")
