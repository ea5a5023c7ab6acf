"""Which calls block the event loop that they run in, so that one is made at a time, and what to write instead."""

from __future__ import annotations

from concexp.report.phrases import MAX_NAMES, first_few, titles_text
from concexp.report.points import Point
from concexp.report.text.language import counted, message, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import code
from concexp.report.text.numbers import enumerated, rounded, span
from concexp.report.view import View

CURE = message(
    "Put the call into `await asyncio.to_thread(…)`, or await its asynchronous form (`asyncio.sleep` for `time.sleep`); "
    "or use `threads` for it."
)


def sentences(view: View) -> list[str]:
    """One sentence about all cells whose event loop is blocked, with the cure."""
    found: dict[str, dict[str, list[Point]]] = {}
    for point in (point for point in view.points if point.blocked):
        of_series = found.setdefault(view.series_name(point), {})
        of_series.setdefault(str(point.labels["workload"]), []).append(point)
    if not found:
        return []
    by_work: dict[tuple[str, ...], list[str]] = {}
    for series, works in found.items():
        by_work.setdefault(tuple(works), []).append(code(series))
    several = len({str(point.labels["workload"]) for point in view.points if point.has_numbers}) > 1
    parts = [
        say("{text} ({note})", text=enumerated(first_few(names, MAX_NAMES)), note=f"**{titles_text(works)}**")
        if several
        else enumerated(first_few(names, MAX_NAMES))
        for works, names in by_work.items()
    ]
    shares = sorted(100 * point.blocked for works in found.values() for points in works.values() for point in points)
    text = counted(
        len(found),
        "{cells} makes **one call at a time**: calls that wait without `await` block the event loop, for {share} % "
        "of its time.",
        "{cells} make **one call at a time**: calls that wait without `await` block the event loop, for {share} % of "
        "its time.",
        cells=enumerated(parts),
        share=span(*(rounded(share, 2) for share in (shares[0], shares[-1]))),
    )
    return [texts_of([text, say(CURE)])]
