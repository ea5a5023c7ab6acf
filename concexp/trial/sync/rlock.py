"""RLock: a lock that its holder may take again."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A re-entrant lock: its holder may take it again, and only its holder may release it."""

    def build(self, tools, capacity):
        return tools.make("RLock")
