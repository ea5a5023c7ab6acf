"""Cells -> the plan of a run: which trials there are, and in what order they run. Pure."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from concexp import catalog
from concexp.errors import EnvironmentRefused
from concexp.experiment import Spec
from concexp.experiment.selections import matches
from concexp.experiment.statuses import CONTROL, MEASURED, OBSERVED, PICTURED, SENTINEL
from concexp.plan import controls
from concexp.plan.cell import Cell, PlannedTrial

Purpose = tuple[str, str]  # the role of a trial, and the probe that it is for, or ""
JUST_MEASURED: list[Purpose] = [(MEASURED, "")]


@dataclass(frozen=True)
class Plan:
    """All cells in the order of the YAML, and the trials of all whole blocks in the order in which they run.

    cpus         usable CPUs
    controlled   the cells that have a control
    sentinel     the cell that watches the machine for drift
    unprobed     labels of interpreters that have not been asked yet what they can run
    """

    cells: tuple[Cell, ...]
    trials: tuple[PlannedTrial, ...]
    cpus: int
    controlled: tuple[Cell, ...] = ()
    sentinel: Cell | None = None
    unprobed: tuple[str, ...] = ()

    @cached_property
    def runnable(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if not cell.reason)

    @property
    def unsupported(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.reason)

    def labels(self) -> dict[str, list[Any]]:
        """Each axis's labels, in the order of the cells."""
        labels: dict[str, dict[Any, None]] = {}
        for cell in self.cells:
            for key, label in cell.axes.items():
                labels.setdefault(key, {})[label] = None
        return {key: [label for label in known if label is not None] for key, known in labels.items()}


def scheduled(spec: Spec, plan: Plan) -> Plan:
    """The plan with its trials, its controls and its sentinel; EnvironmentRefused where no cell can run."""
    if not plan.runnable:
        reasons = "\n".join(f"  - {reason}" for reason in dict.fromkeys(cell.reason for cell in plan.cells))
        cure = "change what the reasons name, or choose other workloads, models or primitives"
        raise EnvironmentRefused(f"no cell of {spec.name} can run here:\n{reasons}", cure)
    plan = _with_controls(spec, plan)
    blocks = (block(spec, plan, number, plan.runnable) for number in range(spec.measure.blocks))
    return replace(plan, trials=tuple(trial for trials in blocks for trial in trials))


def _with_controls(spec: Spec, plan: Plan) -> Plan:
    """The plan with its controls and its sentinel, where there are enough blocks for them to show anything."""
    if spec.measure.blocks < controls.FEWEST_BLOCKS:
        return plan
    controlled: tuple[Cell, ...] = ()
    if spec.measure.control:
        controlled = controls.controlled(plan.runnable, lambda cell: matches(spec.baseline, cell.axes))
    return replace(plan, controlled=controlled, sentinel=controls.sentinel(plan.runnable))


def block(spec: Spec, plan: Plan, number: int, cells: Iterable[Cell]) -> Iterator[PlannedTrial]:
    """Block k: repetition k of these cells, with their controls and the trials for probes, and the sentinel if it has one.

    They are in an order that the seed decides. Trials for pictures and diagnoses, in the first block, come last: so the others run
    in the same order with and without them.
    """
    chosen = {cell.id: cell for cell in cells}
    purposes = _Purposes(spec)
    members = [(cell, *purpose) for cell in chosen.values() for purpose in purposes.of(cell)]
    looks = [] if number else [member for member in members if member[1] == PICTURED]  # one picture is enough
    members = [member for member in members if member[1] != PICTURED]
    members += [(cell, CONTROL, "") for cell in plan.controlled if cell.id in chosen]
    members += [(plan.sentinel, SENTINEL, "")] if plan.sentinel is not None else []
    # A string as seed goes through SHA-512: the same order on every version and machine.
    random.Random(f"{spec.measure.seed}/{number}").shuffle(members)
    if not controls.has_sentinel(number, spec.measure.blocks):
        members = [member for member in members if member[1] != SENTINEL]
    for position, (cell, role, probe) in enumerate([*members, *looks]):
        suffix = f"-{probe or role}" if role != MEASURED else ""
        trial_id = f"{cell.id}-{number:04d}{suffix}"
        seed, luck = _seed(cell, role, number), _luck(cell.settings.seed, number)
        yield PlannedTrial(trial_id, cell, number, position, number, seed, luck, role, probe)


def _seed(cell: Cell, role: str, number: int) -> int:
    """32 bits. A control is another trial of the same cell; under a probe, a trial does what the measured one does."""
    control = "/control" if role == CONTROL else ""
    return _bits(f"{cell.settings.seed}/{cell.id}{control}/{number}")


@lru_cache(64)
def _luck(seed: int, number: int) -> int:
    """32 bits that are the same for all cells of a block: they meet the same luck, and each block another one.

    Differences between cells then lie less in their luck (common random numbers), and intervals cover what remains of it.
    """
    return _bits(f"{seed}/luck/{number}")


def _bits(identity: str) -> int:
    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[:4], "big")


class _Purposes:
    """What the cells of a spec have trials for."""

    def __init__(self, spec: Spec) -> None:
        probes = {name: catalog.load("probe", name) for name in sorted(spec.probes)}
        self.probes = {name: probe for name, probe in probes.items() if probe.own_trials}
        self.known: dict[Any, list[Purpose]] = {}

    def of(self, cell: Cell) -> list[Purpose]:
        """The measurement, and each probe that needs trials of its own."""
        if not self.probes or cell.simulated:
            return JUST_MEASURED
        plugin = cell.sync.plugin
        if plugin not in self.known:
            applying = {name: probe for name, probe in self.probes.items() if probe.applies_to(plugin)}
            more = ((PICTURED if probe.once else OBSERVED, name) for name, probe in applying.items())
            self.known[plugin] = [*JUST_MEASURED, *more]
        return self.known[plugin]


def count_trials(spec: Spec, cells: Sequence[Cell]) -> int:
    """The trials of all whole blocks, without controls and sentinel; none of them is made for that."""
    purposes = _Purposes(spec)
    roles = [role for cell in cells if not cell.reason for role, _ in purposes.of(cell)]
    return sum(1 if role == PICTURED else spec.measure.blocks for role in roles)
