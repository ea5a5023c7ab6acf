"""One primitive and nothing else: what does one use of it cost?"""

from concexp.trial import tools
from concexp.trial.workloads import _meetings


class Workload(tools.Workload):
    """Use a primitive over and over and do nothing else: the price of one use of it, from the empty loop upwards.

    A guard is taken and given back. Into a channel each worker puts one item and takes one out, which may be another's.
    Of several locks each worker takes its own: number i % locks. A barrier is waited at by all. An event is set, waited
    for and cleared; each worker has its own, since one that clears would leave the others waiting.

    capacity: items that a channel holds at most; 0 means no limit
    """

    known_as = ("lock overhead",)
    suits = "what one use of a primitive costs, without and with others that want it"

    capacity: "int >= 0" = 0
    shape = "workers"
    takes = ("none", "guard", "channel", "shards", "event", "barrier")
    unit = "use"

    def refuses(self, model, sync, workers, load):
        return _meetings.refusal(workers, load) if sync is not None and kind_of(sync) == "barrier" else ""

    def prepare(self, kit):
        self.kind = kind_of(kit.sync)
        if self.kind == "event":
            return [kit.primitive] + [kit.new_primitive() for _ in range(1, kit.workers)]
        if self.kind == "barrier":
            self.meetings = _meetings.Meetings(kit.tools, kit.workers)
        return kit.primitive

    def shares(self, ops, workers):
        shares = super().shares(ops, workers)
        return self.meetings.plan(shares) if self.kind == "barrier" else shares

    def work(self, me, n):
        return getattr(self, "use_%s" % self.kind)(me, n)

    async def work_async(self, me, n):
        return await getattr(self, "use_%s_async" % self.kind)(me, n)

    def check(self, shared, outcome):
        expected = outcome.ops
        if self.kind == "channel":
            expected = sum(n * first + n * (n - 1) // 2 for first, n in outcome.ranges)
            if not shared.empty():
                return "items were left in the channel", {}
        if self.kind == "event" and any(event.is_set() for event in shared):
            return "an event is still set", {}
        if self.kind == "barrier" and (shared.broken or shared.n_waiting):
            return "the barrier is broken, or a worker still waits at it", {}
        return ("" if outcome.total == expected else "the uses add up to %d, not %d" % (outcome.total, expected)), {}

    # Each loop is written out: a flag inside would cost as much as what is measured.
    def use_none(self, me, n):
        for _ in range(n):
            pass
        return n

    async def use_none_async(self, me, n):
        return self.use_none(me, n)

    def use_guard(self, me, n):
        guard = me.sync
        for _ in range(n):
            with guard:
                pass
        return n

    async def use_guard_async(self, me, n):
        guard = me.sync
        for _ in range(n):
            async with guard:
                pass
        return n

    def use_shards(self, me, n):
        guard = me.sync[me.index % len(me.sync)]
        for _ in range(n):
            with guard:
                pass
        return n

    async def use_shards_async(self, me, n):
        guard = me.sync[me.index % len(me.sync)]
        for _ in range(n):
            async with guard:
                pass
        return n

    # No worker can wait for ever here: each that has put an item takes one next.
    def use_channel(self, me, n):
        put, get = me.sync.put, me.sync.get
        total = 0
        for item in range(me.first, me.first + n):
            put(item)
            total += get()
        return total

    async def use_channel_async(self, me, n):
        put, get = me.sync.put, me.sync.get
        total = 0
        for item in range(me.first, me.first + n):
            await put(item)
            total += await get()
        return total

    def use_event(self, me, n):
        event = me.shared[me.index]
        for _ in range(n):
            event.set()
            event.wait()
            event.clear()
        return n

    async def use_event_async(self, me, n):
        event = me.shared[me.index]
        for _ in range(n):
            event.set()
            await event.wait()
            event.clear()
        return n

    def use_barrier(self, me, n):
        wait = me.sync.wait
        for _ in range(n + self.meetings.after(me, n)):
            wait()
        return n

    async def use_barrier_async(self, me, n):
        wait = me.sync.wait
        for _ in range(n + self.meetings.after(me, n)):
            await wait()
        return n


def kind_of(sync):
    """Which loop a primitive needs: its interface, or its name where primitives of an interface are used in different ways."""
    return tools.name_of(sync) if sync.interface == "signal" else sync.interface
