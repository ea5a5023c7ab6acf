"""No trial at all: an answer made up by a formula, at once. For trying out experiments, reports and concexp itself."""

import hashlib
import math

from concexp.trial import tools
from concexp.trial.models.threads import LENDS
from concexp.trial.probes import rusage, surroundings

# What every real trial records, asked for or not. These facts are None here unless the formula gives them.
ALWAYS_RECORDED = (*rusage.Probe.columns, *surroundings.Probe.columns)


class Model(tools.Model):
    """Invented numbers in milliseconds: nothing is executed, and no number says anything about the machine.

    Throughput follows Amdahl's law, N / (1 + serial (N - 1)) times `speed`, with seeded log-normal noise per trial.

    speed: operations per second of one worker
    serial: the share of the work that only one worker at a time can do
    noise: standard deviation of the logarithm of a trial's throughput
    outcome: the status that every trial is to have
    """

    known_as = ("fake", "dummy")
    suits = "trying out an experiment, a page or a claim within seconds"
    price = "nothing: no operation is executed"

    speed: "float > 0" = 1000.0
    serial: "fraction" = 0.0
    noise: "float >= 0" = 0.02
    outcome: "ok | invalid | failed | crashed | timeout" = "ok"
    simulated = True
    may_be_forked = False
    parallel = "processes"
    colour = "#cc79a7"
    marker = "X"

    def primitives(self):
        return LENDS

    def answer(self, request):
        """The answer that a child would give to this request of verb `measure`, or a status without facts."""
        reasons = {
            "failed": "SimulatedError: as asked",
            "crashed": "the simulated child died, as asked",
            "timeout": "the simulated child hung, as asked",
        }
        if self.outcome in reasons:
            return {"status": self.outcome, "reason": reasons[self.outcome]}
        workers, load = request["workers"], request["load"]
        rate = (
            self.speed * workers / (1 + self.serial * (workers - 1)) * math.exp(self.noise * self.normal(request, -1))
        )
        iterations = []
        for number in range(request["iterations"]):
            pace = rate * math.exp(self.noise / 4 * self.normal(request, number))
            if "duration" in load:
                wall, ops = load["duration"], max(1, round(pace * load["duration"]))
            else:
                ops = load["ops"] * (workers if load["scaling"] == "weak" else 1)
                wall = ops / pace
            iterations.append(self.iteration(wall, ops, workers, wall if "duration" in load else None))
        invalid = self.outcome == "invalid"
        return {
            "status": self.outcome,
            "reason": "lost updates, as asked" if invalid else "",
            "gil": True,
            "gil_end": True,
            "jit": None,
            "threads_at_fork": None,
            "traced": False,
            "switch_interval": 0.005,
            "python": "simulated",
            "parallel": self.parallel,
            "changed": [],
            "phases": {"prepare_s": 0.0, "create_s": 0.001, "ready_s": 0.0, "join_s": 0.0},
            "iterations": iterations,
        }

    def iteration(self, wall, ops, workers, window):
        """The facts of one iteration, as `measure.Trial.one_pass` would give them."""
        lost = ops // 10 if self.outcome == "invalid" else 0
        return {
            **dict.fromkeys(ALWAYS_RECORDED),
            "wall_s": wall,
            "ops": ops,
            "window_s": window,
            "startup_s": 0.001 * workers,
            "cpu_s": wall * workers,
            "run_queue_wait_s": 0.0,
            "start_skew_s": 0.0,
            "stop_skew_s": 0.0,
            "all_active": 1.0,
            "worker_ops": None,
            "worker_s": None,
            "largest_share": None,
            "reference_before_s": None,
            "reference_after_s": None,
            "worker_reference_before_s": None,
            "worker_reference_after_s": None,
            "counts": {"lost_updates": lost} if lost else {},
            "invalid": "lost updates, as asked" if lost else "",
        }

    @staticmethod
    def normal(request, number):
        """A standard normal number that depends on the trial and the iteration alone (Box-Muller)."""
        digest = hashlib.sha256(("%s/%s" % (request["seed"], number)).encode()).digest()
        first, second = (int.from_bytes(digest[i : i + 8], "big") / 2**64 for i in (0, 8))
        return math.sqrt(-2 * math.log(1 - first)) * math.cos(2 * math.pi * second)
