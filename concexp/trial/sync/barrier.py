"""Barrier: no worker goes on before all have come."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A meeting point of all workers: `wait` lets nobody go on before everybody has come, and can be used again."""

    interface = "signal"

    def build(self, tools, capacity):
        return tools.make("Barrier", tools.workers)
