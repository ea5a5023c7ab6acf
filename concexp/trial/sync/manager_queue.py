"""Manager's queue: a queue in a process of its own, which all workers reach over a socket."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A queue in a server process, `multiprocessing.Manager().Queue`: each call is a message to it and an answer."""

    known_as = (
        "multiprocessing.managers.SyncManager.Queue",
        "multiprocessing.managers.SyncManager",
        "multiprocessing.Manager",
    )
    suits = "queues that are handed on to processes started later, or on other machines"
    price = "two messages through a server process for each call"

    interface = "channel"
    sized = True

    def build(self, tools, capacity):
        manager = tools.manager()
        return None if manager is None else manager.Queue(capacity)
