"""Which scaling law each series follows, how certain that is, or why it has none: sentences, and curves for the picture.

A series is a model (and primitive) over its numbers of workers. Only cells that can win enter a law.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.scaling_fit import POINTS, TOLERANCE, Fit, Parameter, Scaling, scaling
from concexp.analysis.stats.scaling_laws import karp_flatt
from concexp.analysis.time_breakdown import ONE, parallel
from concexp.report.phrases import first_few
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, rounded, spread
from concexp.report.view import Point, View, once_per_view

THROUGHPUT = "throughput"  # what the laws are about
MAX_PANELS = 12
AICC_TIE = 2  # laws whose AICc differs by less describe a curve equally well (Burnham & Anderson 2002)
LAW_NAMES = {"linear": "a straight line", "Amdahl": "Amdahl's law", "Gustafson": "Gustafson's law"}
MIN_SERIAL_SHARE = 0.02  # smaller ones are not mentioned
MAX_SERIES = 12  # with a sentence; the picture has more
# The parameters of laws: meaning, factor and unit. The cost of one pair is small, since there are many pairs.
MEANING = {
    "a": ("serial share {}", 1e2, " %"),
    "b": ("coherence {} per pair of workers", 1e6, " ppm"),
    "f": ("serial share {} of each worker's time", 1e2, " %"),
}


@dataclass(frozen=True)
class Series:
    """A series of a panel: its points with a throughput, those of them that can win, and the fit of a law.

    `limit` is the number of effective CPUs, beyond which the machine is measured instead of the program. It is infinite where the
    work needs no CPU, where one thread carries all workers, and where the numbers are made up.
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
        return [point for point in self.clean if point.parallelism * TOLERANCE <= self.limit]


@once_per_view
def measured_series(view: View) -> list[Series]:
    """The series measured with several numbers of workers, without open loops, whose throughput is given."""
    measured = []
    for panel in view.panels[:MAX_PANELS]:
        for name, points in view.series(panel.points).items():
            counted = [p for p in points if p.workers is not None and "rate" not in view.records[p.cell]["load"]]
            if len({point.workers for point in counted}) > 1:
                measured.append(_series(view, view.title(panel.labels), name, counted))
    return measured


def _series(view: View, title: str, name: str, points: Sequence[Point]) -> Series:
    clean = [point for point in points if point.can_win]
    weak = all(view.records[point.cell]["load"].get("scaling") == "weak" for point in points)
    limit = _limit(view, points[0])
    trials = {point.parallelism: point.sample.by_block(THROUGHPUT) for point in clean}
    return Series(title, name, points, clean, limit, scaling(trials, weak, limit, level=view.run.level))


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
    """One sentence per series with a law, one for all series that have none for the same reason, and serial shares."""
    by_reason: dict[str, list[Series]] = {}
    for series in measured_series(view):
        if series.scaling.refusal:
            by_reason.setdefault(_reason(series), []).append(series)
    refused = [series for members in by_reason.values() for series in members]
    return [*_laws(view), *_refusals(view, by_reason), *_serial_shares(view, refused)]


def _laws(view: View) -> list[str]:
    """The laws of the series that follow one."""
    measured = [(series, series.scaling.fit) for series in measured_series(view) if not series.scaling.refusal]
    fitted = [(series, fit) for series, fit in measured if fit is not None]
    if not fitted:
        return []
    tried = enumerated(list(dict.fromkeys(LAW_NAMES.get(n, n) for series, _ in fitted for n in series.scaling.tried)))
    texts = [f"A line's law is the one of least AICc among {tried} (the Universal Scalability Law)."]
    texts += [f"{_named(view, series)}: {_law(series.scaling, fit)}" for series, fit in fitted[:MAX_SERIES]]
    if len(fitted) > MAX_SERIES:
        texts.append(f"{len(fitted) - MAX_SERIES} more lines follow a law.")
    return texts


def _refusals(view: View, by_reason: dict[str, list[Series]]) -> list[str]:
    """Why the other series have no law."""
    texts = []
    for reason, members in by_reason.items():
        names = enumerated(first_few([_named(view, series) for series in members], MAX_SERIES), "or")
        if len(members) == len(measured_series(view)) > 1:
            names = "any line"
        texts.append(f"No scaling law is told for {names}: {reason}.")
    return texts


def _named(view: View, series: Series) -> str:
    """`processes`, with its panel where there are several."""
    several = len({one.title for one in measured_series(view)}) > 1
    return code(series.name) + (f" ({escaped(series.title)})" if several and series.title else "")


def _law(scaling: Scaling, fit: Fit) -> str:
    """`Amdahl's law, serial share 9.9 % (9.1–10.7), …`: the law, its parameters, what they imply, its peak, and the fit."""
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
    if scaling.peak.has_value:
        parts.append(f"its peak at {spread(scaling.peak)} workers")
    else:
        parts.append(f"no peak in range ({int(min(fit.workers))} to {int(max(fit.workers))} workers)")
    off = rounded(100 * fit.sd / (sum(fit.observed) / len(fit.observed)), 2)
    close = [
        LAW_NAMES.get(n, n) for n, value in scaling.tried.items() if n != fit.law.name and value - fit.aicc < AICC_TIE
    ]
    beside = f"; {enumerated(close)} would do as well" if close else ""
    return f"{LAW_NAMES.get(fit.law.name, fit.law.name)}, {', '.join(parts)}; it misses the points by {off} %{beside}."


def sure(parameter: Parameter) -> Interval:
    """The wider of a parameter's two intervals (scatter of the trials, residuals of the curve), cut off at 0."""
    both = [one for one in (parameter.interval, parameter.resampled) if one.bounded]
    widest = max(both, key=lambda one: one.hi - one.lo, default=parameter.interval)
    return Interval(widest.mean, max(widest.lo, 0.0), widest.hi, widest.n)


def _reason(series: Series) -> str:
    """Why a series has no law, in words."""
    measured, clean, within = (
        len({p.workers for p in points}) for points in (series.points, series.clean, series.within)
    )
    needs = f"a law needs {POINTS} numbers of workers"
    if measured < POINTS:
        return f"{needs}, {measured} were measured"
    if clean < POINTS:
        return f"{needs}, and only {clean} of {measured} are beyond doubt († § ‡)"
    if within < POINTS:
        return (
            f"{needs}, and only {within} of {measured} lie within the {rounded(series.limit)} effective CPUs; beyond them the "
            "machine is measured and not the program"
        )
    return series.scaling.refusal


def _serial_shares(view: View, refused: Sequence[Series]) -> list[str]:
    """Karp and Flatt's serial share of series without a law: one for each number of workers, without a fit."""
    parts = []
    for series in refused:
        alone = next((point for point in series.within if point.workers == 1), None)
        several = [point for point in series.within if point.parallelism > 1]
        if alone is None or not several:
            continue
        shares = {p.parallelism: serial_share(view.ratio(p, alone, THROUGHPUT), p.parallelism) for p in several}
        if not any(share.lo > 0 and share.mean >= MIN_SERIAL_SHARE for share in shares.values()):
            continue
        figures = [f"{spread(share.scaled(100), ' %')} with {count}" for count, share in shares.items()]
        fewest, most = min(shares), max(shares)
        grows = most > fewest and shares[most].lo > shares[fewest].hi
        why = ", growing: overhead that comes with more workers, no fixed serial part" if grows else ""
        parts.append(f"{_named(view, series)} {enumerated(figures)}{why}")
    if not parts:
        return []
    listed = "; ".join(first_few(parts, MAX_SERIES))
    return [f"Serial share by Karp and Flatt, from the speed beside one worker of the same line: {listed}."]


def serial_share(gain: Interval, workers: int) -> Interval:
    """Karp and Flatt's measure of a gain over one worker: the larger the gain, the smaller the share."""
    mean, hi, lo = karp_flatt([gain.mean, gain.lo, gain.hi], workers).tolist()
    return Interval(mean, lo, hi, gain.n)
