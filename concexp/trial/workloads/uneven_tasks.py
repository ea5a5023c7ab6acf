"""Tasks of unequal length: what ways of sharing out work are measured with."""

import time

from concexp.trial import tools
from concexp.trial.workloads import _busy

SECOND = 1_000_000_000
INDEX = 1.5  # of the Pareto distribution: one task in a hundred is longer than seven times the mean


class Workload(tools.Workload):
    """Do tasks of unequal length, computing or waiting: it shows how well uneven work is shared out.

    The lengths follow from the distribution, the block, the seed and the number of tasks, and their mean is exact: all alike
    (constant), between nothing and twice the mean (uniform), each longer than the one before (linear), a few very long
    ones (pareto), or one, anywhere, as long as all the others together (one_giant). Computing is calibrated alone, before
    the first trial of a run: tasks are the same work for all, not the same time.

    distribution: how the lengths are distributed
    mean: the mean length: CPU time where nothing hinders it, or waiting
    by: what fills the time: spin computes in pure Python, sleep waits
    seed: of the lengths
    """

    known_as = ("load balancing", "imbalance")
    suits = "how well a model shares out tasks of unequal length"

    distribution: "constant | uniform | linear | pareto | one_giant" = "pareto"
    mean: "duration > 0" = 0.001
    by: "spin | sleep" = "spin"
    seed: int = 1
    load = {"ops": 64, "scaling": "strong"}
    unit = "task"
    draws = "the lengths, and which task is the giant"
    loops = (_busy.spin,)

    def __init__(self, **parameters):
        super().__init__(**parameters)
        if self.by == "sleep":
            self.resource, self.loops = "io", ()

    def refuses(self, model, sync, workers, load):
        if "ops" not in load:
            return "uneven_tasks shares out a known number of tasks: give load.ops"
        return ""

    def costs(self, ops):
        """How long each of `ops` tasks is in proportion to their mean: a list by number, whose mean is 1."""
        random = self.dice(self.seed).random
        if self.distribution == "linear":
            costs = [number + 1.0 for number in range(ops)]
        elif self.distribution == "uniform":
            costs = [random() for _ in range(ops)]
        elif self.distribution == "pareto":
            costs = [(1.0 - random()) ** (-1.0 / INDEX) for _ in range(ops)]
        else:
            costs = [1.0] * ops
            if self.distribution == "one_giant" and ops > 1:
                costs[int(random() * ops)] = ops - 1.0
        whole = sum(costs)
        return [cost * ops / whole for cost in costs]

    def lengths(self, ops):
        """The tasks' lengths in rounds or nanoseconds."""
        return [round(cost * self.mean_length) for cost in self.costs(ops)]

    def prepare(self, kit):
        self.mean_length = kit.rounds(_busy.spin, self.mean) if self.by == "spin" else self.mean * SECOND
        # Where all workers can read them, so that none of them has to compute any within a pass.
        table = kit.tools.array(kit.ops)
        for number, length in enumerate(self.lengths(kit.ops)):
            table[number] = length
        return table

    def work(self, me, n):
        lengths = me.shared
        total = 0
        if self.by == "spin":
            spin = _busy.spin
            for number in range(me.first, me.first + n):
                total += spin(lengths[number], number)
        else:
            sleep = time.sleep
            for number in range(me.first, me.first + n):
                length = lengths[number]
                sleep(length / SECOND)
                total += length
        return total

    async def work_async(self, me, n):
        if self.by == "spin":
            return self.work(me, n)
        from asyncio import sleep

        lengths = me.shared
        total = 0
        for number in range(me.first, me.first + n):
            length = lengths[number]
            await sleep(length / SECOND)
            total += length
        return total

    def check(self, shared, outcome):
        lengths = self.lengths(outcome.ops)
        if self.by == "spin":
            expected = sum(_busy.leap(length, number) for number, length in enumerate(lengths))
        else:
            expected = sum(lengths)
            slept, present = expected / SECOND, outcome.wall_s * outcome.workers
            if slept > present * 1.01:
                return "%.3f s of sleep in %.3f s of presence" % (slept, present), {}
        reason = "" if outcome.total == expected else "not every task was done once, and whole"
        return reason, ({"rounds": round(self.mean_length)} if self.by == "spin" else {})
