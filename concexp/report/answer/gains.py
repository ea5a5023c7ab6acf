"""How far each series' gain over the baseline goes as workers are added, or that there is none."""

from __future__ import annotations

from concexp.analysis.noise import NoiseFloor
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.analysis.stats.significance import equivalence
from concexp.report.family import family_of
from concexp.report.pairs import Pair, gains_in, has_baseline
from concexp.report.phrases import (
    MAX_NAMES,
    NO_GAIN,
    baseline_text,
    first_few,
    series_text,
    share_used,
    unresolved_text,
    within,
)
from concexp.report.points import Comparison, Point
from concexp.report.rivals import hides_better
from concexp.report.sections import scaling_laws
from concexp.report.text.language import clauses, message, phrases, say
from concexp.report.text.markdown import code
from concexp.report.text.numbers import plural, spread
from concexp.report.view import View

NO_GAIN_SHOWN = "none"  # the verdict on a gain that certainly does not matter
PAST_PEAK = message("By the fitted law more workers make it slower beyond a peak: {series}.")


def sentences_for(view: View, comparison: Comparison) -> list[str]:
    """One sentence each for the series that gain, gain nothing, lose, are not resolved, or have no interval."""
    by_verdict = _figures(view, comparison)
    reference = say("the same with fewest workers")
    if has_baseline(view, comparison.points):
        reference = baseline_text(view)
    heads = {
        "gain": say("Gain over {baseline}", baseline=reference),
        NO_GAIN_SHOWN: say("No gain over {baseline} ({margin})", baseline=reference, margin=within(NO_GAIN)),
        "loss": say("Slower than {baseline}, even at best", baseline=reference),
        "unresolved": say("Cannot be told apart from {baseline}", baseline=reference),
        "unknown": say("Relative to {baseline}, without an interval", baseline=reference),
    }
    sentences = [
        say("{what}: {figures}.", what=head, figures=_listed(by_verdict[key]))
        for key, head in heads.items()
        if key in by_verdict
    ]
    past_peak = peaks(view, comparison)
    return [*sentences, *([say(PAST_PEAK, series=clauses(first_few(past_peak, MAX_NAMES)))] if past_peak else [])]


def _figures(view: View, comparison: Comparison) -> dict[str, list[tuple[float, str]]]:
    """Each series' largest gain as (factor, text), by verdict, without the gain that the winner's sentence gives."""
    by_verdict: dict[str, list[tuple[float, str]]] = {}
    named = _named_by_winner(view, comparison)
    for name, points in view.series(comparison.points).items():
        best, gain, verdict = furthest(view, comparison, points) or (None, UNKNOWN, "")
        if best is None or best.workers is None or best is named:
            continue
        figure = say(
            "{cell} with {workers}", cell=f"{code(name)} {spread(gain, 'x')}", workers=plural(best.workers, "worker")
        )
        detail = share_used(view, best) if view.relative and gain.lo > 1 else ""
        if verdict == "unresolved":
            detail = unresolved_text(view, gain, view.floor(comparison.points).beside(gain))
        by_verdict.setdefault(verdict, []).append((gain.mean, phrases([figure, detail] if detail else [figure])))
    return by_verdict


def series_with(view: View, comparison: Comparison, verdict: str) -> list[str]:
    """The series whose largest gain has this verdict."""
    found = ((name, furthest(view, comparison, points)) for name, points in view.series(comparison.points).items())
    return [name for name, one in found if one is not None and one[0].workers is not None and one[2] == verdict]


def peaks(view: View, comparison: Comparison) -> list[str]:
    """Where series stop scaling, for those whose fitted law has a peak in range beyond which a step was seen to lose."""
    cells = {point.cell for point in comparison.points}
    return [
        say(
            "{series} at {count} workers",
            series=series_text(view, series.points[0]),
            count=spread(series.scaling.peak),
        )
        for series in scaling_laws.measured_series(view)
        if series.points[0].cell in cells and scaling_laws.turns(view, series) and view.metric.better == "higher"
    ]


def furthest(view: View, comparison: Comparison, points: list[Point]) -> tuple[Point, Interval, str] | None:
    """The point of a series with the largest gain, that gain and the verdict on it; None if it is not known."""
    gains = gains_in(view, points)
    if not gains:
        return None
    pair, gain = max(gains, key=lambda one: one[1].mean)
    verdict = _verdict(view, pair, gain, view.floor(comparison.points))
    if verdict != "gain" and hides_better(view, pair.above, points):
        return None
    return pair.above, gain, verdict


def _listed(figures: list[tuple[float, str]]) -> str:
    """The largest gains first."""
    texts = [text for _, text in sorted(figures, key=lambda pair: -pair[0])]
    return clauses(first_few(texts, MAX_NAMES, lead="and "))


def _named_by_winner(view: View, comparison: Comparison) -> Point | None:
    """The point whose gain the winner's sentence gives."""
    best = view.best(point for point in comparison.points if point.can_win)
    if best is None or not view.relative or not best.value(view.relative).has_value:
        return None
    below = view.baseline(best)
    return best if below is not None and below.is_sure else None


def _verdict(view: View, pair: Pair, gain: Interval, floor: NoiseFloor) -> str:
    """`gain`, `none`, `loss`, `unresolved`, or `unknown` without an interval."""
    if not gain.bounded:
        return "unknown"
    verdict = family_of(view).verdict(pair, gain, floor.beside(gain))
    if verdict == "higher":  # a small gain is a gain
        return "gain"
    if equivalence(gain, NO_GAIN) == "equivalent":  # a small loss is no gain, and matters no more than that
        return NO_GAIN_SHOWN
    return "loss" if verdict == "lower" else "unresolved"
