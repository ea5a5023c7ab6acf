"""Condition: a lock whose holder can wait for a change and announce one."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A condition variable: as a guard it is its own lock, as a signal it wakes those who wait for a change."""

    def build(self, tools, capacity):
        return tools.make("Condition")
