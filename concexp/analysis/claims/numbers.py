"""The numbers in a claim: constants, draws of means, and the largest or smallest of several.

A comparison with the largest of several cells must not compare the largest draw: with 16 equal cells that lies far above
their common mean. So `max`, `min`, `spread`, `abs` and `first` keep all their candidates, arithmetic is done with each of them,
and `compared` joins one comparison for each candidate by `or` or `and`.

A mean that some trials did not contribute to has two arrays of draws: with these trials at their lowest, and at their highest.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from concexp.analysis.claims.truth import Truth, both, either, fact
from concexp.analysis.stats.draws import tail
from concexp.experiment import expressions

Floats = NDArray[np.float64]
Operation = Callable[..., Any]
MOST_CANDIDATES = 10_000
ROUNDING = 1e-9  # of a mean of equal numbers, relative
FLIPPED = {"<": ">", "<=": ">="}
INCREASING: dict[str, Operation] = {"ceil": np.ceil, "floor": np.floor, "sqrt": np.sqrt, "log": np.log}


@dataclass(frozen=True)
class Seen:
    """What does not depend on time, in each trial; `complete` is False if some trial has no value."""

    values: tuple[float, ...]
    complete: bool

    def always(self, wanted: float) -> bool:
        """Whether each of the trials has this value; they are means, so the last digits may be rounded."""
        return all(math.isclose(value, wanted, rel_tol=ROUNDING) for value in self.values)

    @property
    def constant(self) -> bool:
        """Whether all trials that have a value have the same."""
        return bool(self.values) and self.always(self.values[0])


@dataclass(frozen=True)
class Drawn:
    """Draws of a number with all missing trials at their lowest, and at their highest; one array for both if none is missing.

    `degrees` of freedom are the fewest of the means in it. `counted` is the lowest and the highest mean of what was counted
    in the trials: as a fact about them, without draws. `seen` are the values of what does not depend on time.
    """

    low: Floats
    high: Floats
    degrees: float
    counted: tuple[float, float] | None = None
    seen: Seen | None = None

    @property
    def complete(self) -> bool:
        """Whether no trial is missing."""
        return self.low is self.high


@dataclass(frozen=True)
class Later:
    """An operation on numbers that is computed when it is compared: a spread of 100 cells has 9,900 quotients."""

    operation: Operation
    rising: tuple[bool | None, ...]  # for each operand: whether the result rises with it; None: either
    operands: tuple[Any, ...]


@dataclass(frozen=True)
class Extreme:
    """The largest of several numbers, or the smallest."""

    largest: bool
    candidates: tuple[Any, ...]


@dataclass(frozen=True)
class Choice:
    """One number if a condition holds, else another."""

    condition: Truth
    holds: Any
    fails: Any


def is_number(value: Any) -> bool:
    """Whether a value can be computed with and compared."""
    plain = isinstance(value, int | float | np.floating) and not isinstance(value, bool)
    return plain or isinstance(value, Drawn | Later | Extreme | Choice)


def largest(values: Sequence[Any], smallest: bool = False) -> Any:
    """The largest of several numbers, or the smallest; a constant of constants."""
    if all(isinstance(value, int | float | np.floating) for value in values):
        return min(values) if smallest else max(values)
    if len(values) == 1:
        return values[0]
    candidates: list[Any] = []
    for value in values:
        inner = isinstance(value, Extreme) and value.largest is not smallest
        candidates += value.candidates if inner else [value]
    if len(candidates) > MOST_CANDIDATES:
        raise ValueError(f"it compares {len(candidates):,} numbers, and {MOST_CANDIDATES:,} are the most")
    return Extreme(not smallest, tuple(candidates))


def spread(values: Sequence[Any]) -> Any:
    """The largest over the smallest: the largest quotient of any two."""
    pairs = [(one, other) for one, other in product(values, values) if one is not other]
    return largest([1.0, *(quotient(one, other) for one, other in pairs)])


def geometric_mean(values: Sequence[Any]) -> Any:
    """The geometric mean of several numbers; not a number where one is negative."""
    operands = tuple(_floats(value) for value in values)
    return _applied(lambda *all_of: np.exp(sum(map(np.log, all_of)) / len(all_of)), (True,) * len(operands), *operands)


def quotient(above: Any, below: Any) -> Any:
    """One number over another; ZeroDivisionError where that is 0."""
    return arithmetic("/", above, below)


def arithmetic(sign: str, left: Any, right: Any) -> Any:
    """`left sign right` for + - * /."""
    # What may be 0 for lack of trials makes the quotient unbounded, and no error.
    if sign == "/" and any(known.complete and not np.all(known.low) for known in _leaves(right)):
        raise ZeroDivisionError("division by zero")
    rising: tuple[bool | None, ...]
    if sign in "+-":
        rising = (True, sign == "+")
    elif sign == "*":
        rising = (rises_with(right), rises_with(left))
    else:
        below = rises_with(right)
        above = rises_with(left)
        rising = (below, None if above is None or below is None else not above)
    return _applied(expressions.ARITHMETIC[sign], rising, _floats(left), _floats(right))


def called(name: str, numbers: Sequence[Any]) -> Any:
    """The result of a function."""
    if name in ("min", "max"):
        return largest(numbers, smallest=name == "min")
    if name == "abs":
        (number,) = numbers
        return largest([number, negated(number)])
    result = _applied(INCREASING[name], (True,), _floats(numbers[0]))
    return result if len(numbers) == 1 else quotient(result, called("log", numbers[1:]))


def negated(number: Any) -> Any:
    """Minus a number."""
    return _applied(operator.neg, (False,), number)


def _floats(number: Any) -> Any:
    return np.float64(number) if isinstance(number, int | float) else number


def _applied(operation: Operation, rising: tuple[bool | None, ...], *operands: Any) -> Any:
    """An operation, done with each candidate of its operands."""
    for place, operand in enumerate(operands):
        before, after = operands[:place], operands[place + 1 :]
        if isinstance(operand, Choice):
            results = (_applied(operation, rising, *before, one, *after) for one in (operand.holds, operand.fails))
            return Choice(operand.condition, *results)
        if isinstance(operand, Extreme):
            direction = rising[place]
            if direction is None:  # neither rising nor falling: there is nothing to take apart
                return _applied(operation, rising, *before, settled(operand), *after)
            results_of = [_applied(operation, rising, *before, one, *after) for one in operand.candidates]
            return largest(results_of, smallest=operand.largest is not direction)
    if not any(isinstance(operand, Drawn | Later) for operand in operands):
        return _computed(operation, *operands)
    return Later(operation, rising, operands)


def _computed(operation: Operation, *operands: Any) -> Any:
    """What an operation gives; what cannot be computed is not a number, and `compared` refuses it."""
    with np.errstate(all="ignore"):
        return operation(*operands)


def rises_with(factor: Any) -> bool | None:
    """Whether a product rises with the factor beside this one: True if this one is never negative, None if it has both signs."""
    leaves = list(_leaves(factor))
    if all((known.low >= 0).all() for known in leaves):
        return True
    return False if all((known.high <= 0).all() for known in leaves) else None


def _leaves(value: Any) -> Iterator[Drawn]:
    """All numbers that a number may be."""
    if isinstance(value, Extreme):
        for candidate in value.candidates:
            yield from _leaves(candidate)
    elif isinstance(value, Choice):
        yield from _leaves(value.holds)
        yield from _leaves(value.fails)
    else:
        yield drawn(value)


def drawn(value: Any) -> Drawn:
    """A number without candidates as draws; a constant is an array of one."""
    if isinstance(value, Drawn):
        return value
    if not isinstance(value, Later):
        constant = np.array([value], dtype=float)
        return Drawn(constant, constant, math.inf)
    operands = [drawn(operand) for operand in value.operands]
    degrees = min(operand.degrees for operand in operands)
    if all(operand.complete for operand in operands):
        result = _computed(value.operation, *(operand.low for operand in operands))
        return Drawn(result, result, degrees)
    choices = [
        ((operand.low, operand.high) if rises is None else ((operand.low if rises else operand.high),))
        for operand, rises in zip(operands, value.rising, strict=True)
    ]
    opposite = [
        ((operand.low, operand.high) if rises is None else ((operand.high if rises else operand.low),))
        for operand, rises in zip(operands, value.rising, strict=True)
    ]
    # 0 times infinity, and infinity less itself, may be anything.
    lowest = [
        np.nan_to_num(_computed(value.operation, *corner), nan=-np.inf, posinf=np.inf, neginf=-np.inf)
        for corner in product(*choices)
    ]
    highest = [
        np.nan_to_num(_computed(value.operation, *corner), nan=np.inf, posinf=np.inf, neginf=-np.inf)
        for corner in product(*opposite)
    ]
    return Drawn(np.minimum.reduce(lowest), np.maximum.reduce(highest), degrees)


def settled(value: Any) -> Drawn:
    """A number as plain draws, the largest of each draw among its candidates."""
    if isinstance(value, Choice):
        raise ValueError("`first` can be compared, added to and multiplied, and no more")
    if not isinstance(value, Extreme):
        return drawn(value)
    candidates = [settled(candidate) for candidate in value.candidates]
    pick = np.maximum if value.largest else np.minimum
    low = pick.reduce(np.broadcast_arrays(*(one.low for one in candidates)))
    complete = all(one.complete for one in candidates)
    high = low if complete else pick.reduce(np.broadcast_arrays(*(one.high for one in candidates)))
    return Drawn(low, high, min(one.degrees for one in candidates))


def compared(sign: str, left: Any, right: Any) -> Truth:
    """The truth of a comparison of two numbers by < <= == != >= >; ValueError where one cannot be computed."""
    if sign == "!=":
        return compared("==", left, right).negated
    if sign == "==":
        if (as_seen := _equal_as_seen(left, right)) is not None:
            return as_seen
        return both([compared("<=", left, right), compared(">=", left, right)])
    if sign in FLIPPED:
        return compared(FLIPPED[sign], right, left)
    for side, value in enumerate((left, right)):
        if isinstance(value, Choice):
            branches = (value.holds, value.fails)
            holds, fails = (compared(sign, *((left, one) if side else (one, right))) for one in branches)
            return _chosen(value.condition, holds, fails)
        if isinstance(value, Extreme):
            truths = (compared(sign, *((left, one) if side else (one, right))) for one in value.candidates)
            return either(truths) if value.largest is not bool(side) else both(truths)
    return _above(drawn(left), drawn(right), strict=sign == ">")


def _equal_as_seen(left: Any, right: Any) -> Truth | None:
    """`left == right` as a fact about the single trials, not about means; None where one side depends on time.

    A constant equals what was seen if each trial has it. Two things that were seen are equal if all trials of both have one
    value; where they vary, their means decide.
    """
    one, other = (side.seen if isinstance(side, Drawn) else side for side in (left, right))
    if not isinstance(one, Seen):
        one, other = other, one
    if not isinstance(one, Seen):
        return None
    if isinstance(other, Seen):
        if not (one.constant and other.constant):
            return None
        one, other = Seen(one.values, one.complete and other.complete), other.values[0]
    if not isinstance(other, int | float):
        return None
    if not one.always(other):
        return fact(False)
    return fact(True) if one.complete and one.values else Truth(1.0, 1.0)


def _chosen(condition: Truth, holds: Truth, fails: Truth) -> Truth:
    """`holds` if the condition does, else `fails`; in the simplest words, which are the surest."""
    if holds.exact:
        return either([condition, fails]) if holds.support == 0 else both([condition.negated, fails])
    if fails.exact:
        return either([condition.negated, holds]) if fails.support == 0 else both([condition, holds])
    return either([both([condition, holds]), both([condition.negated, fails])])


def _above(left: Drawn, right: Drawn, strict: bool) -> Truth:
    """`left > right`, or `left >= right`: certain where it holds with all missing trials at their worst."""
    for values in (left.low, left.high, right.low, right.high):
        if np.isnan(values).any():
            raise ValueError("it cannot be computed: the root or logarithm of a negative number, say")
    for side, other in ((left, right), (right, left)):
        if side.counted is not None and not other.low.any() and other.complete:
            return _counted(side.counted, side is left, strict)
    degrees = min(left.degrees, right.degrees)
    support = tail(left.low, right.high, degrees, strict)
    refute = tail(right.low, left.high, degrees, not strict)
    certain = [(values == values[0]).all() for values in (left.low, left.high, right.low, right.high)]
    if all(certain) and (support, refute) in ((0.0, 1.0), (1.0, 0.0)):
        return fact(support == 0)
    return Truth(support, refute)


def _counted(mean: tuple[float, float], on_left: bool, strict: bool) -> Truth:
    """The comparison of a count with 0: a fact about the trials that were seen, unknown only where missing ones matter."""
    compare = operator.gt if strict else operator.ge
    low, high = (compare(end, 0) if on_left else compare(0, end) for end in mean)
    return fact(low) if low == high else Truth(1.0, 1.0)
