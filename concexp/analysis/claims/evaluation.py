"""A claim's expression and a run -> the expression's value: one for exact facts, or an array with one per draw of the means."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property, reduce
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from concexp import catalog
from concexp.analysis import doubts
from concexp.analysis.cells import Baseline
from concexp.analysis.samples import Sample, Trial
from concexp.analysis.stats.draws import joint_draws
from concexp.analysis.stats.intervals import FEWEST, Interval, mean_interval
from concexp.experiment import expressions
from concexp.experiment.claims import FACTS, is_metric
from concexp.experiment.expressions import ExpressionError, Tolerance, Tree
from concexp.experiment.spec import Claim
from concexp.experiment.statuses import MEASURED
from concexp.plan.claim_cases import Case, Cells, Reference, split
from concexp.run.storage.journal import Record

if TYPE_CHECKING:
    from concexp.analysis.results import Run

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": lambda *numbers: reduce(np.minimum, numbers), "max": lambda *numbers: reduce(np.maximum, numbers),
    "ceil": np.ceil, "floor": np.floor, "abs": np.abs, "sqrt": np.sqrt,
    "log": lambda number, base=None: np.log(number) / (1.0 if base is None else np.log(base)),
}  # fmt: skip
POINTS = {"slope": 2, "r2": 3, "spread": 2}  # the fewest points of a curve


@cache
def rate_metrics() -> frozenset[str]:
    """The metrics that grow when a cell gets more CPUs: those by which cells are compared with a baseline."""
    every = (catalog.load("metric", name) for name in catalog.names("metric"))
    return frozenset(metric.compares for metric in every if metric.level == "cell")


class NoVerdict(Exception):
    """An expression has no value here; with the reason, and the outcome that this gives the claim."""

    def __init__(self, word: Literal["inconclusive", "skipped"], reason: str) -> None:
        super().__init__(reason)
        self.outcome = word
        self.reason = reason


class Measured:
    """What claims can refer to in a run: cells, their samples and facts."""

    def __init__(self, run: Run) -> None:
        self.samples: Mapping[str, Sample] = run.samples
        self.cells = Cells(run.axes_by_cell, run.cpus)
        self.impossible = {cell: planned["reason"] for cell, planned in run.cells_by_id.items() if planned["reason"]}
        self.records = {str(record["cell"]): record for record in run.of_role(MEASURED)}
        self._baseline = Baseline(run.header)
        self._run = run

    @cached_property
    def cpu_starved_cells(self) -> dict[str, float]:
        """The cells that more CPUs might have made faster, each with the largest possible factor: a CPU for each worker."""
        wanting = doubts.wanting_more_cpus(self._run.facts_by_trial).to_numpy()
        by_row = pd.Series(wanting[self._run.measured_by_trial.numbers])
        share = by_row.groupby(self._run.measured["cell"]).mean()
        return {str(cell): self.cells.axes[str(cell)]["workers"] / self.cells.cpus for cell in share.index[share > 0.5]}

    def baseline(self, cell: str) -> str:
        """The id of the cell that another is relative to; "" if there is none."""
        return self._baseline.of(self.cells.axes[cell])

    def fact(self, cell: str, name: str) -> Any:
        """A fact about a cell that is no metric, in SI units; None where it does not apply; the name itself if it names no fact."""
        if name == "cpus":
            return self.cells.cpus
        if name == "effective_cpus":
            effective = self.samples[cell].effective_cpus if cell in self.samples else np.nan
            return None if np.isnan(effective) else effective
        axes, record = self.cells.axes[cell], self.records.get(cell, Record())
        if name in self.cells.labels:
            return _plain(axes.get(name))
        if name == "startup":
            return record.get("startup")
        owner, dot, parameter = name.rpartition(".")
        if owner == "load":
            return record.get("load", {}).get(parameter)
        for kind, parameters in record.get("parameters", {}).items():
            if owner in (kind, axes.get(kind)) and parameter in parameters:
                return _plain(parameters[parameter])
        words = {label for labels in self.cells.labels.values() for label in labels}
        return None if dot and name not in words and not owner.endswith(".py") else name

    def sample(self, cell: str) -> Sample:
        """The trials of a cell; raises NoVerdict if it has none."""
        if cell in self.impossible:
            raise NoVerdict("skipped", self.impossible[cell])
        if cell not in self.samples:
            raise NoVerdict("skipped", "it was not run")
        return self.samples[cell]

    def trials(self, cell: str, name: str, metric: Any, any_outcome: bool, fewest: int) -> list[Trial]:
        """The trials that a claim about a metric may rest on; raises NoVerdict if there are fewer than `fewest`."""
        sample = self.sample(cell).of(name)
        candidates = sample.trials if metric.ends_badly else sample.has_numbers
        if not candidates:
            raise NoVerdict("inconclusive", f"it has no numbers: {sample.endings}")
        known = [trial for trial in candidates if np.isfinite(trial.means.get(name, np.nan))]
        if not known:
            raise NoVerdict("inconclusive", f"{name} was not recorded")
        if metric.kind == "count":
            return known
        right = [trial for trial in known if any_outcome or metric.ends_badly or trial.status == "ok"]
        if not right:
            raise NoVerdict("inconclusive", "every outcome was wrong, and the time of a wrong outcome proves nothing")
        sure = [trial for trial in right if not trial.doubts]
        if len(sure) < fewest:
            codes = Counter(code for trial in right for code in trial.doubts)
            why = f", the others are doubtful ({', '.join(sorted(codes))})" if codes else ""
            count = f"only {len(sure)} of {sample.count} trials can tell" if sure else "no trial can tell"
            raise NoVerdict("inconclusive", f"{count}{why}; a verdict on time needs {fewest}")
        if withheld := sample.withheld(name, sure):
            raise NoVerdict("inconclusive", withheld)
        return sure

    def values(self, cell: str, name: str, trials: Sequence[Trial]) -> dict[int, float]:
        """The value of a metric in each of these trials of a cell, by block."""
        return self.sample(cell).of(name).values(name, trials)

    def skewed(self, cell: str, name: str, trials: Sequence[Trial], drawn: NDArray[np.float64]) -> NDArray[np.float64]:
        """The draws of a metric's mean, from those that its values in these trials give."""
        return self.sample(cell).of(name).skewed(name, trials, drawn)


class Values:
    """Evaluates a claim's expressions in one case: to arrays of draws, or with `point` to the means themselves."""

    def __init__(self, measured: Measured, claim: Claim, case: Case, point: bool = False) -> None:
        self.measured, self.claim, self.case, self.point = measured, claim, case, point
        self.gains: Mapping[str, float] = {}

    def what_if(self, gains: Mapping[str, float]) -> Values:
        """The same draws, but with these cells faster than measured, each by its factor."""
        faster = Values(self.measured, self.claim, self.case)
        faster.gains, faster._draws = gains, self._draws
        return faster

    @cached_property
    def _draws(self) -> dict[tuple[str, str], NDArray[np.float64]]:
        """Joint draws of the means of all timings that the claim refers to, by cell and metric."""
        samples, log, trials_of = {}, set(), {}
        tree = self.claim.trees[0]
        for reference in self.measured.cells.references(self.claim, self.case, tree):
            for name, metric, cell in self._needed(reference):
                try:
                    trials = self.measured.trials(cell, name, metric, self.claim.any_outcome, FEWEST)
                except NoVerdict:  # raised again where the value is needed
                    continue
                samples[cell, name] = self.measured.values(cell, name, trials)
                trials_of[cell, name] = trials
                if metric.scale == "log":
                    log.add((cell, name))
        drawn = joint_draws(samples, log)
        return {key: self.measured.skewed(*key, trials_of[key], values) for key, values in drawn.items()}

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells whose means are drawn."""
        return tuple(dict.fromkeys(cell for cell, _ in self._draws))

    def _needed(self, reference: Reference) -> Iterator[tuple[str, Any, str]]:
        """The timings that a metric of a cell is computed from: (name, metric, cell)."""
        name, cell = reference.tree.value, reference.cell
        if name == "status" or cell is None:
            return
        metric = catalog.load("metric", name)()
        cells = [cell]
        if metric.level == "cell":
            name, cells = metric.compares, [cell, self.measured.baseline(cell)]
            metric = catalog.load("metric", name)()
        if metric.kind != "count":
            yield from ((name, metric, one) for one in cells if one)

    def of(self, tree: Tree, over: Mapping[str, Any] | None = None) -> Any:
        """The value of a tree, inside a curve with the label of its axis in `over`; raises NoVerdict if there is none."""
        try:
            with np.errstate(all="ignore"):  # `_compared` raises for what is not a number
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
            return _plain(tree.value)
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
            return ~values[0] if isinstance(values[0], np.ndarray) else not values[0]
        if tree.kind == "compare":
            pairs = zip(tree.value, values, values[1:], strict=False)
            return reduce(operator.and_, [_compared(*pair, tree.tolerance) for pair in pairs])
        return _computed(tree, values)

    def _joined(self, tree: Tree, over: Mapping[str, Any]) -> Any:
        """`and`, `or`: stops at the first side that decides all draws."""
        deciding = tree.kind == "or"  # the truth value that decides it
        joined: Any = not deciding
        for part in tree.parts:
            value = self._value(part, over)
            joined = (joined | value) if deciding else (joined & value)
            if not isinstance(joined, np.ndarray) and joined == deciding:
                break
        return joined

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
            raise NoVerdict(end.outcome, f"{other}: {end.reason}" if other else end.reason) from end

    def _measured(self, name: str, cell: str) -> Any:
        metric = catalog.load("metric", name)()
        if metric.level == "iteration":
            return self._mean(name, metric, cell)
        below = self.measured.baseline(cell)
        if not below:
            raise NoVerdict("inconclusive", f"{name} needs a baseline, and this cell has none")
        compared = catalog.load("metric", metric.compares)()
        ratio = self._mean(metric.compares, compared, cell)
        ratio = ratio / self._mean(metric.compares, compared, below) if below != cell else 1.0
        workers = self.measured.cells.axes[cell].get("workers") or 1
        # `between` computes with arrays as it does with numbers.
        return metric.between(Interval(ratio, np.nan, np.nan, 0), workers).mean

    def _mean(self, name: str, metric: Any, cell: str) -> Any:
        trials = self.measured.trials(cell, name, metric, self.claim.any_outcome, 1 if self.point else FEWEST)
        if metric.kind == "count" or self.point:
            values = self.measured.values(cell, name, trials)
            return mean_interval(list(values.values()), metric.scale == "log").mean
        drawn = self._draws[cell, name]
        if cell in self.gains and name in rate_metrics():
            return drawn * self.gains[cell]
        return drawn

    def _curve(self, tree: Tree) -> Any:
        inner, axis = split(tree)
        labels = self.measured.cells.curve(self.claim, self.case, axis)
        name = tree.value or "first"
        if len(labels) < POINTS.get(name, 1):
            reason = f"{name} needs {POINTS.get(name, 1)} values of {axis}, and there are {len(labels)}"
            raise NoVerdict("inconclusive", reason)
        values = [self._value(inner, {axis: label}) for label in labels]
        if tree.kind == "curve" and not all(_number(value) for value in values):
            raise NoVerdict("inconclusive", f"{name} over {axis}: not every value is a number")
        rows = np.array(np.broadcast_arrays(*values))
        if name in ("max", "min", "spread"):
            high, low = rows.max(axis=0), rows.min(axis=0)
            return {"max": high, "min": low, "spread": high / low}[name]
        places = np.array([_place(axis, label) for label in labels], dtype=float)
        if tree.kind == "first":
            order = np.argsort(places)
            rows, places = rows[order].astype(bool), places[order]
            return np.where(rows.any(axis=0), places[rows.argmax(axis=0)], np.inf)[()]
        return _fitted(name, places, rows)


def _fitted(name: str, places: Any, rows: Any) -> Any:
    """The slope of the least-squares line through the rows, or r^2, the share of the variance that it explains."""
    x, y = places - places.mean(), rows - rows.mean(axis=0)
    slope = np.tensordot(x, y, 1) / (x @ x)
    return slope if name == "slope" else slope**2 * (x @ x) / (y**2).sum(axis=0)


def _place(axis: str, label: Any) -> float:
    value = _plain(label)
    if not _number(value):
        raise NoVerdict("inconclusive", f"{axis} has no numbers: '{label}'")
    return float(value)


def _plain(label: Any) -> Any:
    """A label as claims use it: a text with a unit becomes its number, a flag `on` or `off`."""
    if isinstance(label, bool):
        return "on" if label else "off"
    quantity = expressions.quantity(label) if isinstance(label, str) else None
    return label if quantity is None else quantity


def _number(value: Any) -> bool:
    return isinstance(value, int | float | np.ndarray | np.floating) and not isinstance(value, bool)


def _compared(sign: str, left: Any, right: Any, tolerance: Tolerance | None) -> Any:
    """The truth of a comparison, for each draw. An axis that does not apply is neither more nor less than anything."""
    for side in (left, right):
        if _number(side) and np.isnan(side).any():
            raise NoVerdict("inconclusive", "it cannot be computed: the root or logarithm of a negative number, say")
    if sign == "in":
        if not isinstance(right, list):
            raise TypeError(f"`in` needs a list such as [1, 2], not {right!r}")
        return left in right
    if sign == "==" and tolerance is not None and left is not None and right is not None:
        if tolerance.factor:
            return (left <= right * tolerance.amount) & (left * tolerance.amount >= right)
        return np.abs(left - right) <= tolerance.amount * np.abs(right)
    if sign in ("==", "!="):
        return expressions.COMPARISONS[sign](left, right)
    if left is None or right is None:
        return False
    if not (_number(left) and _number(right)):
        raise TypeError(f"{left!r} {sign} {right!r} cannot be compared")
    return expressions.COMPARISONS[sign](left, right)


def _computed(tree: Tree, values: list[Any]) -> Any:
    """The result of arithmetic or of a function, for each draw; None if an operand does not apply."""
    listed = tree.kind == "call" and len(values) == 1 and isinstance(values[0], list)
    numbers = values[0] if listed else values
    if any(number is None for number in numbers):
        return None
    for number in numbers:
        if not _number(number):
            raise TypeError(f"{number!r} is no number")
    if tree.kind == "call":
        return FUNCTIONS[tree.value](*numbers)
    if tree.kind == "minus":
        return -numbers[0]
    floats = [number if isinstance(number, np.ndarray) else np.float64(number) for number in numbers]
    if tree.kind == "/" and not np.all(floats[1]):
        raise ZeroDivisionError("division by zero")
    return expressions.ARITHMETIC[tree.kind](*floats)


def _difference(labels: Mapping[str, Any], first: Mapping[str, Any]) -> str:
    """The labels in which a cell differs from the one that the case is about."""
    return ", ".join(f"{key} {label}" for key, label in labels.items() if label is not None and label != first.get(key))
