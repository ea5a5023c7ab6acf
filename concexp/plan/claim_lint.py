"""Claims that say less than they seem to: warnings about what no data can decide, or could decide only by chance. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from concexp import catalog
from concexp.errors import Problem
from concexp.experiment import Spec, expressions
from concexp.experiment.claims import is_metric
from concexp.experiment.expressions import ExpressionError, Tree
from concexp.experiment.spec import Claim
from concexp.plan.claim_bounds import Bounds, Limits
from concexp.plan.claim_cases import Case, Cells, Impossible

if TYPE_CHECKING:  # what only plans need would be loaded to validate an experiment, too
    from concexp.plan.cell import Cell
    from concexp.plan.schedule import Plan

Widths = Mapping[tuple[str, str], float]  # half an interval as a share of its mean, by cell and metric
NEARLY_ONE = (0.5, 2.0)  # a factor within these is a margin


@dataclass(frozen=True)
class Ground:
    """Why no data decide a claim: the limits that follow, what is then said of a claim that is true or false, and the cure."""

    limits: Limits
    true: str
    false: str
    cure: str


def as_written(spec: Spec) -> list[Problem]:
    """Warnings that the experiment alone shows, without any machine."""
    grounds = _grounds(spec, None)
    return [
        warning
        for claim in spec.claims
        for warning in _decided(claim, grounds, lambda limits: [Bounds(limits, spec.baseline)])
    ]


def as_planned(spec: Spec, plan: Plan, widths: Widths) -> list[Problem]:
    """Warnings about the cells of this machine; `widths` are those of an earlier run, if there was one."""
    planned = {cell.id: cell for cell in plan.runnable}
    cells = Cells({cell.id: cell.axes for cell in plan.cells}, plan.cpus)
    warnings = []
    for claim in spec.claims:
        cases = _possible_cases(spec, claim, cells, planned, plan.cpus)

        def of_cases(limits: Limits, claim: Claim = claim, cases: Sequence[Case] = cases) -> list[Bounds]:
            return [_bounds(spec, limits, claim, case, cells, planned) for case in cases]

        if cases:
            warnings += [
                *_decided(claim, _grounds(spec, plan.cpus), of_cases),
                *_too_narrow(claim, cases, cells, widths),
            ]
    return warnings


def _grounds(spec: Spec, cpus: int | None) -> Iterator[Ground]:
    """From the strongest reason to the weakest."""
    yield Ground(
        Limits(), "is true of any data", "is false of any data", "claim what a measurement could show to be otherwise"
    )
    timeout = spec.measure.timeout
    killed = f"a trial is killed at its timeout of {timeout:g} s, so no longer time is ever recorded"
    yield Ground(
        Limits(timeout), f"cannot be refuted: {killed}", f"cannot be supported: {killed}",
        "a timeout well above what is claimed",
    )  # fmt: skip
    if cpus is not None:
        few = f"CPU-bound work gains a factor of {cpus} at most from {cpus} CPUs"
        yield Ground(
            Limits(timeout, cpus), f"cannot be refuted on this machine: {few}", f"cannot be supported on this machine: {few}",
            f"more CPUs, a condition such as `when: cpus > {cpus}`, or `wants: io` beside a workload that waits",
        )  # fmt: skip


def _possible_cases(spec: Spec, claim: Claim, cells: Cells, planned: Mapping[str, Cell], cpus: int) -> list[Case]:
    """The cases that can be judged on this machine: their cells can run, and their condition can hold."""
    cases = []
    for case in cells.cases(claim):
        references = [] if isinstance(case, Impossible) else list(cells.references(claim, case, claim.trees[0]))
        if not references or any(reference.cell not in planned for reference in references):
            continue
        bounds = _bounds(spec, Limits(spec.measure.timeout, cpus), claim, case, cells, planned)
        if not any(bounds.truth(when) is False for when in claim.trees[1:]):
            cases.append(case)
    return cases


def _bounds(spec: Spec, limits: Limits, claim: Claim, case: Case, cells: Cells, planned: Mapping[str, Cell]) -> Bounds:
    curves = {axis: cells.curve(claim, case, axis) for axis in _curve_axes(claim)}
    return Bounds(limits, spec.baseline, cells, planned, case, curves)


def _curve_axes(claim: Claim) -> set[str]:
    return {part.parts[1].value for part in expressions.walk(claim.trees[0]) if part.kind == "curve"}


def _decided(
    claim: Claim, grounds: Iterator[Ground], bounds_of: Callable[[Limits], Sequence[Bounds]]
) -> Iterator[Problem]:
    """A warning on the first ground that decides a claim: false in any case, or true in most of them."""
    tree = claim.trees[0]
    for ground in grounds:
        truths = [bounds.truth(tree) for bounds in bounds_of(ground.limits)]
        false, true = truths.count(False), truths.count(True)
        if false or 2 * true > len(truths):
            count = false or true
            where = "" if count == len(truths) else f" in {count} of {len(truths)} cases"
            yield _warning(claim, tree, f"{ground.false if false else ground.true}{where}", ground.cure)
            return


def _too_narrow(claim: Claim, cases: Sequence[Case], cells: Cells, widths: Widths) -> Iterator[Problem]:
    """Warnings on margins that an earlier run could not have resolved."""
    from statistics import median  # it loads fractions and decimals, and few experiments need it

    for tree, margin in _margins(claim.trees[0]):
        known = []
        for case in cases:
            try:
                references = list(cells.references(claim, case, tree))
            except ExpressionError:
                continue
            found = [widths.get((str(one.cell), one.tree.value), math.nan) for one in references]
            known += [max(found)] if found and not any(map(math.isnan, found)) else []
        if known and margin < median(known):
            text = f"its margin of {100 * margin:.3g} % is narrower than ± {100 * median(known):.2g} %, as the last run knew it"
            yield _warning(claim, tree, text, "a wider margin, or more repetitions")


def _margins(tree: Tree) -> Iterator[tuple[Tree, float]]:
    """The comparisons in a condition that leave a margin, with its size: `within 5%`, `speedup < 1.1`, `a > 1.05 * b`."""
    if tree.kind in ("and", "or", "not"):
        for part in tree.parts:
            yield from _margins(part)
    if tree.kind != "compare":
        return
    if tree.tolerance is not None:
        yield tree, tree.tolerance.amount - tree.tolerance.factor
        return
    factors = [part.value for side in tree.parts for part in _factors(side) if part.kind == "number"]
    relative = any(_is_relative(side) for side in tree.parts)
    several = sum(is_metric(part) for part in expressions.walk(tree)) > 1
    margins = [abs(factor - 1) for factor in factors if NEARLY_ONE[0] < factor < NEARLY_ONE[1] and factor != 1]
    if margins and (relative or several):
        yield tree, min(margins)


def _factors(tree: Tree) -> Iterator[Tree]:
    yield tree
    if tree.kind == "*":
        yield from tree.parts


def _is_relative(tree: Tree) -> bool:
    return is_metric(tree) and tree.value != "status" and catalog.load("metric", tree.value).level == "cell"


def _warning(claim: Claim, tree: Tree, message: str, cure: str) -> Problem:
    at = claim.expect
    column = at.column + tree.position if at.column else 0
    return Problem(at.file, at.line, column, f"{claim.path}.expect", f"warning: `{at.raw}` {message}", cure)


def listed(warnings: Sequence[Problem]) -> list[dict[str, Any]]:
    """Warnings as JSON data."""
    return [
        {
            "file": one.file,
            "line": one.line,
            "column": one.column,
            "key": one.path,
            "message": one.message,
            "cure": one.hint,
        }
        for one in warnings
    ]
