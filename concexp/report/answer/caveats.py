"""What limits the page: made-up numbers, a quick or unfinished run, bad endings, wrong outcomes."""

from __future__ import annotations

from collections import Counter

from concexp.analysis.cells import MISSING
from concexp.analysis.stats.intervals import Interval
from concexp.report.phrases import BAD_ENDINGS, cell_text, cells_text
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, scale_of, spread
from concexp.report.view import Point, View


def before_numbers(view: View) -> list[str]:
    """What a reader must know before the first number."""
    sentences = []
    if view.simulated:
        sentences.append(
            f"**These numbers are made up** by {enumerated([code(label) for label in view.simulated])}: "
            "they say nothing about any machine."
        )
    if view.run.manifest.get("quick"):
        sentences.append(
            "This was a quick pass, one short repetition of everything: it shows that it works, and no more."
        )
    missing = sum(point.status == MISSING for point in view.points)
    if missing:
        sentences.append(
            f"This run is not finished: {missing} of {plural(len(view.points), 'cell')} "
            f"{'has' if missing == 1 else 'have'} no trial yet. The same command goes on with it."
        )
    return sentences


def sentences(view: View) -> list[str]:
    """The cells that ended badly, and the wrong outcomes that no counted metric shows."""
    return [*_without_numbers(view), *_faults(view), *_with_numbers(view), *_wrong_outcomes(view)]


def _without_numbers(view: View) -> list[str]:
    """How many cells ended badly in all their trials, and how."""
    points = [point for point in view.points if point.status in BAD_ENDINGS and not point.has_numbers]
    if not points:
        return []
    statuses = Counter(point.status for point in points)
    counts = enumerated([f"{count} {BAD_ENDINGS[status]}" for status, count in statuses.items()])
    cells = plural(len(points), "cell")
    return [f"**{cells} did not end well** ({counts}): see [what went wrong](#what-went-wrong)."]


def _faults(view: View) -> list[str]:
    """The range of the metrics that measure bad endings, where no cell has any other number."""
    if any(point.has_numbers for point in view.points):
        return []
    sentences = []
    for metric, cls in view.metrics.items():
        known = sorted((p for p in view.points if p.value(metric).has_value), key=lambda p: p.value(metric).mean)
        if cls.ends_badly and cls.kind == "time" and len(known) > 1:
            ends = [
                f"{_figure(p.value(metric), cls.unit)} ({escaped(view.title(p.labels))}{_partly(view, p, metric)})"
                for p in known[:: len(known) - 1]
            ]
            never = sum(point.sample.count > 0 for point in view.points) - len(known)
            rest = f"; {plural(never, 'cell')} {'has' if never == 1 else 'have'} none" if never else ""
            sentences.append(f"{code(metric)} goes from {' to '.join(ends)}{rest}.")
    return sentences


def _partly(view: View, point: Point, metric: str) -> str:
    """`, in 3 of 10 trials`, where not all trials have a value."""
    share = view.share_of_trials(point, metric)
    return f", in {share} trials" if share else ""


def _figure(value: Interval, unit: str) -> str:
    factor, prefix = scale_of([value.mean], unit)
    return spread(value.scaled(1 / factor), f" {prefix}" if prefix else "")


def _with_numbers(view: View) -> list[str]:
    """The cells that ended badly in some of their trials."""
    sentences = []
    for point in view.points:
        if point.status in BAD_ENDINGS and point.has_numbers:
            bad = sum(point.sample.statuses[status] for status in BAD_ENDINGS)
            sentences.append(
                f"{cell_text(view, point)} ended badly in {bad} of {plural(point.sample.count, 'trial')} (§): its numbers are "
                "of the others, and it is called best nowhere."
            )
    return sentences


def _wrong_outcomes(view: View) -> list[str]:
    """The cells with wrong outcomes, other than those whose lost updates and the like are counted."""
    counted = [metric for metric, cls in view.metrics.items() if cls.verb]
    wrong: list[Point] = [
        point
        for point in view.points
        if point.sample.statuses["invalid"] and not any(point.value(metric).mean > 0 for metric in counted)
    ]
    if not wrong:
        return []
    trials = [trial for point in wrong for trial in point.sample.trials if trial.status == "invalid"]
    reasons = {trial.reason for trial in trials}
    kinds = {reason.partition(":")[0] for reason in reasons}  # after the colon follow the figures of one trial
    common = reasons if len(reasons) == 1 else kinds
    why = f" ({escaped(common.pop())})" if len(common) == 1 else ""
    return [f"Wrong outcome (†){why}: {cells_text(view, wrong)}."]
