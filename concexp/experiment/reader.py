"""A file, or its text, -> Spec; InputError with all its problems at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, get_args

import yaml

from concexp import catalog
from concexp.errors import InputError, Problem, did_you_mean
from concexp.experiment import (
    axes,
    claims,
    diagnosers,
    entries,
    environment,
    keys,
    loads,
    provided,
    selections,
    slips,
    units,
    versions,
    yaml_nodes,
)
from concexp.experiment.axis_values import one_of
from concexp.experiment.blocks import MIN_PILOT_BLOCKS, Answer, Execution, Measure, Report, Startup
from concexp.experiment.layers import layered
from concexp.experiment.problems import Problems, items, one_value, shaped, text, unknown_keys
from concexp.experiment.scope import Scope
from concexp.experiment.spec import KINDS, Entry, Grid, Spec, Version
from concexp.experiment.version_names import AXIS as CODE
from concexp.experiment.yaml_nodes import Node

NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")  # a folder's name: it has to fit, and cannot lead out of its parent
REQUIRED_KINDS = ("workload", "model")
Entries = Mapping[str, tuple[Entry, ...]]  # by kind


def load(path: str | Path, overrides: Sequence[str] = (), against: str = "") -> Spec:
    """Read an experiment's file. `overrides` are texts `key=value`, as --set gives them, and `against` is that of --against."""
    try:
        data = yaml_nodes.read_limited(Path(path))
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, "", f"cannot read it: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise InputError([Problem(str(path), 0, 0, "", "it is not UTF-8 text", "save it as UTF-8")]) from error
    return parse_text(data, str(path), overrides, against)


def of_data(data: Mapping[str, Any], file: str, overrides: Sequence[str] = ()) -> Spec:
    """Read an experiment that stands in no file; `file` stands for it in messages, and relative paths start from its folder."""
    if "name" not in data:
        problem = Problem(file, 0, 0, "name", "an experiment without a file needs a name", "{'name': 'my_question', …}")
        raise InputError([problem])
    try:
        text = yaml.dump(dict(data), Dumper=yaml_nodes.Dumper, sort_keys=False, allow_unicode=True, width=120)
    except (yaml.YAMLError, RecursionError) as error:
        what = f"it holds what no YAML can: {units.for_message(error.args[-1])}" if error.args else "it contains itself"
        raise InputError([Problem(file, 0, 0, "", what, "use dicts, lists, texts and numbers")]) from error
    return parse_text(text, file, overrides)


def parse_text(data: str, file: str, overrides: Sequence[str] = (), against: str = "") -> Spec:
    """Read an experiment's text; relative paths in it start from the folder of `file`."""
    problems = Problems()
    layers = layered(data, file, overrides, against)
    spec = _Reader(layers.root, file, data, problems, layers.bases).spec()
    if problems or spec is None:
        raise InputError(problems)
    return spec


@dataclass(frozen=True)
class _Reader:
    """Reads one experiment; what is wrong goes into `problems`."""

    root: Node
    file: str
    data: str
    problems: Problems
    bases: Mapping[str, str]

    @cached_property
    def mentions(self) -> list[versions.Mention]:
        """The versions of the user's code that the sweep names."""
        return versions.mentions(self.root.value.get("sweep"), self.problems)

    @cached_property
    def exported(self) -> dict[str, Version]:
        """The versions by name, exported."""
        return versions.read(self.mentions, Path(self.file), self.problems)

    def spec(self) -> Spec | None:
        """The whole experiment; None if a part that it cannot be without has a problem."""
        root, problems = self.root, self.problems
        unknown_keys(root, "", [*keys.ROOT, *(k for k in root.value if k.startswith("."))], problems)
        grids = self.grids()
        versions.check_used(self.mentions, grids, problems)
        names = selections.names_of(grids)
        if "exclude" in root.value:
            excluded = selections.exclude(root.value["exclude"], "exclude", names, problems)
            grids = [replace(grid, exclude=excluded + grid.exclude) for grid in grids]
        name = self.name()
        measure = self.measure()
        report = self.report()
        execution = self.execution()
        baseline = selections.baseline(root.value.get("baseline"), names, problems)
        open_loop = loads.is_open_loop(grids)
        if not open_loop:
            self.check_latencies()
        self.check_labels_of_values(grids)
        variables = provided.variables(root.value.get("environment"), problems)
        self.check_variables(grids, variables)
        scope = claims.claim_scope(grids, names, open_loop, bool(baseline))
        self.check_baseline(scope)
        self.texts("author"), self.text("license")  # for bundles, which read them from a run's data
        spec = Spec(
            name=name or "",
            question=self.text("question") or (name or "").replace("_", " "),
            tags=self.texts("tags"),
            grids=tuple(grids),
            measure=measure or Measure(),
            baseline=baseline,
            primary=self.primary(),
            metrics=self.metrics("metrics"),
            allow=selections.allow(root.value["allow"], names, problems) if "allow" in root.value else (),
            report=report or Report(),
            answer=self.answer(names) or Answer(),
            execution=execution or Execution(),
            path=self.file,
            text=self.data,
            data=root.plain(),
            bases=self.bases,
            claims=claims.read(root.value["claims"], scope, problems) if "claims" in root.value else (),
            environment=variables,
            files=provided.data_files(root.value.get("files"), Path(self.file).parent, problems, self.exported),
            versions=versions.by_label(self.mentions, self.exported),
            diagnose=diagnosers.read(self.root.value.get(diagnosers.KEY), problems),
        )
        return None if measure is None or report is None or name is None else spec

    # What stands at the root.

    def text(self, key: str) -> str | None:
        return text(self.root.value[key], key, self.problems) if key in self.root.value else None

    def texts(self, key: str) -> tuple[str, ...]:
        node = self.root.value.get(key)
        found = [text(item, key, self.problems) for item in items(node)] if node is not None else []
        return tuple(one for one in found if one)

    def name(self) -> str | None:
        """The experiment's name: from `name:`, or from the file's name without the number that sorts it."""
        if "name" in self.root.value:
            name = self.text("name")
            if name is not None and not NAME.fullmatch(name):
                cure = "small letters, digits and underscores, a letter first: it names a folder"
                self.problems.at(self.root.value["name"], "name", f"'{name}' cannot be a name", cure)
                return None
            return name
        file = Path(self.file).name
        stem = re.sub(r"^[\d_]+", "", file.split(".")[0]).lower().replace("-", "_")
        if not NAME.fullmatch(stem):
            self.problems.at(self.root, "name", f"no name can be made from the file name '{file}'", "add `name: …`")
            return None
        return stem

    def measure(self) -> Measure | None:
        node = self.root.value.get("measure")
        if node is None:
            return Measure()
        measure = shaped(Measure, node, "measure", self.problems)
        if measure is not None and measure.max_repetitions is not None:
            self.check_max_repetitions(measure, measure.max_repetitions, node.value["max_repetitions"])
        return measure

    def check_max_repetitions(self, measure: Measure, limit: int, node: Node) -> None:
        """`max_repetitions` must leave room for the trials that come first."""
        if limit < measure.blocks:
            pilot = "" if measure.precision is None else f", and at least {MIN_PILOT_BLOCKS}"
            what = f"{measure.blocks} trials per cell come first (`repetitions`{pilot}), not {limit}"
            self.problems.at(node, "measure.max_repetitions", what, f"at least {measure.blocks}")

    def report(self) -> Report | None:
        node = self.root.value.get("report")
        if node is None:
            return Report()
        report = shaped(Report, node, "report", self.problems)
        if report is not None and report.plots is not None:
            self.plugins(node.value["plots"], "report.plots", "plot")
        return report

    def execution(self) -> Execution | None:
        node = self.root.value.get("execution")
        execution = shaped(Execution, node, "execution", self.problems) if node is not None else None
        if node is not None and execution is not None and execution.engine == "local" and {*node.value} - {"engine"}:
            cure = "write `engine: dask`, or leave the rest out"
            self.problems.at(node, "execution", "this machine has no cluster and no strategy", cure)
        return execution

    def answer(self, names: selections.Names) -> Answer | None:
        node = self.root.value.get("answer")
        answer = shaped(Answer, node, "answer", self.problems) if node is not None else None
        if node is not None and answer is not None:
            selections.check_answer(node, answer, names, self.problems)
        return answer

    def primary(self) -> str:
        metrics = self.metrics("primary") if self.text("primary") is not None else ()
        return metrics[0] if metrics else "throughput"

    def metrics(self, key: str) -> tuple[str, ...]:
        """The metrics that a key of the root names."""
        return self.plugins(self.root.value[key], key, "metric") if key in self.root.value else ()

    def plugins(self, node: Node, path: str, kind: str) -> tuple[str, ...]:
        """The plug-ins in a list that exist; a problem for each other name."""
        existing = []
        for item in items(node):
            name = text(item, path, self.problems)
            if name is None:
                continue
            if catalog.exists(kind, name):
                existing.append(name)
            else:
                cure = slips.of_entry(kind, name) or catalog.cure(kind, name)
                self.problems.at(item, path, f"there is no {kind} '{name}'", cure)
        return tuple(existing)

    def check_baseline(self, scope: claims.ClaimScope) -> None:
        """The baseline has to be among the cells: without it no cell has a speedup."""
        node = self.root.value.get("baseline")
        given = node.value if node is not None and isinstance(node.value, dict) else {}
        for axis, wanted in given.items():
            labels = scope.labels.get(axis)
            if labels is None or axis in scope.names.labels or isinstance(wanted.value, list | dict):
                continue
            if not any(claims.same_label(label, wanted.plain()) for label in labels):
                known = ", ".join(map(str, labels))
                cure = f"the sweep has {known}: add {wanted.text} to it, or take one of these"
                self.problems.at(wanted, f"baseline.{axis}", f"no cell has {axis} {wanted.text}", cure)

    def check_latencies(self) -> None:
        """A latency counts from the intended start of an operation: a closed loop has none."""
        for key in ("metrics", "primary"):
            for item in items(self.root.value[key]) if key in self.root.value else []:
                name = item.value
                if name in catalog.names("metric") and catalog.load("metric", name).open_loop:
                    self.problems.at(item, key, *claims.closed_loop(name))

    def check_labels_of_values(self, grids: Sequence[Grid]) -> None:
        """A label that stands for two interpreters, or two values of a variable, would mix their numbers."""
        swept = dict.fromkeys(key for grid in grids for axis in grid.axes for key in axis.keys)
        for key in [key for key in swept if key in ("python", CODE) or key.startswith(environment.AXIS)]:
            first: dict[str, tuple[Any, ...]] = {}
            for value in (value for grid in grids for value in grid.values(key)):
                label = value.label or value.raw
                meant = ("current", None) if label == "current" and key == "python" else value.meant
                if first.setdefault(label, meant) != value.meant:
                    place = (value.file, value.line, value.column)
                    cure = "give one of them another with `as:`"
                    self.problems.append(Problem(*place, f"sweep.{key}", f"'{label}' stands for two values", cure))

    def check_variables(self, grids: Sequence[Grid], variables: Mapping[str, environment.Variable]) -> None:
        """The values of an axis stand in tables: a secret can have none."""
        for name in [name for name, variable in variables.items() if variable.secret]:
            key = f"{environment.AXIS}{name}"
            what, cure = f"{name} is secret, and an axis shows its values", "leave out `secret`, or the axis"
            for value in (value for grid in grids for value in grid.values(key)):
                place = (value.file, value.line, value.column)
                self.problems.append(Problem(*place, f"sweep.{key}", what, cure))

    # The grids.

    def grids(self) -> list[Grid]:
        """The sweep's grids: one, or a list whose union is meant."""
        node = self.root.value.get("sweep") or Node({}, self.file, 1, 1)
        listed = isinstance(node.value, list)
        if not listed:
            for kind in REQUIRED_KINDS:
                misspelt = did_you_mean(kind, [key for key in self.root.value if key not in keys.ROOT]).startswith(
                    "did"
                )
                if kind not in self.root.value and not misspelt:
                    cure = f"add, for example, `{kind}: {catalog.names(kind)[0]}`"
                    self.problems.at(self.root, "", f"`{kind}:` is missing", cure)
        shared = {kind: self.entries(kind, self.root.value.get(kind), kind) for kind in KINDS}
        if "sync" not in self.root.value:
            shared["sync"] = self.entries("sync", Node("none", self.file, 1, 1), "sync")
        if not listed:
            return [self.grid(self.scope(node, "sweep", False), shared)]
        if not node.value:
            self.problems.at(node, "sweep", "the list is empty", "sweep: {workers: [1, 2, 4]}")
        grids = [self.grid(self.scope(item, f"sweep[{i}]", True), shared) for i, item in enumerate(node.value)]
        self.check_labels(node, grids)
        return grids

    def scope(self, node: Node, path: str, listed: bool) -> Scope:
        if isinstance(node.value, dict):
            return Scope(self.root, node, path, listed)
        what = f"expected a map of axes, not {units.for_message(node.value)}"
        self.problems.at(node, path, what, "sweep: {workers: [1, 2, 4]}")
        return Scope(self.root, Node({}, node.file, node.line, node.column), path, listed)

    def check_labels(self, node: Node, grids: Sequence[Grid]) -> None:
        """A label that means different entries in two grids would give two cells the same name."""
        first: dict[tuple[str, str], Entry] = {}
        for number, grid in enumerate(grids):
            background = () if grid.background is None else (grid.background,)
            for kind, known in (*((kind, getattr(grid, kind)) for kind in KINDS), ("background", background)):
                for entry in known:
                    if first.setdefault((kind, entry.label), entry) != entry:
                        what = f"the {kind} '{entry.label}' means something else in another grid"
                        path = f"sweep[{number}].{kind}"
                        self.problems.at(node.value[number], path, what, "give one of them another label with `as:`")

    def entries(self, kind: str, node: Node | None, path: str) -> tuple[Entry, ...]:
        """The entries of one kind; none without a node."""
        home = entries.Home(Path(self.file).parent, self.exported)
        return entries.read(kind, node, path, home, self.problems) if node is not None else ()

    def grid(self, scope: Scope, shared: Entries) -> Grid:
        """One grid; `shared` are the entries at the root, which hold where the grid has none of its own."""
        chosen = self.grid_entries(scope, shared)
        self.check_sync(scope, chosen)
        background = self.background(scope)
        every = [entry for kind in KINDS for entry in chosen[kind]]
        every += [background] if background is not None else []
        swept = tuple(axes.read(scope.swept, scope.path, every, Path(self.file).parent, self.problems))
        grid = Grid(
            **chosen,
            axes=swept,
            exclude=(),
            load=loads.read(scope, swept, self.problems),
            startup=self.startup(scope),
            background=background,
        )
        if not scope.is_local("exclude"):  # that of the root is for all grids
            return grid
        node, path = scope.get("exclude")
        assert node is not None
        return replace(grid, exclude=selections.exclude(node, path, selections.names_of([grid]), self.problems))

    def grid_entries(self, scope: Scope, shared: Entries) -> dict[str, tuple[Entry, ...]]:
        """The entries of a grid by kind."""
        chosen = dict(shared)
        for kind in KINDS:
            if scope.is_local(kind):
                chosen[kind] = self.entries(kind, *scope.get(kind)) or shared[kind]
            elif scope.listed and kind in REQUIRED_KINDS and kind not in self.root.value:
                cure = "name it here or above for all grids"
                self.problems.at(scope.node, scope.path, f"`{kind}:` is missing", cure)
        return chosen

    def check_sync(self, scope: Scope, chosen: Entries) -> None:
        """A primitive beside user code alone guards nothing: its cells could never run."""
        node, path = scope.get("sync")
        workloads = chosen["workload"]
        if node is None or not workloads or not all(one.is_user_code and not one.shares_sync for one in workloads):
            return
        for number, entry in enumerate(chosen["sync"]):
            if entry.name == "none":
                continue
            listed = isinstance(node.value, list) and len(node.value) == len(chosen["sync"])
            place = node.value[number] if listed else node
            found = place.problem(
                f"{path}[{number}]" if listed else path,
                f"{entry.label} cannot guard {workloads[0].label}: what user code shares is not known here",
                "give the function a parameter `sync` and use that (def update(sync): with sync: …), or leave `sync:` out and use "
                "a primitive of your own, for example one that the file makes at its top level",
            )
            if found not in self.problems:  # several grids may have it from the root
                self.problems.append(found)

    def background(self, scope: Scope) -> Entry | None:
        """The second role, an entry like a workload."""
        node, path = scope.get("background")
        roles = self.entries("background", node, path)
        if node is not None and len(roles) > 1:
            self.problems.at(node, "background", "one background at a time", "vary it with `background.workers`")
        return roles[0] if roles else None

    def startup(self, scope: Scope) -> str:
        node, _ = scope.get("startup")
        if node is None:
            return "once"
        try:
            return one_of(get_args(Startup))(node.plain())
        except ValueError as error:
            self.problems.at(node, "startup", str(error), one_value(node, "startup"))
            return "once"
