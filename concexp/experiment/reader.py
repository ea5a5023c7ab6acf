"""A file, or its text, -> Spec; InputError with all its problems at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from concexp import catalog
from concexp.errors import InputError, Problem, did_you_mean
from concexp.experiment import axes, claims, entries, selections, units
from concexp.experiment.layers import layered
from concexp.experiment.problems import Problems, items, shaped, text, unknown_keys
from concexp.experiment.spec import KINDS, MIN_PILOT_BLOCKS, Axis, Entry, Grid, Load, Measure, Report, Spec, Startup
from concexp.experiment.yaml_nodes import SIZE_LIMIT, Node

GRID_KEYS = ("workload", "model", "sync", "background", "load", "startup", "exclude")
ROOT_KEYS = (
    "name", "question", "tags", *KINDS, "background", "sweep", "exclude", "load", "startup", "measure", "baseline", "primary",
    "metrics", "allow", "claims", "report", "extends",
)  # fmt: skip
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")  # a folder's name: it has to fit, and cannot lead anywhere else


def load(path: str | Path, overrides: Sequence[str] = ()) -> Spec:
    """Read an experiment's file. `overrides` are texts `key=value`, as --set gives them."""
    try:
        with Path(path).open("rb") as file:
            # A little more than is allowed, since a file may never end; the reader of the text tells that it is too large.
            data = file.read(SIZE_LIMIT + 4).decode("utf-8-sig", "replace" if file.read(1) else "strict")
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, "", f"cannot read it: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise InputError([Problem(str(path), 0, 0, "", "it is not UTF-8 text")]) from error
    return parse_text(data, str(path), overrides)


def parse_text(data: str, file: str, overrides: Sequence[str] = ()) -> Spec:
    """Read an experiment's text; `file` is where it stands, and what relative paths begin from."""
    root = layered(data, file, overrides)
    problems = Problems()
    spec = _Reader(root, file, data, problems).spec()
    if problems or spec is None:
        raise InputError(problems)
    return spec


class _Reader:
    def __init__(self, root: Node, file: str, data: str, problems: Problems) -> None:
        self.root, self.file, self.data, self.problems = root, file, data, problems

    def spec(self) -> Spec | None:
        root, problems = self.root, self.problems
        unknown_keys(root, "", [*ROOT_KEYS, *(k for k in root.value if k.startswith("."))], problems)
        grids = self.grids()
        names = selections.names_of(grids)
        if "exclude" in root.value:
            excluded = selections.exclude(root.value["exclude"], "exclude", names, problems)
            grids = [replace(grid, exclude=excluded + grid.exclude) for grid in grids]
        name = self.name()
        question = self.text("question") or (name or "").replace("_", " ")
        measure = shaped(Measure, root.value["measure"], "measure", problems) if "measure" in root.value else Measure()
        if measure is not None:
            self.adaptive(measure)
        report = shaped(Report, root.value["report"], "report", problems) if "report" in root.value else Report()
        if report is not None and report.plots is not None:
            self.known("report.plots", root.value["report"].value["plots"], "plot")
        baseline = selections.baseline(root.value.get("baseline"), names, problems)
        metrics = self.names("metrics", "metric")
        primary = self.primary()
        self.measurable(grids)
        self.one_python(grids)
        tags = (
            tuple(t for n in items(root.value["tags"]) if (t := text(n, "tags", problems)))
            if "tags" in root.value
            else ()
        )
        allow = selections.allow(root.value["allow"], names, problems) if "allow" in root.value else ()
        bounds = claims.claim_scope(grids, names, _open_loop(grids), bool(baseline))
        claimed = claims.read(root.value["claims"], bounds, problems) if "claims" in root.value else ()
        if measure is None or report is None or name is None:
            return None
        return Spec(
            name, question, tags, tuple(grids), measure, baseline, primary, metrics, allow, report,
            self.file, self.data, root.plain(), claimed,
        )  # fmt: skip

    def text(self, key: str) -> str | None:
        return text(self.root.value[key], key, self.problems) if key in self.root.value else None

    def primary(self) -> str:
        said = self.text("primary")
        known = self.names("primary", "metric") if said is not None else ()
        return known[0] if known else "throughput"

    def adaptive(self, measure: Measure) -> None:
        """`max_repetitions` has a meaning beside `precision` alone, and leaves room for the trials that come first."""
        if measure.max_repetitions is None:
            return
        node, path = self.root.value["measure"].value["max_repetitions"], "measure.max_repetitions"
        if measure.precision is None:
            what = "without a `precision` every cell has `repetitions` trials"
            self.problems.at(node, path, what, "add `precision: 3%`, or leave it out")
        elif measure.max_repetitions < measure.blocks:
            first = f"{measure.blocks} trials per cell come first (`repetitions`, and at least {MIN_PILOT_BLOCKS})"
            self.problems.at(node, path, f"{first}, not {measure.max_repetitions}", f"at least {measure.blocks}")

    def measurable(self, grids: Sequence[Grid]) -> None:
        """A latency counts from the intended start of an operation: without an open loop there is none."""
        if _open_loop(grids):
            return
        for key in ("metrics", "primary"):
            for item in items(self.root.value[key]) if key in self.root.value else []:
                name = item.value
                if name in catalog.names("metric") and catalog.load("metric", name).open_loop:
                    self.problems.at(item, key, *claims.closed_loop(name))

    def name(self) -> str | None:
        """The experiment's name: said, or from the file's, without the number that sorts it."""
        if "name" in self.root.value:
            said = self.text("name")
            if said is not None and not NAME.fullmatch(said):
                cure = "small letters, digits and underscores, a letter first: it names a folder"
                self.problems.at(self.root.value["name"], "name", f"'{said}' is no name", cure)
                return None
            return said
        stem = re.sub(r"^[\d_]+", "", Path(self.file).name.split(".")[0]).lower().replace("-", "_")
        if not NAME.fullmatch(stem):
            self.problems.at(
                self.root, "name", f"the file's name '{Path(self.file).name}' gives no name", "add `name: …`"
            )
            return None
        return stem

    def known(self, path: str, node: Node, kind: str) -> tuple[str, ...]:
        found = []
        for item in items(node):
            said = text(item, path, self.problems)
            if said is not None and not catalog.exists(kind, said):
                what = path.rpartition(".")[2].rstrip("s")
                what = "metric" if what == "primary" else what
                self.problems.at(item, path, f"there is no {what} '{said}'", did_you_mean(said, catalog.names(kind)))
            elif said is not None:
                found.append(said)
        return tuple(found)

    def names(self, key: str, kind: str) -> tuple[str, ...]:
        return self.known(key, self.root.value[key], kind) if key in self.root.value else ()

    def grids(self) -> list[Grid]:
        """The sweep's grids: one, or a list whose union is meant."""
        for key in ("workload", "model"):
            sweep = self.root.value.get("sweep")
            inside = sweep is not None and isinstance(sweep.value, list)
            if key not in self.root.value and not inside:
                first = catalog.names(key)[0]
                self.problems.at(self.root, "", f"`{key}:` is missing", f"add, for example, `{key}: {first}`")
        own = {kind: self.entries(kind, self.root, "") for kind in KINDS}
        node = self.root.value.get("sweep") or Node({}, self.file, 1, 1)
        if isinstance(node.value, list):
            if not node.value:
                self.problems.at(node, "sweep", "the list is empty", "sweep: {workers: [1, 2, 4]}")
            found = [self.grid(item, f"sweep[{i}]", own, True) for i, item in enumerate(node.value)]
            self.one_meaning(node, found)
            return found
        return [self.grid(node, "sweep", own, False)]

    def one_meaning(self, node: Node, grids: Sequence[Grid]) -> None:
        """A label that means one thing here and another there would name two cells alike."""
        first: dict[tuple[str, str], Entry] = {}
        for number, grid in enumerate(grids):
            second = () if grid.background is None else (grid.background,)
            for kind, found in (*((kind, getattr(grid, kind)) for kind in KINDS), ("background", second)):
                for entry in found:
                    if first.setdefault((kind, entry.label), entry) != entry:
                        what = f"the {kind} '{entry.label}' means something else in another grid"
                        path = f"sweep[{number}].{kind}"
                        self.problems.at(node.value[number], path, what, "give one of them another label with `as:`")

    def one_python(self, grids: Sequence[Grid]) -> None:
        """A label that stands for two interpreters would mix their numbers."""
        first: dict[str, str] = {}
        for value in (value for grid in grids for value in grid.values("python")):
            label = value.label or value.raw
            meant = "current" if label == "current" else value.raw
            if first.setdefault(label, meant) != value.raw:
                place = (value.file, value.line, value.column)
                cure = "give one of them another with `as:`"
                self.problems.append(Problem(*place, "sweep.python", f"'{label}' stands for two interpreters", cure))

    def entries(self, kind: str, holder: Node, path: str) -> tuple[Entry, ...]:
        home = Path(self.file).parent
        if kind in holder.value:
            return entries.read(kind, holder.value[kind], f"{path}.{kind}" if path else kind, home, self.problems)
        if kind == "sync" and holder is self.root:
            return entries.read(kind, Node("none", self.file, 1, 1), kind, home, self.problems)
        return ()

    def grid(self, node: Node, path: str, outer: dict[str, tuple[Entry, ...]], listed: bool) -> Grid:
        if not isinstance(node.value, dict):
            cure = "sweep: {workers: [1, 2, 4]}"
            self.problems.at(node, path, f"expected a map of axes, not {units.for_message(node.value)}", cure)
            node = Node({}, node.file, node.line, node.column)
        own = {kind: self.entries(kind, node, path) or outer[kind] for kind in KINDS} if listed else outer
        for kind in ("workload", "model"):
            if listed and not own[kind] and kind not in node.value and kind not in self.root.value:
                self.problems.at(node, path, f"`{kind}:` is missing", "name it here or above for all grids")
        fixed = [
            k
            for k in GRID_KEYS
            if k in node.value and listed and not (k in ("load", "startup") and self.is_axis(node.value[k]))
        ]
        swept = Node(
            {k: v for k, v in node.value.items() if k not in fixed}, node.file, node.line, node.column, keys=node.keys
        )
        background = self.background(
            node if "background" in fixed else self.root, path if "background" in fixed else ""
        )
        every = [entry for kind in KINDS for entry in own[kind]] + ([background] if background is not None else [])
        found = axes.read(swept, path, every, self.problems)
        load = self.load(node if "load" in fixed else self.root, node, path, found)
        startup = self.startup(node if "startup" in fixed else self.root)
        grid = Grid(own["workload"], own["model"], own["sync"], tuple(found), (), load, startup, background)
        if "exclude" in fixed:
            names = selections.names_of([grid])
            return replace(
                grid, exclude=selections.exclude(node.value["exclude"], f"{path}.exclude", names, self.problems)
            )
        return grid

    def background(self, holder: Node, path: str) -> Entry | None:
        """The second role, an entry like a workload."""
        found = self.entries("background", holder, path)
        if len(found) > 1:
            self.problems.at(
                holder.value["background"],
                "background",
                "one background at a time",
                "vary it with `background.workers`",
            )
        return found[0] if found else None

    @staticmethod
    def is_axis(node: Node) -> bool:
        return isinstance(node.value, list) or (isinstance(node.value, dict) and "is" in node.value)

    def load(self, holder: Node, sweep: Node, path: str, swept: Sequence[Axis]) -> dict[str, Any] | None:
        """The load of a grid; where the number of workers varies and operations are counted, scaling must be said."""
        node = holder.value.get("load")
        found = shaped(Load, node, "load", self.problems) if node is not None else Load()
        if found is None:
            return None
        said = {key: value for key, value in found.model_dump().items() if value is not None}
        varied = {key for axis in swept for key in axis.keys}
        given = set(said) | {key.partition(".")[2] for key in varied if key.startswith("load.")}
        wholes = [v.raw for axis in swept if axis.keys == ("load",) for (v,) in axis.points if isinstance(v.raw, dict)]
        counted = "ops" in given or any("ops" in load and "scaling" not in load for load in wholes)
        where, key = (node, "load") if node is not None else (sweep, path)
        if "load" in varied and any(axis.startswith("load.") for axis in varied):
            self.problems.at(sweep, path, "both `load` and a part of it are axes", "keep one of them")
        elif {"rate", "ops"} <= given:
            cure = "an open loop lasts a time: load: {rate: 100/s, duration: 5s}"
            self.problems.at(where, key, "`rate` and `ops` are both said", cure)
        elif "rate" in given and "duration" not in given:
            self.problems.at(where, key, "an open loop needs a `duration`", "load: {rate: 100/s, duration: 5s}")
        elif "arrivals" in given and "rate" not in given:
            self.problems.at(where, key, "`arrivals` is for an open loop", "add a `rate`, such as rate: 100/s")
        elif {"ops", "duration"} <= given:
            self.problems.at(
                where, key, "both `ops` and `duration` are said", "count operations, or measure for a time"
            )
        elif node is not None and not {"ops", "duration"} & given and "load" not in varied:
            self.problems.at(node, "load", "neither `ops` nor `duration` is said", "load: {duration: 1s}, for example")
        elif {"duration", "scaling"} <= given:
            self.problems.at(where, key, "`scaling` is for counted operations", "leave it out", "scaling")
        elif counted and "scaling" not in given and any("workers" in axis.keys and axis.varies for axis in swept):
            cure = "scaling: strong (ops in total) or scaling: weak (ops for each worker)"
            what = "`workers` varies and operations are counted: say which scaling is meant"
            self.problems.at(where, key, what, cure)
        return said if node is not None else None

    def startup(self, holder: Node) -> str:
        node = holder.value.get("startup")
        if node is None:
            return "once"
        try:
            return axes.one_of(get_args(Startup))(node.plain())
        except ValueError as error:
            self.problems.at(node, "startup", str(error))
            return "once"


def _open_loop(grids: Sequence[Grid]) -> bool:
    """Whether operations arrive at a rate anywhere."""
    wholes = [v.raw for g in grids for a in g.axes if a.keys == ("load",) for (v,) in a.points]
    rates = any("rate" in (grid.load or {}) or any("load.rate" in axis.keys for axis in grid.axes) for grid in grids)
    return rates or any(isinstance(load, dict) and "rate" in load for load in wholes)
