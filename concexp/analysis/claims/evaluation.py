"""A claim's expression and a run -> the expression's value: how surely it is true, or a number with all its draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from concexp import catalog
from concexp.analysis.claims import numbers
from concexp.analysis.claims.measured import Basis, Measured, NoVerdict, plain
from concexp.analysis.claims.numbers import Choice, Drawn, Seen, is_number, largest, settled, spread
from concexp.analysis.claims.truth import Truth, both, either, fact
from concexp.analysis.stats.draws import DRAWS, joint_draws
from concexp.analysis.stats.intervals import FEWEST, Interval, mean_interval
from concexp.experiment import expressions
from concexp.experiment.claims import FACTS, is_metric
from concexp.experiment.expressions import ExpressionError, Tolerance, Tree
from concexp.experiment.spec import Claim
from concexp.plan.claim_cases import Case, Reference, split

POINTS = {"slope": 2, "r2": 3, "spread": 2}  # the fewest points of a curve
Key = tuple[str, str]  # cell and metric


@cache
def rate_metrics() -> frozenset[str]:
    """The metrics that grow when a cell gets more CPUs: those by which cells are compared with a baseline."""
    return frozenset(metric.compares for metric in catalog.classes("metric").values() if metric.level == "cell")


class Values:
    """Evaluates a claim's expressions in one case.

    With `point`, a mean is the mean itself and not its draws. With `survivors`, trials without a value are left out of
    account: that is what a reader sees as evidence, and what a verdict must not rest on.
    """

    def __init__(
        self, measured: Measured, claim: Claim, case: Case, point: bool = False, survivors: bool = False
    ) -> None:
        self.measured, self.claim, self.case, self.point, self.survivors = measured, claim, case, point, survivors
        self.gains: Mapping[str, float] = {}
        self._lacking: dict[str, float] = {}  # as `NoVerdict.lacking`, of all cells; complete with `bases`

    def what_if(self, gains: Mapping[str, float]) -> Values:
        """The same draws, but with these cells faster than measured, each by its factor."""
        faster = Values(self.measured, self.claim, self.case)
        faster.gains, faster._draws = gains, self._draws
        return faster

    @cached_property
    def bases(self) -> dict[Key, Basis]:
        """The trials that the claim rests on here, by cell and metric; without the metrics of which nothing is known."""
        found: dict[Key, Basis] = {}
        for reference in self.measured.cells.references(self.claim, self.case, self.claim.trees[0]):
            for name, metric, cell in self._needed(reference):
                try:
                    found[cell, name] = self.measured.basis(cell, name, metric, self.claim.any_outcome)
                except NoVerdict as end:  # raised again where the value is needed
                    self._lacking |= end.lacking
        return found

    @cached_property
    def _draws(self) -> dict[tuple[Key, bool], NDArray[np.float64]]:
        """Joint draws of all means that the claim refers to, by cell, metric, and whether missing trials are at their highest."""
        samples: dict[tuple[Key, bool], dict[int, float]] = {}
        log = set()
        for key, basis in self.bases.items():
            metric = catalog.load("metric", key[1])()
            known = self.measured.values(*key, basis.sure)
            for high in (False, True) if basis.missing and not self.survivors else (False,):
                missing = [] if self.survivors else zip(basis.missing, basis.bounds, strict=True)
                bounds = {trial.block: ends[high] for trial, ends in missing}
                values = known | bounds
                if metric.scale == "log":
                    log.add((key, high))
                    if min(bounds.values(), default=1.0) <= 0:
                        continue  # one trial without any speed: their geometric mean is 0 as well
                if len(values) >= FEWEST and np.isfinite(list(values.values())).all():
                    samples[key, high] = values
        drawn = joint_draws(samples, log)
        return {
            (key, high): self.measured.skewed(*key, self.bases[key].sure, draws) for (key, high), draws in drawn.items()
        }

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells whose means are drawn."""
        return tuple(dict.fromkeys(cell for (cell, _), _ in self._draws))

    def _needed(self, reference: Reference) -> Iterator[tuple[str, Any, str]]:
        """The metrics of trials that a metric of a cell is computed from: (name, metric, cell)."""
        name, cell = reference.tree.value, reference.cell
        if name == "status" or cell is None:
            return
        metric = catalog.load("metric", name)()
        cells = [cell]
        if metric.level == "cell":
            name, cells = metric.compares, [cell, self.measured.baseline(cell)]
            metric = catalog.load("metric", name)()
        yield from ((name, metric, one) for one in cells if one)

    def truth(self, tree: Tree) -> Truth:
        """How surely a condition is true; raises NoVerdict if it has no value."""
        found = self.of(tree)
        return found if isinstance(found, Truth) else fact(found)

    def of(self, tree: Tree, over: Mapping[str, Any] | None = None) -> Any:
        """The value of a tree, inside a curve with the label of its axis in `over`; raises NoVerdict if there is none."""
        try:
            with np.errstate(all="ignore"):  # `numbers.compared` raises for what is not a number
                return self._value(tree, over or {})
        except ExpressionError as error:
            raise NoVerdict("skipped", str(error)) from error
        except (TypeError, ValueError, ArithmeticError) as error:
            raise NoVerdict("inconclusive", str(error)) from error

    def in_words(self, tree: Tree) -> str:
        """The values of the names in an expression, for a message: `effective_cpus is 1.99`."""
        parts: dict[str, None] = {}  # an ordered set
        for part in expressions.walk(tree):
            if is_metric(part) or part.kind == "name":
                value = self.of(part)
                known = f"{value:.4g}" if isinstance(value, float) else value
                if value is None:
                    parts[f"{part.value} {'is unknown' if part.value in FACTS else 'does not apply'}"] = None
                elif part.kind == "at" or value != part.value:  # a name that stands for itself needs no explanation
                    parts[f"{part.value} is {known}"] = None
        return ", ".join(parts)

    def _value(self, tree: Tree, over: Mapping[str, Any]) -> Any:
        if tree.kind == "number":
            return tree.value
        if tree.kind == "text":
            return plain(tree.value)
        if is_metric(tree):
            return self._metric(tree, over)
        if tree.kind == "name":
            return self.measured.fact(self._cell({}, over), tree.value)
        if tree.kind in ("curve", "first"):
            return self._curve(tree)
        if tree.kind in ("and", "or"):
            return self._joined(tree, over)
        values = [self._value(part, over) for part in tree.parts]
        if tree.kind == "list":
            return values
        if tree.kind == "not":
            return values[0].negated
        if tree.kind == "compare":
            pairs = zip(tree.value, values, values[1:], strict=False)
            return both([_compared(*pair, tree.tolerance) for pair in pairs])
        return _computed(tree, values)

    def _joined(self, tree: Tree, over: Mapping[str, Any]) -> Truth:
        """`and`, `or`: stops at the first side that decides it."""
        join = either if tree.kind == "or" else both
        truths: list[Truth] = []
        for part in tree.parts:
            truths.append(self._value(part, over))
            if truths[-1].exact and (truths[-1].support == 0) == (tree.kind == "or"):
                break
        return join(truths)

    def _cell(self, wanted: Mapping[str, Any], over: Mapping[str, Any]) -> str:
        """The cell with these labels that equals the case's cell on all other axes that apply to it."""
        first = self.case.cells[0]
        changed = {**over, **wanted}
        if not changed:
            return first
        counterpart = self.measured.cells.counterpart(self.measured.cells.axes[first], changed)
        if counterpart is None:
            labels = ", ".join(f"{key} {label}" for key, label in changed.items())
            raise NoVerdict("skipped", f"there is no cell with {labels} beside it")
        return counterpart

    def _metric(self, tree: Tree, over: Mapping[str, Any]) -> Any:
        first = self.case.cells[0]
        labels = {**self.measured.cells.axes[first], **over}
        cell = self._cell(self.measured.cells.bracket_axes(tree, labels), over)
        try:
            if tree.value == "status":
                return self.measured.sample(cell).status
            return self._measured(tree.value, cell)
        except NoVerdict as end:
            other = _difference(self.measured.cells.axes[cell], self.measured.cells.axes[first])
            reason = f"{other}: {end.reason}" if other else end.reason
            # Where more trials would help this cell, the others that lack some get them in the same blocks.
            raise NoVerdict(end.outcome, reason, end.lacking and {**self._lacking, **end.lacking}) from end

    def _measured(self, name: str, cell: str) -> Any:
        metric = catalog.load("metric", name)()
        if metric.level == "iteration":
            return self._mean(name, metric, cell)
        below = self.measured.baseline(cell)
        if not below:
            raise NoVerdict("inconclusive", f"{name} needs a baseline, and this cell has none")
        compared = catalog.load("metric", metric.compares)()
        # The cell itself first: if neither has a value, the message gives its reason.
        above = self._mean(metric.compares, compared, cell)
        ratio = 1.0 if below == cell else numbers.quotient(above, self._mean(metric.compares, compared, below))
        workers = self.measured.cells.axes[cell].get("workers") or 1
        return numbers.arithmetic("*", ratio, metric.between(Interval(1.0, np.nan, np.nan, 0), workers).mean)

    def _mean(self, name: str, metric: Any, cell: str) -> Any:
        basis = self.bases.get((cell, name)) or self.measured.basis(cell, name, metric, self.claim.any_outcome)
        if self.point:
            if reason := basis.too_few(1):
                raise NoVerdict("inconclusive", reason)
            values = self.measured.values(cell, name, basis.sure)
            return mean_interval(list(values.values()), metric.scale == "log").mean
        low, high = (self._ends(name, metric, cell, basis, end) for end in (False, True))
        means = None if metric.is_timed() else _means_seen(name, basis, self.survivors)
        if low is None and high is None and means is None and (self.survivors or not basis.missing):
            raise NoVerdict("inconclusive", basis.too_few(FEWEST))
        if low is None or high is None:
            ends = means if self.survivors and means is not None else metric.range
            low, high = (
                np.full(DRAWS, end) if one is None else one for end, one in zip(ends, (low, high), strict=True)
            )
        gain = self.gains.get(cell, 1.0) if name in rate_metrics() else 1.0
        if gain != 1:
            low, high = (low * gain, high * gain) if low is not high else (low * gain,) * 2
        counted = means if metric.kind == "count" else None
        seen = None if metric.is_timed() else _seen(name, basis, self.survivors)
        return Drawn(low, high, max(1, len(basis.sure) - 1), counted, seen)

    def _ends(self, name: str, metric: Any, cell: str, basis: Basis, high: bool) -> NDArray[np.float64] | None:
        """The draws of a mean with missing trials at one end of what they may have had; None if there are none."""
        whole = self.survivors or not basis.missing
        return self._draws.get(((cell, name), high and not whole))

    def _curve(self, tree: Tree) -> Any:
        inner, axis = split(tree)
        labels = self.measured.cells.curve(self.claim, self.case, axis)
        name = tree.value or "first"
        if len(labels) < POINTS.get(name, 1):
            reason = f"{name} needs {POINTS.get(name, 1)} values of {axis}, and there are {len(labels)}"
            raise NoVerdict("inconclusive", reason)
        values = [self._value(inner, {axis: label}) for label in labels]
        if tree.kind == "curve" and not all(is_number(value) for value in values):
            raise NoVerdict("inconclusive", f"{name} over {axis}: not every value is a number")
        if name in ("max", "min"):
            return largest(values, smallest=name == "min")
        if name == "spread":
            return spread(values)
        if name == "mean":
            return numbers.geometric_mean(values)
        places = [_place(axis, label) for label in labels]
        if name == "first":
            return _first(places, values)
        return _fitted(name, np.array(places), [settled(value) for value in values])


def _first(places: Sequence[float], conditions: Sequence[Truth]) -> Any:
    """The smallest place at which a condition holds, infinite if it never does."""
    found: Any = np.inf
    for place, condition in sorted(zip(places, conditions, strict=True), key=lambda pair: -pair[0]):
        if not condition.exact:
            found = Choice(condition, place, found)
        elif condition.support == 0:
            found = place
    return found


def _means_seen(name: str, basis: Basis, survivors: bool) -> tuple[float, float]:
    """The lowest and the highest mean that the trials can have, as a fact about them."""
    known = [trial.means[name] for trial in basis.known]
    ends = [] if survivors else basis.bounds
    if not known and not ends:
        raise NoVerdict("inconclusive", f"{name} was not recorded")
    low, high = (float(np.mean([*known, *(bounds[end] for bounds in ends)])) for end in (0, 1))
    return low, high


def _seen(name: str, basis: Basis, survivors: bool) -> Seen:
    """The values of the single trials, as a fact about them."""
    complete = survivors or not basis.missing
    return Seen(tuple(trial.means[name] for trial in basis.known), complete)


def missing_in_words(basis: Basis) -> str:
    """Why the trials that are left decide nothing: `7 of 10 trials ended badly (7 timeout), …`."""
    if len(basis.missing) == basis.run:
        return f"none of {basis.run} trials ended well ({basis.endings})"
    ended = f"{len(basis.missing)} of {basis.run} trials did not end well ({basis.endings})"
    return f"{ended}, and the others do not speak for them"


def _fitted(name: str, places: NDArray[np.float64], values: Sequence[Drawn]) -> Any:
    """The slope of the least-squares line through the values, or r^2, the share of the variance that it explains."""
    if not all(value.complete for value in values):
        raise NoVerdict("inconclusive", f"{name} has no bounds where trials did not end well")
    rows = np.array(np.broadcast_arrays(*(value.low for value in values)))
    x, y = places - places.mean(), rows - rows.mean(axis=0)
    slope = np.tensordot(x, y, 1) / (x @ x)
    found = slope if name == "slope" else slope**2 * (x @ x) / (y**2).sum(axis=0)
    return Drawn(found, found, min(value.degrees for value in values))


def _place(axis: str, label: Any) -> float:
    value = plain(label)
    if not is_number(value):
        raise NoVerdict("inconclusive", f"{axis} has no numbers: '{label}'")
    return float(value)


def _compared(sign: str, left: Any, right: Any, tolerance: Tolerance | None) -> Truth:
    """The truth of a comparison. An axis that does not apply is neither more nor less than anything."""
    if sign == "in":
        if not isinstance(right, list):
            raise TypeError(f"`in` needs a list such as [1, 2], not {right!r}")
        return either([_compared("==", left, one, None) for one in right])
    if sign == "==" and tolerance is not None and is_number(left) and is_number(right):
        return _near(left, right, tolerance)
    if is_number(left) and is_number(right):
        return numbers.compared(sign, left, right)
    if sign in ("==", "!="):
        return fact(expressions.COMPARISONS[sign](left, right))
    if left is None or right is None:
        return fact(False)
    raise TypeError(f"{left!r} {sign} {right!r} cannot be compared")


def _near(left: Any, right: Any, tolerance: Tolerance) -> Truth:
    """Whether two numbers are equal within a tolerance: not too low and not too high, two statements about the data."""
    compared = numbers.compared
    if tolerance.factor:
        low = compared(">=", _times(left, tolerance.amount), right)
        return both([low, compared("<=", left, _times(right, tolerance.amount))])
    positive = numbers.rises_with(right)
    if positive is None:
        apart = numbers.called("abs", [numbers.arithmetic("-", left, right)])
        return compared("<=", apart, _times(numbers.called("abs", [right]), tolerance.amount))
    ends = _times(right, 1 - tolerance.amount), _times(right, 1 + tolerance.amount)
    low, high = ends if positive else ends[::-1]
    return both([compared(">=", left, low), compared("<=", left, high)])


def _times(number: Any, factor: float) -> Any:
    return numbers.arithmetic("*", number, factor)


def _computed(tree: Tree, values: list[Any]) -> Any:
    """The result of arithmetic or of a function, for each draw; None if an operand does not apply."""
    listed = tree.kind == "call" and len(values) == 1 and isinstance(values[0], list)
    numbers_given = values[0] if listed else values
    if any(number is None for number in numbers_given):
        return None
    for number in numbers_given:
        if not is_number(number):
            raise TypeError(f"{number!r} is not a number")
    if tree.kind == "call":
        return numbers.called(tree.value, numbers_given)
    if tree.kind == "minus":
        return numbers.negated(numbers_given[0])
    return numbers.arithmetic(tree.kind, *numbers_given)


def _difference(labels: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    """The labels in which a cell differs from the one that the case is about."""
    return ", ".join(f"{key} {label}" for key, label in labels.items() if label is not None and label != first.get(key))
