"""What open loops show, whose throughput is given: rates, overloads, how long requests take, and what closed loops hide of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from concexp.analysis.stats.intervals import Interval
from concexp.experiment.entries import BESIDE
from concexp.report.answer.findings import Finding, of_kind, size_of
from concexp.report.open_loops import is_open, tail_metric, tails, tails_text
from concexp.report.points import Comparison
from concexp.report.sections import latency
from concexp.report.text.language import say
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import sentence_case
from concexp.report.view import View, once_per_view

MAX_PARAMETERS = 1  # of a workload, beside its name
HIDDEN = 2.0  # from this factor between the tails of an open and of a closed loop on, the closed one hides the wait


def in_answer(view: View) -> list[Finding]:
    """What the answer says of open loops; empty without any."""
    found = of_kind("latency", [*latency.highest_rates(view), *latency.overloads(view)])
    opened = [comparison for comparison in view.comparisons if is_open(view, comparison) and tails(view, comparison)]
    if len(opened) == 1 and len(view.comparisons) == 1 and len(tails(view, opened[0])) > 1:
        return [*found, Finding("latency", latency.lowest(view, opened[0]))]
    return [*found, *(_of_workload(view, *loops) for loops in _by_workload(view) if loops[0])]


def hidden_by_closed_loops(view: View) -> bool:
    """Whether an open loop shows a far longer tail than a closed loop of the same workload."""
    return any(_hiding(view, opened, closed) for opened, closed in _by_workload(view))


@once_per_view
def _by_workload(view: View) -> list[tuple[list[Comparison], list[Comparison]]]:
    """The open loops of each workload, and the closed ones; each by the metric of its first."""
    loops: dict[str, tuple[list[Comparison], list[Comparison]]] = {}
    for comparison in view.comparisons:
        if tails(view, comparison):
            own = loops.setdefault(str(comparison.labels["workload"]), ([], []))[not is_open(view, comparison)]
            if not own or tail_metric(view, own[0]) == tail_metric(view, comparison):
                own.append(comparison)
    return list(loops.values())


def _of_workload(view: View, opened: list[Comparison], closed: list[Comparison]) -> Finding:
    """The best tail at each rate, and what the closed loop of the same workload reports: first, where that hides the wait."""
    metric = view.called(tail_metric(view, opened[0]))
    if any(len(tails(view, comparison)) > 1 for comparison in opened):
        metric = say("best {metric}", metric=metric)
    several = len({str(comparison.labels["workload"]) for comparison in view.comparisons}) > 1
    named = _with_parameters(view, str(opened[0].labels["workload"])) if several else ""
    figures = tails_text(view, opened)
    if not closed:
        title = say("{metric} of {workload}", metric=metric, workload=named) if named else metric
        text = say("{what}: {figures}.", what=sentence_case(title), figures=figures)
        return Finding("latency", text, _contrast(view, opened))
    reported = view.called(tail_metric(view, closed[0]))
    if hiding := _hiding(view, opened, closed):
        shown = [comparison for comparison in closed if comparison not in hiding]
        hidden = tails_text(view, hiding, alone=not shown)
        if shown:
            hidden = say("{figures}, and {others}", figures=hidden, others=tails_text(view, shown))
        text = say(
            "a closed loop reports a {reported} of only {hidden}; requests that arrive at a given rate have a "
            "{metric} of {figures}.",
            reported=reported,
            hidden=hidden,
            metric=metric,
            figures=figures,
        )
        return Finding("latency", _about(named, text), size_of(_shortest(view, opened).lo / _longest(view, hiding).hi))
    text = say(
        "{metric} {figures}; a closed loop reports a {reported} of {others}.",
        metric=metric,
        figures=figures,
        reported=reported,
        others=tails_text(view, closed, alone=True),
    )
    return Finding("latency", _about(named, text), _contrast(view, opened))


def _about(workload: str, text: str) -> str:
    """A sentence about a workload, which is named where there are several."""
    return say("{word}: {text}", word=workload, text=text) if workload else sentence_case(text)


def _hiding(view: View, opened: Sequence[Comparison], closed: Sequence[Comparison]) -> list[Comparison]:
    """The closed loops whose tail is certainly below half of that of each open loop."""
    if not opened or not all(_tail(view, one).bounded for one in opened):
        return []
    least = min(_tail(view, one).lo for one in opened)
    return [one for one in closed if _tail(view, one).bounded and HIDDEN * _tail(view, one).hi < least]


def _contrast(view: View, opened: Sequence[Comparison]) -> float:
    """The size of the difference between the rates; 0 where their intervals overlap."""
    low, high = _shortest(view, opened), _longest(view, opened)
    return size_of(high.mean / low.mean) if low.bounded and high.bounded and low.hi < high.lo else 0.0


def _shortest(view: View, comparisons: Sequence[Comparison]) -> Interval:
    return min((_tail(view, one) for one in comparisons), key=lambda value: value.mean)


def _longest(view: View, comparisons: Sequence[Comparison]) -> Interval:
    return max((_tail(view, one) for one in comparisons), key=lambda value: value.mean)


def _tail(view: View, comparison: Comparison) -> Interval:
    return tails(view, comparison)[0].value(tail_metric(view, comparison))


def _with_parameters(view: View, label: str) -> str:
    """`echo` (stall 300ms): a workload with the parameters that others of the same kind do not have, or have otherwise."""
    listed = view.run.spec.get("workload")
    own: dict[str, dict[str, Any]] = {}
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict):
            name = next(key for key in entry if key not in BESIDE)
            if isinstance(entry[name], dict):
                own[str(entry.get("as", name))] = {"kind": name, **entry[name]}
    mine = own.pop(label, {})
    others = [one for one in own.values() if one["kind"] == mine.get("kind")]
    texts = [
        f"{key} {value}"
        for key, value in mine.items()
        if others and any(one.get(key) != value for one in others) and isinstance(value, str | int | float)
    ]
    if not texts:
        return code(label)
    return say("{text} ({note})", text=code(label), note=escaped(", ".join(texts[:MAX_PARAMETERS])))
