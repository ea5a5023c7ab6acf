"""Lock: one holder at a time."""

from concexp.trial import tools


class Sync(tools.Sync):
    """Mutual exclusion: one holder at a time, and any thread may release it."""

    def build(self, tools, capacity):
        return tools.make("Lock")
