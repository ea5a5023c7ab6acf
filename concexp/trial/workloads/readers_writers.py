"""Readers and writers of one record: may readers be let in together, and does any of them see it half written?"""

from concexp.trial import tools
from concexp.trial.workloads import _busy

CELLS = 8  # of the record; all are equal whenever no worker writes
STEPS = 1000  # the fraction of writes is rounded to steps of 1/1000
BEGINNINGS = 8  # so that operations differ; divides STEPS, so that a number modulo STEPS determines an operation


class Workload(tools.Workload):
    """Read and write a record of several cells, all equal in each consistent state.

    A writer adds one to all cells, and computes between the first cell and the others; a reader computes between them too,
    and a record that is not consistent then is a torn read. Readers take the primitive's reader's side if it has one,
    otherwise they exclude each other as well. Which operations write is fixed by their numbers, evenly spread.

    writes: the fraction of operations that write; steps of 0.001, and at least one step if it is not 0
    reading_time: CPU time of a read, where nothing hinders it
    writing_time: CPU time of a write, where nothing hinders it
    """

    known_as = ("readers-writers",)
    suits = "whether a readers-writer lock pays for a given share of writes"

    writes: "fraction" = 0.1
    reading_time: "duration >= 0" = 0.0002
    writing_time: "duration >= 0" = 0.0002
    shape = "workers"
    takes = ("none", "guard")
    unit = "access"
    loops = (_busy.spin,)

    def prepare(self, kit):
        self.rounds_reading = round(kit.rounds(_busy.spin, self.reading_time))
        self.rounds_writing = round(kit.rounds(_busy.spin, self.writing_time))
        return kit.tools.array(CELLS), kit.tools.array(kit.workers)  # the record, and each worker's torn reads

    def reset(self, shared):
        for cells in shared:
            for k in range(len(cells)):
                cells[k] = 0

    def enter(self, me):
        me.own = self.plan()

    def plan(self):
        """Whether an operation writes, by its number modulo STEPS."""
        writers = max(round(self.writes * STEPS), 1) if self.writes else 0
        return [number * writers % STEPS < writers for number in range(STEPS)]

    # The loops differ by nothing but the guard, so that what they take differs by nothing else.
    def work(self, me, n):
        if me.sync is None:
            return self.unguarded(me, n)
        record, torn = me.shared
        writer, reader = me.sync, getattr(me.sync, "reader", me.sync)
        writes, spin, reading, writing = me.own, _busy.spin, self.rounds_reading, self.rounds_writing
        total = 0
        for number in range(me.first, me.first + n):
            x = number % BEGINNINGS
            if writes[number % STEPS]:
                with writer:
                    value = record[0] = record[0] + 1
                    total += spin(writing, x)
                    for k in range(1, CELLS):
                        record[k] = value
            else:
                with reader:
                    value = record[0]
                    total += spin(reading, x)
                    for k in range(1, CELLS):
                        if record[k] != value:
                            torn[me.index] += 1
                            break
        return total

    def unguarded(self, me, n):
        record, torn = me.shared
        writes, spin, reading, writing = me.own, _busy.spin, self.rounds_reading, self.rounds_writing
        total = 0
        for number in range(me.first, me.first + n):
            x = number % BEGINNINGS
            if writes[number % STEPS]:
                value = record[0] = record[0] + 1
                total += spin(writing, x)
                for k in range(1, CELLS):
                    record[k] = value
            else:
                value = record[0]
                total += spin(reading, x)
                for k in range(1, CELLS):
                    if record[k] != value:
                        torn[me.index] += 1
                        break
        return total

    async def work_async(self, me, n):
        if me.sync is None:
            return self.unguarded(me, n)
        record, torn = me.shared
        writer, reader = me.sync, getattr(me.sync, "reader", me.sync)
        writes, spin, reading, writing = me.own, _busy.spin, self.rounds_reading, self.rounds_writing
        total = 0
        for number in range(me.first, me.first + n):
            x = number % BEGINNINGS
            if writes[number % STEPS]:
                async with writer:
                    value = record[0] = record[0] + 1
                    total += spin(writing, x)
                    for k in range(1, CELLS):
                        record[k] = value
            else:
                async with reader:
                    value = record[0]
                    total += spin(reading, x)
                    for k in range(1, CELLS):
                        if record[k] != value:
                            torn[me.index] += 1
                            break
        return total

    def check(self, shared, outcome):
        record, torn = list(shared[0]), sum(shared[1])
        writes = expected = 0
        for number, (written, count) in enumerate(zip(self.plan(), outcome.per_residue(STEPS))):
            rounds = self.rounds_writing if written else self.rounds_reading
            expected += count * _busy.leap(rounds, number % BEGINNINGS)
            writes += count * written
        counts = {"torn_reads": torn, "reads": outcome.ops - writes, "lost_writes": writes - record[0]}
        counts.update(rounds_reading=self.rounds_reading, rounds_writing=self.rounds_writing)
        if torn:
            return "%d of %d reads saw a record that was half written" % (torn, outcome.ops - writes), counts
        if record != [writes] * CELLS:
            return "after %d writes the record holds %s" % (writes, record), counts
        return ("" if outcome.total == expected else "not every operation did all of its work"), counts
