"""One counter in parts: increments go to one of several cells, and a reader of the sum adds them up."""

from concexp.trial import tools


class Workload(tools.Workload):
    """Increment a counter that is split into shards, each behind a lock of its own, so that workers seldom meet.

    As in `LongAdder` of Java. With one shard it is an ordinary shared counter.

    shards: how many cells, and guards, the counter is split into
    assign: which shard an increment goes to: own is worker i's number i % shards, round_robin goes by the operation's number
    """

    known_as = ("longadder",)
    suits = "what splitting shared data into parts saves"

    shards: "int >= 1" = 8
    assign: "own | round_robin" = "own"
    shape = "workers"
    takes = ("none", "guard")
    unit = "increment"

    def prepare(self, kit):
        guards = [kit.primitive] + [kit.new_primitive() for _ in range(1, self.shards)]
        return guards, kit.tools.array(self.shards)

    def reset(self, shared):
        cells = shared[1]
        for k in range(len(cells)):
            cells[k] = 0

    def turns(self, me):
        """(first shard, step) of this worker's increments."""
        return (me.index % self.shards, 0) if self.assign == "own" else (me.first % self.shards, 1)

    # The loops differ by nothing but the guard, so that what they take differs by nothing else.
    def work(self, me, n):
        if me.sync is None:
            return self.unguarded(me, n)
        guards, cells = me.shared
        (k, step), shards = self.turns(me), self.shards
        for _ in range(n):
            with guards[k]:
                cells[k] += 1
            k = (k + step) % shards
        return n

    def unguarded(self, me, n):
        cells = me.shared[1]
        (k, step), shards = self.turns(me), self.shards
        for _ in range(n):
            cells[k] += 1
            k = (k + step) % shards
        return n

    async def work_async(self, me, n):
        if me.sync is None:
            return self.unguarded(me, n)
        guards, cells = me.shared
        (k, step), shards = self.turns(me), self.shards
        for _ in range(n):
            async with guards[k]:
                cells[k] += 1
            k = (k + step) % shards
        return n

    def check(self, shared, outcome):
        lost = outcome.total - sum(shared[1])
        return ("%d of %d increments were lost" % (lost, outcome.total) if lost else ""), {"lost_updates": lost}
