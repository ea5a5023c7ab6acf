"""Which scaling law each line follows, how sure that is, or why none is told: sentences for the page, curves for its picture.

A line is a model (and primitive) over its numbers of workers. Only cells beyond doubt enter a law.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.scaling_fit import POINTS, TOLERANCE, Fit, Parameter, Scaling, scaling
from concexp.analysis.stats.scaling_laws import karp_flatt
from concexp.analysis.time_breakdown import ONE, parallel
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, rounded, spread
from concexp.report.view import Point, View

THROUGHPUT = "throughput"  # what the laws are about
MAX_PANELS = 12
AICC_TIE = 2  # laws whose AICc differ by less describe a curve equally well (Burnham & Anderson 2002)
LAW_NAMES = {"linear": "a straight line", "Amdahl": "Amdahl's law", "Gustafson": "Gustafson's law"}
MIN_SERIAL_SHARE = 0.02  # a serial share below this is not worth a word
MAX_SERIES = 12  # so many lines are told of; the picture has more
# A law's parameters: what they mean, and the unit in which they are told. What a pair costs is small, there being many pairs.
MEANING = {
    "a": ("serial share {}", 1e2, " %"),
    "b": ("coherence {} per pair of workers", 1e6, " ppm"),
    "f": ("serial share {} of each worker's time", 1e2, " %"),
}


@dataclass(frozen=True)
class Series:
    """A line of a panel: its points with a throughput, those of them that are beyond doubt, and what is known of its curve.

    `limit` is the number of effective CPUs, beyond which the machine is measured and not the program; infinite where the
    work wants no CPU, where one thread carries all workers, and where the numbers are made up.
    """

    title: str
    name: str
    points: Sequence[Point]
    clean: Sequence[Point]
    limit: float
    scaling: Scaling

    @property
    def within(self) -> list[Point]:
        """The points that a law may rest on."""
        return [point for point in self.clean if (point.workers or 1) * TOLERANCE <= self.limit]


@lru_cache(maxsize=1)  # one page at a time: its picture, its answer and its sentences ask for the same
def measured_series(view: View) -> list[Series]:
    """The lines that were measured with several numbers of workers. An open loop has none: its throughput is the load's."""
    found = []
    for panel in view.panels[:MAX_PANELS]:
        for name, points in view.series(panel.points).items():
            counted = [p for p in points if p.workers is not None and "rate" not in view.records[p.cell]["load"]]
            if len({point.workers for point in counted}) > 1:
                found.append(_series(view, view.title(panel.labels), name, counted))
    return found


def _series(view: View, title: str, name: str, points: Sequence[Point]) -> Series:
    firm = [point for point in points if point.can_win]
    weak = all(view.records[point.cell]["load"].get("scaling") == "weak" for point in points)
    limit = _limit(view, points[0])
    trials = {point.workers or 1: point.sample.by_block(THROUGHPUT) for point in firm}
    return Series(title, name, points, firm, limit, scaling(trials, weak, limit))


def _limit(view: View, point: Point) -> float:
    simulated = view.plugin("model", point.model).simulated
    if (
        point.resource != "cpu"
        or simulated
        or parallel(view.records[point.cell]) == ONE
        or view.run.effective_cpus is None
    ):
        return math.inf
    return view.run.effective_cpus


def sentences(view: View) -> list[str]:
    """A sentence per line that follows a law, one for all that are refused for the same reason, and their serial shares."""
    fitted = [
        (line, fit)
        for line in measured_series(view)
        if (fit := line.scaling.fit) is not None and not line.scaling.refusal
    ]
    found = [f"{_named(view, line)}: {_law(line.scaling, fit)}" for line, fit in fitted[:MAX_SERIES]]
    if fitted:
        tried = enumerated(list(dict.fromkeys(LAW_NAMES.get(n, n) for line, _ in fitted for n in line.scaling.tried)))
        found.insert(0, f"A line's law is the one of least AICc among {tried} (the Universal Scalability Law).")
    if len(fitted) > MAX_SERIES:
        found.append(f"{len(fitted) - MAX_SERIES} more lines follow a law.")
    refused: dict[str, list[Series]] = {}
    for line in measured_series(view):
        if line.scaling.refusal:
            refused.setdefault(_reason(line), []).append(line)
    for reason, own in refused.items():
        all_of_them = len(own) == len(measured_series(view)) > 1
        whom = "any line" if all_of_them else enumerated(_shortened([_named(view, line) for line in own]), "or")
        found.append(f"No scaling law is told for {whom}: {reason}.")
    return found + _serial_shares(view, [line for own in refused.values() for line in own])


def _shortened(parts: list[str]) -> list[str]:
    return parts if len(parts) <= MAX_SERIES else [*parts[: MAX_SERIES - 1], f"{len(parts) - MAX_SERIES + 1} more"]


def _named(view: View, line: Series) -> str:
    """`processes`, and of which panel where there are several."""
    several = len({line.title for line in measured_series(view)}) > 1
    return code(line.name) + (f" ({escaped(line.title)})" if several and line.title else "")


def _law(found: Scaling, fit: Fit) -> str:
    """`Amdahl's law, serial share 9.9 % (9.1–10.7), …`: which law, its parameters, what they come to, the peak, the fit."""
    parts = []
    for name, (meaning, factor, unit) in MEANING.items():
        if name in fit.parameters:
            share = sure(fit.parameters[name]).scaled(factor)
            touches = share.bounded and share.lo <= 0
            parts.append(meaning.format(f"at most {rounded(share.hi)}{unit}" if touches else spread(share, unit)))
    serial = sure(fit.parameters["a"]) if "a" in fit.parameters else None
    if serial is not None and serial.lo > 0 and serial.hi < 1 and "b" not in fit.parameters:
        parts.append(f"so at most {spread(serial.inverted(), 'x')} the speed of one worker")
    elif serial is not None and serial.lo <= 1 <= serial.hi:
        parts.append("so more workers add nothing that can be told")
    if found.peak.has_value:
        parts.append(f"its peak at {spread(found.peak)} workers")
    else:
        parts.append(f"no peak in range ({int(min(fit.workers))} to {int(max(fit.workers))} workers)")
    off = rounded(100 * fit.sd / (sum(fit.observed) / len(fit.observed)), 2)
    close = [
        LAW_NAMES.get(n, n) for n, value in found.tried.items() if n != fit.law.name and value - fit.aicc < AICC_TIE
    ]
    beside = f"; {enumerated(close)} would do as well" if close else ""
    return f"{LAW_NAMES.get(fit.law.name, fit.law.name)}, {', '.join(parts)}; it misses the points by {off} %{beside}."


def sure(parameter: Parameter) -> Interval:
    """The wider of a parameter's two intervals: what the trials scatter, or what the curve leaves unexplained; none below 0."""
    both = [one for one in (parameter.interval, parameter.resampled) if one.bounded]
    widest = max(both, key=lambda one: one.hi - one.lo, default=parameter.interval)
    return Interval(widest.mean, max(widest.lo, 0.0), widest.hi, widest.n)


def _reason(line: Series) -> str:
    """Why a line has no law, in words."""
    measured, firm, within = (len({p.workers for p in own}) for own in (line.points, line.clean, line.within))
    needs = f"a law needs {POINTS} numbers of workers"
    if measured < POINTS:
        return f"{needs}, {measured} were measured"
    if firm < POINTS:
        return f"{needs}, and only {firm} of {measured} are beyond doubt († § ‡)"
    if within < POINTS:
        return (
            f"{needs}, and only {within} of {measured} lie within the {rounded(line.limit)} effective CPUs; beyond them the "
            "machine is measured and not the program"
        )
    return line.scaling.refusal


def _serial_shares(view: View, refused: Sequence[Series]) -> list[str]:
    """Karp and Flatt's serial share of lines without a law that have one: each number of workers has its own, without a fit."""
    parts = []
    for line in refused:
        alone = next((point for point in line.within if point.workers == 1), None)
        several = [point for point in line.within if (point.workers or 1) > 1]
        if alone is None or not several:
            continue
        found = {p.workers or 1: serial_share(view.ratio(p, alone, THROUGHPUT), p.workers or 1) for p in several}
        if not any(share.lo > 0 and share.mean >= MIN_SERIAL_SHARE for share in found.values()):
            continue
        figures = [f"{spread(share.scaled(100), ' %')} with {count}" for count, share in found.items()]
        grows = max(found) > min(found) and found[max(found)].lo > found[min(found)].hi
        why = ", growing: overhead that comes with more workers, no fixed serial part" if grows else ""
        parts.append(f"{_named(view, line)} {enumerated(figures)}{why}")
    if not parts:
        return []
    said = "; ".join(_shortened(parts))
    return [f"Serial share by Karp and Flatt, from the speed beside one worker of the same line: {said}."]


def serial_share(gain: Interval, workers: int) -> Interval:
    """Karp and Flatt's measure of a gain over one worker; the larger the gain, the smaller the share."""
    mean, hi, lo = karp_flatt([gain.mean, gain.lo, gain.hi], workers).tolist()
    return Interval(mean, lo, hi, gain.n)
