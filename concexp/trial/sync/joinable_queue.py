"""Joinable queue: one can wait until all that was put into it is done with."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A queue whose takers say when they are done with an item, so that others can wait until all are: `task_done`, `join`."""

    interface = "channel"
    sized = True
    joins = True

    def build(self, tools, capacity):
        return tools.make("JoinableQueue", capacity)
