"""Sharded lock: one lock for each part of the data, so that workers meet only where they touch the same part."""

from concexp.trial import tools


class Sync(tools.Sync):
    """Several native locks, each for one part of the data (lock striping): `with locks[key % len(locks)]:`.

    shards: how many locks there are
    """

    known_as = ("lock striping", "striped lock")
    suits = "data whose parts can be guarded one by one"
    price = "a lock for each part, and the choice of the part"

    shards: "int >= 1" = 8
    interface = "shards"

    def build(self, tools, capacity):
        return tuple(tools.make("Lock") for _ in range(self.shards))
