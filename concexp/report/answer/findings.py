"""The order of the answer's sentences: what limits the page first, then outcomes, the differences from the largest on, and doubts.

An experiment lists its work in an order of its own. A reader wants the largest difference first, whichever workload shows it, and
a comparison that decides something before one that decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

# What each kind of sentence has to stand behind: the kinds of one group stand in the order of their sizes.
GROUPS: tuple[tuple[str, ...], ...] = (
    ("caveats",),
    ("skipped",),
    ("blocked",),
    ("endings",),
    ("losses",),
    ("cannot run",),
    ("undecided",),  # a machine that disturbs times leaves outcomes as they are
    ("activity",),  # timelines are recorded only for an experiment that asks for them
    ("best",),  # of the values that compete in a contest
    ("latency", "winner", "effect", "peaks", "primitives"),
    ("nothing lost",),
    ("conditions", "claimed"),
    ("reasons",),
    ("doubtful",),
    ("bad endings",),
)
# Which kinds the answer keeps if it has no room for all: the lowest numbers.
PRIORITY = {
    "caveats": 0,
    "skipped": 0,
    "undecided": 0,
    "blocked": 0,
    "losses": 1,
    "endings": 1,
    "cannot run": 1,
    "latency": 1,
    "effect": 1,
    "doubtful": 1,
    "bad endings": 1,
    "best": 2,
    "winner": 2,
    "activity": 2,
    "peaks": 3,
    "primitives": 3,
    "nothing lost": 4,
    "conditions": 5,
    "claimed": 6,
    "reasons": 7,
}
# All others say how far the data can be trusted, and why, or list what a picture shows: they are no title of one.
NO_FINDINGS = ("caveats", "skipped", "undecided", "activity", "doubtful", "bad endings", "reasons")
FINDINGS = tuple(kind for kind in PRIORITY if kind not in NO_FINDINGS)
PARTLY_DECIDED = -0.5  # the size of a sentence that names no best, but what is worse
UNDECIDED = -1.0  # that of one that decides nothing


@dataclass(frozen=True)
class Finding:
    """A sentence of the answer.

    kind  a key of PRIORITY
    size  the logarithm of the largest factor by which the sentence says that something differs, 0 of one that says that nothing
          does; PARTLY_DECIDED or UNDECIDED where it says that this is not known
    """

    kind: str
    text: str
    size: float = 0.0


def of_kind(kind: str, sentences: Iterable[str]) -> list[Finding]:
    """Sentences that report no difference."""
    return [Finding(kind, sentence) for sentence in sentences]


def in_order(findings: Iterable[Finding], most: int) -> list[Finding]:
    """The most important findings, no more than `most`, in the order of the page; those of about one size keep their order."""
    group = {kind: number for number, kinds in enumerate(GROUPS) for kind in kinds}
    ordered = sorted(findings, key=lambda one: (group[one.kind], -round(one.size, 1)))
    kept = sorted(range(len(ordered)), key=lambda place: (PRIORITY[ordered[place].kind], place))[:most]
    return [ordered[place] for place in sorted(kept)]


def size_of(*factors: float) -> float:
    """The size of the largest of some factors; 0 without any."""
    return max((abs(math.log(factor)) for factor in factors if factor > 0 and math.isfinite(factor)), default=0.0)
