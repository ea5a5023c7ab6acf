"""How counted operations are handed to lasting workers: one class is one schedule, its YAML name is in NAMES.

A schedule is built in the coordinator, from the model's own tools, and travels to the workers. `reset` puts all
operations back before a pass; `shares(index)` yields (first, n) until worker `index` finds none left.
"""

from concexp.trial import tools
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.passes import Report


class Schedule:
    """Operations 0 … ops - 1 for `workers` workers, at least `chunk` at a time where that applies."""

    def __init__(self, tools, ops, workers, chunk, costs):
        self.ops = ops
        self.workers = workers
        self.chunk = chunk

    def __len__(self):
        return self.ops

    def reset(self):
        """Put all operations back, before a pass."""

    def shares(self, index):
        """(first, n) of each share that worker `index` gets, as it asks for them."""
        raise NotImplementedError

    def serve(self, work, me):
        """Do one worker's shares of a pass; returns its report."""
        total = done = 0
        start = clock()
        for first, n in self.shares(me.index):
            me.first = first
            total += work(me, n)
            done += n
        stop = clock()
        return Report(start, stop, 0, done, total)


class Cyclic(Schedule):
    """Worker i does i, i + N, i + 2N …: decided beforehand, as a block is, but in turns."""

    def shares(self, index):
        for number in range(index, self.ops, self.workers):
            yield number, 1


class Chunk(Schedule):
    """A free worker takes the next `chunk` operations: self-scheduling."""

    def __init__(self, tools, ops, workers, chunk, costs):
        super().__init__(tools, ops, workers, chunk, costs)
        self.cursor = tools.array(1)
        self.guard = tools.make("Lock")

    def reset(self):
        self.cursor[0] = 0

    def size(self, left):
        """The number of operations to take when `left` are left."""
        return self.chunk

    def shares(self, index):
        cursor, guard, ops, size = self.cursor, self.guard, self.ops, self.size
        while True:
            with guard:
                first = cursor[0]
                n = min(size(ops - first), ops - first)
                cursor[0] = first + n
            if n <= 0:
                return
            yield first, n


class Guided(Chunk):
    """The next 1/N of what is left, and at least `chunk`: large shares first (Polychronopoulos & Kuck 1987)."""

    def size(self, left):
        return max(self.chunk, -(-left // self.workers))


class LongestFirst(Chunk):
    """One operation at a time, the longest first (Graham 1969). The workload must know how long its operations are."""

    def __init__(self, tools, ops, workers, chunk, costs):
        super().__init__(tools, ops, workers, 1, costs)
        self.order = sorted(range(ops), key=lambda number: -costs[number])

    def shares(self, index):
        for position, _ in super().shares(index):
            yield self.order[position], 1


class Queue(Schedule):
    """A queue of the model's own holds the operations, `chunk` in each item; workers get them one after the other."""

    def __init__(self, tools, ops, workers, chunk, costs):
        super().__init__(tools, ops, workers, chunk, costs)
        self.items = tools.make("Queue")

    def reset(self):
        for first in range(0, self.ops, self.chunk):
            self.items.put((first, min(self.chunk, self.ops - first)))
        for _ in range(self.workers):
            self.items.put(None)

    def shares(self, index):
        return iter(self.items.get, None)


class Stealing(Schedule):
    """A block for each worker; one that has done its block takes half of what the richest has left (Blumofe & Leiserson
    1999 steal one task of a random victim: with few workers, looking at all of them is cheaper than missing).
    """

    def __init__(self, tools, ops, workers, chunk, costs):
        super().__init__(tools, ops, workers, chunk, costs)
        self.lows, self.highs = tools.array(workers), tools.array(workers)
        self.guards = [tools.make("Lock") for _ in range(workers)]

    def reset(self):
        for index in range(self.workers):
            self.lows[index] = self.ops * index // self.workers
            self.highs[index] = self.ops * (index + 1) // self.workers

    def shares(self, index):
        lows, highs, guard, chunk = self.lows, self.highs, self.guards[index], self.chunk
        while True:
            with guard:
                first = lows[index]
                n = min(chunk, highs[index] - first)
                if n > 0:
                    lows[index] = first + n
            if n > 0:
                yield first, n
            elif not self.steal(index):
                return

    def steal(self, index):
        """Take the back half of what the richest worker has left; False if none has any."""
        lows, highs = self.lows, self.highs
        while True:
            left, victim = max((highs[other] - lows[other], other) for other in range(self.workers))
            if left <= 0:
                return False
            with self.guards[victim]:
                low, high = lows[victim], highs[victim]
                middle = high - -(-(high - low) // 2)
                if high > low:
                    highs[victim] = middle
            if high > low:
                with self.guards[index]:
                    # High first: a look without the guard must never see what another has taken meanwhile.
                    lows[index] = highs[index] = high
                    lows[index] = middle
                return True


NAMES = {
    "cyclic": Cyclic,
    "chunk": Chunk,
    "guided": Guided,
    "longest_first": LongestFirst,
    "queue": Queue,
    "stealing": Stealing,
}


class Scheduled(tools.Model):
    """A model whose lasting workers can be handed their operations in several ways."""

    schedule: "block | cyclic | chunk | guided | longest_first | queue | stealing" = "block"
    chunk: "int >= 1" = 1

    def refuses(self, workload, sync, workers, load):
        if self.schedule == "block":
            return ""
        name = tools.name_of(workload).lstrip("_")
        if workload.shape == "workers":
            return "the workers of %s share state: there are no tasks to hand out" % name
        if "ops" not in load or "rate" in load:
            return "a schedule hands out a known number of operations: give load.ops"
        if self.schedule == "longest_first" and not hasattr(workload, "costs"):
            return "longest_first must know how long each operation is, and %s does not say" % name
        return ""

    def source(self, workload, tools, ops, workers):
        if self.schedule == "block":
            return None
        costs = workload.costs(ops) if hasattr(workload, "costs") else None
        return NAMES[self.schedule](tools, ops, workers, self.chunk, costs)
