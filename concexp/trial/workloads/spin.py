"""Computing for a given time: the CPU-bound operation whose length can be chosen."""

from concexp.trial import tools
from concexp.trial.workloads import _busy

BEGINNINGS = 16  # so that operations differ


class Workload(tools.Workload):
    """Compute in pure Python for a given time: CPU-bound work that holds the GIL, as long as you want it.

    Before the first trial of a run it is measured, alone, how many rounds of the loop take that much CPU time. Each
    operation of each trial then does this number (column `rounds`): the same work, not the same time, so a worker that is
    hindered takes longer. Interpreters do the same rounds too: the time is that of the first of the experiment.

    time: CPU time of one operation where nothing hinders it
    """

    known_as = ("busy", "busy loop", "burn")
    suits = "CPU-bound operations of a length that you choose"

    time: "duration > 0" = 0.001
    unit = "spell"
    loops = (_busy.spin,)

    def prepare(self, kit):
        self.rounds = max(1, round(kit.rounds(_busy.spin, self.time)))

    def work(self, me, n):
        spin, rounds = _busy.spin, self.rounds
        total = 0
        for number in range(me.first, me.first + n):
            total += spin(rounds, number % BEGINNINGS)
        return total

    def check(self, shared, outcome):
        counts = outcome.per_residue(BEGINNINGS)
        expected = sum(count * _busy.leap(self.rounds, x) for x, count in enumerate(counts))
        reason = "" if outcome.total == expected else "not every operation did its %d rounds" % self.rounds
        return reason, {"rounds": self.rounds}
