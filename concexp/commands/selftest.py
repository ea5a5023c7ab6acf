"""Known answers, measured by the real way from YAML to results: does what comes out agree with what is known?

`run` measures `known_answers/known_answers.yaml`, `judge` compares. Each check's verdict is `ok`; `WRONG`, which needs a
99.9 % interval that lies wholly outside of what is known, or a trial that ended badly; or `withheld`, with the reason: the
machine withheld CPUs, or what was measured scatters too much to tell. Speeds are never judged, only ratios, and times
that are known because they are slept.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from concexp.analysis import doubts, results
from concexp.analysis.results import Run
from concexp.analysis.samples import Sample
from concexp.analysis.stats.intervals import Interval, mean_interval
from concexp.analysis.stats.known_ranges import overlaps, surely
from concexp.analysis.stats.ratios import ratio
from concexp.commands import run as session
from concexp.report.text.numbers import rounded, spread

EXPERIMENT = Path(__file__).parent / "known_answers" / "known_answers.yaml"
OK, WITHHELD, WRONG = "ok", "withheld", "WRONG"

# An interval whose upper end is more than this many times its lower one tells nothing, wherever it lies.
WIDEST = 1.3
# What the experiment's file says, and how far from it a sound machine may be.
SLEEPERS, SERIAL, SERVICE = 8, 0.75, 0.005
SCALING = (0.85, 1.1)  # of what the spinners got, which are not the same loop and did not run in the same moment
ONE_LOCK = (0.0, 1.03)  # handing on the lock costs; nothing can be gained
SLEEPING = (0.9, 1.02)  # of the number of sleepers: the window's ends are worth a nap of each
PART = (0.95, 1.05)  # of the serial part: each sleep is a little late
LATENESS = 1.1  # of the service time; beyond it a clock is late twice, at the arrival and at the end of the service
SAME = (0.98, 1.02)


@dataclass(frozen=True)
class Verdict:
    """One check: what is known, what was measured, and what that comes to; `why` is empty where all is well."""

    check: str
    known: str
    measured: str
    verdict: str
    why: str = ""


@dataclass(frozen=True)
class Measured:
    """What one check found: a quantity, the range in which it is known to lie, how both are told, and what it rests on."""

    value: Interval
    low: float
    high: float
    known: str
    shown: str
    samples: Sequence[Sample]


class Answers:
    """A run of the known answers, by the labels of its file."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.cpus: int = run.cpus
        self.axes: Mapping[str, Mapping[str, Any]] = run.axes_by_cell

    def samples(self, workload: str, **axes: Any) -> list[Sample]:
        """The samples of a workload's cells that have these labels, in the order of the experiment."""
        wanted = {"workload": workload, **axes}
        cells = [cell for cell, has in self.axes.items() if all(has[key] == value for key, value in wanted.items())]
        return [self.run.samples.get(cell, Sample(())) for cell in cells]

    def gain(self, few: Sample, many: Sample) -> Interval:
        """The throughput of `many` relative to that of `few`."""
        return ratio(many.by_block("throughput"), few.by_block("throughput"))

    @property
    def short(self) -> str:
        """How the machine withheld CPUs from the whole run; an empty text if it did not."""
        effective = self.run.effective_cpus
        if effective is None or effective >= doubts.EFFECTIVE_SHARE * self.cpus:
            return ""
        return f"this machine gives {rounded(effective)} of {self.cpus} CPUs"


def scaling(answers: Answers) -> Measured:
    """Processes that compute scale to the effective CPUs."""
    few, many = (answers.samples("computing", workers=workers)[0] for workers in (1, answers.cpus))
    gains = {
        trial.block: trial.means["throughput"] / few.by_block("throughput")[trial.block] / trial.effective_cpus
        for trial in many.timing_trials
        if trial.block in few.by_block("throughput")
    }
    effective = [trial.effective_cpus for trial in many.timing_trials]
    known = f"{spread(mean_interval(effective, log=True), 'x')}, as the spinners beside it"
    share = mean_interval(list(gains.values()), log=True)
    return Measured(share, *SCALING, known, spread(answers.gain(few, many), "x"), (few, many))


def one_lock(model: int) -> Callable[[Answers], Measured]:
    """All work is under one lock: two workers of the experiment's first, second … model are no faster than one."""

    def check(answers: Answers) -> Measured:
        few, many = (answers.samples("all_under_one_lock", workers=workers)[model] for workers in (1, 2))
        gain = answers.gain(few, many)
        return Measured(gain, *ONE_LOCK, "at most 1x", spread(gain, "x"), (few, many))

    return check


def sleepers(answers: Answers) -> Measured:
    """N that sleep do so N times as often as one."""
    few, many = (answers.samples("sleeping", workers=workers)[0] for workers in (1, SLEEPERS))
    gain = answers.gain(few, many)
    low, high = (SLEEPERS * share for share in SLEEPING)
    return Measured(gain, low, high, f"{SLEEPERS}x", spread(gain, "x"), (few, many))


def serial_part(answers: Answers) -> Measured:
    """A part s of each operation is under one lock: enough workers are 1 / s times as fast as one, so s is told by that.

    Not by Amdahl's formula, whose serial part nobody else works beside: here others do their own outside meanwhile.
    """
    few, many = (answers.samples("three_quarters_under_one_lock", workers=workers)[0] for workers in (1, 4))
    part = answers.gain(few, many).inverted()
    low, high = (SERIAL * share for share in PART)
    return Measured(part, low, high, f"a serial part of {SERIAL}", spread(part), (few, many))


def latency(answers: Answers) -> Measured:
    """Who finds no line waits for nothing but the service."""
    (sample,) = answers.samples("served_for_5_ms")
    clocks: dict[str, Any] = next(iter(answers.run.manifest["clocks"].values()), {})
    late = 2 * (clocks.get("sleep_overshoot_median_s") or 0.0)
    found = mean_interval(list(sample.by_block("latency_p50_s").values()), log=True)
    low, high = 0.99 * SERVICE, LATENESS * SERVICE + late  # the histogram's classes are 0.8 % wide
    known = f"{1000 * SERVICE:g} ms, at most {rounded(1000 * high)} ms with late timers"
    return Measured(found, low, high, known, spread(found.scaled(1000), " ms"), (sample,))


def same_twice(answers: Answers) -> Measured:
    """Two arms that are the same do not differ."""
    one, again = answers.samples("one_arm")[0], answers.samples("the_same_again")[0]
    gain = answers.gain(one, again)
    return Measured(gain, *SAME, "1x", spread(gain, "x"), (one, again))


CHECKS: Sequence[tuple[str, Callable[[Answers], Measured]]] = (
    ("processes that compute scale to the CPUs that there are", scaling),
    ("threads that need one lock all the time are no faster than one", one_lock(0)),
    ("processes that need one lock all the time are no faster than one", one_lock(1)),
    ("sleepers need no CPU", sleepers),
    ("the part under a lock is found from how far it scales", serial_part),
    ("latency is service time where nobody waits in line", latency),
    ("the same twice does not differ", same_twice),
)


def run(out: Path | None, repetitions: int | None, progress: str, command: str) -> list[Verdict]:
    """Measure the known answers and judge them; the run is kept in `out`, with its page, or thrown away."""
    with contextlib.ExitStack() as stack:
        place = out or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="concexp-selftest-")))
        sets = (f"measure.repetitions={repetitions}",) if repetitions else ()
        wanted = session.RunRequest(EXPERIMENT, sets, "", place, False, True, True, command)
        session.run(wanted, progress, page=out is not None)
        return compare_with_known(Answers(results.load(place / "selftest")))


def compare_with_known(answers: Answers) -> list[Verdict]:
    """The verdicts, in a fixed order."""
    return [verdict(name, check(answers), answers) for name, check in CHECKS]


def verdict(check: str, found: Measured, answers: Answers) -> Verdict:
    """What a measured quantity comes to."""
    worst = [f"{sample.status}: {sample.reason}" for sample in found.samples if sample.count > sample.statuses["ok"]]
    told, why = WRONG, worst[0] if worst else ""
    if not why:
        told, why = _of_numbers(found, answers)
    return Verdict(check, found.known, found.shown, told, why)


def _of_numbers(found: Measured, answers: Answers) -> tuple[str, str]:
    why = _doubtful(found.samples, answers)
    if why:
        return WITHHELD, why
    if not found.value.bounded:
        return WITHHELD, "there are too few trials for an interval"
    if found.value.hi > WIDEST * found.value.lo:
        return WITHHELD, "the trials differ too much to tell"
    if overlaps(found.value, found.low, found.high):
        return OK, ""
    if answers.short:
        return WITHHELD, answers.short
    if overlaps(surely(found.value), found.low, found.high):
        return WITHHELD, "it is not what is known, but chance may have done that"
    return WRONG, "it is not what is known, and no chance"


def _doubtful(samples: Sequence[Sample], answers: Answers) -> str:
    """Why no number may rest on these samples; an empty text if it may."""
    codes = {
        code
        for sample in samples
        if not sample.enough_clean_trials
        for trial in sample.doubtful
        for code in trial.doubts
    }
    if not codes:
        return ""
    if "machine" in codes and answers.short:
        return answers.short
    return "; ".join(doubts.MEANING[code] for code in sorted(codes))


def text(verdicts: Sequence[Verdict]) -> str:
    """For each check its verdict, what is known and what was measured; then what it all comes to."""
    lines = []
    for one in verdicts:
        lines.append(f"{one.verdict:<9} {one.check}")
        lines.append(f"          known: {one.known}; measured: {one.measured}" + (f"; {one.why}" if one.why else ""))
    counts = {name: sum(one.verdict == name for one in verdicts) for name in (OK, WITHHELD, WRONG)}
    lines += ["", ", ".join(f"{count} {name}" for name, count in counts.items() if count)]
    return "\n".join(lines)


def data(verdicts: Sequence[Verdict]) -> list[dict[str, str]]:
    """The same for other programs."""
    return [asdict(one) for one in verdicts]


def wrong(verdicts: Sequence[Verdict]) -> bool:
    """Whether a known answer did not come out."""
    return any(one.verdict == WRONG for one in verdicts)
