"""The claims: each verdict with its evidence."""

from __future__ import annotations

import itertools
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
from concexp.report.phrases import first_few, follows
from concexp.report.text.language import clauses, counted, listed, message, say, translated
from concexp.report.text.markdown import code, escaped, with_links
from concexp.report.text.numbers import enumerated, plural, rounded, scale_of, sentence_case, spread, zero_text
from concexp.report.text.reasons import reason_text
from concexp.report.view import View

MAX_LINES = 6  # of one verdict
MAX_EVIDENCE = 3  # lines of a claim on the page
MAX_CASES = 3  # named in one line
SIGNS = {"<": "&lt;", ">": "&gt;", "<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}
SHOWN_AS_100_PERCENT = 0.9995  # confidences from here on would be rounded to 100 %
MAX_REASONS = 2  # why a claim is open, in one line
OPEN = ("inconclusive", "skipped")
NOTHING = "–"  # where nothing was measured that could be compared
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

    cases    how many cases had each verdict, in few words; "" of a single one
    closest  the case that came closest to another verdict, in few words; "" if none has numbers
    why      why the claim is open, in a clause: the guard, the doubt or the interval; "" where it is decided
    claimed  the wording, with the figure as it was published and its source
    """

    word: str
    says: str
    expect: str
    summary: str
    found: list[Line]
    cases: str
    closest: str
    why: str = ""
    claimed: str = ""
    is_published: bool = False

    @property
    def columns(self) -> tuple[str, str, str]:
        """The claim in a table: claimed, measured, verdict."""
        verdict = f"**{sentence_case(say(self.word))}**"
        if self.cases:
            verdict = say("{verdict} ({cases})", verdict=verdict, cases=self.cases)
        if self.why:
            verdict = say("{word}: {text}", word=verdict, text=self.why)
        return self.claimed, self.closest or NOTHING, verdict

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
        _counted(verdict),
        _closest(view, verdict),
        _why_open(verdict),
        claimed(claim),
        bool(claim.published),
    )


def claimed(claim: Claim) -> str:
    """The claim's words, with the figure as it was published, and where."""
    text, source = escaped(claim.says), with_links(claim.source)
    if claim.published:
        text = say("{claim}. Published: {figure}", claim=text, figure=escaped(claim.published))
    return say("{text} ({detail})", text=text, detail=source) if source else text


def _why_open(verdict: Verdict) -> str:
    """Why a claim is open: what its cases lack, each reason once; "" where it is decided."""
    if verdict.outcome not in OPEN:
        return ""
    if verdict.reason:
        return escaped(reason_text(verdict.reason))
    reasons = dict.fromkeys(_why(judged, len(verdict.cases)) for judged in _sorted(verdict, verdict.outcome))
    return clauses(first_few([reason for reason in reasons if reason], MAX_REASONS))


def _why(judged: CaseVerdict, cases: int) -> str:
    """The reason without what it would take; without one, the sides that overlap: `1.80x–2.30x against 2x`."""
    if judged.reason:
        return escaped(reason_text(judged.reason.partition("; ")[0]))
    if not judged.evidence:
        return ""
    overlapping = next((one for one in judged.evidence if _is_open(one)), None)
    text = _overlap(overlapping or judged.evidence[0])
    if overlapping or cases < 2:
        return text
    return say("{text}, within what chance produces in {cases}", text=text, cases=plural(cases, "case"))


def _is_open(one: Comparison) -> bool:
    """Whether two neighbouring sides of a comparison overlap, or may be equal enough."""
    ends = [_ends(side) for side in one.sides]
    return one.tree.tolerance is not None or any(a[0] <= b[1] and b[0] <= a[1] for a, b in itertools.pairwise(ends))


def _ends(side: Interval | str) -> tuple[float, float]:
    if isinstance(side, str):
        return math.nan, math.nan
    return (side.lo, side.hi) if side.bounded else (side.mean, side.mean)


def _counted(verdict: Verdict) -> str:
    """`2 cases`, where all have the verdict of the claim; `1 inconclusive, 10 skipped`; "" of a single one."""
    counts = [(word, verdict.counts[word]) for word in WORDS if verdict.counts[word]]
    if len(verdict.cases) < 2:
        return ""
    if len(counts) == 1:
        return plural(counts[0][1], "case")
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
                cases[0].unmet,
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
    """The case that came closest to another verdict with what was compared: `threads`, 2 workers: speedup 1.01x < 1.10x, 99 % sure.

    Of a claim whose verdict rests on no numbers, the closest of the cases that have some; "" if none has.
    """
    ordered = [judged for word in (verdict.outcome, *WORDS) for judged in _sorted(verdict, word)]
    judged = next((one for one in ordered if one.evidence), None)
    if judged is None:
        return ""
    found = clauses([_measured(view, one) for one in judged.evidence])
    surer = 0.5 if judged.share is None else max(judged.share, 1 - judged.share)
    if 0.5 < surer < SHOWN_AS_100_PERCENT:
        found = say("{text}, {share} sure", text=found, share=_percent(surer))
    name = _name(view, judged)
    return say("{cells}: {text}", cells=name, text=found) if name and len(verdict.cases) > 1 else found


def _measured(view: View, one: Comparison) -> str:
    """A comparison in means, behind the name of the metric on its left: `lost updates 0 = 0`."""
    first = one.tree.parts[0]
    text = _comparison(one, brief=True)
    if not is_metric(first) or first.value == "status":
        return text
    return say("{metric} {number}", metric=escaped(_title(first.value)), number=text)


def _title(metric: str) -> str:
    return translated(catalog.load("metric", metric).title) or metric


def _overlap(one: Comparison) -> str:
    """The ends of the intervals of both sides: `1.80x–2.30x against 2x`."""
    factor, suffix = _scale(one)
    texts = []
    for side in one.sides:
        if isinstance(side, str) or not side.bounded or side.lo == side.hi or not math.isfinite(side.mean):
            texts.append(_side(side, factor, suffix))
        else:
            low, high = (rounded(end / factor) for end in (side.lo, side.hi))
            texts.append(f"{low}–{high}{suffix}")
    text = say("{measured} against {asked}", measured=texts[0], asked=listed(texts[1:]))
    return _within(text, one)


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
    factor, suffix = _scale(one)
    sides = [_side(side, factor, suffix) for side in one.sides]
    if brief:
        sides = [side.partition(" (")[0] for side in sides]
    signs = [SIGNS.get(sign, sign) for sign in one.tree.value]
    text = sides[0] + "".join(f" {sign} {side}" for sign, side in zip(signs, sides[1:], strict=True))
    return _within(text, one)


def _scale(one: Comparison) -> tuple[float, str]:
    """(divisor, suffix) of the unit in which all sides of a comparison are shown."""
    numbers = [side for side in one.sides if isinstance(side, Interval)]
    finite = [side for side in numbers if math.isfinite(side.mean)]
    measured = [side for side in finite if side.bounded] or finite  # a bound may be much larger
    factor, name = scale_of([abs(side.mean) for side in measured], _unit(one.tree) or "")
    return factor, name if name in ("x", "") else f" {name}"


def _within(text: str, one: Comparison) -> str:
    """A comparison with its tolerance, if it has one."""
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
