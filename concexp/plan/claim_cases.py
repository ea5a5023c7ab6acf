"""A claim and the labels of all cells -> its cases: the cells that it is about, and those that it names beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from concexp.errors import InputError, Problem
from concexp.experiment import expressions
from concexp.experiment.claims import ambiguous, axes_of, is_metric, label_of, same_label
from concexp.experiment.expressions import ExpressionError, Tree
from concexp.experiment.spec import Claim, Value
from concexp.experiment.statuses import STATUSES

Labels = Mapping[str, Any]
SHOWN = 10  # so many labels are listed in a message


@dataclass(frozen=True)
class Case:
    """One instance of a claim: the labels that tell it from the others, and the cells of `of` that it stands for.

    `missing` tells which cell that the claim names does not exist; "" if all do.
    """

    labels: Labels
    cells: tuple[str, ...]
    missing: str = ""


@dataclass(frozen=True)
class Reference:
    """A metric that a claim names: where, and of which cell; None if there is no such cell."""

    tree: Tree
    cell: str | None
    wanted: Labels


class Cells:
    """All cells of an experiment by their ids, and how claims speak of them."""

    def __init__(self, axes: Mapping[str, Labels], cpus: int) -> None:
        self.axes = axes
        self.cpus = cpus

    @cached_property
    def labels(self) -> dict[str, list[Any]]:
        """Each axis's labels."""
        found: dict[str, dict[Any, None]] = {}
        for labels in self.axes.values():
            for key, label in labels.items():
                found.setdefault(key, {})[label] = None
        return {key: [label for label in labels if label is not None] for key, labels in found.items()}

    @cached_property
    def _by_keys(self) -> dict[tuple[str, ...], dict[tuple[Any, ...], str]]:
        """By the axes that apply to a cell, most of them first: its labels on them, and its id."""
        found: dict[tuple[str, ...], dict[tuple[Any, ...], str]] = {}
        for cell, labels in self.axes.items():
            keys = tuple(key for key, label in labels.items() if label is not None)
            found.setdefault(keys, {}).setdefault(tuple(labels[key] for key in keys), cell)
        return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))

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
        """The cell that has the wanted labels and is alike on all other axes that apply to it."""
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
        found: dict[str, Any] = {}
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
                has = f": it has {', '.join(map(str, known_labels[:SHOWN]))}" if known_labels else ""
                raise ExpressionError(f"{where} '{wanted}'{has}", place.position)
            found[axes[0]] = wanted
        return found

    def curve(self, claim: Claim, case: Case, axis: str) -> list[Any]:
        """The labels of an axis among the cells of `of` that are alike but for it and for what the claim names itself."""
        cells = self.selected(claim) if axis in case.labels else case.cells
        fixed = {key: label for key, label in case.labels.items() if key != axis}
        alike = [one for one in (self.axes[cell] for cell in cells) if fixed.items() <= one.items()]
        found = {one.get(axis) for one in alike}
        return [label for label in self.labels.get(axis, ()) if label in found]

    def references(self, claim: Claim, case: Case, tree: Tree, over: Labels | None = None) -> Iterator[Reference]:
        """The metrics in an expression and the cells that they are of; on a curve, of each of its cells."""
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
        """The cases of a claim: every cell of `of`, but for the axes that all its metrics name themselves."""
        tree = claim.trees[0]
        own = axes_named_by_all(tree, self)
        groups: dict[tuple[Any, ...], list[str]] = {}
        looped = [key for key in self.labels if key not in own]
        for cell in self.selected(claim):
            groups.setdefault(tuple(self.axes[cell].get(key) for key in looped), []).append(cell)
        found: list[Case] = []
        odd: list[Case] = []
        for values, cells in groups.items():
            case = Case(dict(zip(looped, values, strict=True)), tuple(cells))
            try:
                absent = [one for one in self.references(claim, case, tree) if one.cell is None]
            except ExpressionError as error:
                found.append(replace(case, missing=str(error)))
                continue
            missing = f"there is no cell with {_told(absent[0].wanted)} beside it" if absent else ""
            # Cells to which a looped axis does not apply: the others are compared with them, and they with nothing.
            other_side = own and absent and self._exists_elsewhere(case, absent[0].wanted)
            (odd if other_side else found).append(replace(case, missing=missing))
        return found or odd

    def _exists_elsewhere(self, case: Case, wanted: Labels) -> bool:
        """Whether the cell exists if nothing is asked on the axes that do not apply to this case."""
        asked = {key: label for key, label in case.labels.items() if label is not None and key not in wanted}
        return any(
            all(same_label(labels.get(key), value) for key, value in wanted.items())
            and all(labels.get(key) in (label, None) for key, label in asked.items())
            for labels in self.axes.values()
        )


def split(tree: Tree) -> tuple[Tree, str]:
    """What a curve function looks at, and its axis."""
    inner, axis = tree.parts if tree.kind == "curve" else tree.parts[::-1]
    return inner, axis.value


def _told(wanted: Labels) -> str:
    return ", ".join(f"{key} {value}" for key, value in wanted.items())


def axes_named_by_all(tree: Tree, cells: Cells) -> frozenset[str]:
    """The axes that every metric of an expression names itself, in brackets or as that of a curve."""
    found = list(axes_to_loop_over(tree, cells, frozenset()))
    return frozenset.intersection(*found) if found else frozenset()


def axes_to_loop_over(tree: Tree, cells: Cells, over: frozenset[str]) -> Iterator[frozenset[str]]:
    """The axes that each metric, and each axis that is looked at itself, does not need to be looped over."""
    if is_metric(tree):
        places = [([p.value] if p.value else axes_of(label_of(p.parts[0]), cells.labels), p) for p in tree.parts]
        yield over.union(*(axes for axes, _ in places))
        for _, place in places:
            yield from axes_to_loop_over(place.parts[0], cells, over)
    elif tree.kind == "name" and tree.value in cells.labels:
        yield over | (frozenset(cells.labels) - {tree.value})
    elif tree.kind in ("curve", "first"):
        inner, axis = split(tree)
        yield from axes_to_loop_over(inner, cells, over | {axis})
    else:
        for part in tree.parts:
            yield from axes_to_loop_over(part, cells, over)


def check(claims: Sequence[Claim], cells: Cells) -> None:
    """InputError if a claim is about no cell, or names cells that there are not."""
    problems = []
    for claim in claims:
        try:
            selected = cells.selected(claim)
        except ExpressionError as error:
            problems.append(_problem(claim, "of", str(error)))
            continue
        cases = cells.cases(claim)
        if not selected:
            of = claim.of.raw if isinstance(claim.of, Value) else _told(claim.of or {})
            problems.append(_problem(claim, "of", f"there is no cell with {of}"))
        elif all(case.missing for case in cases):
            problems.append(_problem(claim, "expect", f"in `{claim.expect.raw}`: {cases[0].missing}"))
    if problems:
        raise InputError(problems)


def _problem(claim: Claim, key: str, message: str) -> Problem:
    at = claim.of if key == "of" and isinstance(claim.of, Value) else claim.expect
    cure = "name as many axes as it takes: [axis=value, axis=value]"
    if key == "of":
        cure = "`concexp plan` lists the cells, once the claim is out of the way"
    return Problem(at.file, at.line, at.column, f"{claim.path}.{key}", message, cure)


def expected_statuses(claim: Claim, cells: Cells) -> set[tuple[str, str]]:
    """The (cell, status) pairs that a claim expects: such an end is an outcome, and no failure."""
    found: set[tuple[str, str]] = set()
    affirmed = list(_affirmed(claim.trees[0]))
    for case in cells.cases(claim) if affirmed else ():
        for tree in affirmed if not case.missing else ():
            statuses = {part.value for part in expressions.walk(tree) if part.value in STATUSES}
            for reference in cells.references(claim, case, tree):
                if reference.tree.value == "status" and reference.cell is not None:
                    found.update((reference.cell, status) for status in statuses)
    return found


def _affirmed(tree: Tree) -> Iterator[Tree]:
    """The comparisons that say what something is, not what it is not."""
    if tree.kind == "compare" and set(tree.value) <= {"==", "in"}:
        yield tree
    elif tree.kind in ("and", "or"):
        for part in tree.parts:
            yield from _affirmed(part)
