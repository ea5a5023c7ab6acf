"""Simple queue: first in, first out, without limit, and nothing else."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A queue without a limit: `queue.SimpleQueue`, which is written in C, or `multiprocessing.SimpleQueue`, a locked pipe."""

    interface = "channel"

    def build(self, tools, capacity):
        return tools.make("SimpleQueue")
