"""The Spec of an experiment and its parts, all frozen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from os.path import abspath, relpath
from pathlib import Path
from typing import Any

from concexp import catalog
from concexp.errors import Problem
from concexp.experiment import expressions, kept, units
from concexp.experiment.blocks import DEFAULT_LANGUAGE, Answer, Execution, Measure, Report
from concexp.experiment.environment import Variable
from concexp.experiment.files import DataFile
from concexp.experiment.swept import Axis, Value

KINDS = ("workload", "model", "sync")
SHORT_SHA = 7  # digits of a commit, as git shows it
# Made once: plans have many cells.
as_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode
PLUGINS = {"background": "workload"}  # axes of entries whose plug-ins are of another kind


@dataclass(frozen=True)
class Version:
    """One version of the user's code, exported into a folder: see `versions`.

    name      as the YAML names it, or its label in a run's own folder
    kind      commit, worktree or folder
    identity  the full SHA of the commit, or the SHA-256 of the contents, hex
    root      the folder that it was exported to, absolute
    yaml      the folder of the YAML, absolute, and `home` its place in the version, relative to `root`
    origin    the folder that it stands for, absolute: nothing is imported from there; "" in a run's own folder
    folder    its name in the run's folder
    facts     what the manifest says of it beside that
    """

    name: str
    kind: str
    identity: str
    root: str
    yaml: str
    home: str = "."
    origin: str = ""
    folder: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """`main (1a2b3c4)`."""
        return f"{self.name} ({self.identity[:SHORT_SHA]})" if self.kind == "commit" else self.name

    def place(self, folder: Path) -> Path | None:
        """A folder of the YAML, or of a file that it extends, in this version; None if that is outside of it."""
        place = Path(abspath(Path(self.root, self.home, relpath(folder.resolve(), self.yaml))))
        return place if place.is_relative_to(self.root) else None

    def data_place(self, folder: Path) -> Path:
        """Where the files are that the YAML in `folder` names: a run keeps them apart from its code."""
        if not self.origin:
            return Path(self.yaml, kept.FILES, self.folder)
        return self.place(folder) or Path(self.root, "outside")

    def roots(self, *first: str) -> list[str]:
        """The folders in which the imports of this version are searched, absolute: those given first."""
        home = abspath(Path(self.root, self.home))
        wanted = [*first, home, str(Path(self.root, "src")), self.root]
        return [folder for folder in dict.fromkeys(wanted) if Path(folder).is_dir()]

    @property
    def record(self) -> dict[str, Any]:
        """What the manifest says of it; no path of this machine."""
        return {
            "kind": self.kind, "identity": self.identity, "home": self.home, "folder": self.folder, **self.facts,
        }  # fmt: skip


@dataclass(frozen=True)
class Located:
    """Where a user's function or class is, and its name; all empty for none.

    path      the file, absolute, if the YAML names a file
    home      the experiment's folder, absolute: the last place where imports are searched
    source    the file that defines it, absolute; "" where there is no Python source
    module    the module, if the YAML names one
    written   the file as the YAML names it
    tree      of a version: `root` and `origin` as there, and the `roots` in which imports are searched first
    """

    path: str = ""
    home: str = ""
    source: str = ""
    module: str = ""
    function: str = ""
    written: str = ""
    tree: Mapping[str, Any] = field(default_factory=dict)

    def request(self) -> dict[str, Any]:
        """The form in which a trial's request names it."""
        if not self.function:
            return {}
        tree = {"tree": dict(self.tree)} if self.tree else {}
        return {"path": self.path, "home": self.home, "module": self.module, "function": self.function, **tree}

    @property
    def name(self) -> str:
        """file.py:function or module:function: no folder, so that it is the same on every machine."""
        return f"{self.module or Path(self.path).name}:{self.function}"


NOWHERE = Located()


@dataclass(frozen=True)
class Entry:
    """One value of the axes workload, model, sync or background: a plug-in with its parameters, in SI units, and its label.

    For user code there are also: where it is, the parameters known from its source or given, what it returns, its check,
    whether it takes the primitive as its argument `sync`, and the grades of its outcomes, by name.
    `wants` is what the experiment says that a workload needs, cpu or io; "" lets the measurement decide.

    Where versions of the user's code are compared, `versions` has the entry of each, by the version's name; each of these has its
    `version`, and says in `missing` why that lacks it, if it does.
    """

    kind: str  # an axis of entries: workload, model, sync, background
    name: str  # a plug-in's, or file.py:function
    label: str
    parameters: Mapping[str, Any]
    located: Located = NOWHERE
    known_parameters: tuple[str, ...] = ()
    returns: str = "anything"
    check: Located = NOWHERE
    over: Located = NOWHERE  # where the items are that it is called with
    place: Problem = field(default=Problem("", 0, 0, "", ""), compare=False)  # where problems with it are reported
    wants: str = ""
    takes_sync: bool = False
    consumer: Located = NOWHERE  # the second of two roles
    consumer_takes_sync: bool = False
    outcomes: Mapping[str, str] = field(default_factory=dict)
    version: Version | None = None
    versions: Mapping[str, Entry] = field(default_factory=dict)
    missing: str = ""

    def at(self, version: str) -> Entry:
        """The entry of a version, with the parameters of this one."""
        return replace(self.versions[version], parameters=self.parameters, wants=self.wants, kind=self.kind)

    @property
    def variants(self) -> list[Entry]:
        """The entries of all versions that have it; itself where there are no versions."""
        return [entry for entry in self.versions.values() if not entry.missing] or [self]

    @classmethod
    def default(cls, kind: str, name: str) -> Entry:
        """A plug-in with the defaults of all its parameters, labelled by its name."""
        defaults = {p.name: p.default for p in catalog.parameters(catalog.load(kind, name)).values()}
        return cls(kind, name, name, defaults)

    @property
    def is_user_code(self) -> bool:
        """Whether it is the user's own code and not a plug-in."""
        return bool(self.located.function)

    @property
    def shares_sync(self) -> bool:
        """Whether the user's code gets the primitive, in one of its roles."""
        return self.takes_sync or self.consumer_takes_sync

    @property
    def origin(self) -> str:
        """The package that it comes from, with its version; "" for user code and for concexp's own plug-ins."""
        return "" if self.is_user_code else catalog.origin(PLUGINS.get(self.kind, self.kind), self.name)

    @property
    def sources(self) -> list[Located]:
        """The user code of the entry, its check and items included, that have Python source."""
        return [located for located in (self.located, self.consumer, self.check, self.over) if located.source]

    @cached_property
    def plugin(self) -> type[Any]:
        """The class of the plug-in; for user code, that of the workload which calls it."""
        if self.is_user_code:
            from concexp.trial.workloads import _function, _roles

            return _roles.Workload if self.consumer.function else _function.Workload
        return catalog.load(PLUGINS.get(self.kind, self.kind), self.name)

    def build(self) -> Any:
        """A new object of the plug-in."""
        plugin = self.plugin(**self.request()["parameters"])
        plugin.yaml_name = self.name if self.origin else ""
        return plugin

    def request(self) -> dict[str, Any]:
        """The form in which a trial's request names it."""
        if self.is_user_code:
            given = {**self.located.request(), "arguments": dict(self.parameters), "returns": self.returns}
            beside: dict[str, Any] = {"check_by": self.check.request(), "over_by": self.over.request()}
            if self.takes_sync:
                beside["takes_sync"] = True
            if self.outcomes:
                beside["outcomes"] = dict(self.outcomes)
            if not self.consumer.function:
                return {"name": "_function", "parameters": {**given, **beside}}
            beside["consumer"] = {**self.consumer.request(), "takes_sync": self.consumer_takes_sync}
            return {"name": "_roles", "parameters": {**given, **beside}}
        reference = catalog.reference(PLUGINS.get(self.kind, self.kind), self.name)
        more = {"reference": reference, "packages": list(self.plugin.packages)} if reference else {}
        return {"name": self.name, "parameters": dict(self.parameters), **more}

    @cached_property
    def non_default(self) -> dict[str, Any]:
        """The parameters that differ from their defaults: a new parameter of a plug-in must not change the ids of old cells."""
        if self.is_user_code:
            returns = {"returns:": self.returns} if self.returns != "anything" else {}
            check = {"check:": self.check.name} if self.check.function else {}
            over = {"over:": self.over.name} if self.over.function else {}
            consumer = {"consumer:": self.consumer.name} if self.consumer.function else {}
            version = {"code:": self.version.identity} if self.version is not None else {}
            outcomes = {"outcomes:": dict(self.outcomes)} if self.outcomes else {}
            return {**self.parameters, **returns, **check, **over, **consumer, **version, **outcomes}
        declared = catalog.parameters(self.plugin)
        return {name: value for name, value in self.parameters.items() if value != declared[name].default}

    @cached_property
    def packages(self) -> tuple[str, ...]:
        """What has to be installed for the interpreter beside the standard library: a parameter may decide."""
        return () if self.is_user_code else tuple(getattr(self.build(), "packages", ()))

    @cached_property
    def identity_text(self) -> str:
        """The parameters that differ from their defaults as JSON: what the id of a cell is made of."""
        return as_json(self.non_default)

    def accepts(self) -> tuple[str, ...]:
        """The names of the parameters."""
        if self.is_user_code:
            return self.known_parameters
        return tuple(catalog.parameters(self.plugin))

    def convert(self, name: str, value: Any) -> Any:
        """A value for a parameter -> the value in the parameter's unit; its ValueError says what would be right."""
        return value if self.is_user_code else units.convert(catalog.parameters(self.plugin)[name], value)

    def with_parameter(self, name: str, value: Any) -> Entry:
        """The same entry with another value for one parameter; one object for all cells that have that value."""
        key = name, repr(value)
        if key not in self._changed:
            self._changed[key] = replace(self, parameters={**self.parameters, name: self.convert(name, value)})
        return self._changed[key]

    @cached_property
    def _changed(self) -> dict[tuple[str, str], Entry]:
        return {}


@dataclass(frozen=True)
class Grid:
    """One Cartesian product. `exclude` holds maps and conditions; with `load` None, each workload has its default load."""

    workload: tuple[Entry, ...]
    model: tuple[Entry, ...]
    sync: tuple[Entry, ...]
    axes: tuple[Axis, ...]
    exclude: tuple[Mapping[str, Any] | Value, ...]
    load: Mapping[str, Any] | None
    startup: str
    background: Entry | None = None

    def values(self, key: str) -> list[Value]:
        """The values of an axis; none if it is a range, or not an axis of this grid."""
        return [point[axis.keys.index(key)] for axis in self.axes if key in axis.keys for point in axis.points]


@dataclass(frozen=True)
class Claim:
    """A statement that the data may refute.

    of            a map of labels, a condition, or None for all cells
    when          a condition; "" for always
    any_outcome   whether times of trials with a wrong outcome count
    path          the claim's key in the YAML
    published     the figure as it was published, and `source` where; "" for claims of one's own
    """

    says: str
    of: Mapping[str, Any] | Value | None
    when: str
    expect: Value
    any_outcome: bool = False
    path: str = ""
    published: str = ""
    source: str = ""

    @property
    def trees(self) -> tuple[expressions.Tree, ...]:
        """The expressions of `expect` and, if it is there, `when`."""
        return tuple(expressions.parse(text, claim=True) for text in (self.expect.raw, self.when) if text)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics in the claim, each once."""
        named = [part.value for tree in self.trees for part in expressions.walk(tree) if part.kind in ("name", "at")]
        return tuple(dict.fromkeys(name for name in named if catalog.exists("metric", str(name))))


@dataclass(frozen=True)
class Spec:
    """A whole experiment, after `extends` and --set."""

    name: str
    question: str
    tags: tuple[str, ...]
    grids: tuple[Grid, ...]
    measure: Measure
    baseline: Mapping[str, Any]
    primary: str
    metrics: tuple[str, ...]  # empty: all that the data has
    allow: tuple[Mapping[str, Any], ...]
    report: Report
    answer: Answer = field(default_factory=Answer)
    execution: Execution = field(default_factory=Execution)
    path: str = ""
    text: str = field(default="", repr=False)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)  # the merged YAML, as written
    bases: Mapping[str, str] = field(default_factory=dict, repr=False)  # what it extends: texts by paths relative to it
    claims: tuple[Claim, ...] = ()
    environment: Mapping[str, Variable] = field(default_factory=dict)
    files: tuple[DataFile, ...] = ()
    versions: Mapping[str, Version] = field(default_factory=dict)  # of the user's code, by label
    diagnose: tuple[str, ...] = ()  # the probes that look at the workers in trials of their own

    @property
    def requested_metrics(self) -> tuple[str, ...]:
        """The metrics named in `metrics`, in `primary`, in `answer` and in claims, each once."""
        claimed = [name for claim in self.claims for name in claim.metrics]
        return tuple(dict.fromkeys([*self.metrics, self.primary, *filter(None, [self.answer.by]), *claimed]))

    @property
    def user_entries(self) -> tuple[Entry, ...]:
        """The entries that are the user's own code."""
        roles = [(*grid.workload, grid.background) for grid in self.grids]
        return tuple(entry for role in roles for entry in role if entry is not None and entry.is_user_code)

    @property
    def interpreters(self) -> dict[str, Value]:
        """The interpreters by their labels; each value is `current`, a version, or a path."""
        by_label: dict[str, Value] = {}
        for grid in self.grids:
            for value in grid.values("python") or [Value("current")]:
                by_label.setdefault(value.label or value.raw, value)
        return by_label

    @property
    def probes(self) -> frozenset[str]:
        """The probes that are asked for, or that metrics and plots need; a plot's probe has the name of the plot."""
        plots = set(self.report.plots or ()) & set(catalog.names("probe"))
        for_plots = {name for name in plots if catalog.load("probe", name).own_trials}
        for_metrics = {catalog.load("metric", name).probe for name in self.requested_metrics} - {""}
        return frozenset(for_metrics | for_plots | set(self.diagnose))

    def with_measure(self, **changes: Any) -> Spec:
        """The same experiment with other values in `measure:`, as for `--quick`."""
        return replace(self, measure=self.measure.model_copy(update=changes))

    def with_look(self, **changes: Any) -> Spec:
        """The same experiment with its page in another language, or with pictures in another format."""
        return replace(self, report=self.report.model_copy(update=changes))

    def asked(self) -> dict[str, Any]:
        """The experiment as data without how its page looks, where it runs and who made it: what runs of one question share."""
        data = self.with_look(language=DEFAULT_LANGUAGE).resolved()
        data["report"] = {key: value for key, value in data["report"].items() if key != "figures"}
        return {key: value for key, value in data.items() if key not in ("author", "license", "execution")}

    def resolved(self) -> dict[str, Any]:
        """The experiment as data for YAML, with all defaults; reading it gives the same experiment."""
        data = {key: value for key, value in self.data.items() if not key.startswith(".") and key != "extends"}
        return {
            **data,
            "name": self.name,
            "question": self.question,
            "measure": self.measure.to_yaml(),
            "baseline": dict(self.baseline),
            "primary": self.primary,
            "report": self.report.model_dump(),
        }
