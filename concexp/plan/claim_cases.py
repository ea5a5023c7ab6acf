"""Expands a claim into cases: one per cell that `of` selects, with the other cells its expression refers to. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from concexp.errors import InputError, Problem
from concexp.experiment import expressions
from concexp.experiment.claims import ambiguous, axes_of, is_metric, label_of, same_label
from concexp.experiment.expressions import ExpressionError, Tree
from concexp.experiment.spec import Claim
from concexp.experiment.statuses import STATUSES
from concexp.experiment.swept import Value

Labels = Mapping[str, Any]  # by axis
LABELS_IN_MESSAGE = 10


@dataclass(frozen=True)
class Case:
    """One instance of a claim: the labels that tell it from the others, and the cells of `of` that it stands for."""

    labels: Labels
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Impossible(Case):
    """A case that cannot be decided, since the claim names a cell that does not exist; `reason` says which."""

    reason: str = ""


@dataclass(frozen=True)
class Reference:
    """A metric that a claim names: where, and of which cell; None if there is no such cell."""

    tree: Tree
    cell: str | None
    wanted: Labels


class Cells:
    """All cells of an experiment by their ids, and how claims select and name them."""

    def __init__(self, axes: Mapping[str, Labels], cpus: int) -> None:
        self.axes = axes
        self.cpus = cpus

    @cached_property
    def labels(self) -> dict[str, list[Any]]:
        """Each axis's labels."""
        labels: dict[str, dict[Any, None]] = {}
        for axes in self.axes.values():
            for key, label in axes.items():
                labels.setdefault(key, {})[label] = None
        return {key: [label for label in known if label is not None] for key, known in labels.items()}

    @cached_property
    def _by_keys(self) -> dict[tuple[str, ...], dict[tuple[Any, ...], str]]:
        """The axes that apply to a cell -> its labels on them -> its id; cells with the most axes come first."""
        by_keys: dict[tuple[str, ...], dict[tuple[Any, ...], str]] = {}
        for cell, labels in self.axes.items():
            keys = tuple(key for key, label in labels.items() if label is not None)
            by_keys.setdefault(keys, {}).setdefault(tuple(labels[key] for key in keys), cell)
        return dict(sorted(by_keys.items(), key=lambda pair: -len(pair[0])))

    def selected(self, claim: Claim) -> list[str]:
        """The cells that `of` selects."""
        of = claim.of
        if of is None:
            return list(self.axes)
        if isinstance(of, Value):
            tree = expressions.parse(of.raw)
            return [
                cell
                for cell, labels in self.axes.items()
                if expressions.evaluate(tree, {**labels, "cpus": self.cpus}, labels=True)
            ]
        wanted = {key: value if isinstance(value, list) else [value] for key, value in of.items()}
        return [
            cell
            for cell, labels in self.axes.items()
            if all(any(same_label(labels.get(key), one) for one in values) for key, values in wanted.items())
        ]

    def counterpart(self, labels: Labels, wanted: Labels) -> str | None:
        """The cell with the wanted labels that agrees with `labels` on all other axes that apply to it; None if there is none."""
        known = {
            key: next((label for label in self.labels.get(key, ()) if same_label(label, value)), None)
            for key, value in wanted.items()
        }
        for keys, cells in self._by_keys.items():
            if known.keys() <= set(keys):
                cell = cells.get(tuple(known.get(key, labels.get(key)) for key in keys))
                if cell is not None:
                    return cell
        return None

    def bracket_axes(self, tree: Tree, labels: Labels) -> dict[str, Any]:
        """The axes and values in the brackets behind a metric, for a cell with these labels."""
        values: dict[str, Any] = {}
        for place in tree.parts if tree.kind == "at" else ():
            (value,) = place.parts
            known = {**labels, "cpus": self.cpus}
            simple = value.kind in ("number", "text") or (value.kind == "name" and value.value not in known)
            wanted = label_of(value) if simple else expressions.evaluate(value, known)
            axes = [place.value] if place.value else axes_of(wanted, self.labels)
            if len(axes) > 1:
                raise ExpressionError(": ".join(ambiguous(wanted, axes)), place.position)
            known_labels = self.labels.get(axes[0], []) if axes else []
            if not any(same_label(label, wanted) for label in known_labels):
                where = f"the axis '{place.value}' has no value" if place.value else "no axis has the value"
                has = f": it has {', '.join(map(str, known_labels[:LABELS_IN_MESSAGE]))}" if known_labels else ""
                raise ExpressionError(f"{where} '{wanted}'{has}", place.position)
            values[axes[0]] = wanted
        return values

    def curve(self, claim: Claim, case: Case, axis: str) -> list[Any]:
        """The labels of a curve's axis: those of the selected cells that agree with the case on every other looped axis."""
        cells = self.selected(claim) if axis in case.labels else case.cells
        fixed = {key: label for key, label in case.labels.items() if key != axis}
        alike = [labels for labels in (self.axes[cell] for cell in cells) if fixed.items() <= labels.items()]
        present = {labels.get(axis) for labels in alike}
        return [label for label in self.labels.get(axis, ()) if label in present]

    def references(self, claim: Claim, case: Case, tree: Tree, over: Labels | None = None) -> Iterator[Reference]:
        """The metrics in an expression with their cells; in a curve, one for each of its cells. `over` is a point of the curve."""
        labels = self.axes[case.cells[0]]
        if is_metric(tree):
            wanted = {**(over or {}), **self.bracket_axes(tree, {**labels, **(over or {})})}
            yield Reference(tree, self.counterpart(labels, wanted) if wanted else case.cells[0], wanted)
        elif tree.kind in ("curve", "first"):
            inner, axis = split(tree)
            for label in self.curve(claim, case, axis):
                yield from self.references(claim, case, inner, {axis: label})
        else:
            for part in tree.parts:
                yield from self.references(claim, case, part, over)

    def cases(self, claim: Claim) -> list[Case]:
        """The cases of a claim: the cells that `of` selects, looped over every axis that the metrics leave open.

        An axis that all metrics name, in brackets or as that of a curve, is not looped over: the claim itself says which
        of its values it compares. Take `throughput[threads] > throughput[serial]`, and the cells

            model     workers
            serial    none
            threads   1
            threads   2

        All metrics name `model`, so the loop is over `workers`, with the values none, 1 and 2. For 1 and 2 there is a case
        each; its `throughput[serial]` is of the cell serial, to which workers do not apply. For none there is no cell of
        threads, but there is one for other workers: serial is what the cases are compared *with*, and no case itself,
        unless there is no other. Where a cell exists for no value of the axis, the case is Impossible.
        """
        tree = claim.trees[0]
        named = list(_named_axes(tree, self))
        unlooped = frozenset.intersection(*named) if named else frozenset()
        looped = [key for key in self.labels if key not in unlooped]
        groups: dict[tuple[Any, ...], list[str]] = {}
        for cell in self.selected(claim):
            groups.setdefault(tuple(self.axes[cell].get(key) for key in looped), []).append(cell)
        cases: list[Case] = []
        reference_only: list[Case] = []
        for values, cells in groups.items():
            case = Case(dict(zip(looped, values, strict=True)), tuple(cells))
            try:
                absent = [
                    reference.wanted for reference in self.references(claim, case, tree) if reference.cell is None
                ]
            except ExpressionError as error:
                cases.append(Impossible(case.labels, case.cells, str(error)))
                continue
            if not absent:
                cases.append(case)
                continue
            reason = f"there is no cell with {_listed(absent[0])} beside it"
            compared_with = unlooped and self._exists_elsewhere(case, absent[0])
            (reference_only if compared_with else cases).append(Impossible(case.labels, case.cells, reason))
        return cases or reference_only

    def _exists_elsewhere(self, case: Case, wanted: Labels) -> bool:
        """Whether a cell with the wanted labels exists for any value of the axes that do not apply to the case."""
        shared = {key: label for key, label in case.labels.items() if label is not None and key not in wanted}
        return any(
            all(same_label(labels.get(key), value) for key, value in wanted.items())
            and all(labels.get(key) in (label, None) for key, label in shared.items())
            for labels in self.axes.values()
        )


def split(tree: Tree) -> tuple[Tree, str]:
    """A curve function -> the expression that it is about, and its axis."""
    inner, axis = tree.parts if tree.kind == "curve" else tree.parts[::-1]
    return inner, axis.value


def _listed(wanted: Labels) -> str:
    return ", ".join(f"{key} {value}" for key, value in wanted.items())


def _named_axes(tree: Tree, cells: Cells, curves: frozenset[str] = frozenset()) -> Iterator[frozenset[str]]:
    """For each metric the axes that it names; `curves` are the axes of the curves around it.

    An axis that stands for its own value needs a case for each value, so it counts as a metric that names all the others.
    """
    if is_metric(tree):
        yield curves.union(*(_axes_of_place(place, cells) for place in tree.parts))
        for place in tree.parts:
            yield from _named_axes(place.parts[0], cells, curves)
    elif tree.kind == "name" and tree.value in cells.labels:
        yield curves | (frozenset(cells.labels) - {tree.value})
    elif tree.kind in ("curve", "first"):
        inner, axis = split(tree)
        yield from _named_axes(inner, cells, curves | {axis})
    else:
        for part in tree.parts:
            yield from _named_axes(part, cells, curves)


def _axes_of_place(place: Tree, cells: Cells) -> list[str]:
    """The axes that one value in brackets may be of: that before its `=`, or those with such a label."""
    return [place.value] if place.value else axes_of(label_of(place.parts[0]), cells.labels)


def check(claims: Sequence[Claim], cells: Cells) -> None:
    """InputError if a claim selects no cell, or if all its cases name cells that do not exist."""
    problems = []
    for claim in claims:
        try:
            selected = cells.selected(claim)
        except ExpressionError as error:
            problems.append(_problem(claim, "of", str(error)))
            continue
        cases = cells.cases(claim)
        if not selected:
            of = claim.of.raw if isinstance(claim.of, Value) else _listed(claim.of or {})
            problems.append(_problem(claim, "of", f"there is no cell with {of}"))
        elif isinstance(cases[0], Impossible) and all(isinstance(case, Impossible) for case in cases):
            problems.append(_problem(claim, "expect", f"in `{claim.expect.raw}`: {cases[0].reason}"))
    if problems:
        raise InputError(problems)


def _problem(claim: Claim, key: str, message: str) -> Problem:
    at = claim.of if key == "of" and isinstance(claim.of, Value) else claim.expect
    cure = "name as many axes as it takes: [axis=value, axis=value]"
    if key == "of":
        cure = "`concexp plan` lists the cells, once the claim is out of the way"
    return Problem(at.file, at.line, at.column, f"{claim.path}.{key}", message, cure)


def expected_statuses(claim: Claim, cells: Cells) -> set[tuple[str, str]]:
    """The (cell, status) pairs that a claim expects: a trial that ends so is a result and not a failure."""
    expected: set[tuple[str, str]] = set()
    affirmed = list(_affirmed(claim.trees[0]))
    possible = [case for case in cells.cases(claim) if not isinstance(case, Impossible)] if affirmed else []
    for case, tree in itertools.product(possible, affirmed):
        statuses = {part.value for part in expressions.walk(tree) if part.value in STATUSES}
        for reference in cells.references(claim, case, tree):
            if reference.tree.value == "status" and reference.cell is not None:
                expected.update((reference.cell, status) for status in statuses)
    return expected


def _affirmed(tree: Tree) -> Iterator[Tree]:
    """The comparisons that say what a value is, not what it is not."""
    if tree.kind == "compare" and set(tree.value) <= {"==", "in"}:
        yield tree
    elif tree.kind in ("and", "or"):
        for part in tree.parts:
            yield from _affirmed(part)
