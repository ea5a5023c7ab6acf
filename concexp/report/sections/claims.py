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
from concexp.experiment.spec import Claim
from concexp.experiment.swept import Value
from concexp.report.phrases import follows
from concexp.report.text.language import clauses, counted, listed, message, say
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, rounded, scale_of, spread, zero_text
from concexp.report.text.reasons import reason_text
from concexp.report.view import View

MAX_LINES = 6  # of one verdict
MAX_EVIDENCE = 3  # lines of a claim on the page
MAX_CASES = 3  # named in one line
SIGNS = {"<": "&lt;", ">": "&gt;", "<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}
SHOWN_AS_100_PERCENT = 0.9995  # confidences from here on would be rounded to 100 %
UNMET = "its condition does not hold"  # the reason of a case to which a claim's `when` does not apply
# The decisive ones first.
WORDS = (message("refuted"), message("inconclusive"), message("supported"), message("skipped"))


@dataclass(frozen=True)
class Line:
    """Evidence of the cases with one verdict; `is_unmet` where a claim's `when` does not apply to them."""

    word: str
    text: str
    is_unmet: bool = False

    def __str__(self) -> str:
        return say("{word}: {text}", word=say(self.word), text=self.text)


@dataclass(frozen=True)
class ClaimRow:
    """One claim in Markdown: verdict, wording, expectation with its scope, a summary of the cases, and the evidence `found`.

    cases    how many cases had each verdict, in few words
    closest  the case that came closest to another verdict, in few words; "" if none was judged
    """

    word: str
    says: str
    expect: str
    summary: str
    found: list[Line]
    cases: str
    closest: str

    @property
    def lines(self) -> list[str]:
        """The evidence, each line with its verdict."""
        return [str(line) for line in self.found]

    @property
    def nearest(self) -> str:
        """The case that came closest to another verdict; "" if none was judged."""
        return next((line.text for line in self.found if line.word == self.word), "")

    @property
    def evidence(self) -> list[str]:
        """What the verdict rests on, with intervals: all that was judged, or of a supported claim the closest call."""
        judged = [str(line) for line in self.found if not line.is_unmet]
        return judged[:1] if self.word == "supported" else judged[:MAX_EVIDENCE]


def claim_rows(view: View) -> list[ClaimRow]:
    """All claims, in the order of the experiment."""
    return [_claim_row(view, verdict) for verdict in view.verdicts]


def _claim_row(view: View, verdict: Verdict) -> ClaimRow:
    claim = verdict.claim
    counts = [
        say("{word} in {count}", word=say(word), count=verdict.counts[word]) for word in WORDS if verdict.counts[word]
    ]
    cases = len(verdict.cases)
    if verdict.reason:
        summary = escaped(reason_text(verdict.reason)) + say(".")
    elif len(counts) == 1:
        summary = counted(cases, "{word} in {count} case.", "{word} in all {count} cases.", word=say(verdict.outcome))
    else:
        summary = say("of {cases}, {counts}.", cases=plural(cases, "case"), counts=enumerated(counts))
    return ClaimRow(
        verdict.outcome,
        escaped(claim.says),
        expected(claim),
        summary,
        _lines(view, verdict),
        escaped(reason_text(verdict.reason)) or _counted(verdict),
        _closest(view, verdict),
    )


def _counted(verdict: Verdict) -> str:
    """`2`, where all cases have the verdict of the claim; `1 inconclusive, 10 skipped`."""
    counts = [(word, verdict.counts[word]) for word in WORDS if verdict.counts[word]]
    if len(counts) == 1:
        return str(counts[0][1])
    return listed([say("{count} {how}", count=count, how=say(word)) for word, count in counts])


def expected(claim: Claim) -> str:
    """What a claim expects, of which cells and under which condition, as the experiment puts it."""
    text = code(claim.expect.raw)
    if isinstance(claim.of, Value):
        text = say("{what} of {cells}", what=text, cells=code(claim.of.raw))
    elif claim.of is not None:
        cells = listed([f"{key} {_any_of(labels)}" for key, labels in claim.of.items()])
        text = say("{what} of {cells}", what=text, cells=cells)
    return say("{what} where {condition}", what=text, condition=code(claim.when)) if claim.when else text


def _any_of(labels: Any) -> str:
    every = labels if isinstance(labels, list) else [labels]
    return say(" or ").join(code({True: "on", False: "off"}[one] if isinstance(one, bool) else one) for one in every)


def _lines(view: View, verdict: Verdict) -> list[Line]:
    lines: list[Line] = []
    for word in WORDS:
        by_evidence: dict[str, list[CaseVerdict]] = {}
        for judged in _sorted(verdict, word):
            texts = escaped(reason_text(judged.reason)), _evidence(judged, verdict.level)
            evidence = clauses([text for text in texts if text])
            by_evidence.setdefault(evidence, []).append(judged)
        groups = list(by_evidence.items())
        lines += [
            Line(
                word,
                _of_cases(view, cases, _with_tries(text, cases, verdict.level)),
                word == "skipped" and UNMET in cases[0].reason,
            )
            for text, cases in groups[:MAX_LINES]
        ]
        more = sum(len(cases) for _, cases in groups[MAX_LINES:])
        if more:
            lines.append(Line(word, plural(more, "more case")))
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
    found = clauses([_comparison(one, brief=True) for one in judged.evidence]) or escaped(
        reason_text(judged.reason.partition(";")[0])
    )
    surer = 0.5 if judged.share is None else max(judged.share, 1 - judged.share)
    if 0.5 < surer < SHOWN_AS_100_PERCENT:
        found = say("{text}, {share} sure", text=found, share=_percent(surer))
    name = _name(view, judged)
    return say("{cells}: {text}", cells=name, text=found) if name and len(verdict.cases) > 1 else found


def _of_cases(view: View, cases: list[CaseVerdict], text: str) -> str:
    """The evidence of some cases, behind their names or their number."""
    names = [_name(view, judged) for judged in cases]
    if len(names) > MAX_CASES:
        return say("{cells}: {text}", cells=plural(len(cases), "case"), text=text)
    return say("{cells}: {text}", cells=clauses(names), text=text) if all(names) else text


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
    return listed(parts)


def _evidence(judged: CaseVerdict, level: float) -> str:
    """The comparisons of a case in numbers, from how many trials they are, and how sure the verdict is."""
    text = clauses([_comparison(one) for one in judged.evidence])
    used, run = judged.trials
    if text and used < run:
        text = say("{text}, from {count} of {trials}", text=text, count=used, trials=plural(run, "trial"))
    return text if judged.share is None else _with_confidence(text, judged.outcome, judged.share, level)


def _with_confidence(text: str, word: str, share: float, level: float) -> str:
    """How sure a verdict is, where that is not quite sure; and how sure an open one would have to be."""
    surer = max(share, 1 - share)
    if word != "inconclusive":
        return text if surer >= SHOWN_AS_100_PERCENT else say("{text}, {share} sure", text=text, share=_percent(surer))
    needed = _percent((1 + level) / 2)
    if surer == 0.5:
        return say(
            "{text}, neither true nor false with any confidence (a verdict needs {needed})", text=text, needed=needed
        )
    sure = message("{text}, {share} sure that it is false (a verdict needs {needed})")
    if share > 0.5:
        sure = message("{text}, {share} sure that it is true (a verdict needs {needed})")
    return say(sure, text=text, share=_percent(surer), needed=needed)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _with_tries(text: str, cases: list[CaseVerdict], level: float) -> str:
    """The evidence with what a count of exactly 0 says of its rate, of the case with the fewest tries."""
    known = [judged.zero for judged in cases if judged.zero is not None]
    if not known:
        return text
    fewest = min(known, key=lambda tries: tries.count)
    return say("{text} in {tries}", text=text, tries=zero_text(fewest.count, fewest.of, level))


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
    return say("{text} within {tolerance}", text=text, tolerance=near)


def _side(side: Interval | str, factor: float, suffix: str) -> str:
    if isinstance(side, str):
        return code(side)
    if not math.isfinite(side.mean):
        return say("never")
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
