"""A run and its claims -> verdicts: supported, refuted, inconclusive or skipped, each with its evidence and its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from concexp.analysis.claims.evaluation import Measured, Undecided, Values
from concexp.analysis.stats.draws import verdict
from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.sequential import factor_to_verdict
from concexp.experiment.claims import of_data
from concexp.experiment.expressions import ExpressionError, Tree, walk
from concexp.experiment.spec import Claim
from concexp.plan.claim_cases import Case, Impossible

if TYPE_CHECKING:
    from concexp.analysis.results import Run

CPUS = ("cpus", "effective_cpus")
# So many gains are tried between what was measured and a CPU for each worker: a claim of a range must not slip through.
GAINS = 20

Word = Literal["supported", "refuted", "inconclusive", "skipped"]


@dataclass(frozen=True)
class Comparison:
    """One comparison in numbers: an interval, or a word, for each side, and the signs between them."""

    tree: Tree
    sides: tuple[Interval | str, ...]


@dataclass(frozen=True)
class CaseVerdict:
    """A case of a claim: the verdict, and what it rests on.

    `share` of the draws hold, those of the means of `cells`; None where nothing was drawn.
    """

    case: Case
    word: Word
    reason: str = ""
    share: float | None = None
    evidence: tuple[Comparison, ...] = ()
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """A claim with the verdict on each of its cases; `reason` tells why there is none."""

    claim: Claim
    cases: tuple[CaseVerdict, ...]
    reason: str = ""

    @property
    def word(self) -> Word:
        """Refuted by one case, supported by all that were not skipped."""
        found = self.counts
        if found["refuted"]:
            return "refuted"
        if found["inconclusive"]:
            return "inconclusive"
        return "supported" if found["supported"] else "skipped"

    @cached_property
    def counts(self) -> Counter[str]:
        """How many cases have which verdict."""
        return Counter(judged.word for judged in self.cases)

    @property
    def undecided_cells(self) -> dict[str, float]:
        """The cells whose times leave it open, and by which factor each is less certain than it takes to settle it.

        Of a claim that one case refutes for good there are none, nor of what is exact.
        """
        found: dict[str, float] = {}
        for judged in self.cases:
            short = 0.0 if judged.share is None else factor_to_verdict(judged.share)
            if judged.word == "refuted" and not short:
                return {}
            for cell in judged.cells if short else ():
                found[cell] = max(short, found.get(cell, 0.0))
        return found


def judge_claims(run: Run, given: Sequence[Claim] | None = None) -> tuple[Verdict, ...]:
    """The verdicts on a run's claims, or on those that are given, in their order."""
    claims = of_data(run.spec.get("claims")) if given is None else given
    measured = Measured(run) if claims else None
    return tuple(_verdict(claim, measured) for claim in claims) if measured is not None else ()


def verdicts_of(run: Run) -> tuple[Verdict, ...]:
    """The verdicts on a run's claims, in their order; judged once for each run that was loaded."""
    if "verdicts" not in run.memo:
        run.memo["verdicts"] = judge_claims(run)
    return run.memo["verdicts"]  # type: ignore[no-any-return]


def _verdict(claim: Claim, measured: Measured) -> Verdict:
    try:
        cases = measured.cells.cases(claim)
    except ExpressionError as error:  # written for another version of the language
        return Verdict(claim, (), f"it cannot be read: {error}")
    if not cases:
        return Verdict(claim, (), "none of the cells that it is about was run")
    return Verdict(claim, tuple(_judged(claim, case, measured) for case in cases))


def _judged(claim: Claim, case: Case, measured: Measured) -> CaseVerdict:
    expect, *when = claim.trees
    if isinstance(case, Impossible):
        return CaseVerdict(case, "skipped", case.reason)
    try:
        kept = _where(claim, case, measured, when[0]) if when else case
        values = Values(measured, claim, kept)
        found = values.of(expect)
    except Undecided as end:
        return CaseVerdict(case, end.word, end.reason)
    evidence = tuple(_evidence(expect, values))
    if isinstance(found, np.ndarray):
        share = float(found.mean())
        if verdict(share) == "refuted" and (withheld := _withheld(claim, values)):
            return CaseVerdict(case, "inconclusive", withheld, None, evidence)
        return CaseVerdict(case, cast(Word, verdict(share)), "", share, evidence, values.cells)
    return CaseVerdict(case, "supported" if found else "refuted", "", None, evidence)


def _withheld(claim: Claim, values: Values) -> str:
    """Why a refutation says more of this machine than of the claim: with a CPU for each worker it might have held; else "".

    Not where what it expects depends on the CPUs, and so is about the machine that there is.
    """
    measured = values.measured
    short = {cell: measured.cpu_starved_cells[cell] for cell in values.cells if cell in measured.cpu_starved_cells}
    if not short or any(part.value in CPUS for part in walk(claim.trees[0])):
        return ""
    for share in (np.arange(GAINS) + 1) / GAINS:
        gains = {cell: 1 + share * (most - 1) for cell, most in short.items()}
        try:
            found = values.what_if(gains).of(claim.trees[0])
        except Undecided:
            return ""
        if verdict(float(np.mean(found))) != "refuted":
            workers = max(measured.cells.axes[cell]["workers"] for cell in short)
            return f"this machine gives {measured.cells.cpus} of the {workers} CPUs that its workers could use"
    return ""


def _where(claim: Claim, case: Case, measured: Measured, when: Tree) -> Case:
    """The case with those of its cells for which `when` holds; Undecided if one that the claim names is not among them."""
    kept, reasons = [], {}
    for cell in case.cells:
        values = Values(measured, claim, replace(case, cells=(cell,)), point=True)
        try:
            if values.of(when):
                kept.append(cell)
            else:
                reasons[cell] = f"its condition does not hold: {values.told(when)}"
        except Undecided as end:
            reasons[cell] = end.reason
    if not kept:
        raise Undecided("skipped", next(iter(reasons.values())))
    narrowed = replace(case, cells=tuple(kept))
    for reference in measured.cells.references(claim, narrowed, claim.trees[0]):
        if reference.cell in reasons:
            raise Undecided("skipped", reasons[reference.cell])
    return narrowed


def _evidence(tree: Tree, values: Values) -> Iterator[Comparison]:
    if tree.kind == "compare":
        try:
            yield Comparison(tree, tuple(_side(values.of(part)) for part in tree.parts))
        except Undecided:  # `and` and `or` look no further than they need
            return
    elif tree.kind in ("and", "or", "not"):
        for part in tree.parts:
            yield from _evidence(part, values)


def _side(value: Any) -> Interval | str:
    if isinstance(value, np.ndarray):
        # The nearest draw, since between the last number and infinity there is none.
        low, middle, high = np.quantile(value, [0.025, 0.5, 0.975], method="nearest")
        return Interval(float(middle), float(low), float(high), value.size)
    if isinstance(value, int | float):
        return Interval(float(value), np.nan, np.nan, 1)
    return ", ".join(map(str, value)) if isinstance(value, list) else "nothing" if value is None else str(value)
