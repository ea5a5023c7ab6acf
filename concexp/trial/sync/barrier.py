"""Barrier: no worker goes on before all have come."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A meeting point of all workers: `wait` lets no worker go on before all have come, and can be used again."""

    known_as = ("threading.Barrier", "multiprocessing.Barrier", "asyncio.Barrier")
    suits = "phases that all workers have to finish before the next begins"
    price = "the time until the slowest has come, and a wake-up of each"

    interface = "signal"

    def build(self, tools, capacity):
        return tools.make("Barrier", tools.workers)
