"""The verdicts on a claim in several runs -> whether it was reproduced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from concexp.analysis.claims.verdicts import Verdict, verdicts_of
from concexp.analysis.comparing.sides import Sides
from concexp.analysis.results import Run

Word = Literal["reproduced", "differs", "cannot tell", "not asked"]
DECIDED = ("supported", "refuted")


@dataclass(frozen=True)
class ComparedClaim:
    """A claim with its verdict in each run, "" where a run does not have it, and what follows."""

    says: str
    expect: str
    outcomes: tuple[str, ...]
    word: Word


def compared_claims(sides: Sides) -> list[ComparedClaim]:
    """All claims of the runs. Claims are the same if they expect the same of the same cells, however they are worded."""
    verdicts = [_by_content(run) for run in sides.runs]
    found = []
    for key in dict.fromkeys(key for own in verdicts for key in own):
        claim = next(own[key] for own in verdicts if key in own).claim
        outcomes = tuple(own[key].outcome if key in own else "" for own in verdicts)
        found.append(ComparedClaim(claim.says, claim.expect.raw, outcomes, _word(outcomes, sides.names)))
    return found


def _by_content(run: Run) -> dict[str, Verdict]:
    return {repr((one.claim.expect.raw, one.claim.of, one.claim.when)): one for one in verdicts_of(run)}


def _word(outcomes: Sequence[str], names: Sequence[str]) -> Word:
    """Reproduced if all that decided agree, and every side has decided; differs if they disagree."""
    decided = {outcome for outcome in outcomes if outcome in DECIDED}
    sides = {name: {o for o, own in zip(outcomes, names, strict=True) if own == name} for name in names}
    if any(own == {""} for own in sides.values()):
        return "not asked"
    if len(decided) > 1:
        return "differs"
    every = all(own & decided for own in sides.values())
    return "reproduced" if decided and every else "cannot tell"
