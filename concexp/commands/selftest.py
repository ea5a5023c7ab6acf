"""What `concexp selftest` does: measures known answers, from YAML to results, and compares.

`run` measures `known_answers/known_answers.yaml`, `compare_with_known` judges the results. A check's verdict is `ok`; `WRONG`
if its 99.9 % interval lies wholly outside the known range, or if a trial ended badly; or `withheld` with the reason: the
machine withheld CPUs, or the trials scatter too much. Speeds are never judged, only ratios, and times that are known
because they are slept.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from concexp.analysis import doubt_codes
from concexp.analysis.results import Run
from concexp.analysis.samples import Sample
from concexp.analysis.stats.intervals import Interval, mean_interval, median_interval
from concexp.analysis.stats.known_ranges import overlaps, surely
from concexp.analysis.stats.ratios import ratio
from concexp.commands.run import RunRequest, run_experiment
from concexp.report.text.numbers import rounded, spread
from concexp.run.machine import spinners

EXPERIMENT = Path(__file__).parent / "known_answers" / "known_answers.yaml"
OK, WITHHELD, WRONG = "ok", "withheld", "WRONG"

# An interval is too wide to prove anything if its upper end is more than this factor above its lower one.
MAX_SPREAD = 1.3
# Values from the experiment's file: number of sleepers, serial share, seconds of service.
SLEEPERS, SERIAL, SERVICE_S = 8, 0.75, 0.005
# How far a sound machine may be from a known answer.
SCALING = (0.85, 1.1)  # relative to the spinners, which run another loop at another moment
ONE_LOCK = (0.0, 1.03)  # passing on the lock costs time, and nothing can be gained
SLEEPING = (0.98, 1.02)  # relative to the number of sleepers: of one as of many, a nap of 5 ms is some 0.1 ms late
SERIAL_SHARE = (0.95, 1.05)  # relative to the serial share: each sleep is a little late
LATENESS = (
    1.1  # relative to the service time; on top, the clock may be late at the arrival and at the end of the service
)
SAME = (0.98, 1.02)
THROUGHPUT, LATENCY = "throughput", "latency_p50_s"


@dataclass(frozen=True)
class Verdict:
    """The result of one check: known answer, measured value, verdict, and the reason (for `ok` mostly "")."""

    check: str
    known: str
    measured: str
    verdict: str
    why: str = ""


@dataclass(frozen=True)
class Measured:
    """What one check compares: a value, its known range, both as text, and the samples that it is computed from.

    `by_block` has the values of the single blocks, where the value is their mean; `metric` is what it is computed from.
    """

    value: Interval
    low: float
    high: float
    known: str
    shown: str
    samples: Sequence[Sample]
    by_block: Sequence[float] = ()
    metric: str = THROUGHPUT


class Answers:
    """A run of the known answers, with its samples by workload and labels."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.cpus: int = run.cpus
        self.axes: Mapping[str, Mapping[str, Any]] = run.axes_by_cell

    def samples(self, workload: str, **axes: Any) -> list[Sample]:
        """The samples of a workload's cells with these labels, in the order of the experiment."""
        labels = {"workload": workload, **axes}
        cells = [cell for cell, cell_axes in self.axes.items() if labels.items() <= cell_axes.items()]
        return [self.run.samples.get(cell, Sample(())) for cell in cells]

    def gain(self, few: Sample, many: Sample) -> Interval:
        """The ratio of the throughputs, `many` over `few`."""
        return ratio(many.by_block(THROUGHPUT), few.by_block(THROUGHPUT))

    def gains(self, few: Sample, many: Sample) -> list[float]:
        """The same in each block that holds both."""
        above, below = many.by_block(THROUGHPUT), few.by_block(THROUGHPUT)
        return [above[block] / below[block] for block in above if block in below]

    @property
    def withheld_cpus(self) -> str:
        """How many CPUs the machine gave the run, in words; "" if it withheld none."""
        effective = self.run.effective_cpus
        if effective is None or effective >= spinners.ENOUGH * self.cpus:
            return ""
        return f"this machine gives {rounded(effective)} of {self.cpus} CPUs"


def scaling(answers: Answers) -> Measured:
    """Computing processes scale to the effective CPUs."""
    few, many = (answers.samples("computing", workers=workers)[0] for workers in (1, answers.cpus))
    gains = {
        trial.block: trial.means[THROUGHPUT] / few.by_block(THROUGHPUT)[trial.block] / trial.effective_cpus
        for trial in many.timing_trials(THROUGHPUT)
        if trial.block in few.by_block(THROUGHPUT)
    }
    effective = [trial.effective_cpus for trial in many.timing_trials(THROUGHPUT)]
    known = f"{spread(mean_interval(effective, log=True), 'x')}, as the spinners beside it"
    share = mean_interval(list(gains.values()), log=True)
    return Measured(share, *SCALING, known, spread(answers.gain(few, many), "x"), (few, many), list(gains.values()))


def one_lock(model: int) -> Callable[[Answers], Measured]:
    """All work is under one lock: two workers are no faster than one; `model` is an index into the experiment's models."""

    def check(answers: Answers) -> Measured:
        few, many = (answers.samples("all_under_one_lock", workers=workers)[model] for workers in (1, 2))
        gain = answers.gain(few, many)
        return Measured(gain, *ONE_LOCK, "at most 1x", spread(gain, "x"), (few, many), answers.gains(few, many))

    return check


def sleepers(answers: Answers) -> Measured:
    """N sleepers sleep N times as often as one."""
    few, many = (answers.samples("sleeping", workers=workers)[0] for workers in (1, SLEEPERS))
    gain = answers.gain(few, many)
    low, high = (SLEEPERS * factor for factor in SLEEPING)
    return Measured(gain, low, high, f"{SLEEPERS}x", spread(gain, "x"), (few, many))


def serial_part(answers: Answers) -> Measured:
    """A share s of each operation is under one lock: enough workers are 1 / s times as fast as one, which gives s.

    Amdahl's formula does not apply: here the other workers do their unlocked part during someone's locked part.
    """
    few, many = (answers.samples("three_quarters_under_one_lock", workers=workers)[0] for workers in (1, 4))
    share = answers.gain(few, many).inverted()
    low, high = (SERIAL * factor for factor in SERIAL_SHARE)
    return Measured(share, low, high, f"a serial part of {SERIAL}", spread(share), (few, many))


def latency(answers: Answers) -> Measured:
    """Without a queue, the latency is the service time."""
    (sample,) = answers.samples("served_for_5_ms")
    clocks: dict[str, Any] = next(iter(answers.run.manifest["clocks"].values()), {})
    late = 2 * (clocks.get("sleep_overshoot_median_s") or 0.0)
    median = mean_interval(list(sample.by_block(LATENCY).values()), log=True)
    low, high = 0.99 * SERVICE_S, LATENESS * SERVICE_S + late  # the histogram's classes are 0.8 % wide
    known = f"{1000 * SERVICE_S:g} ms, at most {rounded(1000 * high)} ms with late timers"
    return Measured(median, low, high, known, spread(median.scaled(1000), " ms"), (sample,), metric=LATENCY)


def same_twice(answers: Answers) -> Measured:
    """Two identical arms do not differ."""
    first, second = answers.samples("one_arm")[0], answers.samples("the_same_again")[0]
    gain = answers.gain(first, second)
    return Measured(gain, *SAME, "1x", spread(gain, "x"), (first, second), answers.gains(first, second))


CHECKS: Sequence[tuple[str, Callable[[Answers], Measured]]] = (
    ("processes that compute scale to the CPUs that there are", scaling),
    ("threads that need one lock all the time are no faster than one", one_lock(0)),
    ("processes that need one lock all the time are no faster than one", one_lock(1)),
    ("sleepers need no CPU", sleepers),
    ("the part under a lock is found from how far it scales", serial_part),
    ("latency is service time where no request waits in line", latency),
    ("the same twice does not differ", same_twice),
)


def run(out: Path | None, repetitions: int | None, progress: str, command: str) -> list[Verdict]:
    """Measure the known answers and judge them; the run and its page are kept in `out`, or deleted without it."""
    with contextlib.ExitStack() as stack:
        folder = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="concexp-selftest-")))
        sets = (f"measure.repetitions={repetitions}",) if repetitions else ()
        request = RunRequest(EXPERIMENT, sets, out=folder, fresh=True, command=command)
        outcome = run_experiment(request, progress, page=out is not None)
        return compare_with_known(Answers(outcome.measured.results))


def compare_with_known(answers: Answers) -> list[Verdict]:
    """The verdicts in the order of CHECKS."""
    return [judge(name, check(answers), answers) for name, check in CHECKS]


def judge(check: str, measured: Measured, answers: Answers) -> Verdict:
    """The verdict on a measured value: WRONG if any trial ended badly, otherwise by its interval."""
    failures = [
        f"{sample.status}: {sample.reason}" for sample in measured.samples if sample.count > sample.statuses["ok"]
    ]
    word, why = (WRONG, failures[0]) if failures else _compare(measured, answers)
    return Verdict(check, measured.known, measured.shown, word, why)


def _compare(measured: Measured, answers: Answers) -> tuple[str, str]:
    """(verdict, reason) from the interval of the value and its known range."""
    why = _doubt(measured, answers)
    if why:
        return WITHHELD, why
    if not measured.value.bounded:
        return WITHHELD, "there are too few trials for an interval"
    if measured.value.hi > MAX_SPREAD * measured.value.lo:
        # A trial that ran on another CPU than its loop spoils the mean. The median of the blocks may still be narrow enough.
        middle = median_interval(measured.by_block)
        if middle.bounded and middle.hi <= MAX_SPREAD * middle.lo and overlaps(middle, measured.low, measured.high):
            return OK, f"by the median of its blocks, {spread(middle, 'x')}"
        return WITHHELD, "the trials differ too much for a verdict"
    if overlaps(measured.value, measured.low, measured.high):
        return OK, ""
    if answers.withheld_cpus:
        return WITHHELD, answers.withheld_cpus
    if overlaps(surely(measured.value), measured.low, measured.high):
        return WITHHELD, "it is not what is known, but chance may have done that"
    return WRONG, "it is not what is known, and no chance"


def _doubt(measured: Measured, answers: Answers) -> str:
    """Why its samples are no basis for a verdict; "" if they are."""
    codes = {
        code
        for sample in measured.samples
        if not sample.enough_clean_trials(measured.metric)
        for trial in sample.doubtful(measured.metric)
        for code in trial.doubts_about(measured.metric)
    }
    if not codes:
        return ""
    if "machine" in codes and answers.withheld_cpus:
        return answers.withheld_cpus
    return "; ".join(doubt_codes.MEANING[code] for code in sorted(codes))


def verdicts_text(verdicts: Sequence[Verdict]) -> str:
    """Two lines per check with its verdict, known answer and measured value, then the number of each verdict."""
    lines = []
    for verdict in verdicts:
        why = f"; {verdict.why}" if verdict.why else ""
        lines.append(f"{verdict.verdict:<9} {verdict.check}")
        lines.append(f"          known: {verdict.known}; measured: {verdict.measured}{why}")
    counts = Counter(verdict.verdict for verdict in verdicts)
    lines += ["", ", ".join(f"{counts[word]} {word}" for word in (OK, WITHHELD, WRONG) if counts[word])]
    return "\n".join(lines)


def verdicts_data(verdicts: Sequence[Verdict]) -> list[dict[str, str]]:
    """The verdicts as JSON data."""
    return [asdict(verdict) for verdict in verdicts]


def any_wrong(verdicts: Sequence[Verdict]) -> bool:
    """True if a measurement contradicts its known answer."""
    return any(verdict.verdict == WRONG for verdict in verdicts)
