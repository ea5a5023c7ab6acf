"""Whether more workers still help, step by step; which scaling law each series follows, how certain that is, or why it has none.

A series is a model (and primitive) over its numbers of workers. Only cells that can win enter. What the steps show rests on no
law; a law says nothing beyond twice the workers that were measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from concexp.analysis.demand import WAITS
from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.scaling_fit import POINTS, TOLERANCE, Fit, Parameter, Scaling, scaling
from concexp.analysis.stats.scaling_laws import karp_flatt
from concexp.analysis.stats.significance import MARGIN, equivalence
from concexp.analysis.time_breakdown import ONE, parallel
from concexp.report.family import family_of
from concexp.report.pairs import THROUGHPUT, Pair, steps
from concexp.report.phrases import NO_GAIN, first_few, named_together, titles_text
from concexp.report.points import Point
from concexp.report.text.language import clauses, message, phrases, say
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, rounded, spread
from concexp.report.text.reasons import reason_text
from concexp.report.view import View, once_per_view

AICC_TIE = 2  # laws whose AICc differs by less describe a curve equally well (Burnham & Anderson 2002)
LAW_NAMES = {
    "linear": message("a straight line"),
    "Amdahl": message("Amdahl's law"),
    "Gustafson": message("Gustafson's law"),
}
MIN_SERIAL_SHARE = 0.02  # smaller ones are not mentioned
MAX_SERIES = 12  # with a sentence; the picture has more
FURTHEST = 2  # times the workers that were measured: what a law says beyond is no longer about this program
STEPS = {
    "higher": "gains",
    "lower": "loses",
    "equivalent": f"changes by less than {100 * MARGIN:g} %",
    "unresolved": "may or may not change",
}  # never on the page: what they are told apart by
# The parameters of laws: meaning, factor and unit. The cost of one pair is small, since there are many pairs.
MEANING = {
    "a": (message("serial share {share}"), 1e2, " %"),
    "b": (message("coherence {share} per pair of workers"), 1e6, " ppm"),
    "f": (message("serial share {share} of each worker's time"), 1e2, " %"),
}


@dataclass(frozen=True)
class Series:
    """A series of a panel: its points with a throughput, those of them that can win, and the fit of a law.

    `limit` is how many workers want all effective CPUs: beyond it the machine is measured instead of the program. It is infinite
    where the work waits, where one thread carries all workers, and where the numbers are made up.
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
    for panel in view.panels:
        for name, points in view.series(panel.points).items():
            counted = [p for p in points if p.workers is not None and "rate" not in view.records[p.cell]["load"]]
            if len({point.workers for point in counted}) > 1:
                measured.append(_series(view, view.title(panel.labels), name, counted))
    return measured


def _series(view: View, title: str, name: str, points: Sequence[Point]) -> Series:
    clean = [point for point in points if point.is_sure]
    weak = all(view.records[point.cell]["load"].get("scaling") == "weak" for point in points)
    limit = _limit(view, points[0])
    trials = {point.parallelism: point.sample.by_block(THROUGHPUT) for point in clean}
    return Series(title, name, points, clean, limit, scaling(trials, weak, limit, level=view.run.level))


def _limit(view: View, point: Point) -> float:
    made_up, effective = view.plugin("model", point.model).simulated, view.run.effective_cpus
    if made_up or parallel(view.records[point.cell]) == ONE or effective is None or point.demand <= WAITS:
        return math.inf
    return effective / point.demand


def summary(view: View) -> list[str]:
    """Up to how many workers each series gains a tenth or more, and which lose by more: two sentences at most."""
    stepping = [(series, steps(view, series.points)) for series in measured_series(view)]
    gaining: dict[int, list[Series]] = {}
    losing = []
    for series, pairs in stepping:
        if not any(step_ratio(view, pair).bounded for pair in pairs):
            continue
        gaining.setdefault(_enough(view, pairs), []).append(series)
        if any(step_verdict(view, pair) == STEPS["lower"] for pair in pairs):
            losing.append(series)
    parts = [
        say("up to {count} workers: {series}", count=count, series=_together(view, gaining[count]))
        for count in sorted(gaining, reverse=True)
        if count > 1
    ]
    parts += [say("no gain: {series}", series=_together(view, gaining[1]))] if 1 in gaining else []
    texts = []
    if parts and max(gaining) > 1:
        texts = [say("More workers gain throughput {steps}.", steps=clauses(parts))]
    if set(gaining) == {1}:
        texts = [say("More workers gain no throughput: {series}.", series=_together(view, gaining[1]))]
    if losing:
        texts.append(say("A step to more workers loses throughput: {series}.", series=_together(view, losing)))
    return texts


def _enough(view: View, pairs: Sequence[Pair]) -> int:
    """The fewest workers that reach the best throughput of these steps up to a tenth, where one shows a gain; 1 if none does."""
    fewest = min((pair.below for pair in pairs), key=lambda point: point.parallelism)
    gains = {pair.above.cell: view.ratio(pair.above, fewest, THROUGHPUT).mean for pair in pairs}
    best = max(gains.values(), default=1.0)
    shown = (pair.above for pair in pairs if step_verdict(view, pair) == STEPS["higher"])
    near = [
        one.parallelism for one in shown if gains[one.cell] > 1 + NO_GAIN and gains[one.cell] * (1 + NO_GAIN) >= best
    ]
    return min(near, default=1)


def _together(view: View, members: Sequence[Series]) -> str:
    """`threads` (inside 10us and 25us); `processes` (inside 0us): the series, each with its panels where there are several."""
    several = len({one.title for one in measured_series(view)}) > 1
    return clauses(
        [
            say("{text} ({note})", text=names, note=titles_text(of)) if several and any(of) else names
            for names, of in named_together((series.name, series.title) for series in members)
        ]
    )


def sentences(view: View) -> list[str]:
    """The law of each series, one sentence for all that have none for the same reason, and serial shares."""
    by_reason: dict[str, list[Series]] = {}
    for series in measured_series(view):
        if series.scaling.refusal:
            by_reason.setdefault(_reason(series), []).append(series)
    refused = [series for members in by_reason.values() for series in members]
    return [*_laws(view), *_refusals(view, by_reason), *_serial_shares(view, refused)]


def step_ratio(view: View, pair: Pair) -> Interval:
    """The factor of the throughput that a step brings."""
    return view.ratio(pair.above, pair.below, pair.metric)


def step_verdict(view: View, pair: Pair) -> str:
    """What a step does, in the words of `STEPS`: certainly little, a gain or a loss by the page's family, or nothing certain."""
    ratio = step_ratio(view, pair)
    if equivalence(ratio) == "equivalent":
        return STEPS["equivalent"]
    verdict = family_of(view).verdict(pair, ratio, view.floor([pair.above, pair.below]).beside(ratio))
    return STEPS.get(verdict, STEPS["unresolved"])


def turns(view: View, series: Series) -> bool:
    """True if a law has a peak, and some step beyond it was seen to lose."""
    highest = series.scaling.peak
    return highest.bounded and any(
        pair.above.parallelism > highest.mean and step_verdict(view, pair) == STEPS["lower"]
        for pair in steps(view, series.points)
    )


def _laws(view: View) -> list[str]:
    """The laws of the series that follow one."""
    measured = [(series, series.scaling.fit) for series in measured_series(view) if not series.scaling.refusal]
    fitted = [(series, fit) for series, fit in measured if fit is not None]
    if not fitted:
        return []
    tried = enumerated(list(dict.fromkeys(law_name(n) for series, _ in fitted for n in series.scaling.tried)))
    texts = [say("Fitted laws: the one of least AICc among {laws} (the Universal Scalability Law).", laws=tried)]
    texts += [
        say("{word}: {text}", word=_named(view, series), text=_law(view, series, fit))
        for series, fit in fitted[:MAX_SERIES]
    ]
    if len(fitted) > MAX_SERIES:
        texts.append(say("{count} more lines follow a law.", count=len(fitted) - MAX_SERIES))
    return texts


def law_name(name: str) -> str:
    """What a law is called: `Amdahl's law`, `USL`."""
    return say(LAW_NAMES[name]) if name in LAW_NAMES else name


def _refusals(view: View, by_reason: dict[str, list[Series]]) -> list[str]:
    """Why the other series have no law."""
    texts = []
    for reason, members in by_reason.items():
        if not reason:
            continue
        names = enumerated(first_few([_named(view, series) for series in members], MAX_SERIES), "or")
        if len(members) == len(measured_series(view)) > 1:
            names = say("any line")
        texts.append(say("No scaling law for {series}: {reason}.", series=names, reason=reason_text(reason)))
    return texts


def _named(view: View, series: Series) -> str:
    """`processes`, with its panel where there are several."""
    several = len({one.title for one in measured_series(view)}) > 1
    name = code(series.name)
    return say("{text} ({note})", text=name, note=escaped(series.title)) if several and series.title else name


def _law(view: View, series: Series, fit: Fit) -> str:
    """`Amdahl's law, serial share 9.9 % (9.1–10.7), …`: the law, its parameters, what they imply, its peak, and the fit."""
    scaling = series.scaling
    parts = []
    for name, (meaning, factor, unit) in MEANING.items():
        if name in fit.parameters:
            share = sure(fit.parameters[name]).scaled(factor)
            touches = share.bounded and share.lo <= 0
            if unit == " %" and share.mean > 100 and share.lo <= 100:
                parts.append(say(meaning, share=say("at least {figure}", figure=f"{rounded(share.lo)}{unit}")))
            elif unit != " %" or share.lo <= 100:
                most = say("at most {figure}", figure=f"{rounded(share.hi)}{unit}")
                parts.append(say(meaning, share=most if touches else spread(share, unit)))
    falls = turns(view, series)
    serial = next((sure(fit.parameters[name]) for name in ("a", "f") if name in fit.parameters), None)
    if serial is not None and serial.lo > 1 and falls:
        parts.append(say("so several workers are slower than one"))
    elif serial is not None and serial.hi >= 1:
        parts.append(say("so more workers add nothing measurable"))
    elif serial is not None and set(fit.parameters) == {"g", "a"}:
        parts.append(_further(series, fit, serial))
    if falls:
        parts.append(say("its peak at {count} workers", count=spread(scaling.peak)))
    elif scaling.peak.has_value:
        parts.append(say("but no step to more workers was seen to lose"))
    else:
        ends = {"low": int(min(fit.workers)), "high": int(max(fit.workers))}
        parts.append(say("no peak in range ({low} to {high} workers)", **ends))
    off = rounded(100 * fit.sd / (sum(fit.observed) / len(fit.observed)), 2)
    close = [law_name(n) for n, value in scaling.tried.items() if n != fit.law.name and value - fit.aicc < AICC_TIE]
    texts = [
        phrases([law_name(fit.law.name), *parts]),
        say("it misses the points by {share} %", share=off),
    ]
    texts += [say("{laws} would do as well", laws=enumerated(close))] if close else []
    texts += [] if scaling.tested else [say("too few trials to test whether another curve fits better")]
    return clauses(texts) + say(".")


def _further(series: Series, fit: Fit, serial: Interval) -> str:
    """What Amdahl's law expects of twice the workers that were measured; its limit lies beyond anything measured."""
    workers = FURTHEST * max(fit.workers)
    mean, hi, lo = (float(fit.law(workers, 1.0, share)) for share in (serial.mean, serial.lo, serial.hi))
    text = message("by which {count} workers would reach {factor} the speed of one")
    if math.isfinite(series.limit):
        text = message("by which {count} workers on as many CPUs would reach {factor} the speed of one")
    return say(text, count=int(workers), factor=spread(Interval(mean, lo, hi, serial.n), "x"))


def sure(parameter: Parameter) -> Interval:
    """The wider of a parameter's two intervals (scatter of the trials, residuals of the curve), cut off at 0."""
    both = [one for one in (parameter.interval, parameter.resampled) if one.bounded]
    widest = max(both, key=lambda one: one.hi - one.lo, default=parameter.interval)
    return Interval(widest.mean, max(widest.lo, 0.0), widest.hi, widest.n)


def _reason(series: Series) -> str:
    """Why a series has no law, in words; "" where no law was to be expected of so few numbers of workers."""
    measured, clean, within = (
        len({p.workers for p in points}) for points in (series.points, series.clean, series.within)
    )
    if measured < POINTS:
        return ""
    counts = {"needed": POINTS, "all": measured}
    if clean < POINTS:
        return say(
            "a law needs {needed} numbers of workers, and only {count} of {all} are without († § ‡)",
            count=clean,
            **counts,
        )
    if within < POINTS:
        return say(
            "a law needs {needed} numbers of workers, and only {count} of {all} are within the {cpus} CPUs that the "
            "machine gave",
            count=within,
            cpus=rounded(series.limit),
            **counts,
        )
    return reason_text(series.scaling.refusal)


def _serial_shares(view: View, refused: Sequence[Series]) -> list[str]:
    """Karp and Flatt's serial share of series without a law: one for each number of workers, without a fit."""
    parts = []
    for series in refused:
        alone = next((point for point in series.within if point.workers == 1), None)
        several = [point for point in series.within if point.parallelism > 1]
        if alone is None or not several:
            continue
        shares = {p.parallelism: serial_share(view.ratio(p, alone, THROUGHPUT), p.parallelism) for p in several}
        if not any(share.lo > 0 and share.mean >= MIN_SERIAL_SHARE and share.hi <= 1 for share in shares.values()):
            continue
        pairs = {p.parallelism: Pair(p, alone, THROUGHPUT) for p in several}
        figures = [
            say("{share} with {count}", share=_share(view, share, pairs[count]), count=count)
            for count, share in shares.items()
        ]
        fewest, most = min(shares), max(shares)
        text = f"{_named(view, series)} {enumerated(figures)}"
        if most > fewest and shares[most].lo > shares[fewest].hi:
            text = say("{text}, growing: overhead of more workers rather than serial work", text=text)
        parts.append(text)
    if not parts:
        return []
    return [
        say(
            "Serial share of the work (Karp–Flatt, against one worker): {series}.",
            series=clauses(first_few(parts, MAX_SERIES)),
        )
    ]


def _share(view: View, share: Interval, pair: Pair) -> str:
    """`9.9 % (9.1–10.7)`. Nothing is more than serial: beyond 100 %, several workers are slower than one, if that may be named."""
    ratio = step_ratio(view, pair)
    if share.lo > 1 and family_of(view).verdict(pair, ratio, view.floor([pair.above]).beside(ratio)) == "lower":
        return say("slower than one worker")
    if share.hi > 1:
        return say("at least {figure}", figure=f"{rounded(100 * min(share.lo, 1.0))} %")
    return spread(share.scaled(100), " %")


def serial_share(gain: Interval, workers: int) -> Interval:
    """Karp and Flatt's measure of a gain over one worker: the larger the gain, the smaller the share."""
    mean, hi, lo = karp_flatt([gain.mean, gain.lo, gain.hi], workers).tolist()
    return Interval(mean, lo, hi, gain.n)
