"""Event: a flag that workers can wait for."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A flag that one worker sets and others wait for: `set`, `clear`, `wait`, `is_set`."""

    known_as = ("threading.Event", "multiprocessing.Event", "asyncio.Event", "flag")
    suits = "signalling to all others that something has happened"
    price = "those of a condition"

    interface = "signal"

    def build(self, tools, capacity):
        return tools.make("Event")
