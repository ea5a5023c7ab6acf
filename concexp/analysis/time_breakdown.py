"""A run -> where the workers' time of each cell went, compared with its baseline: reads the journal for `stats.time_breakdown`.

A cell has no breakdown without a comparison: with one worker; without a baseline, or with one of several workers; without a
block with trials of both; in an open loop, whose workers wait for arrivals on purpose; for a function that times itself; with
a background, whose CPU time cannot be separated from the workers'.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence
from itertools import chain
from operator import lt
from typing import TYPE_CHECKING, Any

from concexp.analysis import doubts
from concexp.analysis.cells import Baseline
from concexp.analysis.possible import is_made_up
from concexp.analysis.samples import Sample
from concexp.analysis.stats.time_breakdown import Breakdown, MachineLimits, WorkerSeconds, breakdown, shares
from concexp.experiment.statuses import MEASURED
from concexp.run.storage.columns import ListColumn, StructColumn, keys_of, values_of
from concexp.run.storage.journal import Record

if TYPE_CHECKING:
    from concexp.analysis.results import Run

# Counts that mark an iteration as not comparable: workers also ran a background, or timed themselves.
NOT_COMPARABLE = ("background_ops", "self_timed_rate")
SHORTEST = 1e-9  # seconds of a window; its inverse is more than any clock counts
TICK = 0.01  # seconds: some kernels count CPU time in steps of this length
ONE = "one"  # a value of the answer's `parallel`: the workers share a thread


class TimeBreakdown:
    """The breakdowns of a run's cells, each computed on demand."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.axes = run.axes_by_cell
        self.baseline = Baseline(run.header)
        self.known: dict[str, dict[int, WorkerSeconds]] = {}
        self.records = {(record["cell"], record["block"]): record for record in run.of_role(MEASURED) if record.passes}
        trials = run.facts_by_trial
        self.room = (doubts.had_cpus_for_all(trials) & trials["server_cpu_s"].isna()).to_dict()

    def of_cell(self, cell: str) -> Breakdown | None:
        """The breakdown of a cell, over the trials that timings rest on; None where it has none."""
        below = self.baseline.of(self.axes[cell])
        samples = self.run.samples
        if (
            _workers(self.axes[cell]) < 2
            or cell not in samples
            or below not in samples
            or _workers(self.axes[below]) > 1
        ):
            return None
        several, alone = self._worker_seconds(cell), self._worker_seconds(below)
        trials = [
            shares(several[block], alone[block], self._limits(self.records[cell, block], samples[cell]))
            for block in sorted(several.keys() & alone.keys())
        ]
        return breakdown(trials, self.run.level) if trials else None

    def _worker_seconds(self, cell: str) -> dict[int, WorkerSeconds]:
        """Those of each block; kept, since many cells have the same baseline."""
        if cell not in self.known:
            self.known[cell] = self._summed(cell, self.run.samples[cell])
        return self.known[cell]

    def _summed(self, cell: str, sample: Sample) -> dict[int, WorkerSeconds]:
        waits = sample.by_block("wait_share") if sample.observed else {}
        usual = sum(waits.values()) / len(waits) if waits else math.nan
        seconds = {}
        for trial in sample.timing_trials():
            record = self.records.get((cell, trial.block))
            if record is not None and comparable(record):
                of_trial = worker_seconds(record, waits.get(trial.block, usual))
                if _is_computable(of_trial) and (is_made_up(record) or self._can_be(of_trial)):
                    seconds[trial.block] = of_trial
        return seconds

    def _can_be(self, seconds: WorkerSeconds) -> bool:
        """False where a counter was wrong: more CPU time than the CPUs have."""
        machine = self.run.manifest["machine"]
        cpus = self.run.cpus if machine.get("quota_cpus") is None else machine.get("affinity_cpus") or math.inf
        return not seconds.running > cpus * (1.05 * (seconds.window + seconds.startup) + TICK)

    def _limits(self, record: Record, sample: Sample) -> MachineLimits:
        answer = record["answer"]
        one_thread = parallel(record) == ONE
        effective = next(t.effective_cpus for t in sample.timing_trials() if t.block == record["block"])
        turns = one_thread or (parallel(record) == "threads" and answer["gil"] is not False)
        usable = float(self.run.cpus)
        return MachineLimits(usable, effective, bool(one_thread or self.room[record["trial"]]), turns)


def _is_computable(seconds: WorkerSeconds) -> bool:
    """False where shares of the time would leave the range of a float: a window of no length, or more seconds than clocks count.

    Made-up times may have both, as wrong clocks do.
    """
    whole = seconds.window + seconds.startup
    times = (whole, seconds.running, seconds.queued, seconds.coordinating, seconds.coordinator_queued)
    return min(seconds.window, whole) > SHORTEST and max(map(_known, times)) < 1 / SHORTEST


def _known(seconds: float) -> float:
    """The size of a time; 0 if it was not recorded."""
    return 0.0 if math.isnan(seconds) else abs(seconds)


def parallel(record: Record) -> str:
    """How the workers of a trial ran in parallel: in `one` thread, `threads`, `processes` …; "" if it was not recorded."""
    return str((record.get("answer") or {}).get("parallel") or "")


def comparable(record: Record) -> bool:
    """True if the workers' time is that of the window, and they spent all of it on the workload."""
    passes = record.passes
    counts = values_of(passes, "counts")
    names = keys_of(passes) | keys_of(
        counts if isinstance(counts, StructColumn) else [counted or {} for counted in counts]
    )
    took_time = _sum(values_of(passes, "wall_s")) > 0  # a trial whose clock was changed has no times
    done = all((count or 0) > 0 for count in values_of(passes, "ops"))  # a damaged journal may lack one
    return "rate" not in record["load"] and took_time and done and names.isdisjoint(NOT_COMPARABLE)


def worker_seconds(record: Record, waiting: float) -> WorkerSeconds:
    """A trial's time, summed over its measured passes."""
    passes, workers = record.passes, _workers(record["axes"])
    timed = record.get("startup") == "timed"
    startup = _sum(values_of(passes, "startup_s")) if timed else 0.0
    window = _sum(values_of(passes, "wall_s")) - startup
    # Below 0 by rounding where workers go on until a given time is over: none of them is idle.
    idle = workers * window - _at_work(values_of(passes, "worker_s"))
    idle = idle if math.isnan(idle) else max(0.0, idle)
    if parallel(record) == ONE:
        idle = math.nan  # workers that take turns are all at work, whether theirs is still to come or over
    running, queued = _sum(values_of(passes, "cpu_s")), _sum(values_of(passes, "run_queue_wait_s"))
    coordinating, coordinator_queued = _coordinating(record)
    if math.isnan(coordinating) and not _handed_out(passes):
        coordinating = coordinator_queued = 0.0  # of older journals: it only waits while the workers work
    return WorkerSeconds(
        ops=_sum(values_of(passes, "ops")),
        workers=workers,
        window=window,
        startup=startup,
        idle=idle,
        running=running - coordinating,
        queued=queued - coordinator_queued,
        waiting=waiting,
        coordinating=coordinating,
        coordinator_queued=coordinator_queued,
    )


def _coordinating(record: Record) -> tuple[float, float]:
    """The CPU time and the wait for a CPU of what hands out the work, apart from the workers; NaN if it was not recorded."""
    kind = parallel(record)
    if kind in (ONE, ""):  # the workers are in the thread that hands out the work
        return 0.0, 0.0
    # Workers that are processes have nothing of the coordinating one; threads have all of it but the main thread.
    who = "own" if kind == "processes" else "main"
    cpu, wait = (_sum(values_of(record.passes, f"{who}_{name}")) for name in ("cpu_s", "run_queue_wait_s"))
    return cpu, wait


def _handed_out(passes: Sequence[Mapping[str, Any]]) -> bool:
    """True if the coordinator handed out operations one by one: then it is not known which worker did what."""
    return any(each is None for each in values_of(passes, "worker_ops"))


def _workers(axes: Mapping[str, Any]) -> int:
    return axes.get("workers") or 1


def _at_work(passes: Sequence[Any]) -> float:
    """The seconds of all workers in all passes; NaN if a pass did not record them."""
    if isinstance(passes, ListColumn) and all(map(lt, chain([0], passes.ends), passes.ends)):
        return _sum(passes.flat)  # a sum does not need a million lists
    return _sum(sum(each or [math.nan]) for each in passes)


def _sum(values: Any) -> float:
    """The sum; NaN if a value was not recorded."""
    if isinstance(values, array):
        return float(sum(values))
    return float(sum(math.nan if value is None else value for value in values))
