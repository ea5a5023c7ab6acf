"""A shared array: numbers in shared memory, as `multiprocessing` has them."""

from concexp.trial.sync import _state


class Sync(_state.State):
    """Numbers in shared memory, `multiprocessing.Array`, with the lock that comes with them or without.

    guarded: whether updates take the array's own lock; without, they may get lost
    """

    known_as = ("multiprocessing.Array", "multiprocessing.sharedctypes.Array")
    suits = "numbers that processes share"
    price = "its lock around each update; without it updates get lost"

    def build(self, tools, capacity):
        array = tools.make("Array", "q", 8, lock=self.guarded)
        return None if array is None else _state.Held(array, array.get_lock() if self.guarded else None)
