"""How sure a statement is: the risk of an error in calling it true, and in calling it false.

Both risks are p-values. Of one comparison they are the shares of draws on either side of its boundary. Of `and`, `or` and
`not` they follow from those of the parts (`stats.familywise`), so that noise is not taken for signal where a claim picks the
largest of many cells: `max(y over a) > x` is an `or` over the cells, `max(y over a) <= x` an `and`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from concexp.analysis.stats.familywise import every, some

Floats = NDArray[np.float64]
Rule = Callable[[Collection[float]], float]  # the p-value of a statement that joins several
# Fewer draws beyond a boundary than this share are too few to count: the tail of t tells more.
TAIL = 0.005
EDGE = 0.975


@dataclass(frozen=True)
class Truth:
    """A statement's risks: `support` of calling it true, `refute` of calling it false.

    An exact fact has the risks 0 and 1, and `exact`. `kind` is that of the statement, and `parts` are those of `and` and `or`.
    """

    support: float
    refute: float
    exact: bool = False
    kind: str = "comparison"
    parts: tuple[Truth, ...] = ()

    @property
    def negated(self) -> Truth:
        """The risks of the opposite."""
        kind = {"and": "or", "or": "and"}.get(self.kind, self.kind)
        return Truth(self.refute, self.support, self.exact, kind, tuple(part.negated for part in self.parts))

    @property
    def share(self) -> float:
        """How surely it is true, from 0 to 1; a half if nothing is known. Of one comparison, the share of draws in which it is."""
        if min(self.support, self.refute) >= 0.5:
            return 0.5
        return 1 - self.support if self.support < self.refute else self.refute


TRUE = Truth(0.0, 1.0, exact=True)
FALSE = Truth(1.0, 0.0, exact=True)


def fact(holds: Any) -> Truth:
    """A statement without any uncertainty."""
    return TRUE if holds else FALSE


def both(parts: Iterable[Truth]) -> Truth:
    """All of the statements together."""
    return _joined("and", parts, FALSE, every, some)


def either(parts: Iterable[Truth]) -> Truth:
    """At least one of the statements."""
    return _joined("or", parts, TRUE, some, every)


def _joined(kind: str, parts: Iterable[Truth], deciding: Truth, support: Rule, refute: Rule) -> Truth:
    open_parts: list[Truth] = []
    for part in parts:
        if part.exact:
            if part.support == deciding.support:
                return deciding
        elif part.kind == kind:
            open_parts += part.parts  # one family, not a family of families
        else:
            open_parts.append(part)
    if len(open_parts) < 2:
        return open_parts[0] if open_parts else deciding.negated
    risks = support([part.support for part in open_parts]), refute([part.refute for part in open_parts])
    return Truth(*risks, False, kind, tuple(open_parts))


def tail(above: Floats, below: Floats, degrees: float, strict: bool) -> float:
    """The share of draws in which `above > below` fails (`>=` unless `strict`); in the far tail, by Student's t.

    Ten thousand draws know a share of 1 in 10,000 badly, and a family of 200 comparisons needs one. There the distance of the
    boundary from the median is taken relative to that of the 2.5 % quantile, on the log scale where both sides are positive.
    """
    holds = above > below if strict else above >= below
    share = 1 - float(np.mean(holds))
    if share >= TAIL or not math.isfinite(degrees):
        return share
    upper, lower = np.broadcast_arrays(above, below)
    if not (np.isfinite(upper).all() and np.isfinite(lower).all()):
        return share
    margin = np.log(upper) - np.log(lower) if min(upper.min(), lower.min()) > 0 else upper - lower
    edge, middle = np.quantile(margin, [1 - EDGE, 0.5])
    if not middle > edge:
        return share
    from scipy.special import stdtr, stdtrit

    return min(TAIL, float(stdtr(degrees, -middle / (middle - edge) * stdtrit(degrees, EDGE))))
