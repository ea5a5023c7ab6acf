"""Computing in phases: no worker begins the next one before all have done the last."""

from concexp.trial import tools
from concexp.trial.workloads import _busy, _meetings


class Workload(tools.Workload):
    """Compute, then wait for all others, phase by phase: each phase lasts as long as its slowest worker.

    With `barrier` all meet at the model's own barrier, with `condition` at one made of a condition and two numbers by hand.
    How much computing takes the given time is measured once per run; it is pure Python, which holds the GIL.

    busy: CPU time that a worker computes in a phase, where nothing hinders it, in the mean of all workers
    imbalance: by how much the most loaded worker of a phase has more to do than the mean; the load goes round from phase to phase
    """

    suits = "what uneven phases cost where all wait for all, as in simulations"

    busy: "duration >= 0" = 0.0005
    imbalance: "fraction" = 0.0
    shape = "workers"
    takes = ("barrier", "condition")
    load = {"ops": 50, "scaling": "weak"}
    unit = "phase"
    loops = (_busy.spin,)

    def refuses(self, model, sync, workers, load):
        return _meetings.refusal(workers, load)

    def prepare(self, kit):
        self.native = tools.name_of(kit.sync) == "barrier"
        self.meetings = _meetings.Meetings(kit.tools, kit.workers)
        # Part 0 is nothing at all; the others are a worker's loads, from the lightest to the heaviest.
        rounds, steps = kit.rounds(_busy.spin, self.busy), max(1, kit.workers - 1)
        spread = self.imbalance if kit.workers > 1 else 0
        self.mean_rounds = round(rounds)
        self.rounds = [0] + [round(rounds * (1 + spread * (2 * k / steps - 1))) for k in range(kit.workers)]
        # How many phases each worker has done, how often each saw another one in another phase, and the hand-made gate.
        return kit.tools.array(kit.workers), kit.tools.array(kit.workers), kit.tools.array(2)

    def reset(self, shared):
        for cells in shared:
            for k in range(len(cells)):
                cells[k] = 0

    def shares(self, ops, workers):
        return self.meetings.plan(super().shares(ops, workers))

    def parts(self, me, n):
        """(phase, part) for each phase of this call: which part of the work this worker has in it."""
        phase = me.shared[0][me.index]
        parts = [1 + (me.index + phase + k) % me.workers for k in range(n)]
        return enumerate(parts + [0] * self.meetings.after(me, n), phase + 1)

    def work(self, me, n):
        done, errors, gate = me.shared
        index, spin, rounds = me.index, _busy.spin, self.rounds
        wait = me.sync.wait if self.native else meet(me.sync, gate, me.workers)
        total = 0
        for phase, part in self.parts(me, n):
            total += spin(rounds[part], part)
            done[index] = phase
            wait()
            errors[index] += apart(done, phase)
        return total

    async def work_async(self, me, n):
        done, errors, gate = me.shared
        index, spin, rounds = me.index, _busy.spin, self.rounds
        wait = me.sync.wait if self.native else meet_async(me.sync, gate, me.workers)
        total = 0
        for phase, part in self.parts(me, n):
            total += spin(rounds[part], part)
            done[index] = phase
            await wait()
            errors[index] += apart(done, phase)
        return total

    def check(self, shared, outcome):
        done, errors = list(shared[0]), sum(shared[1])
        workers = len(done)
        phases = -(-outcome.ops // workers)
        expected = 0
        for index, (_, n) in enumerate(outcome.ranges):
            whole, rest = divmod(n, workers)
            for k in range(workers):
                part = 1 + (index + k) % workers
                expected += (whole + (k < rest)) * _busy.leap(self.rounds[part], part)
        counts = {"phase_errors": errors, "rounds": self.mean_rounds}
        if errors:
            return "%d times a worker was past the barrier while another was still before it" % errors, counts
        if done != [phases] * workers:
            return "the workers came to phases %s, not all to %d" % (done, phases), counts
        return ("" if outcome.total == expected else "not every phase did all of its work"), counts


def apart(done, phase):
    """Whether a worker has not done the phase that is over, or more than the one that may have begun."""
    return min(done) < phase or max(done) > phase + 1


def meet(changed, gate, workers):
    """A barrier by hand: `gate` holds how many are here, and how often the gate has opened, which waiting workers watch."""

    def wait():
        with changed:
            opened = gate[1]
            gate[0] += 1
            if gate[0] == workers:
                gate[0] = 0
                gate[1] += 1
                changed.notify_all()
            else:
                while gate[1] == opened:
                    changed.wait()

    return wait


def meet_async(changed, gate, workers):
    """The same for coroutines."""

    async def wait():
        async with changed:
            opened = gate[1]
            gate[0] += 1
            if gate[0] == workers:
                gate[0] = 0
                gate[1] += 1
                changed.notify_all()
            else:
                while gate[1] == opened:
                    await changed.wait()

    return wait
