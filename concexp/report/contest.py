"""What competes on a page: the axes that `answer:` names, or else what the experiment varies. Conditions do not compete.

Models, primitives and numbers of workers compete within a comparison (`answer.standings`). A `Contest` is about other axes: those
that `answer:` names, an axis whose values claims compare, or, of one model and one primitive, what else is varied: settings of
the interpreter, arguments of the user's code and numbers of the model's own, or several functions of the user's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from concexp.experiment import Answer, expressions
from concexp.experiment.axis_table import is_setting
from concexp.experiment.claims import of_data
from concexp.experiment.version_names import AXIS as VERSIONS
from concexp.report.grouping import groups
from concexp.report.long_axes import LongAxis, numeric_axis
from concexp.report.open_loops import METRICS, is_open
from concexp.report.points import Comparison, Point
from concexp.report.text.labels import one_line
from concexp.report.text.markdown import code
from concexp.report.text.numbers import plural
from concexp.report.versions import labels_of
from concexp.report.view import View, once_per_view

WORKLOAD, WORKERS, SYNC = "workload", "workers", "sync"
KINDS = (WORKLOAD, "model", SYNC)  # whose labels need no name beside them
FEWEST_NUMBERS = 3  # values of an axis that show where more brings nothing


@dataclass(frozen=True)
class Contest:
    """The axes whose values compete, and the comparisons between them; `numbers` is the axis if it is a single one of numbers."""

    axes: Sequence[str]
    comparisons: Sequence[Comparison]
    numbers: LongAxis | None

    def contestants(self, view: View, comparison: Comparison) -> list[Point]:
        """The best point that can win of each value; numbers from the lowest on."""
        found = self.best_of_each(view, (point for point in comparison.points if point.can_win))
        return sorted(found, key=self.number) if self.numbers else found

    def best_of_each(self, view: View, points: Iterable[Point]) -> list[Point]:
        """The best point of each value."""
        by_value: dict[str, list[Point]] = {}
        for point in points:
            if point.has_numbers:
                by_value.setdefault(repr([point.labels.get(key) for key in self.axes]), []).append(point)
        known = (view.best([p for p in own if p.can_win] or own) for own in by_value.values())
        return [best for best in known if best is not None]

    def number(self, point: Point) -> float:
        """The number of a point on a numeric axis; 0 where the axis does not apply to it, as to the workers of a serial model."""
        return self.numbers.values.get(str(point.labels.get(self.numbers.key)), 0.0) if self.numbers else 0.0

    def name(self, view: View, point: Point) -> str:
        """A contestant by its values, for sentences: `limit 8`, `after`, 4 workers."""
        text = self.label(view, point)
        return text if list(self.axes) == [WORKERS] and point.workers is not None else code(text)

    def label(self, view: View, point: Point) -> str:
        """A contestant by its values: limit 8."""
        labels = {key: point.labels[key] for key in self.axes if point.labels.get(key) is not None}
        if list(labels) == [WORKERS]:
            return plural(labels[WORKERS], "worker")
        parts = [
            view.series_name(point) if key == "model" else one_line(label if key in KINDS else f"{short(key)} {label}")
            for key, label in labels.items()
        ]
        return " · ".join(parts) or view.series_name(point)


def title_of(view: View, comparison: Comparison) -> str:
    """What distinguishes a comparison of a contest from the others: its conditions, or else the workloads that compete in it."""
    labels = {key: label for key, label in comparison.labels.items() if key != "model"}
    model = comparison.labels.get("model") if "model" in view.varying_axes else None
    parts = [view.title(labels), one_line(model) if model is not None else "", *_side(view, comparison)]
    return " · ".join(filter(None, parts))


def _side(view: View, comparison: Comparison) -> list[str]:
    """`before / after`, where groups of workloads compete apart: nothing else tells one group from another."""
    contest = contest_of(view)
    if contest is None or not _asked(view).versus:
        return []
    own, every = (
        dict.fromkeys(one_line(point.labels[WORKLOAD]) for point in points)
        for points in (comparison.points, [p for one in contest.comparisons for p in one.points])
    )
    return [" / ".join(own)] if len(own) < len(every) else []


def short(key: str) -> str:
    """The last part of an axis' name."""
    return key.rpartition(".")[2]


def has_primitive(view: View, point: Point) -> bool:
    """Whether a point has a primitive, and not `none`."""
    return bool(view.plugin(SYNC, str(point.labels[SYNC])).interface != "none")


@once_per_view
def contest_of(view: View) -> Contest | None:
    """What competes instead of models, primitives and workers; None where these do.

    Where an experiment asks for the best primitive, to have none is what all of them are compared with, and no contestant.
    """
    asked = _asked(view)
    chosen = asked.compete or ([WORKLOAD] if asked.versus else [])
    axes = [key for key in chosen if key in view.varying_axes]
    if not axes and asked.for_each:
        axes = [key for key in view.axes if key in view.varying_axes and view.is_choice(key) and key != WORKERS]
        axes = [key for key in axes if key not in asked.for_each]
    if not axes and labels_of(view):
        axes = [VERSIONS]
    axes = axes or _claimed(view) or _varied(view)
    opened = {is_open(view, comparison) for comparison in view.comparisons}
    if not axes or len(opened) > 1:
        return None
    each = asked.for_each or [key for key in view.axes if _is_condition(view, key, axes)]
    sides = asked.versus if WORKLOAD in axes and asked.versus else [[]]
    comparisons = []
    for side in sides:
        points = [point for point in view.points if not side or point.labels[WORKLOAD] in side]
        points = [point for point in points if asked.compete != [SYNC] or has_primitive(view, point)]
        comparisons += [Comparison(labels, members) for labels, members in groups(points, each)]
    numbers = numeric_axis(view, axes[0]) if len(axes) == 1 else None
    if numbers and len(numbers.values) < FEWEST_NUMBERS:
        numbers = None
    return Contest(tuple(axes), tuple(comparisons), numbers)


def _asked(view: View) -> Answer:
    """What the experiment says of the answer."""
    return Answer.model_validate(view.run.spec.get("answer") or {})


def compared(view: View) -> Sequence[Comparison]:
    """The comparisons that the answer is about."""
    contest = contest_of(view)
    return contest.comparisons if contest else view.comparisons


@once_per_view
def judged(view: View) -> View:
    """The view by whose primary metric contestants are compared: that of `answer: {by: …}`, or of open loops the latency.

    The throughput of open loops is given.
    """
    asked = _asked(view)
    if asked.by and any(point.value(asked.by).has_value for point in view.points):
        return view if asked.by == view.primary else View(view.run, asked.by, asked.better or "")
    if contest_of(view) is None or not all(is_open(view, comparison) for comparison in view.comparisons):
        return view
    known = [name for name in METRICS if name in view.metrics and view.metrics[name].open_loop]
    metric = next((name for name in known if any(point.value(name).has_value for point in view.points)), "")
    return View(view.run, metric) if metric else view


def _is_condition(view: View, key: str, axes: Sequence[str]) -> bool:
    """Whether an axis is a condition: it varies, and each contestant is not simply taken at its best value of it."""
    if key == WORKERS and VERSIONS in axes:
        return key in view.varying_axes  # each version is compared at every number of them
    if key == WORKERS or key not in view.varying_axes or any(view.determines(axis, key) for axis in axes):
        return False
    return not any(view.of_kind(key, kind) for kind in KINDS if kind in axes)


def _claimed(view: View) -> list[str]:
    """The axis whose values claims compare, if it is a single one, and no choice anyway."""
    compared = {
        axis
        for claim in of_data(view.run.spec.get("claims"))
        for tree in claim.trees
        for part in expressions.walk(tree)
        if part.kind == "place"
        for axis in _axes_of(view, part)
    }
    return [key for key in compared if len(compared) == 1 and not view.is_choice(key) and key in view.varying_axes]


def _axes_of(view: View, place: expressions.Tree) -> Iterator[str]:
    """The axis that brackets name, or those with such a label."""
    if place.value:
        yield str(place.value)
        return
    label = place.parts[0].written or str(place.parts[0].value)
    yield from (key for key, labels in view.run.header["axes"].items() if label in map(str, labels))


def _varied(view: View) -> list[str]:
    """What a run of one model and one primitive varies beside the number of workers, if that can be chosen."""
    if any(kind in view.varying_axes for kind in KINDS if kind != WORKLOAD):
        return []
    swept = [key for key in view.axes if key in view.varying_axes and key not in (WORKLOAD, WORKERS)]
    swept = [key for key in swept if not view.is_redundant(key, swept)]
    own = [key for key in swept if view.is_choice(key)]
    settings = [key for key in swept if is_setting(key)]
    if own:
        return own if all(numeric_axis(view, key) for key in own) else []
    return settings or _arguments(view, swept) or _functions(view)


def _arguments(view: View, swept: Sequence[str]) -> list[str]:
    """The axes that are arguments of the user's code."""
    labels = _user_code(view)
    every = (WORKLOAD,) if len(labels) == len(view.run.header["axes"][WORKLOAD]) else ()
    return [key for key in swept if key.rpartition(".")[0] in (*labels, *every)]


def _functions(view: View) -> list[str]:
    """The axis of workloads, if all are user code whose results mean the same."""
    known = _user_code(view)
    labels = view.run.header["axes"][WORKLOAD]
    alike = all(str(label) in known for label in labels) and len({known[str(label)] for label in labels}) == 1
    return [WORKLOAD] if alike and WORKLOAD in view.varying_axes else []


def _user_code(view: View) -> dict[str, str]:
    """What the results of each workload that is user code mean, by its label."""
    entries = view.run.manifest.get("preflight", {}).get("entries", {})
    return {label: str(entry["returns"]) for label, entry in entries.items()}
