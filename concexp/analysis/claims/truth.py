"""How sure a statement is: the risk of an error in calling it true, and in calling it false.

Both risks are p-values. Of one comparison they are the shares of draws on either side of its boundary. Of `and`, `or` and
`not` they follow from those of the parts (`stats.familywise`), so that noise is not taken for signal where a claim picks the
largest of many cells: `max(y over a) > x` is an `or` over the cells, `max(y over a) <= x` an `and`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from concexp.analysis.stats.familywise import every, some

Rule = Callable[[Collection[float]], float]  # the p-value of a statement that joins several


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
