"""A manager's dictionary: held by a process of its own, to which every look and every update is a message."""

from concexp.trial.sync import _state


class Sync(_state.State):
    """A dictionary in a server process, `multiprocessing.Manager().dict`: an update is two messages to it and two answers.

    guarded: whether updates take a lock of the model; without, they may get lost
    """

    known_as = (
        "multiprocessing.managers.SyncManager.dict",
        "multiprocessing.managers.DictProxy",
        "multiprocessing.Manager",
    )
    suits = "state that processes share as a dictionary, seldom updated"
    price = "two messages through a server process for each access, and a lock around updates"

    def build(self, tools, capacity):
        guard = tools.make("Lock") if self.guarded else None
        manager = tools.manager()
        return None if manager is None else _state.Held(manager.dict({0: 0}), guard)
