"""The parts of a plan: cells with their ids, and their trials. Pure."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from concexp.experiment import Entry, Measure
from concexp.experiment.axis_table import KnownAxis, known_axis
from concexp.experiment.blocks import FORK
from concexp.experiment.environment import AXIS
from concexp.experiment.spec import KINDS, as_json
from concexp.experiment.statuses import MEASURED


@dataclass(frozen=True)
class Background:
    """The second role of a cell: its workload, the model that carries it, and its number of workers."""

    workload: Entry
    model: Entry
    workers: int

    @property
    def description(self) -> dict[str, Any]:
        """All parameters of the role, as literals."""
        return {**self.workload.parameters, **self._names}

    @property
    def identity(self) -> dict[str, Any]:
        """The part of the cell's identity that comes from the role."""
        return {**self.workload.non_default, **self._names}

    @property
    def _names(self) -> dict[str, Any]:
        return {"workload": self.workload.name, "model": self.model.name, "workers": self.workers}

    def request(self) -> dict[str, Any]:
        """The role as a trial's request names it."""
        return {"workload": self.workload.request(), "model": self.model.request(), "workers": self.workers}


@dataclass(frozen=True)
class Runtime:
    """The interpreter of a cell: its label, and how it is set, by axis; what is absent stays as it is."""

    python: str = "current"
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_forked(self) -> bool:
        """Whether trials are forks of a warm process."""
        return self.settings.get("isolation") == FORK

    def variables(self) -> dict[str, str | None]:
        """The environment variables of a trial that carry settings; None for one that is not to be there."""
        carried = [(axis, value) for axis, value in self._by_axis if axis.variable]
        return {axis.variable: axis.variable_text(value) for axis, value in carried}

    def request(self) -> dict[str, Any]:
        """The settings that a trial's request carries, and the names of those that its workers read back."""
        carried: dict[str, Any] = {key: value for key, value in self.settings.items() if _axis(key).in_request}
        names = [key for key, axis in self._axes if axis.is_read_back]
        return {**carried, "read_back": names} if names else carried

    def flags(self) -> list[str]:
        """The flags of the interpreter's command line that carry settings."""
        return [flag for axis, value in self._by_axis for flag in axis.flags(value)]

    def difference(self, workers: Sequence[Mapping[str, Any]]) -> str:
        """How the settings that workers read back differ from what was to be set, or an empty text."""
        for key, axis in self._axes:
            found = [one.get(key) for one in workers]
            if axis.is_read_back and (other := axis.differs(self.settings[key], found)):
                return f"{key} is not what was asked for, {axis.label(self.settings[key])}: a worker has {other}"
        return ""

    @property
    def identity(self) -> dict[str, Any]:
        """The part of a cell's identity. Variables of the environment may hold paths: their labels stand for them."""
        if not self.settings:
            return {}
        return {key: value for key, value in self.settings.items() if not key.startswith(AXIS)}

    @property
    def _axes(self) -> list[tuple[str, KnownAxis]]:
        return [(key, _axis(key)) for key in self.settings]

    @property
    def _by_axis(self) -> list[tuple[KnownAxis, Any]]:
        return [(_axis(key), value) for key, value in self.settings.items()]


def _axis(key: str) -> KnownAxis:
    axis = known_axis(key)
    assert axis is not None
    return axis


@dataclass(frozen=True, slots=True)
class Cell:
    """One point of the sweep. `workers` is None where the model has no such number; `reason` is empty if the cell can run."""

    id: str
    axes: Mapping[str, Any]
    workload: Entry
    model: Entry
    sync: Entry
    workers: int | None
    load: Mapping[str, Any]
    startup: str
    settings: Measure
    reason: str = ""
    background: Background | None = None
    runtime: Runtime = field(default_factory=Runtime)

    @property
    def parallelism(self) -> int:
        """The number of workers; 1 where the model has no such number."""
        return self.workers or 1

    @property
    def combination(self) -> dict[str, Any]:
        """The plug-ins, the workers and the load, as a request names them."""
        return {
            "workload": self.workload.request(),
            "model": self.model.request(),
            "sync": self.sync.request(),
            "workers": self.parallelism,
            "load": dict(self.load),
            **({"background": self.background.request()} if self.background is not None else {}),
        }

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """The parameters of the plug-ins by kind, in SI units, as JSON can hold them."""
        parameters = {kind: dict(getattr(self, kind).parameters) for kind in KINDS}
        if self.background is not None:
            parameters["background"] = self.background.description
        return {kind: without_infinity(held) for kind, held in parameters.items()}

    @property
    def needs_site(self) -> bool:
        """Whether a trial needs the installed packages; with the standard library alone it starts faster."""
        return self.has_user_code or any(entry.packages for entry in self._roles)

    @property
    def has_installed_plugins(self) -> bool:
        """Whether a plug-in is one of another package, which only its trial's interpreter can be asked about."""
        return any(entry.origin for entry in self.entries)

    @property
    def has_user_code(self) -> bool:
        """Whether a trial runs code of the user's."""
        return any(role.is_user_code for role in self._roles)

    @property
    def version(self) -> str:
        """The folder of the version that its user code is from; "" where there are no versions."""
        return next((role.version.folder for role in self._roles if role.version is not None), "")

    @property
    def lacks(self) -> str:
        """Why its version of the user's code cannot run it; "" if it can."""
        missing = self.workload.missing or self.model.missing
        if missing or self.background is None:
            return missing
        return self.background.workload.missing or self.background.model.missing

    @property
    def entries(self) -> list[Entry]:
        """All its plug-ins."""
        return [*self._roles, self.sync]

    @property
    def _roles(self) -> list[Entry]:
        roles = [self.workload, self.model]
        return roles if self.background is None else [*roles, self.background.workload, self.background.model]

    @property
    def simulated(self) -> bool:
        """Whether its trials run nothing."""
        return bool(self.model.plugin.simulated)


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """One repetition of one cell: its block, its position in the block, and the seed of its hashing.

    `luck` seeds what its workload draws: the same in all trials of a block. `role` is its purpose: `measured`, a `control` or
    the `sentinel` (see `controls`). Trials that are `observed` or `pictured` are for `probe`, which would distort a measurement.
    """

    id: str
    cell: Cell
    block: int
    position: int
    repetition: int
    seed: int
    luck: int
    role: str = MEASURED
    probe: str = ""


def without_infinity(value: Any) -> Any:
    """A value with infinity, which JSON lacks, as a text."""
    if isinstance(value, dict):
        return {key: without_infinity(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_infinity(inner) for inner in value]
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def cell_id(cell: Cell) -> str:
    """12 hex digits of the SHA-256 of labels and non-default parameters: the same on every machine, in any order of keys."""
    # JSON with sorted keys, written by hand: `json` takes several times as long, and cells share most parts of it.
    background = "" if cell.background is None else f'"background":{as_json(cell.background.identity)},'
    runtime = f'"runtime":{as_json(identity)},' if (identity := cell.runtime.identity) else ""
    parameters = (
        f'"model":{cell.model.identity_text},"sync":{cell.sync.identity_text},"workload":{cell.workload.identity_text}'
    )
    text = (
        f'{{"axes":{_map_text(cell.axes)},{background}"load":{_map_text(cell.load)},"parameters":{{{parameters}}},'
        f'{runtime}"startup":{_string_text(cell.startup)}}}'
    )
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _map_text(values: Mapping[str, Any]) -> str:
    """A map as JSON, without what is None."""
    texts = [
        _key_text(key)
        + (_string_text(value) if type(value) is str else str(value) if type(value) is int else as_json(value))
        for key in sorted(values)
        if (value := values[key]) is not None
    ]
    return f"{{{','.join(texts)}}}"


@lru_cache(4096)
def _key_text(key: str) -> str:
    return f"{as_json(key)}:"


_string_text = lru_cache(4096)(as_json)


def identified(cell: Cell) -> Cell:
    """The cell with its id, which all the rest of it decides."""
    object.__setattr__(cell, "id", cell_id(cell))  # it is new, and nobody else knows it: a copy would take far longer
    return cell
