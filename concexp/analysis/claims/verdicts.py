"""A run and its claims -> verdicts: supported, refuted, inconclusive or skipped, each with its evidence and its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from concexp import catalog
from concexp.analysis.claims.evaluation import Values, missing_in_words
from concexp.analysis.claims.measured import Measured, NoVerdict, Unmet
from concexp.analysis.claims.numbers import Drawn, Later, drawn, is_number
from concexp.analysis.claims.truth import Truth
from concexp.analysis.memo import once
from concexp.analysis.stats.draws import DRAWS, verdict
from concexp.analysis.stats.familywise import holm
from concexp.analysis.stats.intervals import FEWEST, LEVEL, Interval
from concexp.analysis.stats.sequential import factor_to_verdict
from concexp.experiment.claims import of_data
from concexp.experiment.expression_text import text_of
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
class Tries:
    """In how many `of` (operation, outcome, trial) something was counted that never happened."""

    count: int
    of: str


@dataclass(frozen=True)
class CaseVerdict:
    """The verdict on one case of a claim, and what it rests on.

    share     how surely it is true, from 0 to 1: of a single comparison, the share of draws in which it is; None where nothing
              was drawn, or where more trials would not help
    evidence  its comparisons, from the trials that have a value
    cells     those whose means were drawn
    trials    the trials behind it, and all that were run, of the cell that lacks most
    zero      behind a count of exactly 0
    lacking   the cells with too few operations for a value yet, each with the factor by which it is too uncertain
    unmet     whether it is skipped since the claim's `when` is false for it
    """

    case: Case
    outcome: Outcome
    reason: str = ""
    share: float | None = None
    evidence: tuple[Comparison, ...] = ()
    cells: tuple[str, ...] = ()
    trials: tuple[int, int] = (0, 0)
    zero: Tries | None = None
    lacking: Mapping[str, float] = field(default_factory=dict)
    unmet: bool = False


@dataclass(frozen=True)
class Verdict:
    """A claim with the verdict on each of its cases; `reason` says why it has no cases."""

    claim: Claim
    cases: tuple[CaseVerdict, ...]
    reason: str = ""
    level: float = LEVEL

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
        """The cells whose further trials could settle the claim, each with the factor by which it is too uncertain.

        Empty for a claim that one case refutes for good, and for exact values.
        """
        factors: dict[str, float] = {}
        for case in self.cases:
            factor = 0.0 if case.share is None else factor_to_verdict(case.share, self.level)
            if case.outcome == "refuted" and not factor:
                return {}
            own = dict.fromkeys(case.cells, factor) if factor else case.lacking
            factors.update({cell: max(factor, factors.get(cell, 0.0)) for cell, factor in own.items()})
        return factors


def judge_claims(run: Run, given: Sequence[Claim] | None = None) -> tuple[Verdict, ...]:
    """The verdicts on a run's claims, or on the given ones, in their order."""
    claims = of_data(run.spec.get("claims")) if given is None else given
    measured = Measured(run) if claims else None
    return tuple(_verdict(claim, measured) for claim in claims) if measured is not None else ()


@once
def verdicts_of(run: Run) -> tuple[Verdict, ...]:
    """The verdicts on a run's claims, in their order; judged once for each run that was loaded."""
    return judge_claims(run)


def _verdict(claim: Claim, measured: Measured) -> Verdict:
    try:
        cases = measured.cells.cases(claim)
    except ExpressionError as error:  # written for another version of the language
        return Verdict(claim, (), f"it cannot be read: {error}")
    if not cases:
        return Verdict(claim, (), "none of the cells that it is about was run")
    judged = _with_family([_case_verdict(claim, case, measured) for case in cases], measured.level)
    return Verdict(claim, tuple(_withheld(claim, one, measured) for one in judged), level=measured.level)


@dataclass(frozen=True)
class _Judged:
    """A case on its way to a verdict: with its truth and the values behind it, unless the verdict stands already."""

    verdict: CaseVerdict
    truth: Truth | None = None
    values: Values | None = None


def _case_verdict(claim: Claim, case: Case, measured: Measured) -> _Judged:
    """A case by itself: its truth, or why it has none."""
    expect, *when = claim.trees
    if isinstance(case, Impossible):
        return _Judged(CaseVerdict(case, "skipped", case.reason))
    try:
        kept = _where(claim, case, measured, when[0]) if when else case
        values = Values(measured, claim, kept)
        truth = values.truth(expect)
    except NoVerdict as end:
        unmet = isinstance(end, Unmet)
        return _Judged(CaseVerdict(case, end.outcome, end.reason, lacking=end.lacking, unmet=unmet))
    seen = Values(measured, claim, kept, survivors=True), Values(measured, claim, kept, point=True)
    found = CaseVerdict(
        case, "inconclusive", "", None, tuple(_evidence(expect, *seen, measured.level)), values.cells,
        _fewest_trials(values), _zero(values),
    )  # fmt: skip
    if truth.exact:
        outcome: Outcome = "supported" if truth.support == 0 else "refuted"
        return _Judged(replace(found, outcome=outcome, reason=_whatever(values, outcome)))
    return _Judged(found, truth, values)


def _with_family(judged: Sequence[_Judged], level: float) -> list[_Judged]:
    """The verdicts on all cases of a claim.

    The claim is for every case. So each has to be supported at the level, and that is enough. But one refuted case refutes the
    claim, and among many cases one looks refuted by chance: Holm's correction keeps the risk for all of them together.
    """
    open_cases = [one.truth.refute for one in judged if one.truth is not None]
    adjusted = iter(holm(open_cases))
    found = []
    for one in judged:
        if one.truth is None or one.values is None:
            found.append(one)
            continue
        truth = replace(one.truth, refute=next(adjusted))
        outcome = cast(Outcome, verdict(truth.share, level))
        reason = _undecided(one.values) if outcome == "inconclusive" else _whatever(one.values, outcome)
        share = None if reason and outcome == "inconclusive" else truth.share
        found.append(
            replace(one, truth=truth, verdict=replace(one.verdict, outcome=outcome, reason=reason, share=share))
        )
    return found


def _whatever(values: Values, outcome: Outcome) -> str:
    """That a verdict holds whatever the missing trials would have measured; "" if none is missing."""
    lacking = [basis for basis in values.bases.values() if basis.missing]
    if not lacking:
        return ""
    basis = max(lacking, key=lambda basis: len(basis.missing))
    truth = "true" if outcome == "supported" else "false"
    ended = f"{len(basis.missing)} of {basis.run} trials did not end well ({basis.endings})"
    return f"{ended}, and it is {truth} whatever they would have measured"


def _undecided(values: Values) -> str:
    """Why more trials of the same kind would decide nothing; "" if they might."""
    for basis in values.bases.values():
        if basis.missing:
            return missing_in_words(basis)
    return next((reason for basis in values.bases.values() if (reason := basis.too_few(FEWEST))), "")


def _fewest_trials(values: Values) -> tuple[int, int]:
    """The trials behind a case and those that were run, of the cell and metric that lacks most."""
    counts = [(len(basis.sure), basis.run) for basis in values.bases.values()]
    return min(counts, key=lambda pair: pair[0] / pair[1], default=(0, 0))


def _zero(values: Values) -> Tries | None:
    """The fewest tries behind a count of exactly 0 in the case; None if there is no such count."""
    tries = []
    for (cell, name), basis in values.bases.items():
        metric = catalog.load("metric", name)()
        if metric.kind == "count" and basis.known and not any(trial.means[name] for trial in basis.known):
            tries.append(values.measured.tries(cell, name, metric))
    known = [Tries(*one) for one in tries if one[0]]
    return min(known, key=lambda one: one.count, default=None)


def _withheld(claim: Claim, judged: _Judged, measured: Measured) -> CaseVerdict:
    """The verdict, or inconclusive where a refutation is due to this machine: with a CPU for each worker it might have held.

    Never for a claim that mentions the CPUs, since it is about the machine at hand.
    """
    values, found = judged.values, judged.verdict
    if values is None or found.outcome != "refuted":
        return found
    starved = {cell: measured.cpu_starved_cells[cell] for cell in values.cells if cell in measured.cpu_starved_cells}
    if not starved or any(part.value in CPUS for part in walk(claim.trees[0])):
        return found
    for share in (np.arange(SPEEDUPS) + 1) / SPEEDUPS:
        gains = {cell: 1 + share * (most - 1) for cell, most in starved.items()}
        try:
            holds = values.what_if(gains).truth(claim.trees[0])
        except NoVerdict:
            return found
        if verdict(holds.share, measured.level) != "refuted":
            workers = max(measured.cells.axes[cell]["workers"] for cell in starved)
            reason = f"this machine gives {measured.cells.cpus} of the {workers} CPUs that its workers could use"
            return replace(found, outcome="inconclusive", reason=reason, share=None, cells=())
    return found


def _where(claim: Claim, case: Case, measured: Measured, when: Tree) -> Case:
    """The case with the cells for which `when` holds; raises NoVerdict if the claim refers to another one."""
    kept, ends = [], dict[str, NoVerdict]()
    for cell in case.cells:
        values = Values(measured, claim, replace(case, cells=(cell,)), point=True)
        try:
            if values.truth(when).support == 0:
                kept.append(cell)
            else:
                ends[cell] = Unmet("skipped", _guard(when, values))
        except NoVerdict as end:
            ends[cell] = NoVerdict("skipped", end.reason, end.lacking)
    if not kept:
        raise next(iter(ends.values()))
    narrowed = replace(case, cells=tuple(kept))
    for reference in measured.cells.references(claim, narrowed, claim.trees[0]):
        if reference.cell in ends:
            raise ends[reference.cell]
    return narrowed


def _guard(when: Tree, values: Values) -> str:
    """What a false condition asks for, by its first part that is false, and what there is: `it takes 4 CPUs, and there are 2`."""
    parts = when.parts if when.kind == "and" else (when,)
    false = next((part for part in parts if values.truth(part).support != 0), when)
    name = false.parts[0].value if false.kind == "compare" and false.value == (">=",) else ""
    if name in CPUS:
        there, asked = map(values.of, false.parts)
        if there is not None and isinstance(asked, int | float):
            what = "CPUs, and there are" if name == "cpus" else "effective CPUs, and there were"
            return f"it takes {asked:.4g} {what} {there:.4g}"
    return f"it is about {text_of(false)}, and {values.in_words(false)}"


def _evidence(tree: Tree, values: Values, means: Values, level: float) -> Iterator[Comparison]:
    """The comparisons in a condition, with their sides in numbers: `values` has draws, `means` the means themselves."""
    if tree.kind == "compare":
        try:
            yield Comparison(tree, tuple(_side(part, values, means, level) for part in tree.parts))
        except NoVerdict:  # a side that `and` and `or` did not need
            return
    elif tree.kind in ("and", "or", "not"):
        for part in tree.parts:
            yield from _evidence(part, values, means, level)


def _side(tree: Tree, values: Values, means: Values, level: float) -> Interval | str:
    """A side as an interval. The largest of several cells has none: that of the draws would lie too high."""
    value = values.of(tree)
    if isinstance(value, Drawn | Later):
        # The nearest draw: nothing can be interpolated between the last number and infinity.
        ends = np.quantile(drawn(value).low, [0.5 - level / 2, 0.5, 0.5 + level / 2], method="nearest")
        low, middle, high = map(float, ends)
        return Interval(middle, low, high, DRAWS)
    if is_number(value):
        return Interval(float(means.of(tree)), np.nan, np.nan, 1)
    return ", ".join(map(str, value)) if isinstance(value, list) else "nothing" if value is None else str(value)
