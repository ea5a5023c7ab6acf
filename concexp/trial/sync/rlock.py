"""RLock: a lock that its holder may take again."""

from concexp.trial import tools


class Sync(tools.Sync):
    """A re-entrant lock: its holder may take it again, and only its holder may release it."""

    known_as = ("threading.RLock", "multiprocessing.RLock", "reentrant lock", "recursive lock")
    suits = "sections that call each other under the same lock"
    price = "a little more than a lock: it knows its holder and counts"

    def build(self, tools, capacity):
        return tools.make("RLock")
