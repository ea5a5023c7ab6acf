"""A run as the page sees it: its points, how they are called and compared, and which of them is best."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property, wraps
from typing import Any, TypeVar

from concexp import catalog
from concexp.analysis import blocking, demand, noise
from concexp.analysis.cells import RAW, Baseline
from concexp.analysis.claims.verdicts import Verdict, verdicts_of
from concexp.analysis.metrics import of_trials
from concexp.analysis.results import Run
from concexp.analysis.samples import Sample
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.analysis.stats.ratios import ratio
from concexp.errors import EnvironmentRefused, UnknownName
from concexp.experiment.statuses import MEASURED
from concexp.report.grouping import groups
from concexp.report.points import Comparison, Panel, Point
from concexp.report.pythons import shown
from concexp.report.styles import Style, assign_styles
from concexp.report.text.labels import bare_functions, one_line
from concexp.report.text.language import current, say, translated

T = TypeVar("T")


class View:
    """A run with everything that pictures and sentences need beyond the table of cells.

    `primary` replaces the run's metric, and `better` says which of its numbers are better, where the metric itself does not.
    """

    def __init__(self, run: Run, primary: str = "", better: str = "") -> None:
        self.run = run
        self.primary: str = primary or run.spec["primary"]
        self.metric: Any = catalog.load("metric", self.primary)()
        self.metric.better = self.metric.better or better or None
        self.axes: list[str] = list(run.header["axes"])
        self.cpus: int = run.cpus
        self._determines: dict[tuple[str, str], bool] = {}
        self.memo: dict[Any, Any] = {}  # see `once_per_view`
        measured = run.of_role(MEASURED)
        self.records = {record["cell"]: record for record in measured}
        self.plugins = {
            (kind, str(record["axes"][kind])): name for record in measured for kind, name in record["plugins"].items()
        }

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """The metrics of cells.csv by name, in the order of their columns."""
        columns = self.run.cells.columns
        names = [name for name in columns if f"{name}_lo" in columns and not name.endswith(RAW)]
        return {name: catalog.load("metric", name)() for name in names}

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdicts on the claims, in the order of the experiment."""
        return verdicts_of(self.run)

    @cached_property
    def relative(self) -> str:
        """The metric that gives a cell's gain over the baseline, as a factor; "" if no metric does."""
        return next((name for name, one in self.metrics.items() if one.level == "cell" and one.unit == "x"), "")

    def called(self, metric: str) -> str:
        """What sentences and tables call a metric: its title."""
        known = self.metrics.get(metric, self.metric)
        return say("returned {name}", name=known.part_name) if known.part_name else translated(known.title) or metric

    def share_of_trials(self, point: Point, metric: str) -> str:
        """`3 of 10` where a metric of bad endings has a value in that few of a cell's trials; "" where it has one in all."""
        n, run = point.value(metric).n, point.sample.count
        return say("{n} of {all}", n=n, all=run) if self.metrics[metric].ends_badly and 0 < n < run else ""

    @cached_property
    def points(self) -> list[Point]:
        """All cells, in the order of cells.csv."""
        by_cell = self.run.samples
        ran = self.run.manifest["interpreters"]
        labels = {cell: shown(one, ran) for cell, one in self.run.axes_by_cell.items()}
        demands, blocked = demand.shares_by_cell(self.run.firsts), blocking.shares_by_cell(self.run.firsts)
        points = []
        for row in self.run.cells.to_dict("records"):
            cell = str(row["cell"])
            sample = by_cell.get(cell, Sample(()))
            values = {
                name: Interval(row[name], row[f"{name}_lo"], row[f"{name}_hi"], row[f"{name}_n"])
                for name in self.metrics
            }
            texts, unit = (
                (str(row["status"]), str(row["reason"])),
                str(dict(self.records.get(cell, {})).get("unit", "operation")),
            )
            kind = unit, demands.get(cell, 0.0), self.primary, blocked.get(cell, 0.0)
            points.append(Point(cell, labels[cell], *texts, values, sample, *kind))
        return points

    @cached_property
    def comparisons(self) -> list[Comparison]:
        """The comparisons in the order of the experiment, without those that have no numbers."""
        conditions = [key for key in self.axes if not self.is_choice(key)]
        return [Comparison(labels, points) for labels, points in groups(self.points, conditions)]

    @cached_property
    def panels(self) -> list[Panel]:
        """The comparisons, divided by primitive."""
        keys = [key for key in self.axes if not self.of_kind(key, "model") and key != "workers"]
        return [Panel(labels, points) for labels, points in groups(self.points, keys)]

    def is_choice(self, key: str) -> bool:
        """Whether an axis is a choice (model, primitive, workers) rather than part of the work."""
        return key == "workers" or self.of_kind(key, "model") or self.of_kind(key, "sync")

    def of_kind(self, key: str, kind: str) -> bool:
        """Whether an axis is a kind of plug-in or a parameter of one: of the whole kind, or of one label."""
        return key.partition(".")[0] in (kind, *map(str, self.run.header["axes"].get(kind, ())))

    @cached_property
    def varying_axes(self) -> set[str]:
        """The axes with several values among the cells with numbers, or among those that were run if none has numbers."""
        points = [point for point in self.points if point.has_numbers] or [p for p in self.points if p.sample.count]
        return {key for key in self.axes if len({str(p.labels.get(key)) for p in points} - {"None"}) > 1}

    def title(self, labels: dict[str, Any]) -> str:
        """The labels that distinguish a comparison or panel from the others: `rate 100/s · payload 64B`; "" if none do.

        Labels that others determine are left out: where only `echo` has payloads, `payload 64B` says that the workload is echo.
        """
        varying = [key for key in labels if key in self.varying_axes]
        telling = [key for key in varying if labels[key] is not None]
        parts = []
        # What only the others have, as a payload beside work that has none, leaves the name of the work.
        for key in [key for key in telling if not self.is_redundant(key, varying)] or telling:
            label = self._bare.get(str(labels[key]), str(labels[key])) if key == "workload" else labels[key]
            parts.append(one_line(label if key in ("workload", "sync") else f"{self._short(key)} {one_line(label)}"))
        return " · ".join(parts)

    @cached_property
    def _bare(self) -> dict[str, str]:
        """The names of functions without their files, where these are different names."""
        return bare_functions(map(str, self.run.header["axes"]["workload"]))

    def is_redundant(self, key: str, others: Sequence[str]) -> bool:
        """Whether one of the `others` already determines this axis. Of two that determine each other, the second is redundant.

        Where Python 3.13 always ran with the GIL on and 3.13t with it off, each axis determines the other, and titles have the
        first one alone.
        """
        before = True
        for other in others:
            if other == key:
                before = False
            elif self.determines(other, key) and (before or not self.determines(key, other)):
                return True
        return False

    def determines(self, key: str, other: str) -> bool:
        """Whether each label of `key` occurs with only one label of `other`."""
        if (key, other) not in self._determines:
            pairs = {(str(p.labels.get(key)), str(p.labels.get(other))) for p in self.points}
            self._determines[key, other] = len(pairs) == len({label for label, _ in pairs})
        return self._determines[key, other]

    def _short(self, key: str) -> str:
        """The last part of an axis's name, unless it is an axis itself or another varying one ends the same way."""
        last = key.rpartition(".")[2]
        alike = [other for other in self.axes if other != key and other.rpartition(".")[2] == last]
        return key if any("." not in other or other in self.varying_axes for other in alike) else last

    def series(self, points: Iterable[Point]) -> dict[str, list[Point]]:
        """The points with numbers, by series (see `series_name`), each sorted by number of workers."""
        series: dict[str, list[Point]] = {}
        for point in points:
            if point.has_numbers:
                series.setdefault(self.series_name(point), []).append(point)
        return {name: sorted(members, key=lambda point: point.workers or 0) for name, members in series.items()}

    def series_name(self, point: Point, without: str = "") -> str:
        """A point's model and the model's parameters that vary: `processes fork`; an axis may be left out."""
        return " ".join([one_line(point.model), *filter(None, [", ".join(self._parameters(point, "model", without))])])

    def primitive(self, point: Point, without: str = "") -> str:
        """The primitive of a point with its varying parameters, where several primitives were measured; else ""."""
        label = [one_line(point.labels["sync"])] if "sync" in self.varying_axes else []
        return " ".join([*label, *filter(None, [", ".join(self._parameters(point, "sync", without))])])

    def _parameters(self, point: Point, kind: str, without: str = "") -> list[str]:
        """The varying parameters of a plug-in that are axes: `fork`, `chunk 64`. Words stand alone, numbers need the name."""
        parts = []
        for key in (key for key in self.axes if key not in (kind, without) and self.of_kind(key, kind)):
            label = point.labels.get(key)
            if key in self.varying_axes and label is not None:
                word = isinstance(label, str) and label[:1].isalpha()
                parts.append(one_line(label) if word else one_line(f"{key.rpartition('.')[2]} {one_line(label)}"))
        return parts

    def best(self, points: Iterable[Point]) -> Point | None:
        """The point with the best primary metric; None if no point has one, or if the metric has no better direction."""
        known = [point for point in points if point.value(self.primary).has_value]
        if not known or self.metric.better is None:
            return None
        return max(known, key=lambda point: self.sign * point.value(self.primary).mean)

    @property
    def sign(self) -> int:
        """1 where a higher primary metric is better, else -1."""
        return 1 if self.metric.better == "higher" else -1

    def variants(self, points: Iterable[Point]) -> list[list[Point]]:
        """The points with numbers, grouped by what one would choose between: series and primitive, in order."""
        groups: dict[tuple[str, str], list[Point]] = {}
        for point in points:
            if point.has_numbers:
                groups.setdefault((self.series_name(point), self.primitive(point)), []).append(point)
        return list(groups.values())

    def best_per_series(self, points: Iterable[Point]) -> list[Point]:
        """The best point of each series, leaving out series without a primary metric."""
        return [best for members in self.series(points).values() if (best := self.best(members))]

    def best_per_variant(self, points: Iterable[Point]) -> list[Point]:
        """The best point of each variant (see `variants`), leaving out variants without a primary metric."""
        return [best for members in self.variants(points) if (best := self.best(members))]

    def point(self, cell: str) -> Point:
        """The point of a cell, by the cell's id."""
        return self._by_cell[cell]

    def baseline(self, point: Point) -> Point | None:
        """The point that this point's gain is relative to; None if there is none."""
        return self._by_cell.get(self._baseline.of(self.run.axes_by_cell[point.cell]))

    @cached_property
    def _by_cell(self) -> dict[str, Point]:
        return {point.cell: point for point in self.points}

    @cached_property
    def _baseline(self) -> Baseline:
        return Baseline(self.run.header)

    def ratio(self, above: Point, below: Point, metric: str = "") -> Interval:
        """The ratio of a metric (by default the primary one) of two points, paired by block."""
        return ratio(self.by_block(above, metric), self.by_block(below, metric), self.run.level)

    def by_block(self, point: Point, metric: str = "") -> dict[int, float]:
        """Maps block to a point's value of a metric (by default the primary one).

        The value of a metric that compares cells is that of the point and its baseline in this block.
        """
        name = metric or self.primary
        own, kind = point.sample.by_block(of_trials(name)), catalog.load("metric", name)()
        if not kind.compares:
            return own
        below = self.baseline(point)
        base = below.sample.by_block(kind.compares) if below is not None else {}
        ratios = {block: own[block] / base[block] for block in own if base.get(block)}
        return {
            block: kind.between(replace(UNKNOWN, mean=one), point.parallelism).mean for block, one in ratios.items()
        }

    @cached_property
    def floors(self) -> list[noise.NoiseFloor]:
        """The noise floors that the run's controls showed, of the primary metric."""
        return noise.noise_floors(self.run, self.primary)

    def floor(self, points: Iterable[Point], floors: Sequence[noise.NoiseFloor] | None = None) -> noise.NoiseFloor:
        """The noise floor of these points' work, of the run's or of those that are given.

        That of their workloads if it was measured, else the largest of all, borrowed; `NO_FLOOR` if none was measured.
        """
        floors = self.floors if floors is None else floors
        workloads = {str(point.labels["workload"]) for point in points}
        matching = [floor for floor in floors if floor.workload in workloads]
        borrowed = [replace(floor, borrowed=True) for floor in floors]
        return max(matching or borrowed, key=lambda floor: floor.factor, default=noise.NO_FLOOR)

    @cached_property
    def simulated(self) -> list[str]:
        """The labels of models that make up their numbers."""
        return [
            label for (kind, label), _ in self.plugins.items() if kind == "model" and self.plugin(kind, label).simulated
        ]

    def plugin(self, kind: str, label: str) -> Any:
        """The class behind a label; for a plug-in that is not installed here, a stand-in with the attributes all of them have."""
        try:
            return catalog.load(kind, self.plugins[kind, label])
        except (KeyError, UnknownName, EnvironmentRefused):
            return type("Unknown", (), {"simulated": False, "interface": ""})

    def style(self, series: str) -> Style:
        """How a series looks, the same in every picture: like its model; several series of a model are shades of it."""
        return self._styles[series]

    @cached_property
    def _styles(self) -> dict[str, Style]:
        models = {name: points[0].model for name, points in self.series(self.points).items()}
        plugins = {name: self.plugins.get(("model", model), model) for name, model in models.items()}
        return assign_styles(plugins, {name: self.plugin("model", model) for name, model in models.items()})


def once_per_view(build: Callable[[View], T]) -> Callable[[View], T]:
    """Keeps what `build(view)` returns with the view: its picture, its sentences and the answer ask for the same."""

    @wraps(build)
    def built(view: View) -> T:
        key = build, current()  # what is built may hold texts
        if key not in view.memo:
            view.memo[key] = build(view)
        return view.memo[key]  # type: ignore[no-any-return]

    return built
