"""What a plan is made of: cells with their identity, and their trials. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from concexp.experiment import Entry, Measure
from concexp.experiment.spec import KINDS
from concexp.experiment.statuses import MEASURED


@dataclass(frozen=True)
class Background:
    """The second role of a cell: its work, the model that carries it, and with how many workers."""

    workload: Entry
    model: Entry
    workers: int

    @property
    def description(self) -> dict[str, Any]:
        """What it is, in literals."""
        return {
            **self.workload.parameters,
            "workload": self.workload.name,
            "model": self.model.name,
            "workers": self.workers,
        }

    @property
    def identity(self) -> dict[str, Any]:
        """What of it makes a cell's identity."""
        return {
            **self.workload.non_default,
            "workload": self.workload.name,
            "model": self.model.name,
            "workers": self.workers,
        }

    def request(self) -> dict[str, Any]:
        """How a trial's request names it."""
        return {"workload": self.workload.request(), "model": self.model.request(), "workers": self.workers}


@dataclass(frozen=True)
class Runtime:
    """What runs a cell: the label of its interpreter, and how that is set; None leaves it as it is.

    switch_interval  seconds
    pin              how workers are placed on CPUs, "" for not at all
    """

    python: str = "current"
    gil: bool | None = None
    jit: bool | None = None
    switch_interval: float | None = None
    pin: str = ""

    @property
    def non_default(self) -> dict[str, Any]:
        """What of it is not as it comes, and so makes a cell's identity. The label of the interpreter is an axis's."""
        settings = {"gil": self.gil, "jit": self.jit, "switch_interval": self.switch_interval, "pin": self.pin or None}
        return {name: value for name, value in settings.items() if value is not None}

    def variables(self) -> dict[str, str]:
        """What of it goes into the environment of a trial."""
        switches = {"PYTHON_GIL": self.gil, "PYTHON_JIT": self.jit}
        return {name: str(int(on)) for name, on in switches.items() if on is not None}

    def request(self) -> dict[str, Any]:
        """What of it a trial's request holds."""
        return {name: value for name, value in self.non_default.items() if name in ("switch_interval", "pin")}


@dataclass(frozen=True)
class Cell:
    """One point of the sweep. `workers` is None where it does not apply; `reason` is empty where the cell can run."""

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
    runtime: Runtime = Runtime()

    @property
    def combination(self) -> dict[str, Any]:
        """What it combines, as a request names it."""
        return {
            "workload": self.workload.request(),
            "model": self.model.request(),
            "sync": self.sync.request(),
            "workers": self.workers or 1,
            "load": dict(self.load),
            **({"background": self.background.request()} if self.background is not None else {}),
        }

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """The parameters of its plug-ins, in SI units."""
        found = {kind: dict(getattr(self, kind).parameters) for kind in ("workload", "model", "sync")}
        return found if self.background is None else {**found, "background": self.background.description}

    @property
    def needs_site(self) -> bool:
        """Whether a trial needs what is installed for its interpreter; the standard library alone starts faster."""
        roles = [self.workload, self.model]
        if self.background is not None:
            roles += [self.background.workload, self.background.model]
        return any(role.is_user_code or role.plugin.packages for role in roles)

    @property
    def simulated(self) -> bool:
        """Whether no trial of it is really run."""
        return bool(self.model.plugin.simulated)


@dataclass(frozen=True)
class PlannedTrial:
    """One repetition of one cell: its block, its place in the block, and the seed of its randomness.

    `role` says what it is for: `measured`, a `control` or the `sentinel` (see `controls`); one that is `observed` or
    `pictured` is for `probe`, which changes what it looks at.
    """

    id: str
    cell: Cell
    block: int
    position: int
    repetition: int
    seed: int
    role: str = MEASURED
    probe: str = ""


def cell_id(cell: Cell) -> str:
    """12 hex digits of the SHA-256 of labels and chosen parameters: alike on every machine, for every order of keys."""
    identity: dict[str, Any] = {
        "axes": {key: label for key, label in cell.axes.items() if label is not None},
        "parameters": {kind: getattr(cell, kind).non_default for kind in KINDS},
        "load": dict(cell.load),
        "startup": cell.startup,
    }
    if cell.background is not None:
        identity["background"] = cell.background.identity
    if cell.runtime.non_default:
        identity["runtime"] = cell.runtime.non_default
    return hashlib.sha256(
        json.dumps(identity, sort_keys=True, separators=(",", ":"), default=str).encode()
    ).hexdigest()[:12]
