"""Lock: one holder at a time."""

from concexp.trial import tools


class Sync(tools.Sync):
    """Mutual exclusion: one holder at a time, and any thread may release it."""

    known_as = ("threading.Lock", "multiprocessing.Lock", "asyncio.Lock", "mutex")
    suits = "short sections that one worker at a time may enter"
    price = "one call to enter and one to leave; a worker that finds it held waits"

    def build(self, tools, capacity):
        return tools.make("Lock")
