"""Which cells of several runs are the same, and why others have no partner.

A cell's id is a hash of its labels and parameters, never of paths or machines: cells with one id are the same. Where every run has
a single label on an axis and these labels differ, that axis is what is compared (`across`): two runs of one interpreter each,
say. Then cells are matched by all their other labels and parameters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from concexp.analysis.comparing.sides import Sides
from concexp.analysis.results import Run
from concexp.experiment.statuses import MEASURED

PARTS = ("load", "startup", "runtime", "parameters")  # what a record holds of a cell beside its labels


@dataclass(frozen=True)
class Match:
    """A cell that is in runs of several sides: its labels, and its id in each run, None in one that lacks it."""

    labels: Mapping[str, Any]
    cells: tuple[str | None, ...]


@dataclass(frozen=True)
class Unmatched:
    """A cell without a partner: the side that has it, its labels, and what is different there.

    axes        labels, by axis, that the other sides lack
    parameters  parameters in which the cell with the same labels differs: (name, value here, value there)
    """

    side: str
    labels: Mapping[str, Any]
    axes: Mapping[str, Any]
    parameters: tuple[tuple[str, Any, Any], ...] = ()


@dataclass(frozen=True)
class Matching:
    """All cells: matched and unmatched. `across` has the axes that are compared, with each run's label on them."""

    matches: list[Match]
    unmatched: list[Unmatched]
    across: dict[str, list[Any]]


def match_cells(sides: Sides, asked: Sequence[str] = ()) -> Matching:
    """The matching of the runs' cells, in the order of the first run that has them; `asked` are further axes to compare across."""
    across = {key: _only_labels(sides.runs, key) for key in _compared_axes(sides.runs, asked)}
    indexes = [_Index(run, set(across)) for run in sides.runs]
    keys = list(dict.fromkeys(key for index in indexes for key in index.cells))
    matches, unmatched = [], []
    for key in keys:
        cells = tuple(index.cells.get(key) for index in indexes)
        holders = [number for number, cell in enumerate(cells) if cell is not None]
        index = indexes[holders[0]]
        labels = index.labels(key, set(across))
        if len({sides.names[number] for number in holders}) > 1:
            matches.append(Match(labels, cells))
        else:
            side = sides.names[holders[0]]
            others = [one for one, name in zip(indexes, sides.names, strict=True) if name != side]
            unmatched.append(_explained(side, key, index, others, set(across)))
    return Matching(matches, unmatched, across)


class _Index:
    """The cells of a run by what they are."""

    def __init__(self, run: Run, across: set[str]) -> None:
        self.run = run
        self._across = across

    @cached_property
    def facts(self) -> dict[str, dict[str, Any]]:
        """What the records hold of each cell that has one, by its id."""
        found: dict[str, dict[str, Any]] = {}
        for record in self.run.of_role(MEASURED):
            if record["cell"] not in found:
                found[record["cell"]] = {part: record.get(part) for part in PARTS}
        return found

    @cached_property
    def cells(self) -> dict[str, str]:
        """Ids by the key under which cells of several runs are matched."""
        if not self._across:
            return {cell: cell for cell in self.run.cells_by_id}
        return {self._key(cell): cell for cell in self.run.cells_by_id}

    def labels(self, key: str, across: Iterable[str] = ()) -> dict[str, Any]:
        """The labels of a cell, without those on the axes that are compared."""
        axes: Mapping[str, Any] = self.run.axes_by_cell[self.cells[key]]
        return {axis: label for axis, label in axes.items() if axis not in across}

    def _key(self, cell: str) -> str:
        axes = {axis: label for axis, label in self.run.axes_by_cell[cell].items() if axis not in self._across}
        kept = {
            name: value for name, value in parameters_of(self.facts.get(cell, {})).items() if not self._is_across(name)
        }
        shown = {axis: label for axis, label in axes.items() if label is not None}
        return json.dumps([shown, kept], sort_keys=True, default=str)

    def _is_across(self, name: str) -> bool:
        """True for a parameter that an axis that is compared decides: its own, or any of a plug-in's."""
        return name in self._across or name.partition(".")[0] in self._across


def parameters_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a cell beside its labels, flat: `load.ops`, `workload.size`, `startup`, `gil`."""
    flat: dict[str, Any] = {"startup": facts.get("startup")}
    flat |= {f"load.{name}": value for name, value in (facts.get("load") or {}).items()}
    flat |= dict(facts.get("runtime") or {})
    for kind, parameters in (facts.get("parameters") or {}).items():
        flat |= {f"{kind}.{name}": value for name, value in parameters.items()}
    return flat


def _compared_axes(runs: Sequence[Run], asked: Sequence[str]) -> list[str]:
    """The axes on which every run has one label at most, and not all the same."""
    known = list(dict.fromkeys(axis for run in runs for axis in run.header["axes"]))
    differing = [
        axis
        for axis in known
        if all(len(run.header["axes"].get(axis, ())) <= 1 for run in runs)
        and len(set(map(str, _only_labels(runs, axis)))) > 1
    ]
    return list(dict.fromkeys([*differing, *asked]))


def _only_labels(runs: Sequence[Run], axis: str) -> list[Any]:
    """The first label of each run on an axis; None where it has none."""
    return [next(iter(run.header["axes"].get(axis, ())), None) for run in runs]


def _explained(side: str, key: str, index: _Index, others: Sequence[_Index], across: set[str]) -> Unmatched:
    """A cell without a partner, with what keeps it from one."""
    labels = index.labels(key, across)
    missing = {
        axis: label
        for axis, label in labels.items()
        if label is not None and all(label not in other.run.header["axes"].get(axis, ()) for other in others)
    }
    if missing:
        return Unmatched(side, labels, missing)
    own = parameters_of(index.facts.get(index.cells[key], {}))
    for other in others:
        for its_key, cell in other.cells.items():
            if other.labels(its_key, across) == labels and cell in other.facts and own:
                its = parameters_of(other.facts[cell])
                names = [name for name in {**own, **its} if own.get(name) != its.get(name)]
                return Unmatched(side, labels, {}, tuple((name, own.get(name), its.get(name)) for name in names))
    return Unmatched(side, labels, {})
