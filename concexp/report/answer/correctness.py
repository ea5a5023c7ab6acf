"""Pages whose question is what goes right, and what can run: they do not begin with what is not known of times."""

from __future__ import annotations

from collections.abc import Iterator

from concexp import catalog
from concexp.experiment import expressions
from concexp.experiment.claims import of_data
from concexp.report.phrases import condition_title, named_together, titles_text
from concexp.report.points import Point
from concexp.report.text.language import say
from concexp.report.text.language import sentences as texts_of
from concexp.report.view import View

STATUS, UNSUPPORTED = "status", "unsupported"
DECLARED = "outcomes."  # before the name of an outcome that the user's code declares
MAX_CONDITIONS = 6  # named in one sentence
MAX_ONLY = 3  # conditions under which something runs, rather than all others


def is_the_question(view: View) -> bool:
    """Whether more claims are about what was counted and how trials ended than about anything else."""
    claims = list(_names(view))
    outcomes = {STATUS, *(name for name, cls in view.metrics.items() if cls.verb or cls.ends_badly)}
    about = [bool(names & outcomes) or any(name.startswith(DECLARED) for name in names) for names in claims]
    return 2 * sum(about) > len(claims)


def asks_for_times(view: View) -> bool:
    """Whether the answer is about times: `answer:` says what competes, a claim is about a time or a rate, or there is no claim.

    Where claims are about nothing but how trials end, what was counted and what the user's code returned, who is fastest was
    not asked.
    """
    claims = list(_names(view))
    metrics = {name for names in claims for name in names if catalog.exists("metric", name)}
    return (
        not claims
        or any(view.run.spec.get("answer", {}).values())
        or any(catalog.load("metric", name).kind == "time" for name in metrics)
    )


def cannot_run(view: View) -> list[str]:
    """Where models cannot run, if a claim asks how trials end: `interpreters` runs only in python 3.14 and 3.15."""
    if not any(STATUS in names for names in _names(view)):
        return []
    places: dict[str, dict[str, list[Point]]] = {}
    for comparison in view.comparisons:
        for point in comparison.points:
            where = places.setdefault(view.series_name(point), {})
            where.setdefault(condition_title(view, comparison), []).append(point)
    only: list[tuple[str, str]] = []
    never: list[tuple[str, str]] = []
    for name, by_condition in places.items():
        runs = [title for title, points in by_condition.items() if not all(map(_cannot, points))]
        rest = [title for title in by_condition if title not in runs]
        if rest and any(by_condition):
            few = 0 < len(runs) <= min(MAX_ONLY, len(rest))
            (only if few else never).extend((name, title) for title in (runs if few else rest))
    texts = [say("Only with {titles} can {cells} run.", titles=where, cells=names) for names, where in _together(only)]
    texts += [say("{cells} cannot run with {titles}.", titles=where, cells=names) for names, where in _together(never)]
    return [texts_of(texts)] if texts else []


def _together(found: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    yield from ((names, titles_text(of, MAX_CONDITIONS)) for names, of in named_together(found))


def _cannot(point: Point) -> bool:
    return point.status == UNSUPPORTED


def _names(view: View) -> Iterator[set[str]]:
    """What each claim names."""
    for claim in of_data(view.run.spec.get("claims")):
        parts = (part for tree in claim.trees for part in expressions.walk(tree))
        yield {str(part.value) for part in parts if part.kind in ("name", "at")}
