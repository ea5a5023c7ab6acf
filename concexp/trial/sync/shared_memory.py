"""Named shared memory: a block of bytes that any process can map by its name."""

from concexp.trial.sync import _state


class Sync(_state.State):
    """A block of named shared memory, looked at as numbers, with a lock of the model or without.

    guarded: whether updates take a lock of the model; without, they may get lost
    """

    known_as = ("multiprocessing.shared_memory.SharedMemory", "shared_memory")
    suits = "large data that several processes read and write in place"
    price = "nothing per access but the lock that you want; a name to unlink"

    def build(self, tools, capacity):
        guard = tools.make("Lock") if self.guarded else None
        memory = tools.make("SharedMemory", 64)
        if memory is None:
            return None
        tools.at_end(memory.unlink)
        return _state.Held(memory, guard)
