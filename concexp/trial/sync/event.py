"""Event: a flag that workers can wait for."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A flag that one worker sets and others wait for: `set`, `clear`, `wait`, `is_set`."""

    interface = "signal"

    def build(self, tools, capacity):
        return tools.make("Event")
