"""What keeps the page from being the whole truth: made-up numbers, a short or unfinished run, bad ends, wrong outcomes."""

from __future__ import annotations

from collections import Counter

from concexp.analysis.cells import MISSING
from concexp.analysis.stats.intervals import Interval
from concexp.report.phrases import BAD_ENDINGS, cell_text, cells_text
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, scale_of, spread
from concexp.report.view import View


def before_numbers(view: View) -> list[str]:
    """What a reader must know before the first number."""
    found = []
    if view.simulated:
        found.append(
            f"**These numbers are made up** by {enumerated([code(label) for label in view.simulated])}: "
            "they say nothing about any machine."
        )
    if view.run.manifest.get("quick"):
        found.append("This was a quick pass, one short repetition of everything: it shows that it works, and no more.")
    missing = sum(point.status == MISSING for point in view.points)
    if missing:
        found.append(
            f"This run is not finished: {missing} of {plural(len(view.points), 'cell')} "
            f"{'has' if missing == 1 else 'have'} no trial yet. The same command goes on with it."
        )
    return found


def sentences(view: View) -> list[str]:
    """How many cells ended badly, and which outcomes were wrong without a count that says so."""
    found = []
    bad = [point for point in view.points if point.status in BAD_ENDINGS]
    none, some = [p for p in bad if not p.has_numbers], [p for p in bad if p.has_numbers]
    if none:
        counts = enumerated(
            [f"{count} {BAD_ENDINGS[status]}" for status, count in Counter(p.status for p in none).items()]
        )
        found.append(
            f"**{plural(len(none), 'cell')} did not end well** ({counts}): see [what went wrong](#what-went-wrong)."
        )
    found += _faults(view)
    for point in some:
        ended = sum(point.sample.statuses[status] for status in BAD_ENDINGS)
        found.append(
            f"{cell_text(view, point)} ended badly in {ended} of {plural(point.sample.count, 'trial')} (§): its numbers are of "
            "the others, and it is called best nowhere."
        )
    counted = [metric for metric, cls in view.metrics.items() if cls.verb]
    wrong = [
        point
        for point in view.points
        if point.sample.statuses["invalid"] and not any(point.value(metric).mean > 0 for metric in counted)
    ]
    if wrong:
        reasons = list(dict.fromkeys(t.reason for p in wrong for t in p.sample.trials if t.status == "invalid"))
        why = f" ({escaped(reasons[0])})" if len(reasons) == 1 else ""
        found.append(f"Wrong outcome (†){why}: {cells_text(view, wrong)}.")
    return found


def _faults(view: View) -> list[str]:
    """Where ending badly is what is measured, and no cell has another number: the lowest and the highest of what was."""
    if any(point.has_numbers for point in view.points):
        return []
    found = []
    for metric, cls in view.metrics.items():
        known = sorted((p for p in view.points if p.value(metric).has_value), key=lambda p: p.value(metric).mean)
        if cls.ends_badly and cls.kind == "time" and len(known) > 1:
            ends = [
                f"{_figure(p.value(metric), cls.unit)} ({escaped(view.title(p.labels))})"
                for p in known[:: len(known) - 1]
            ]
            never = sum(point.sample.count > 0 for point in view.points) - len(known)
            rest = f"; {plural(never, 'cell')} {'has' if never == 1 else 'have'} none" if never else ""
            found.append(f"{code(metric)} goes from {' to '.join(ends)}{rest}.")
    return found


def _figure(value: Interval, unit: str) -> str:
    factor, prefix = scale_of([value.mean], unit)
    return spread(value.scaled(1 / factor), f" {prefix}" if prefix else "")
