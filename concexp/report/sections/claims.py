"""The claims: each verdict with its evidence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from concexp import catalog
from concexp.analysis.claims.verdicts import CaseVerdict, Comparison, Verdict
from concexp.analysis.stats.intervals import Interval
from concexp.experiment.claims import is_metric
from concexp.experiment.expressions import Tree
from concexp.experiment.spec import Claim, Value
from concexp.report.phrases import follows
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, rounded, scale_of, spread, zero_text
from concexp.report.view import View

MAX_LINES = 6  # of one verdict
MAX_EVIDENCE = 3  # lines of a claim on the page
MAX_CASES = 3  # named in one line
SIGNS = {"<": "&lt;", ">": "&gt;", "<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}
SHOWN_AS_100_PERCENT = 0.9995  # confidences from here on would be rounded to 100 %
UNMET = "its condition does not hold"  # the reason of a case to which a claim's `when` does not apply
# The decisive ones first.
WORDS = ("refuted", "inconclusive", "supported", "skipped")


@dataclass(frozen=True)
class ClaimRow:
    """One claim in Markdown: verdict, wording, expectation with its scope, a summary of the cases, and lines of evidence.

    cases    how many cases had each verdict, in few words
    closest  the case that came closest to another verdict, in few words; "" if none was judged
    """

    word: str
    says: str
    expect: str
    summary: str
    lines: list[str]
    cases: str
    closest: str

    @property
    def nearest(self) -> str:
        """The case that came closest to another verdict; "" if none was judged."""
        return next((line.partition(": ")[2] for line in self.lines if line.partition(": ")[0] == self.word), "")

    @property
    def evidence(self) -> list[str]:
        """What the verdict rests on, with intervals: all that was judged, or of a supported claim the closest call."""
        judged = [line for line in self.lines if not (line.startswith("skipped: ") and UNMET in line)]
        return judged[:1] if self.word == "supported" else judged[:MAX_EVIDENCE]


def claim_rows(view: View) -> list[ClaimRow]:
    """All claims, in the order of the experiment."""
    return [_claim_row(view, verdict) for verdict in view.verdicts]


def _claim_row(view: View, verdict: Verdict) -> ClaimRow:
    claim = verdict.claim
    counts = [f"{word} in {verdict.counts[word]}" for word in WORDS if verdict.counts[word]]
    cases = len(verdict.cases)
    if verdict.reason:
        summary = f"{escaped(verdict.reason)}."
    elif len(counts) == 1:
        summary = f"{verdict.outcome} in {plural(cases, 'case') if cases == 1 else f'all {cases} cases'}."
    else:
        summary = f"of {plural(cases, 'case')}, {enumerated(counts)}."
    return ClaimRow(
        verdict.outcome,
        escaped(claim.says),
        expected(claim),
        summary,
        _lines(view, verdict),
        escaped(verdict.reason) or _counted(verdict),
        _closest(view, verdict),
    )


def _counted(verdict: Verdict) -> str:
    """`2`, where all cases have the verdict of the claim; `1 inconclusive, 10 skipped`."""
    counts = [(word, verdict.counts[word]) for word in WORDS if verdict.counts[word]]
    return str(counts[0][1]) if len(counts) == 1 else ", ".join(f"{count} {word}" for word, count in counts)


def expected(claim: Claim) -> str:
    """What a claim expects, of which cells and under which condition, as the experiment puts it."""
    text = code(claim.expect.raw)
    if isinstance(claim.of, Value):
        text += f" of {code(claim.of.raw)}"
    elif claim.of is not None:
        text += f" of {', '.join(f'{key} {_any_of(labels)}' for key, labels in claim.of.items())}"
    return text + (f" where {code(claim.when)}" if claim.when else "")


def _any_of(labels: Any) -> str:
    listed = labels if isinstance(labels, list) else [labels]
    return " or ".join(code({True: "on", False: "off"}[one] if isinstance(one, bool) else one) for one in listed)


def _lines(view: View, verdict: Verdict) -> list[str]:
    lines: list[str] = []
    for word in WORDS:
        by_evidence: dict[str, list[CaseVerdict]] = {}
        for judged in _sorted(verdict, word):
            evidence = "; ".join(text for text in (escaped(judged.reason), _evidence(judged, verdict.level)) if text)
            by_evidence.setdefault(evidence, []).append(judged)
        groups = list(by_evidence.items())
        lines += [
            f"{word}: {_cases(view, cases)}{text}{_zero(cases, verdict.level)}" for text, cases in groups[:MAX_LINES]
        ]
        more = sum(len(cases) for _, cases in groups[MAX_LINES:])
        if more:
            lines.append(f"{word}: {plural(more, 'more case')}")
    return lines


def _sorted(verdict: Verdict, word: str) -> list[CaseVerdict]:
    """The cases with this verdict; of the supported ones, those that came closest to failing say most."""
    matching = [judged for judged in verdict.cases if judged.outcome == word]
    return sorted(matching, key=lambda judged: 1.0 if judged.share is None else round(judged.share, 4))


def _closest(view: View, verdict: Verdict) -> str:
    """The first of these cases with the means that were compared: `threads`, 2 workers: 1.01x < 1.10x, 99 % sure."""
    judged = next(iter(_sorted(verdict, verdict.outcome)), None)
    if judged is None or verdict.outcome == "skipped":
        return ""
    found = (
        "; ".join(_comparison(one, brief=True) for one in judged.evidence) or escaped(judged.reason).partition(";")[0]
    )
    surer = 0.5 if judged.share is None else max(judged.share, 1 - judged.share)
    sure = f", {_percent(surer)} sure" if 0.5 < surer < SHOWN_AS_100_PERCENT else ""
    name = _name(view, judged)
    return f"{name}: {found}{sure}" if name and len(verdict.cases) > 1 else f"{found}{sure}"


def _cases(view: View, cases: list[CaseVerdict]) -> str:
    names = [_name(view, judged) for judged in cases]
    if len(names) > MAX_CASES:
        return f"{plural(len(cases), 'case')}: "
    return f"{'; '.join(names)}: " if all(names) else ""


def _name(view: View, judged: CaseVerdict) -> str:
    """The labels that distinguish a case from the others; "" if none do."""
    parts = []
    for key, label in judged.case.labels.items():
        if label is not None and key in view.varying_axes and not follows(view, key):
            if key == "workers":
                parts.append(plural(label, "worker"))
            elif key in ("workload", "model", "sync"):
                parts.append(code(label))
            else:
                parts.append(code(view.title({key: label})))
    return ", ".join(parts)


def _evidence(judged: CaseVerdict, level: float) -> str:
    """The comparisons of a case in numbers, from how many trials they are, and how sure the verdict is."""
    text = "; ".join(_comparison(one) for one in judged.evidence)
    used, run = judged.trials
    if text and used < run:
        text += f", from {used} of {plural(run, 'trial')}"
    return text + (_confidence(judged.outcome, judged.share, level) if judged.share is not None else "")


def _confidence(word: str, share: float, level: float) -> str:
    """How sure a verdict is, where that is not quite sure; and how sure an open one would have to be."""
    surer = max(share, 1 - share)
    if word != "inconclusive":
        return "" if surer >= SHOWN_AS_100_PERCENT else f", {_percent(surer)} sure"
    needed = f"a verdict needs {_percent((1 + level) / 2)}"
    if surer == 0.5:
        return f", neither true nor false with any confidence ({needed})"
    return f", {_percent(surer)} sure that it is {'true' if share > 0.5 else 'false'} ({needed})"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _zero(cases: list[CaseVerdict], level: float) -> str:
    """What a count of exactly 0 says of its rate, of the case with the fewest tries; "" if none was counted."""
    known = [judged.zero for judged in cases if judged.zero is not None]
    if not known:
        return ""
    fewest = min(known, key=lambda tries: tries.count)
    return f" in {zero_text(fewest.count, fewest.of, level)}"


def _comparison(one: Comparison, brief: bool = False) -> str:
    """Both sides in one unit: `1.03x (1.01–1.05) < 1.1x`; in `brief` without their intervals."""
    unit = _unit(one.tree) or ""
    numbers = [side for side in one.sides if isinstance(side, Interval)]
    finite = [side for side in numbers if math.isfinite(side.mean)]
    measured = [side for side in finite if side.bounded] or finite  # a bound may be much larger
    factor, name = scale_of([abs(side.mean) for side in measured], unit)
    suffix = name if name in ("x", "") else f" {name}"
    sides = [_side(side, factor, suffix) for side in one.sides]
    if brief:
        sides = [side.partition(" (")[0] for side in sides]
    signs = [SIGNS.get(sign, sign) for sign in one.tree.value]
    text = sides[0] + "".join(f" {sign} {side}" for sign, side in zip(signs, sides[1:], strict=True))
    tolerance = one.tree.tolerance
    if tolerance is None:
        return text
    near = f"{tolerance.amount:g}x" if tolerance.factor else f"{100 * tolerance.amount:g} %"
    return f"{text} within {near}"


def _side(side: Interval | str, factor: float, suffix: str) -> str:
    if isinstance(side, str):
        return code(side)
    if not math.isfinite(side.mean):
        return "never"
    if not side.bounded or side.lo == side.hi:
        value = side.mean / factor
        whole = f"{value:,.0f}" if value.is_integer() else rounded(value)
        return f"{whole}{suffix}" if value else whole
    return spread(side.scaled(1 / factor), suffix, finer=True)


def _unit(tree: Tree) -> str | None:
    """The unit of an expression: None if any will do, "" if it has no name."""
    if is_metric(tree):
        return None if tree.value == "status" else str(catalog.load("metric", tree.value).unit)
    units = [_unit(part) for part in tree.parts if tree.kind != "at"]
    known = [unit for unit in units if unit is not None]
    if not known:
        return "" if tree.kind == "curve" else None
    if tree.kind == "curve":
        return known[0] if tree.value in ("max", "min", "mean") else ""
    if tree.kind in ("*", "/"):
        only_left = len(known) == 1 and (tree.kind == "*" or units[0] is not None)
        return known[0] if only_left else ""
    if tree.kind in ("compare", "+", "-", "minus", "call", "list"):
        return known[0] if len(set(known)) == 1 else ""
    return None
