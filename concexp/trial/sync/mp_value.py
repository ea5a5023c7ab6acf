"""A shared value: one number in shared memory, as `multiprocessing` has it."""

from concexp.trial.sync import _state


class Sync(_state.State):
    """A number in shared memory, `multiprocessing.Value`, with the lock that comes with it or without.

    guarded: whether updates take the value's own lock; without, they may get lost
    """

    known_as = ("multiprocessing.Value", "multiprocessing.sharedctypes.Value")
    suits = "one number that processes share"
    price = "its lock around each update; without it updates get lost"

    def build(self, tools, capacity):
        value = tools.make("Value", "q", 0, lock=self.guarded)
        return None if value is None else _state.Held(value, value.get_lock() if self.guarded else None)
