"""Shared counters: does every increment arrive?"""

from concexp.trial import tools

WINDOW = range(20)  # turns of the small loop between reading and writing


def add_one(value):
    """A call between reading and writing: an interpreter may switch threads there."""
    return value + 1


class Workload(tools.Workload):
    """Increment one counter that all workers share. Updates that get lost are counted by the check.

    With a primitive of several locks there are as many counters, and worker i has that of number i % locks.
    `inline` is `box[0] += 1`; `call` is `box[0] = add_one(box[0])`; `read_loop_write` loops between reading and writing;
    `local_then_merge` counts in a local variable and adds that to the shared counter once, at the end of each batch.

    form: how an increment is written, and so how long the time is in which another worker can spoil it
    """

    known_as = ("increment", "race condition", "+=")
    suits = "whether updates get lost, and what it costs to keep them"

    form: "inline | call | read_loop_write | local_then_merge" = "inline"
    shape = "workers"
    takes = ("none", "guard", "shards")
    unit = "increment"

    def prepare(self, kit):
        self.sharded = kit.sync.interface == "shards"
        return kit.tools.array(len(kit.primitive) if self.sharded else 1)

    def reset(self, shared):
        for k in range(len(shared)):
            shared[k] = 0

    def mine(self, me):
        """(the lock of this worker, or None; the number of its counter)."""
        if not self.sharded:
            return me.sync, 0
        k = me.index % len(me.sync)
        return me.sync[k], k

    def work(self, me, n):
        guard, k = self.mine(me)
        if guard is None:
            LOOPS[self.form][0](me.shared, k, n)
        else:
            LOOPS[self.form][1](guard, me.shared, k, n)
        return n

    async def work_async(self, me, n):
        guard, k = self.mine(me)
        if guard is None:
            return self.work(me, n)
        await LOOPS[self.form][2](guard, me.shared, k, n)
        return n

    def check(self, shared, outcome):
        lost = outcome.total - sum(shared)
        return ("%d of %d increments were lost" % (lost, outcome.total) if lost else ""), {"lost_updates": lost}


# Each loop is written out: a null context or a flag inside would cost as much as the lock that is measured.
def inline(box, k, n):
    for _ in range(n):
        box[k] += 1


def inline_guarded(guard, box, k, n):
    for _ in range(n):
        with guard:
            box[k] += 1


async def inline_awaited(guard, box, k, n):
    for _ in range(n):
        async with guard:
            box[k] += 1


def call(box, k, n):
    for _ in range(n):
        box[k] = add_one(box[k])


def call_guarded(guard, box, k, n):
    for _ in range(n):
        with guard:
            box[k] = add_one(box[k])


async def call_awaited(guard, box, k, n):
    for _ in range(n):
        async with guard:
            box[k] = add_one(box[k])


def read_loop_write(box, k, n):
    window = WINDOW
    for _ in range(n):
        value = box[k]
        for _ in window:
            pass
        box[k] = value + 1


def read_loop_write_guarded(guard, box, k, n):
    window = WINDOW
    for _ in range(n):
        with guard:
            value = box[k]
            for _ in window:
                pass
            box[k] = value + 1


async def read_loop_write_awaited(guard, box, k, n):
    window = WINDOW
    for _ in range(n):
        async with guard:
            value = box[k]
            for _ in window:
                pass
            box[k] = value + 1


# One addition per call of `work`: the fewer chances to collide, the rarer the loss, but it is there.
def local_then_merge(box, k, n):
    local = 0
    for _ in range(n):
        local += 1
    box[k] += local


def local_then_merge_guarded(guard, box, k, n):
    local = 0
    for _ in range(n):
        local += 1
    with guard:
        box[k] += local


async def local_then_merge_awaited(guard, box, k, n):
    local = 0
    for _ in range(n):
        local += 1
    async with guard:
        box[k] += local


LOOPS = {  # form: without a guard, with one, and with one that is awaited
    "inline": (inline, inline_guarded, inline_awaited),
    "call": (call, call_guarded, call_awaited),
    "read_loop_write": (read_loop_write, read_loop_write_guarded, read_loop_write_awaited),
    "local_then_merge": (local_then_merge, local_then_merge_guarded, local_then_merge_awaited),
}
