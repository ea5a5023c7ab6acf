"""Condition: a lock whose holder can wait for a change and announce one."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A condition variable: as a guard it is its own lock, as a signal it wakes those that wait for a change."""

    known_as = ("threading.Condition", "multiprocessing.Condition", "asyncio.Condition", "notify", "condition variable")
    suits = "waiting until shared data is in a certain state"
    price = "its lock, and a lock for each waiter that is made and woken"

    def build(self, tools, capacity):
        return tools.make("Condition")
