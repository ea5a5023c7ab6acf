"""The plug-ins: a folder is a kind, a file is a plug-in of that name, and its class's annotated attributes are parameters.

Other packages add theirs through entry points: see `installed`.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from concexp import installed
from concexp.errors import EnvironmentRefused, UnknownName, did_you_mean, meant

KINDS = {
    "workload": "concexp.trial.workloads",
    "model": "concexp.trial.models",
    "sync": "concexp.trial.sync",
    "probe": "concexp.trial.probes",
    "metric": "concexp.analysis.metrics",
    "plot": "concexp.report.plots",
}
UNITS = {"duration": "s", "size": "bytes", "rate": "1/s"}
LONGEST = 100  # characters of a name that is looked up in other spellings
KNOWN_AS = ("workload", "model", "sync", "metric")  # kinds that declare other names; pictures would load matplotlib
# How the YAML names a plug-in of a kind: for one that stands at the key of another kind.
IN_YAML = {
    "workload": "workload: {}",
    "model": "model: {}",
    "sync": "sync: {}",
    "metric": "metrics: [{}]",
    "plot": "report: {{plots: [{}]}}",
}
# What a class of another package must have, and where it has it from.
NEEDED = {
    "workload": ("work", "check", "packages"),
    "model": ("primitives", "open", "run", "close", "packages"),
    "sync": ("build", "interface", "packages"),
    "metric": ("of", "unit", "level"),
    "plot": ("prepare", "draw", "section"),
}
BASES = {
    "workload": "concexp.trial.tools.Workload",
    "model": "concexp.trial.tools.Model",
    "sync": "concexp.trial.tools.Sync",
    "metric": "concexp.analysis.metrics.Metric",
}
SCALARS = ("int", "float", "bool", "str", "duration", "size", "rate", "fraction")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a plug-in, as its class declares it.

    `default`, `minimum` and `maximum` are in `unit`; with `exclusive`, the minimum itself is not allowed.
    """

    name: str
    type: str  # one of SCALARS, "choice" or "any"
    default: Any
    meaning: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    exclusive: bool = False
    maximum: float | None = None
    required: bool = False

    @property
    def unit(self) -> str:
        """The unit of the stored value: s, bytes or 1/s; "" where it has none."""
        return UNITS.get(self.type, "")

    @property
    def range(self) -> str:
        """The allowed values in words, such as `int >= 1`."""
        if self.choices:
            return " | ".join(self.choices)
        low = f" {'>' if self.exclusive else '>='} {self.minimum:g}" if self.minimum is not None else ""
        high = f" <= {self.maximum:g}" if self.maximum is not None else ""
        return f"{self.type}{low}{high}"


def names(kind: str) -> tuple[str, ...]:
    """The names of all plug-ins of a kind, sorted; imports none of them."""
    return tuple(sorted(_own(kind) | installed.points(kind).keys()))


@cache  # each name in an experiment asks for it
def _own(kind: str) -> frozenset[str]:
    """The names of concexp's own plug-ins of a kind."""
    # The folder is listed, since importing the package of plots would import matplotlib.
    folder = Path(__file__).parent.joinpath(*KINDS[kind].split(".")[1:])
    return frozenset(file.stem for file in folder.glob("*.py") if not file.name.startswith("_"))


@cache
def load(kind: str, name: str) -> type[Any]:
    """The class of a plug-in, or of one part of it as in `returned.hits`; UnknownName if there is none."""
    if (part := _part(kind, name)) is not None:
        return part
    if name not in names(kind):
        raise UnknownName(kind, name, names(kind), cure(kind, name))
    own = f"{KINDS[kind]}.{name}"
    point = installed.point_of(kind, name)
    if point is not None:
        why, hint = installed.refusal(kind, name, own if name in _own(kind) else "")
        if why:
            raise EnvironmentRefused(why, hint)
        what = f"the {kind} '{name}' of {origin(kind, name)}"
        try:
            found = point.load()
        except Exception as error:
            problem = f"{what} cannot be loaded: {type(error).__name__}: {error}"
            raise EnvironmentRefused(problem, "repair or uninstall that package") from error
        if lacking := [one for one in NEEDED[kind] if not hasattr(found, one)]:
            base = f"derives from {BASES[kind]}" if kind in BASES else "has them"
            problem = f"{what} is no {kind}: {point.value} has no {', '.join(lacking)}"
            raise EnvironmentRefused(problem, f"it has to be a class that {base}")
        return found  # type: ignore[no-any-return]
    return getattr(importlib.import_module(own), kind.capitalize())  # type: ignore[no-any-return]


def classes(kind: str) -> dict[str, type[Any]]:
    """The classes of all plug-ins of a kind by name, but for those of other packages that cannot be used."""
    found = {}
    for name in names(kind):
        with contextlib.suppress(EnvironmentRefused):  # what is wrong with one must not hide all others
            found[name] = load(kind, name)
    return found


def exists(kind: str, name: str) -> bool:
    """Whether there is such a plug-in, or such a part of one: `returned.hits` of the metric `returned`."""
    return name in names(kind) or ("." in name and _part(kind, name) is not None)


def _part(kind: str, name: str) -> type[Any] | None:
    """The class of one part of a plug-in, as in `returned.hits`; None if there is no such plug-in, or if it has no parts."""
    base, _, part = name.partition(".")
    if part.isidentifier() and base in names(kind) and hasattr(load(kind, base), "part"):
        return load(kind, base).part(part)  # type: ignore[no-any-return]
    return None


def cure(kind: str, name: str, known: Sequence[str] | None = None) -> str:
    """A hint for a name that no plug-in of a kind has, or none of `known`: a name by which people know one, or a similar one."""
    known = names(kind) if known is None else known
    if found := meaning(kind, name, known):
        return meant(found)
    for other, written in IN_YAML.items():
        if other != kind and (found := [name] if name in names(other) else meaning(other, name, names(other))):
            return f"{name} is a {other}: write `{written.format(found[0])}`"
    return did_you_mean(name, known)


def meaning(kind: str, name: str, known: Sequence[str]) -> list[str]:
    """What to write for a name by which people know plug-ins of a kind, such as ThreadPoolExecutor; `known` may be used here."""
    if len(name) > LONGEST:
        return []
    bare = _bare(name)
    if same := [one for one in known if _bare(one) == bare]:
        return same
    if kind not in KNOWN_AS:
        return []
    found = _known_as(kind).get(bare) or _known_as(kind).get(bare.rpartition(".")[2]) or {}
    return [written for plugin, written in found.items() if plugin in known]


@cache
def _known_as(kind: str) -> dict[str, dict[str, str]]:
    """Other names of plug-ins, bare, with and without their modules -> plug-in -> what to write for it in the YAML."""
    table: dict[str, dict[str, str]] = {}
    for plugin, cls in classes(kind).items():
        for declared in getattr(cls, "known_as", ()):
            other, brace, parameters = declared.partition(" {")
            written = f"{{{plugin}: {{{parameters}}}" if brace else plugin
            for bare in {_bare(other), _bare(other.rpartition(".")[2])}:
                table.setdefault(bare, {}).setdefault(plugin, written)
    return table


def _bare(name: str) -> str:
    """A name without what people write differently: case, blanks, hyphens, underscores, and the brackets of a call."""
    return re.sub(r"[\s_-]|\(.*\)$", "", str(name)).lower()


def reference(kind: str, name: str) -> str:
    """Where a plug-in of another package is, as `package.module:Class`; "" for one of concexp's own."""
    point = installed.point_of(kind, name)
    return point.value if point is not None else ""


@cache
def origin(kind: str, name: str) -> str:
    """The package that a plug-in of that name comes from, with its version; "" for one of concexp's own."""
    point = installed.point_of(kind, name)
    return installed.package(point) if point is not None else ""


def summary(cls: type[Any]) -> str:
    """The first line of a plug-in's docstring."""
    return (inspect.getdoc(cls) or "").partition("\n")[0]


def description(cls: type[Any]) -> str:
    """A plug-in's docstring without the lines that describe parameters."""
    names_of_parameters = set(parameters(cls))
    lines = (inspect.getdoc(cls) or "").splitlines()
    return "\n".join(line for line in lines if line.partition(":")[0].strip() not in names_of_parameters).strip()


def parameters(cls: Any) -> Mapping[str, Parameter]:
    """The parameters of a plug-in by name, those of base classes first."""
    return _declared(cls)


@cache  # the planner asks for each cell
def _declared(cls: Any) -> Mapping[str, Parameter]:
    meanings = dict(re.findall(r"^([a-z_]\w*): (.+)$", inspect.getdoc(cls) or "", re.MULTILINE))
    declared: dict[str, Parameter] = {}
    for base in reversed(cls.__mro__):
        for name, annotation in vars(base).get("__annotations__", {}).items():
            if "ClassVar" not in str(annotation):
                declared[name] = _parameter(name, annotation, cls, meanings.get(name, ""))
    return MappingProxyType(declared)


def _parameter(name: str, annotation: Any, cls: type[Any], meaning: str) -> Parameter:
    """An annotation such as `"int >= 1"`, `"duration <= 5"` or `"a | b"` -> the parameter."""
    text = annotation if isinstance(annotation, str) else annotation.__name__
    text = text.strip("\"'")  # a string annotation in a module with postponed evaluation is quoted twice
    required = not hasattr(cls, name)
    default = getattr(cls, name, None)
    if "|" in text:
        return Parameter(name, "choice", default, meaning, tuple(text.replace(" ", "").split("|")), required=required)
    match = re.fullmatch(r"(\w+)(?:\s*(>=|>)\s*(\S+))?(?:\s*<=\s*(\S+))?", text)
    if match is None or match[1] not in SCALARS:
        return Parameter(name, "any", default, meaning, required=required)
    kind, sign, low, high = match.groups()
    if kind in ("float", *UNITS, "fraction") and kind != "size" and type(default) is int:
        default = float(default)  # else 1 and 1.0 would be two values, and two cells
    minimum = float(low) if low else (0.0 if kind in UNITS or kind == "fraction" else None)
    maximum = float(high) if high else (1.0 if kind == "fraction" else None)
    return Parameter(name, kind, default, meaning, (), minimum, sign == ">", maximum, required)
