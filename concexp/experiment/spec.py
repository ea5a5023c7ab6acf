"""What a YAML comes to: a Spec and its parts, frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from concexp import catalog
from concexp.errors import Problem
from concexp.experiment import expressions, units

Positive = Annotated[int, BeforeValidator(units.integer), Field(ge=1)]
NotNegative = Annotated[int, BeforeValidator(units.integer), Field(ge=0)]
Seconds = Annotated[float, BeforeValidator(units.duration), Field(gt=0)]
Memory = Annotated[int, BeforeValidator(units.memory)]
Rate = Annotated[float, BeforeValidator(units.rate), Field(gt=0)]
Percentage = Annotated[float, BeforeValidator(units.percentage)]
Flag = Annotated[bool, BeforeValidator(units.flag)]
Startup = Literal["once", "each", "timed"]
Scaling = Literal["strong", "weak"]
Arrivals = Literal["constant", "poisson"]
Pin = Literal["none", "compact", "spread"]
KINDS = ("workload", "model", "sync")
PLUGINS = {"background": "workload"}  # axes of entries whose plug-ins are of another kind


class Block(BaseModel):
    """A map of the YAML whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


# Whole blocks before the data may decide what is measured next: an interval of fewer trials is itself too uncertain.
MIN_PILOT_BLOCKS = 8
DEFAULT_MAX_BLOCKS = 50  # trials of a cell, where `precision` is wanted and nothing else is said


class Measure(Block):
    """`measure:` how often and how long.

    With a `precision` trials are added until the interval of the primary metric is that narrow (its half as a share of
    the mean), until a cell has `max_repetitions`, or until the `budget` (seconds of measuring, for the whole run) is spent.
    A trial is ended after `timeout` seconds, or when its processes together hold more than `memory` bytes.
    """

    warmup: NotNegative = 1
    iterations: Positive = 3
    repetitions: Positive = 10
    precision: Percentage | None = None
    max_repetitions: Positive | None = None
    budget: Seconds | None = None
    timeout: Seconds = 60.0
    memory: Memory | None = None
    pin: Pin = "none"
    seed: Annotated[int, BeforeValidator(units.integer)] = 1
    control: Flag = True

    @property
    def blocks(self) -> int:
        """How many whole blocks are planned before anything is measured."""
        return self.repetitions if self.precision is None else max(MIN_PILOT_BLOCKS, self.repetitions)

    @property
    def max_blocks(self) -> int:
        """The most trials that a cell can get."""
        return self.blocks if self.precision is None else self.max_repetitions or max(DEFAULT_MAX_BLOCKS, self.blocks)

    def to_yaml(self) -> dict[str, Any]:
        """As it is written in YAML, every default said; what was not wanted is left out."""
        data = self.model_dump(exclude_none=True)
        for key in {"budget", "timeout"} & set(data):
            data[key] = f"{data[key]:.12g}s"
        if self.memory is not None:
            data["memory"] = f"{self.memory}B"
        if self.precision is not None:
            data["precision"] = f"{100 * self.precision:.12g}%"
        return data


class Load(Block):
    """`load:` how much is done; `ops` is for all workers together (strong) or for each (weak).

    With a `rate` it is an open loop: operations arrive at that rate for the duration, whether or not a worker is free.
    """

    ops: Positive | None = None
    duration: Seconds | None = None
    scaling: Scaling | None = None
    rate: Rate | None = None
    arrivals: Arrivals | None = None


class Report(Block):
    """`report:` what the page shows."""

    plots: Annotated[list[str] | None, BeforeValidator(lambda one: [one] if isinstance(one, str) else one)] = None
    language: Literal["en"] = "en"


@dataclass(frozen=True)
class Located:
    """A user's function, class or the like: where it is, and its name; all empty where there is none.

    path      the file, absolute, where it is one
    home      the experiment's folder, absolute: where imports are looked for last
    source    the file that defines it, absolute; "" where there is no Python source
    module    its name, where it is imported by it
    """

    path: str = ""
    home: str = ""
    source: str = ""
    module: str = ""
    function: str = ""

    def request(self) -> dict[str, str]:
        """How a trial's request names it."""
        if not self.function:
            return {}
        return {"path": self.path, "home": self.home, "module": self.module, "function": self.function}

    @property
    def name(self) -> str:
        """Alike on every machine: no folder."""
        return f"{self.module or Path(self.path).name}:{self.function}"


NOWHERE = Located()


@dataclass(frozen=True)
class Entry:
    """One value of the axes workload, model or sync: a plug-in with its parameters, in SI units, and its label."""

    kind: str  # an axis of entries: workload, model, sync, background
    name: str  # a plug-in's, or file.py:function
    label: str
    parameters: Mapping[str, Any]
    located: Located = NOWHERE  # of a user's own code
    known_parameters: tuple[str, ...] = ()  # and the parameters that it has, given or not
    returns: str = "anything"
    check: Located = NOWHERE
    place: Problem = field(default=Problem("", 0, 0, "", ""), compare=False)  # where a problem with it would be told

    @classmethod
    def default(cls, kind: str, name: str) -> Entry:
        """A plug-in with the defaults of all its parameters, labelled by its name."""
        defaults = {p.name: p.default for p in catalog.parameters(catalog.load(kind, name)).values()}
        return cls(kind, name, name, defaults)

    @property
    def is_user_code(self) -> bool:
        """Whether it is the user's own code, and no plug-in."""
        return bool(self.located.function)

    @property
    def sources(self) -> list[Located]:
        """The Python sources that the user's own code comes from."""
        return [one for one in (self.located, self.check) if one.source]

    @property
    def plugin(self) -> type[Any]:
        """The plug-in's class."""
        if self.is_user_code:
            from concexp.trial.workloads._function import Workload

            return Workload
        return catalog.load(PLUGINS.get(self.kind, self.kind), self.name)

    def build(self) -> Any:
        """The plug-in object."""
        return self.plugin(**self.request()["parameters"])

    def request(self) -> dict[str, Any]:
        """How a trial's request names it."""
        if self.is_user_code:
            given = {**self.located.request(), "arguments": dict(self.parameters), "returns": self.returns}
            return {"name": "_function", "parameters": {**given, "check_by": self.check.request()}}
        return {"name": self.name, "parameters": dict(self.parameters)}

    @property
    def non_default(self) -> dict[str, Any]:
        """The parameters that are not as declared: a parameter that a plug-in gets one day changes nobody's identity."""
        if self.is_user_code:
            long = {"returns:": self.returns} if self.returns != "anything" else {}
            return {**self.parameters, **long, **({"check:": self.check.name} if self.check.function else {})}
        declared = catalog.parameters(self.plugin)
        return {name: value for name, value in self.parameters.items() if value != declared[name].default}

    def accepts(self) -> tuple[str, ...]:
        """The names of its parameters."""
        if self.is_user_code:
            return self.known_parameters
        return tuple(catalog.parameters(self.plugin))

    def convert(self, name: str, value: Any) -> Any:
        """A parameter's value in its unit; ValueError says what would be right."""
        return value if self.is_user_code else units.convert(catalog.parameters(self.plugin)[name], value)

    def with_parameter(self, name: str, value: Any) -> Entry:
        """The same with another value of one parameter."""
        return replace(self, parameters={**self.parameters, name: self.convert(name, value)})


@dataclass(frozen=True)
class Value:
    """One value of an axis as written, its label if it has one, whether it is a formula, and where it stands."""

    raw: Any
    label: str | None = None
    formula: bool = False
    file: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class Range:
    """`{from, to, times}` (geometric) or `{from, to, step}` (arithmetic); the numbers may be formulas of cpus."""

    start: Value
    stop: Value
    times: Value | None = None
    step: Value | None = None


@dataclass(frozen=True)
class Axis:
    """One axis, or several that move together: `points` holds one value per key, `range` stands for the points of one."""

    keys: tuple[str, ...]
    points: tuple[tuple[Value, ...], ...] = ()
    range: Range | None = None

    @property
    def varies(self) -> bool:
        """Whether it may have more than one point."""
        return self.range is not None or len(self.points) > 1


@dataclass(frozen=True)
class Grid:
    """One Cartesian product. `exclude` holds maps and conditions; `load` is None where each workload has its own."""

    workload: tuple[Entry, ...]
    model: tuple[Entry, ...]
    sync: tuple[Entry, ...]
    axes: tuple[Axis, ...]
    exclude: tuple[Mapping[str, Any] | Value, ...]
    load: Mapping[str, Any] | None
    startup: str
    background: Entry | None = None

    def values(self, key: str) -> list[Value]:
        """The values of an axis that is no range; none if it is no axis here."""
        return [point[axis.keys.index(key)] for axis in self.axes if key in axis.keys for point in axis.points]


def second_roles(grids: Sequence[Grid]) -> list[str]:
    """The labels of the second roles where there are several, in the order of the file: `background` is an axis then."""
    found = list(dict.fromkeys(grid.background.label for grid in grids if grid.background is not None))
    return found if len(found) > 1 else []


@dataclass(frozen=True)
class Claim:
    """A statement that the data may refute. `of` is a map of labels, a condition, or None for all cells."""

    says: str
    of: Mapping[str, Any] | Value | None
    when: str  # "": always
    expect: Value
    any_outcome: bool = False  # whether the times of trials with a wrong outcome count
    path: str = ""  # its key in the YAML

    @property
    def trees(self) -> tuple[expressions.Tree, ...]:
        """What it expects, and when."""
        return tuple(expressions.parse(text, claim=True) for text in (self.expect.raw, self.when) if text)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that it speaks of."""
        named = [part.value for tree in self.trees for part in expressions.walk(tree) if part.kind in ("name", "at")]
        known = catalog.names("metric")
        return tuple(
            dict.fromkeys(n for n in named if n in known or ("." in str(n) and catalog.exists("metric", str(n))))
        )


@dataclass(frozen=True)
class Spec:
    """A whole experiment."""

    name: str
    question: str
    tags: tuple[str, ...]
    grids: tuple[Grid, ...]
    measure: Measure
    baseline: Mapping[str, Any]
    primary: str
    metrics: tuple[str, ...]  # empty: what the data has
    allow: tuple[Mapping[str, Any], ...]
    report: Report
    path: str = ""
    text: str = field(default="", repr=False)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)  # after extends and --set, as written
    claims: tuple[Claim, ...] = ()

    @property
    def requested_metrics(self) -> tuple[str, ...]:
        """The metrics that it names anywhere."""
        claimed = [name for claim in self.claims for name in claim.metrics]
        return tuple(dict.fromkeys([*self.metrics, self.primary, *claimed]))

    @property
    def user_entries(self) -> tuple[Entry, ...]:
        """The entries that are the user's own code."""
        roles = [(*grid.workload, grid.background) for grid in self.grids]
        return tuple(entry for role in roles for entry in role if entry is not None and entry.is_user_code)

    @property
    def interpreters(self) -> dict[str, Value]:
        """What the experiment calls its interpreters, and what it means: `current`, a version, or a path."""
        found: dict[str, Value] = {}
        for grid in self.grids:
            for value in grid.values("python") or [Value("current")]:
                found.setdefault(value.label or value.raw, value)
        return found

    @property
    def probes(self) -> frozenset[str]:
        """The probes that the metrics need that were asked for; and that of a picture that has one, by the picture's name."""
        own = set(self.report.plots or ()) & set(catalog.names("probe"))
        alone = {name for name in own if catalog.load("probe", name).own_trials}
        return frozenset(catalog.load("metric", name).probe for name in self.requested_metrics) - {""} | alone

    def with_measure(self, **changes: Any) -> Spec:
        """The same with other measures, as `--quick` does."""
        return replace(self, measure=self.measure.model_copy(update=changes))

    def resolved(self) -> dict[str, Any]:
        """The experiment as data, with every default said: the same again when it is read from YAML."""
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
