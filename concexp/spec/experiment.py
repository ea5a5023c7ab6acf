"""A file, or its text, -> Spec; InputError with all its problems at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from concexp import catalog
from concexp.errors import InputError, Problem, did_you_mean
from concexp.spec import axes, entries, units
from concexp.spec.layers import layered
from concexp.spec.reading import Problems, items, parsed, shaped, text, unknown_keys
from concexp.spec.shape import KINDS, Entry, Grid, Load, Measure, Report, Spec, Startup
from concexp.spec.source import Node

GRID_KEYS = ("workload", "model", "sync", "load", "startup", "exclude")
ROOT_KEYS = (
    "name", "question", "tags", *KINDS, "sweep", "exclude", "load", "startup", "measure", "baseline", "primary",
    "metrics", "allow", "report", "extends",
)  # fmt: skip
STATUSES = ("ok", "invalid", "failed", "crashed", "timeout", "unsupported")
NAME = re.compile(r"[a-z][a-z0-9_]*")


def load(path: str | Path, overrides: Sequence[str] = ()) -> Spec:
    """Read an experiment's file. `overrides` are texts `key=value`, as --set gives them."""
    try:
        data = Path(path).read_bytes().decode("utf-8-sig")
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
        labels: dict[str, set[Any]] = {kind: set() for kind in KINDS}
        swept: dict[str, None] = {}
        for grid in grids:
            for kind in KINDS:
                labels[kind] |= {entry.label for entry in getattr(grid, kind)}
            swept.update({key: None for axis in grid.axes for key in axis.keys})
        name = self.name()
        question = self.text("question") or (name or "").replace("_", " ")
        measure = shaped(Measure, root.value["measure"], "measure", problems) if "measure" in root.value else Measure()
        report = shaped(Report, root.value["report"], "report", problems) if "report" in root.value else Report()
        if report is not None and report.plots is not None:
            self.known("report.plots", root.value["report"].value["plots"], catalog.names("plot"))
        baseline = self.baseline(labels, swept)
        metrics = self.names("metrics", catalog.names("metric"))
        primary = (self.names("primary", catalog.names("metric")) or ("throughput",))[0]
        tags = (
            tuple(t for n in items(root.value["tags"]) if (t := text(n, "tags", problems)))
            if "tags" in root.value
            else ()
        )
        allow = self.selections("allow", labels, swept, "status")
        if measure is None or report is None or name is None:
            return None
        return Spec(
            name, question, tags, tuple(grids), measure, baseline, primary, metrics, allow, report,
            self.file, self.data, root.plain(),
        )  # fmt: skip

    def text(self, key: str) -> str | None:
        return text(self.root.value[key], key, self.problems) if key in self.root.value else None

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

    def known(self, path: str, node: Node, names: Sequence[str]) -> tuple[str, ...]:
        found = []
        for item in items(node):
            said = text(item, path, self.problems)
            if said is not None and said not in names:
                what = path.rpartition(".")[2].rstrip("s")
                what = "metric" if what == "primary" else what
                self.problems.at(item, path, f"there is no {what} '{said}'", did_you_mean(said, names))
            elif said is not None:
                found.append(said)
        return tuple(found)

    def names(self, key: str, names: Sequence[str]) -> tuple[str, ...]:
        return self.known(key, self.root.value[key], names) if key in self.root.value else ()

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
            return [self.grid(item, f"sweep[{i}]", own, True) for i, item in enumerate(node.value)]
        return [self.grid(node, "sweep", own, False)]

    def entries(self, kind: str, holder: Node, path: str) -> tuple[Entry, ...]:
        if kind in holder.value:
            return entries.read(kind, holder.value[kind], f"{path}.{kind}" if path else kind, self.problems)
        if kind == "sync" and holder is self.root:
            return entries.read(kind, Node("none", self.file, 1, 1), kind, self.problems)
        return ()

    def grid(self, node: Node, path: str, outer: dict[str, tuple[Entry, ...]], listed: bool) -> Grid:
        if not isinstance(node.value, dict):
            cure = "sweep: {workers: [1, 2, 4]}"
            self.problems.at(node, path, f"expected a map of axes, not {units.shown(node.value)}", cure)
            node = Node({}, node.file, node.line, node.column)
        own = {kind: self.entries(kind, node, path) or outer[kind] for kind in KINDS} if listed else outer
        for kind in ("workload", "model"):
            if listed and not own[kind] and kind not in node.value and kind not in self.root.value:
                self.problems.at(node, path, f"`{kind}:` is missing", "name it here or above for all grids")
        fixed = [
            k for k in GRID_KEYS if k in node.value and listed and not (k == "load" and self.is_axis(node.value[k]))
        ]
        swept = Node(
            {k: v for k, v in node.value.items() if k not in fixed}, node.file, node.line, node.column, keys=node.keys
        )
        every = [entry for kind in KINDS for entry in own[kind]]
        found = axes.read(swept, path, every, self.problems)
        keys = {key for axis in found for key in axis.keys}
        workers = next((axis for axis in found if "workers" in axis.keys), None)
        load = self.load(node if "load" in fixed else self.root, path, keys, workers is not None and workers.varies)
        startup = self.startup(node if "startup" in fixed else self.root)
        exclude = self.exclude(self.root, "exclude", own, keys) if "exclude" in self.root.value else ()
        if "exclude" in fixed:
            exclude += self.exclude(node, f"{path}.exclude", own, keys)
        return Grid(own["workload"], own["model"], own["sync"], tuple(found), exclude, load, startup)

    @staticmethod
    def is_axis(node: Node) -> bool:
        return isinstance(node.value, list) or (isinstance(node.value, dict) and "is" in node.value)

    def load(self, holder: Node, path: str, keys: set[str], varies: bool) -> dict[str, Any] | None:
        """The load of a grid; `varies` says that the number of workers does."""
        node = holder.value.get("load")
        if node is None or self.is_axis(node):
            return None
        found = shaped(Load, node, "load", self.problems)
        if found is None:
            return None
        said = {key: value for key, value in found.model_dump().items() if value is not None}
        swept = {key.partition(".")[2] for key in keys if key.startswith("load.")}
        if "ops" in said and "duration" in said:
            self.problems.at(
                node, "load", "both `ops` and `duration` are said", "count operations, or measure for a time"
            )
        elif not {"ops", "duration"} & (set(said) | swept):
            self.problems.at(node, "load", "neither `ops` nor `duration` is said", "load: {duration: 1s}, for example")
        elif "duration" in set(said) | swept and "scaling" in said:
            self.problems.at(node, "load.scaling", "`scaling` is for counted operations", "leave it out", "scaling")
        elif ({"ops"} & (set(said) | swept)) and varies and not {"scaling"} & (set(said) | swept):
            cure = "scaling: strong (ops in total) or scaling: weak (ops for each worker)"
            self.problems.at(
                node, "load", "`workers` varies and operations are counted: say which scaling is meant", cure
            )
        return said

    def startup(self, holder: Node) -> str:
        node = holder.value.get("startup")
        if node is None:
            return "once"
        try:
            return axes.one_of(get_args(Startup))(node.plain())
        except ValueError as error:
            self.problems.at(node, "startup", str(error))
            return "once"

    def exclude(self, holder: Node, path: str, own: dict[str, tuple[Entry, ...]], keys: set[str]) -> tuple[Any, ...]:
        """Maps and conditions, their names checked."""
        labels = {kind: {entry.label for entry in own[kind]} for kind in KINDS}
        found: list[Any] = []
        for number, item in enumerate(items(holder.value["exclude"])):
            here = f"{path}[{number}]"
            if isinstance(item.value, dict):
                # Of several grids, one may lack what the others have.
                self.check_map(item, here, labels, dict.fromkeys(keys), False)
                found.append(item.plain())
            elif isinstance(item.value, str):
                if parsed(item.value, item, here, self.problems) is not None:
                    found.append(item.value)
            else:
                cure = "{model: asyncio, workload: counter}, or a condition such as workers > 4*cpus"
                self.problems.at(item, here, f"expected a selection, not {units.shown(item.value)}", cure)
        return tuple(found)

    def check_map(
        self, node: Node, path: str, labels: dict[str, set[Any]], swept: dict[str, None], strict: bool
    ) -> None:
        """Whether a selection's axes and labels exist."""
        known = [*KINDS, "workers", *swept, *(("status",) if strict else ())]
        unknown_keys(node, path, list(dict.fromkeys(known)), self.problems)
        for kind in KINDS:
            if kind not in node.value:
                continue
            for item in items(node.value[kind]):
                if item.value not in labels[kind]:
                    cure = did_you_mean(str(item.value), sorted(labels[kind]))
                    self.problems.at(item, f"{path}.{kind}", f"no {kind} here has the label '{item.text}'", cure)

    def selections(
        self, key: str, labels: dict[str, set[Any]], swept: dict[str, None], extra: str
    ) -> tuple[dict[str, Any], ...]:
        if key not in self.root.value:
            return ()
        found = []
        for number, item in enumerate(items(self.root.value[key])):
            path = f"{key}[{number}]"
            if not isinstance(item.value, dict) or extra not in item.value:
                cure = "{sync: none, status: invalid}"
                self.problems.at(item, path, f"expected a selection with `{extra}`", cure)
                continue
            self.check_map(item, path, labels, swept, True)
            for status in items(item.value[extra]):
                if status.value not in STATUSES:
                    cure = did_you_mean(str(status.value), STATUSES)
                    self.problems.at(status, f"{path}.{extra}", f"there is no status '{status.text}'", cure)
            found.append(item.plain())
        return tuple(found)

    def baseline(self, labels: dict[str, set[Any]], swept: dict[str, None]) -> dict[str, Any]:
        """What speedup is relative to; `serial` if it is there."""
        node = self.root.value.get("baseline")
        if node is None:
            return {"model": "serial"} if "serial" in labels["model"] else {}
        if not isinstance(node.value, dict):
            cure = "baseline: {model: serial}"
            self.problems.at(node, "baseline", f"expected a selection, not {units.shown(node.value)}", cure)
            return {}
        self.check_map(node, "baseline", labels, swept, False)
        return dict(node.plain())
