"""A run as the page sees it: its cells as points, the contests between them, and what may be said of each."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from concexp import catalog
from concexp.analysis import noise
from concexp.analysis.cells import Baseline
from concexp.analysis.claims import verdicts as claims
from concexp.analysis.results import Run
from concexp.analysis.samples import Sample, compared
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.errors import UnknownName
from concexp.experiment.statuses import MEASURED, NUMBERED

# For a model that has no colour of its own: the palette of Okabe and Ito, told apart by the colour-blind and in print.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":")
# How far the colours of several lines of one model are from its own, to white (above 0) or to black.
SHADES = (0.0, 0.5, -0.45, 0.25, -0.25)


@dataclass(frozen=True)
class Style:
    """What a line looks like in every picture, in matplotlib's words."""

    colour: str
    marker: str | tuple[int, int, int]  # as matplotlib names it: a sign, or (points, 1 for a star, degrees)
    dashes: str


@dataclass(frozen=True)
class Point:
    """One cell: its labels, how its trials ended, its metrics with their intervals, and the trials themselves."""

    cell: str
    labels: dict[str, Any]
    status: str
    reason: str
    values: dict[str, Interval]
    sample: Sample
    unit: str
    resource: str  # "cpu" or "io": what an operation mostly uses
    primary: str

    @property
    def model(self) -> str:
        return str(self.labels["model"])

    @property
    def workers(self) -> int | None:
        """The number of workers; None where it does not apply."""
        return self.labels.get("workers")

    @property
    def numbered(self) -> bool:
        """Whether it has numbers at all."""
        return bool(self.sample.has_numbers)

    @property
    def trusted(self) -> bool:
        """Whether enough of its trials are beyond doubt for a verdict on time."""
        return self.sample.enough_clean_trials

    @property
    def firm(self) -> bool:
        """Whether it may win: all its trials ended well and were right, and enough of them are beyond doubt, those too that
        only the primary metric comes from.
        """
        basis = self.sample.of(self.primary)
        return self.status == "ok" and self.trusted and basis.status == "ok" and basis.enough_clean_trials

    @property
    def mark(self) -> str:
        """What a reader must know of its numbers: † wrong, ‡ doubtful, § some trials ended badly."""
        ended_badly = self.numbered and self.status not in NUMBERED
        wrong = self.sample.statuses["invalid"] > 0
        return f"{'†' * wrong}{'§' * ended_badly}{'‡' * (self.numbered and not self.trusted)}"

    def value(self, metric: str) -> Interval:
        """A metric with its interval; NOTHING if it has none."""
        return self.values.get(metric, UNKNOWN)


@dataclass(frozen=True)
class Panel:
    """The points that differ in model and workers alone: one panel of a picture."""

    labels: dict[str, Any]
    points: Sequence[Point]


@dataclass(frozen=True)
class Contest:
    """The points that do the same work under the same conditions, by different models and primitives: one of them is best."""

    labels: dict[str, Any]
    points: Sequence[Point]

    @property
    def unit(self) -> str:
        """What one operation is called."""
        return self.points[0].unit

    @property
    def resource(self) -> str:
        """`cpu` or `io`."""
        return self.points[0].resource


class View:
    """A run with what pictures and sentences need beside the table of cells."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.primary: str = run.spec["primary"]
        self.metric: Any = catalog.load("metric", self.primary)()
        self.axes: list[str] = list(run.header["axes"])
        self.cpus: int = run.cpus
        self._tells: dict[tuple[str, str], bool] = {}
        measured = run.of_role(MEASURED)
        self.records = {record["cell"]: record for record in measured}
        self.plugins = {
            (kind, str(record["axes"][kind])): name for record in measured for kind, name in record["plugins"].items()
        }

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """The metrics of cells.csv, in the order of their columns."""
        columns = self.run.cells.columns
        return {name: catalog.load("metric", name)() for name in columns if f"{name}_lo" in columns}

    @cached_property
    def verdicts(self) -> tuple[claims.Verdict, ...]:
        """Those on the claims, in the order of the experiment."""
        return claims.verdicts_of(self.run)

    @cached_property
    def relative(self) -> str:
        """The metric that is a cell's gain over the baseline, as a factor; "" if none is among the metrics."""
        return next(
            (name for name, metric in self.metrics.items() if metric.level == "cell" and metric.unit == "x"), ""
        )

    @cached_property
    def points(self) -> list[Point]:
        """All cells, in the order of cells.csv."""
        by_cell = self.run.samples
        labels = self.run.axes_by_cell
        found = []
        for row in self.run.cells.to_dict("records"):
            cell = str(row["cell"])
            sample = by_cell.get(cell, Sample(()))
            values = {
                name: Interval(row[name], row[f"{name}_lo"], row[f"{name}_hi"], row["trials"]) for name in self.metrics
            }
            record = self.records.get(cell, {"unit": "operation", "wants": "io"})
            texts = str(row["status"]), str(row["reason"])
            kind = record["unit"], record["wants"]
            found.append(Point(cell, labels[cell], *texts, values, sample, *kind, self.primary))
        return found

    @cached_property
    def contests(self) -> list[Contest]:
        """The contests in the order of the experiment; those without any number are left out."""
        conditions = [key for key in self.axes if not self.chosen(key)]
        return [Contest(labels, points) for labels, points in groups(self.points, conditions)]

    @cached_property
    def panels(self) -> list[Panel]:
        """The contests, divided by primitive."""
        keys = [key for key in self.axes if not self.of_kind(key, "model") and key != "workers"]
        return [Panel(labels, points) for labels, points in groups(self.points, keys)]

    def chosen(self, key: str) -> bool:
        """Whether an axis is something that one chooses (model, primitive, workers), and not the work itself."""
        return key == "workers" or self.of_kind(key, "model") or self.of_kind(key, "sync")

    def of_kind(self, key: str, kind: str) -> bool:
        """Whether an axis is a kind of plug-in, or a parameter of one: of all, or of one label."""
        return key.partition(".")[0] in (kind, *map(str, self.run.header["axes"].get(kind, ())))

    @cached_property
    def varying(self) -> set[str]:
        """The axes that have several values among the cells with numbers; where none has any, among those that were run."""
        shown = [point for point in self.points if point.numbered] or [p for p in self.points if p.sample.count]
        return {key for key in self.axes if len({str(p.labels.get(key)) for p in shown} - {"None"}) > 1}

    def title(self, labels: dict[str, Any]) -> str:
        """What tells a contest or a panel from the others; "" if there is nothing to tell."""
        parts = []
        told = [key for key in labels if key in self.varying]
        for key, label in labels.items():
            if key in told and label is not None and not self.follows(key, told):
                parts.append(str(label) if key in ("workload", "sync") else f"{self._short(key)} {label}")
        return " · ".join(parts)

    def follows(self, key: str, others: Sequence[str]) -> bool:
        """Whether an axis moves with one of the others, which tells it; of two that tell each other the first is not told."""
        before = True
        for other in others:
            if other == key:
                before = False
            elif self.tells(other, key) and (before or not self.tells(key, other)):
                return True
        return False

    def tells(self, key: str, other: str) -> bool:
        """Whether each label of an axis comes with one label of the other."""
        if (key, other) not in self._tells:
            pairs = {(str(p.labels.get(key)), str(p.labels.get(other))) for p in self.points}
            self._tells[key, other] = len(pairs) == len({label for label, _ in pairs})
        return self._tells[key, other]

    def _short(self, key: str) -> str:
        """An axis by the last part of its name, where no other axis that varies ends alike: room in a title is little."""
        last = key.rpartition(".")[2]
        return last if sum(other.rpartition(".")[2] == last for other in self.varying) == 1 else key

    def lines(self, points: Iterable[Point]) -> dict[str, list[Point]]:
        """The points with numbers by model (and its parameters, where they vary), each line by its number of workers."""
        found: dict[str, list[Point]] = {}
        for point in points:
            if point.numbered:
                found.setdefault(self.line(point), []).append(point)
        return {name: sorted(line, key=lambda point: point.workers or 0) for name, line in found.items()}

    def line(self, point: Point) -> str:
        """The name of a point's line: its model's label, and the model's parameters that are axes."""
        return " ".join([point.model, *filter(None, [", ".join(self._parameters(point, "model"))])])

    def primitive(self, point: Point) -> str:
        """The name of a point's primitive, where there are several; else ""."""
        own = [str(point.labels["sync"])] if "sync" in self.varying else []
        return " ".join([*own, *filter(None, [", ".join(self._parameters(point, "sync"))])])

    def _parameters(self, point: Point, kind: str) -> list[str]:
        """The varying parameters of a plug-in that are axes: `fork`, `chunk 64`; a word needs no name, a number does."""
        found = []
        for key in self.axes:
            label = point.labels.get(key)
            if key != kind and self.of_kind(key, kind) and key in self.varying and label is not None:
                word = isinstance(label, str) and label[:1].isalpha()
                found.append(label if word else f"{key.rpartition('.')[2]} {label}")
        return found

    def best(self, points: Iterable[Point]) -> Point | None:
        """The point with the best primary metric; None if there is none, or if none is better."""
        known = [point for point in points if point.value(self.primary).has_value]
        if not known or self.metric.better is None:
            return None
        sign = 1 if self.metric.better == "higher" else -1
        return max(known, key=lambda point: sign * point.value(self.primary).mean)

    def baseline(self, point: Point) -> Point | None:
        """The point that this one's gain is relative to."""
        return self._by_cell.get(self._baseline.of(point.labels))

    @cached_property
    def _by_cell(self) -> dict[str, Point]:
        return {point.cell: point for point in self.points}

    @cached_property
    def _baseline(self) -> Baseline:
        return Baseline(self.run.header)

    def ratio(self, above: Point, below: Point, metric: str = "") -> Interval:
        """The ratio of a metric (default: the primary one) of two points, paired by block."""
        return compared(above.sample, below.sample, metric or self.primary)

    @cached_property
    def floors(self) -> list[noise.NoiseFloor]:
        """The noise floors of the run's controls."""
        return noise.noise_floors(self.run)

    def floor(self, points: Iterable[Point]) -> float:
        """The noise floor, a factor, of what these points do: their workload's own, or else the largest of the run; 1 if none."""
        workloads = {str(point.labels["workload"]) for point in points}
        own = [floor.factor for floor in self.floors if floor.workload in workloads]
        return max(own or [floor.factor for floor in self.floors], default=1.0)

    @cached_property
    def simulated(self) -> list[str]:
        """The labels of models whose numbers are made up."""
        return [
            label for (kind, label), _ in self.plugins.items() if kind == "model" and self.plugin(kind, label).simulated
        ]

    def plugin(self, kind: str, label: str) -> Any:
        """The class behind a label; for what is not installed here, one that knows nothing but what all of its kind have."""
        try:
            return catalog.load(kind, self.plugins[kind, label])
        except (KeyError, UnknownName):
            return type("Unknown", (), {"simulated": False, "role": ""})

    def style(self, line: str) -> Style:
        """What a line looks like, the same in every picture: its model's own; of several lines of a model, shades of it."""
        return self._styles[line]

    @cached_property
    def _styles(self) -> dict[str, Style]:
        found: dict[str, Style] = {}
        seen: dict[str, int] = {}
        for line, points in self.lines(self.points).items():
            model = points[0].model
            plugin = self.plugins.get(("model", model), model)
            rank = seen[plugin] = seen.get(plugin, -1) + 1
            own = self.plugin("model", model)
            number = zlib.crc32(plugin.encode())
            colour = getattr(own, "colour", PALETTE[number % len(PALETTE)])
            marker = getattr(own, "marker", MARKERS[number % len(MARKERS)])
            markers = [marker, *(other for other in MARKERS if other != marker)]
            shade = shaded(colour, SHADES[rank % len(SHADES)])
            found[line] = Style(shade, markers[rank % len(markers)], DASHES[rank % len(DASHES)])
        return found


def shaded(colour: str, share: float) -> str:
    """A colour (#rrggbb) that far on its way to white (share > 0) or to black (< 0)."""
    parts = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    aim = 255 if share > 0 else 0
    return "#" + "".join(f"{round(part + (aim - part) * abs(share)):02x}" for part in parts)


def groups(points: Sequence[Point], keys: Sequence[str]) -> list[tuple[dict[str, Any], list[Point]]]:
    """Points with equal labels on these axes, in order, without the groups that have no number.

    Points to which an axis does not apply (it is empty) join every group that is like them on the other axes.
    """
    groups: dict[str, tuple[dict[str, Any], list[Point]]] = {}
    for point in points:
        labels = {key: point.labels.get(key) for key in keys}
        groups.setdefault(repr(list(labels.values())), (labels, []))[1].append(point)
    found = list(groups.values())
    partial = [(labels, own) for labels, own in found if None in labels.values()]
    joined = []
    for labels, own in found:
        guests = [p for other, theirs in partial if _less(other, labels) for p in theirs]
        is_guest = None in labels.values() and any(_less(labels, other) for other, _ in found)
        if not is_guest and any(point.numbered for point in own):
            joined.append((labels, [*guests, *own]))
    return joined


def _less(labels: dict[str, Any], than: dict[str, Any]) -> bool:
    """Whether these labels are the same as others, but for axes that do not apply."""
    return labels != than and all(label is None or label == than[key] for key, label in labels.items())
