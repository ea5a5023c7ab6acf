"""Time inside and time outside: what does it cost that only one worker at a time may be in a critical section?"""

from concexp.trial import tools
from concexp.trial.workloads import _busy

BEGINNINGS = 8  # so that operations differ
PERIOD = 1009  # the number after which the random choice repeats; a prime, so that workers 2**40 numbers apart are not in step


class Workload(tools.Workload):
    """Compute inside a critical section, then outside of it; there may be several, each with a lock of its own.

    By Amdahl's law all workers together are at most (inside + outside) / inside times as fast as one, if there is one
    lock. Each section has a shared cell, read at its beginning and written at its end: the check finds the updates that got
    lost. How much computing takes the given times is measured once per run; it is pure Python, which holds the GIL.

    inside: CPU time of one operation inside the section
    outside: CPU time of one operation outside of it
    locks: how many sections there are
    assign: which section an operation takes: own is worker i's number i % locks, round_robin goes by the operation's number
    """

    known_as = ("amdahl",)
    suits = "how long a lock may be held before more workers are of no use"

    inside: "duration >= 0" = 0.0001
    outside: "duration >= 0" = 0.0003
    locks: "int >= 1" = 1
    assign: "own | round_robin | random" = "own"
    shape = "workers"
    takes = ("none", "guard")
    unit = "section"
    draws = "the sections of assign random"
    loops = (_busy.spin,)

    def prepare(self, kit):
        self.rounds_inside = round(kit.rounds(_busy.spin, self.inside))
        self.rounds_outside = round(kit.rounds(_busy.spin, self.outside))
        guards = [kit.primitive] + [kit.new_primitive() for _ in range(1, self.locks)]
        return guards, kit.tools.array(self.locks)

    def reset(self, shared):
        cells = shared[1]
        for k in range(len(cells)):
            cells[k] = 0

    def enter(self, me):
        me.own = self.turns()

    def turns(self):
        """The sections that the operations take, by their number modulo the length, where all workers do alike."""
        if self.assign == "round_robin":
            return range(self.locks)
        choose = self.dice().randrange
        return [choose(self.locks) for _ in range(PERIOD)] if self.assign == "random" else [0]

    def mine(self, me):
        """The same for this worker."""
        return [me.index % self.locks] if self.assign == "own" else me.own

    # The loops differ by nothing but the guard, so that what they take differs by nothing else.
    def work(self, me, n):
        if me.sync is None:
            return self.unguarded(me, n)
        guards, cells = me.shared
        turns, spin, inside, outside = self.mine(me), _busy.spin, self.rounds_inside, self.rounds_outside
        period = len(turns)
        total = 0
        for number in range(me.first, me.first + n):
            x = number % BEGINNINGS
            k = turns[number % period]
            with guards[k]:
                count = cells[k]
                total += spin(inside, x)
                cells[k] = count + 1
            total += spin(outside, x)
        return total

    def unguarded(self, me, n):
        cells = me.shared[1]
        turns, spin, inside, outside = self.mine(me), _busy.spin, self.rounds_inside, self.rounds_outside
        period = len(turns)
        total = 0
        for number in range(me.first, me.first + n):
            x = number % BEGINNINGS
            k = turns[number % period]
            count = cells[k]
            total += spin(inside, x)
            cells[k] = count + 1
            total += spin(outside, x)
        return total

    async def work_async(self, me, n):
        if me.sync is None:
            return self.unguarded(me, n)
        guards, cells = me.shared
        turns, spin, inside, outside = self.mine(me), _busy.spin, self.rounds_inside, self.rounds_outside
        period = len(turns)
        total = 0
        for number in range(me.first, me.first + n):
            x = number % BEGINNINGS
            k = turns[number % period]
            async with guards[k]:
                count = cells[k]
                total += spin(inside, x)
                cells[k] = count + 1
            total += spin(outside, x)
        return total

    def check(self, shared, outcome):
        updates = list(shared[1])
        lost = outcome.ops - sum(updates)
        counts = {"lost_updates": lost, "rounds_inside": self.rounds_inside, "rounds_outside": self.rounds_outside}
        values = [_busy.leap(self.rounds_inside, x) + _busy.leap(self.rounds_outside, x) for x in range(BEGINNINGS)]
        expected = sum(count * value for count, value in zip(outcome.per_residue(BEGINNINGS), values))
        if lost:
            return "%d of %d updates were lost" % (lost, outcome.ops), counts
        if updates != self.visits(outcome):
            return "the sections were entered %s times, not %s" % (updates, self.visits(outcome)), counts
        return ("" if outcome.total == expected else "not every operation did all of its work"), counts

    def visits(self, outcome):
        """How often each section was to be entered."""
        found = [0] * self.locks
        if self.assign == "own":
            for index, (_, n) in enumerate(outcome.ranges):
                found[index % self.locks] += n
        else:
            turns = self.turns()
            for residue, count in enumerate(outcome.per_residue(len(turns))):
                found[turns[residue]] += count
        return found
