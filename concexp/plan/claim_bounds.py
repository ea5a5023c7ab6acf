"""What a claim's expression can be before anything is measured: bounds of its numbers, and truths that no data can change. Pure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from concexp import catalog
from concexp.experiment import expressions
from concexp.experiment.claims import is_metric
from concexp.experiment.expressions import Tolerance, Tree
from concexp.experiment.selections import matches
from concexp.plan.claim_cases import Case, Cells, split

if TYPE_CHECKING:
    from concexp.plan.cell import Cell

LEAST = 5e-324  # the smallest positive float


@dataclass(frozen=True)
class Span:
    """The lowest and the highest value that a number can have."""

    low: float
    high: float

    @property
    def exact(self) -> bool:
        return self.low == self.high

    # What a metric asks of a ratio in `between`.
    @property
    def mean(self) -> float:
        return self.high

    def scaled(self, factor: float) -> Span:
        """Both ends times a positive factor."""
        return Span(self.low * factor, self.high * factor)


ANY = Span(-math.inf, math.inf)
INCREASING = {"ceil": math.ceil, "floor": math.floor, "sqrt": math.sqrt}


@dataclass(frozen=True)
class Limits:
    """What bounds a metric beside its nature: seconds of a trial, and the machine's CPUs; None: not considered."""

    timeout: float | None = None
    cpus: int | None = None


class Bounds:
    """The bounds of a claim's expressions in one case, or of all cases alike where no cells are known."""

    def __init__(
        self,
        limits: Limits,
        baseline: Mapping[str, Any],
        cells: Cells | None = None,
        planned: Mapping[str, Cell] | None = None,
        case: Case | None = None,
        curves: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        self.limits, self.baseline, self.cells, self.planned, self.case = limits, baseline, cells, planned or {}, case
        self.curves = curves or {}

    def truth(self, tree: Tree, over: Mapping[str, Any] | None = None) -> bool | None:
        """True or False where no data can change it; None where data decide."""
        if tree.kind == "not":
            inner = self.truth(tree.parts[0], over)
            return None if inner is None else not inner
        if tree.kind in ("and", "or"):
            truths = [self.truth(part, over) for part in tree.parts]
            deciding = tree.kind == "or"
            if deciding in truths:
                return deciding
            return None if None in truths else not deciding
        if tree.kind != "compare":
            return None
        truths = []
        for sign, left, right in zip(tree.value, tree.parts, tree.parts[1:], strict=False):
            truths.append(self._compared(sign, left, right, over or {}, tree.tolerance))
        return False if False in truths else None if None in truths else True

    def _compared(
        self, sign: str, left: Tree, right: Tree, over: Mapping[str, Any], tolerance: Tolerance | None
    ) -> bool | None:
        if sign in ("<", "<=", ">", ">=", "==") and self._key(left, over) == self._key(right, over):
            measured = any(is_metric(part) and part.value != "status" for part in expressions.walk(left))
            return sign in ("<=", ">=", "==") if measured else None
        one, other = self.of(left, over), self.of(right, over)
        if sign in (">", ">="):
            one, other, sign = other, one, {">": "<", ">=": "<="}[sign]
        if sign == "<":
            return True if one.high < other.low else False if one.low >= other.high else None
        if sign == "<=":
            return True if one.high <= other.low else False if one.low > other.high else None
        if sign != "==":
            return None
        if one.exact and other.exact:
            return _near(one.low, other.low, tolerance)
        apart = one.high < other.low or one.low > other.high
        return False if apart and tolerance is None else None

    def of(self, tree: Tree, over: Mapping[str, Any] | None = None) -> Span:
        """The bounds of a number; ANY where nothing is known."""
        try:
            return self._span(tree, over or {})
        except (ValueError, ArithmeticError, KeyError, AttributeError):  # a package's metric may ask more of a ratio
            return ANY

    def _span(self, tree: Tree, over: Mapping[str, Any]) -> Span:
        if tree.kind == "number":
            return Span(tree.value, tree.value)
        if is_metric(tree) and tree.value != "status":
            return self._metric(tree.value, self._cell(tree, over))
        if tree.kind == "name":
            return self._fact(tree.value, over)
        if tree.kind == "curve":
            return self._curve(tree)
        spans = [self._span(part, over) for part in tree.parts]
        if tree.kind == "minus":
            return Span(-spans[0].high, -spans[0].low)
        if tree.kind in expressions.ARITHMETIC:
            return _computed(tree.kind, *spans)
        if tree.kind == "call" and tree.value in INCREASING and math.isfinite(spans[0].high):
            return Span(INCREASING[tree.value](spans[0].low), INCREASING[tree.value](spans[0].high))
        if tree.kind == "call" and tree.value in ("min", "max") and len(spans) > 1:
            pick = min if tree.value == "min" else max
            return Span(pick(span.low for span in spans), pick(span.high for span in spans))
        return ANY

    def _curve(self, tree: Tree) -> Span:
        inner, axis = split(tree)
        labels = self.curves.get(axis)
        spans = [self._span(inner, {axis: label}) for label in labels] if labels else [self._span(inner, {})]
        low, high = [span.low for span in spans], [span.high for span in spans]
        if tree.value in ("max", "min"):
            pick = max if tree.value == "max" else min
            return Span(pick(low), pick(high)) if labels else spans[0]
        if tree.value == "mean":
            return Span(min(low), max(high))
        if tree.value == "spread":
            return Span(1.0, max(high) / min(low) if min(low) > LEAST else math.inf)
        return Span(0.0, 1.0) if tree.value == "r2" else ANY

    def _metric(self, name: str, cell: Cell | None) -> Span:
        metric = catalog.load("metric", name)()
        if metric.level == "cell":
            return self._relative(metric, cell)
        low, high = metric.range
        if metric.positive:
            low = LEAST
        if self.limits.timeout is not None and metric.unit == "s":
            high = min(high, math.nextafter(self.limits.timeout, 0))  # at the timeout itself it is killed
        if self.limits.cpus is not None and metric.unit == "CPUs":
            high = min(high, self.limits.cpus)
        return Span(low, high)

    def _relative(self, metric: Any, cell: Cell | None) -> Span:
        """A metric that compares a cell with its baseline, which uses one CPU if it has one worker."""
        ratio, workers = Span(LEAST, math.inf), 1
        if cell is not None:
            workers = cell.parallelism
            if matches(self.baseline, cell.axes):
                ratio = Span(1.0, 1.0)
            elif self.limits.cpus is not None and self._is_bound_by_cpus(cell):
                ratio = Span(LEAST, min(workers, self.limits.cpus))
        return metric.between(ratio, workers) if cell is not None else Span(LEAST, math.inf)

    def _is_bound_by_cpus(self, cell: Cell) -> bool:
        """Whether a cell can be faster than its baseline by its number of CPUs at most.

        So it is where the same work keeps a CPU busy in the baseline: with one worker of the same model, or without any, and with
        nothing beside it. Work that waits gains a factor of its number of workers, or more, from a single CPU.
        """
        if not self.baseline.keys() <= {"model", "workers"} or cell.background is not None or not _wants_a_cpu(cell):
            return False
        model = cell.axes["model"]
        below = [one for one in self.planned.values() if matches(self.baseline, one.axes)]
        if "model" not in self.baseline:
            below = [one for one in below if one.axes["model"] == model]
        alone = [one.workers is None or (one.workers == 1 and one.axes["model"] == model) for one in below]
        return bool(alone) and all(alone)

    def _cell(self, tree: Tree, over: Mapping[str, Any]) -> Cell | None:
        """The cell that a metric or a fact is of; None where no cells are known."""
        if self.cells is None or self.case is None:
            return None
        first = self.case.cells[0]
        labels = {**self.cells.axes[first], **over}
        wanted = {**over, **self.cells.bracket_axes(tree, labels)}
        found = self.cells.counterpart(self.cells.axes[first], wanted) if wanted else first
        return self.planned[found] if found is not None else None

    def _fact(self, name: str, over: Mapping[str, Any]) -> Span:
        cpus = self.limits.cpus
        if name == "cpus":
            return ANY if cpus is None else Span(cpus, cpus)
        if name == "effective_cpus":
            return Span(0.0, math.inf if cpus is None else cpus)
        cell = self._cell(Tree("name", name, (), 0), over)
        if cell is None:
            return ANY
        value = cell.axes.get(name)
        owner, _, parameter = name.rpartition(".")
        if value is None and owner == "load":
            value = cell.load.get(parameter)
        for kind, parameters in cell.parameters.items():
            if value is None and owner in (kind, cell.axes.get(kind)):
                value = parameters.get(parameter)
        number = expressions.quantity(value) if isinstance(value, str) else value
        return Span(number, number) if isinstance(number, int | float) and not isinstance(number, bool) else ANY

    def _key(self, tree: Tree, over: Mapping[str, Any]) -> Any:
        """The same for two expressions that are always equal."""
        if is_metric(tree) and self.cells is not None:
            try:
                cell = self._cell(tree, over)
            except ValueError:
                cell = None
            return (tree.value, cell.id if cell is not None else id(tree))
        return tree.kind, tree.value, tuple(self._key(part, over) for part in tree.parts)


def _wants_a_cpu(cell: Cell) -> bool:
    """Whether its work is known to compute: as the experiment says, else as the workload does; user code says nothing."""
    workload = cell.workload
    if workload.wants or workload.is_user_code:
        return workload.wants == "cpu"
    return bool(workload.build().resource == "cpu")  # it may depend on the workload's parameters


def _near(one: float, other: float, tolerance: Tolerance | None) -> bool:
    """Whether two constants are equal within a tolerance."""
    if tolerance is None:
        return one == other
    if tolerance.factor:
        return one <= other * tolerance.amount and one * tolerance.amount >= other
    return abs(one - other) <= tolerance.amount * abs(other)


def _computed(sign: str, left: Span, right: Span) -> Span:
    """The bounds of `left sign right`, from its corners."""
    if sign == "/" and right.low <= 0 <= right.high:
        return ANY
    corners = [
        expressions.ARITHMETIC[sign](one, other)
        for one, other in itertools.product((left.low, left.high), (right.low, right.high))
    ]
    known = [corner for corner in corners if not math.isnan(corner)]
    return ANY if len(known) < len(corners) and sign in "+-" else Span(min(known), max(known))
