"""A run and its claims -> verdicts: supported, refuted, inconclusive or skipped, each with its evidence and its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np

from concexp.analysis.claims.evaluation import Measured, NoVerdict, Values
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
# How many speedups are tried between none and that of a CPU for each worker: a claim of a range must not slip through.
SPEEDUPS = 20

Outcome = Literal["supported", "refuted", "inconclusive", "skipped"]


@dataclass(frozen=True)
class Comparison:
    """One comparison in numbers: for each side an interval or a word, with the signs between them in `tree`."""

    tree: Tree
    sides: tuple[Interval | str, ...]


@dataclass(frozen=True)
class CaseVerdict:
    """The verdict on one case of a claim, and what it rests on.

    The claim is true in `share` of the draws of the means of `cells`; `share` is None where nothing was drawn.
    """

    case: Case
    outcome: Outcome
    reason: str = ""
    share: float | None = None
    evidence: tuple[Comparison, ...] = ()
    cells: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """A claim with the verdict on each of its cases; `reason` says why it has no cases."""

    claim: Claim
    cases: tuple[CaseVerdict, ...]
    reason: str = ""

    @property
    def outcome(self) -> Outcome:
        """Refuted if one case is; supported if all cases are that were not skipped."""
        for outcome in ("refuted", "inconclusive", "supported"):
            if self.counts[outcome]:
                return outcome
        return "skipped"

    @cached_property
    def counts(self) -> Counter[str]:
        """The number of cases with each outcome."""
        return Counter(case.outcome for case in self.cases)

    @property
    def undecided_cells(self) -> dict[str, float]:
        """The cells whose times leave the claim open, each with the factor by which it is too uncertain to settle it.

        Empty for a claim that one case refutes for good, and for exact values.
        """
        factors: dict[str, float] = {}
        for case in self.cases:
            factor = 0.0 if case.share is None else factor_to_verdict(case.share)
            if case.outcome == "refuted" and not factor:
                return {}
            if factor:
                factors.update({cell: max(factor, factors.get(cell, 0.0)) for cell in case.cells})
        return factors


def judge_claims(run: Run, given: Sequence[Claim] | None = None) -> tuple[Verdict, ...]:
    """The verdicts on a run's claims, or on the given ones, in their order."""
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
    return Verdict(claim, tuple(_case_verdict(claim, case, measured) for case in cases))


def _case_verdict(claim: Claim, case: Case, measured: Measured) -> CaseVerdict:
    expect, *when = claim.trees
    if isinstance(case, Impossible):
        return CaseVerdict(case, "skipped", case.reason)
    try:
        kept = _where(claim, case, measured, when[0]) if when else case
        values = Values(measured, claim, kept)
        value = values.of(expect)
    except NoVerdict as end:
        return CaseVerdict(case, end.outcome, end.reason)
    evidence = tuple(_evidence(expect, values))
    if isinstance(value, np.ndarray):
        share = float(value.mean())
        if verdict(share) == "refuted" and (withheld := _withheld(claim, values)):
            return CaseVerdict(case, "inconclusive", withheld, None, evidence)
        return CaseVerdict(case, cast(Outcome, verdict(share)), "", share, evidence, values.cells)
    return CaseVerdict(case, "supported" if value else "refuted", "", None, evidence)


def _withheld(claim: Claim, values: Values) -> str:
    """Why a refutation is due to this machine: with a CPU for each worker the claim might have held; "" if it is not.

    Never for a claim that mentions the CPUs, since it is about the machine at hand.
    """
    measured = values.measured
    starved = {cell: measured.cpu_starved_cells[cell] for cell in values.cells if cell in measured.cpu_starved_cells}
    if not starved or any(part.value in CPUS for part in walk(claim.trees[0])):
        return ""
    for share in (np.arange(SPEEDUPS) + 1) / SPEEDUPS:
        gains = {cell: 1 + share * (most - 1) for cell, most in starved.items()}
        try:
            holds = values.what_if(gains).of(claim.trees[0])
        except NoVerdict:
            return ""
        if verdict(float(np.mean(holds))) != "refuted":
            workers = max(measured.cells.axes[cell]["workers"] for cell in starved)
            return f"this machine gives {measured.cells.cpus} of the {workers} CPUs that its workers could use"
    return ""


def _where(claim: Claim, case: Case, measured: Measured, when: Tree) -> Case:
    """The case with the cells for which `when` holds; raises NoVerdict if the claim refers to another one."""
    kept, reasons = [], {}
    for cell in case.cells:
        values = Values(measured, claim, replace(case, cells=(cell,)), point=True)
        try:
            if values.of(when):
                kept.append(cell)
            else:
                reasons[cell] = f"its condition does not hold: {values.in_words(when)}"
        except NoVerdict as end:
            reasons[cell] = end.reason
    if not kept:
        raise NoVerdict("skipped", next(iter(reasons.values())))
    narrowed = replace(case, cells=tuple(kept))
    for reference in measured.cells.references(claim, narrowed, claim.trees[0]):
        if reference.cell in reasons:
            raise NoVerdict("skipped", reasons[reference.cell])
    return narrowed


def _evidence(tree: Tree, values: Values) -> Iterator[Comparison]:
    if tree.kind == "compare":
        try:
            yield Comparison(tree, tuple(_side(values.of(part)) for part in tree.parts))
        except NoVerdict:  # a side that `and` and `or` did not need
            return
    elif tree.kind in ("and", "or", "not"):
        for part in tree.parts:
            yield from _evidence(part, values)


def _side(value: Any) -> Interval | str:
    if isinstance(value, np.ndarray):
        # The nearest draw: nothing can be interpolated between the last number and infinity.
        low, middle, high = np.quantile(value, [0.025, 0.5, 0.975], method="nearest")
        return Interval(float(middle), float(low), float(high), value.size)
    if isinstance(value, int | float):
        return Interval(float(value), np.nan, np.nan, 1)
    return ", ".join(map(str, value)) if isinstance(value, list) else "nothing" if value is None else str(value)
