"""Producers and consumers with a buffer of limited size between them: the classic of every textbook."""

from concexp.trial import tools


class Workload(tools.Workload):
    """Hand items from producers to consumers through a buffer of limited size; half of the workers (rounded up) consume.

    With `queue` it is the model's own queue; with `condition` and `semaphore` a ring in shared memory.

    capacity: items that the buffer holds at most
    """

    known_as = ("producer consumer", "producer-consumer")
    suits = "how fast producers and consumers hand over, by primitive"

    capacity: "int >= 1" = 16
    shape = "workers"
    takes = ("queue", "condition", "semaphore")
    load = {"ops": 20_000, "scaling": "strong"}
    unit = "item"

    def refuses(self, model, sync, workers, load):
        if workers < 2:
            return "bounded_buffer needs a producer and a consumer: at least 2 workers"
        if "duration" in load:
            return "bounded_buffer counts the items that pass: give load.ops, not load.duration"
        return ""

    def prepare(self, kit):
        self.kind = tools.name_of(kit.sync)
        ring = kit.tools.array(self.capacity + 2)  # two cursors (items put, items taken), then the slots
        if self.kind != "semaphore":
            return ring, None, None
        return ring, kit.tools.make("Semaphore", self.capacity), kit.tools.make("Semaphore", 0)

    def reset(self, shared):
        shared[0][0] = shared[0][1] = 0

    def shares(self, ops, workers):
        producers = workers // 2
        return super().shares(ops, producers) + super().shares(ops, workers - producers)

    def work(self, me, n):
        produces = me.index < me.workers // 2
        return globals()["%s_%s" % ("put" if produces else "take", self.kind)](me, n, self.capacity)

    async def work_async(self, me, n):
        produces = me.index < me.workers // 2
        return await globals()["%s_%s_async" % ("put" if produces else "take", self.kind)](me, n, self.capacity)

    def check(self, shared, outcome):
        # Each item was done twice: put (which returns 0) and taken (which returns the items' sum).
        items = outcome.ops // 2
        expected = items * (items - 1) // 2
        return ("" if outcome.total == expected else "the items taken are not the items put"), {}


def put_queue(me, n, capacity):
    put = me.sync.put
    for item in range(me.first, me.first + n):
        put(item)
    return 0


def take_queue(me, n, capacity):
    get = me.sync.get
    total = 0
    for _ in range(n):
        total += get()
    return total


async def put_queue_async(me, n, capacity):
    put = me.sync.put
    for item in range(me.first, me.first + n):
        await put(item)
    return 0


async def take_queue_async(me, n, capacity):
    get = me.sync.get
    total = 0
    for _ in range(n):
        total += await get()
    return total


# One condition for both sides, so each change wakes all: a single notify could wake the wrong side only.
def put_condition(me, n, capacity):
    changed, ring = me.sync, me.shared[0]
    for item in range(me.first, me.first + n):
        with changed:
            while ring[0] - ring[1] == capacity:
                changed.wait()
            ring[2 + ring[0] % capacity] = item
            ring[0] += 1
            changed.notify_all()
    return 0


def take_condition(me, n, capacity):
    changed, ring = me.sync, me.shared[0]
    total = 0
    for _ in range(n):
        with changed:
            while ring[0] == ring[1]:
                changed.wait()
            total += ring[2 + ring[1] % capacity]
            ring[1] += 1
            changed.notify_all()
    return total


async def put_condition_async(me, n, capacity):
    changed, ring = me.sync, me.shared[0]
    for item in range(me.first, me.first + n):
        async with changed:
            while ring[0] - ring[1] == capacity:
                await changed.wait()
            ring[2 + ring[0] % capacity] = item
            ring[0] += 1
            changed.notify_all()
    return 0


async def take_condition_async(me, n, capacity):
    changed, ring = me.sync, me.shared[0]
    total = 0
    for _ in range(n):
        async with changed:
            while ring[0] == ring[1]:
                await changed.wait()
            total += ring[2 + ring[1] % capacity]
            ring[1] += 1
            changed.notify_all()
    return total


# Dijkstra's three semaphores: free slots, filled slots, and one that guards the ring.
def put_semaphore(me, n, capacity):
    guard, (ring, free, filled) = me.sync, me.shared
    for item in range(me.first, me.first + n):
        free.acquire()
        with guard:
            ring[2 + ring[0] % capacity] = item
            ring[0] += 1
        filled.release()
    return 0


def take_semaphore(me, n, capacity):
    guard, (ring, free, filled) = me.sync, me.shared
    total = 0
    for _ in range(n):
        filled.acquire()
        with guard:
            total += ring[2 + ring[1] % capacity]
            ring[1] += 1
        free.release()
    return total


async def put_semaphore_async(me, n, capacity):
    guard, (ring, free, filled) = me.sync, me.shared
    for item in range(me.first, me.first + n):
        await free.acquire()
        async with guard:
            ring[2 + ring[0] % capacity] = item
            ring[0] += 1
        filled.release()
    return 0


async def take_semaphore_async(me, n, capacity):
    guard, (ring, free, filled) = me.sync, me.shared
    total = 0
    for _ in range(n):
        await filled.acquire()
        async with guard:
            total += ring[2 + ring[1] % capacity]
            ring[1] += 1
        free.release()
    return total
