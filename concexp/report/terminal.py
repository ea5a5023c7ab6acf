"""The first lines of the page and the verdicts on the claims as plain text, for a terminal or a log.

As on the page, a sentence stands in the place of a part that cannot be made.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from concexp.analysis.results import Run
from concexp.report.answer import answer
from concexp.report.answer.brief import NO_RESULT, brief
from concexp.report.parts import Parts
from concexp.report.sections.claims import WORDS, ClaimRow, claim_rows
from concexp.report.text.language import clauses, listed, message, say
from concexp.report.text.markdown import plain
from concexp.report.views import view_of

TITLE = 9  # columns of the titles of the five lines


def answer_lines(run: Run) -> list[str]:
    """The question and the sentences of the answer."""
    sentences: list[str] = []
    with Parts(str(run.folder)).guard(message("the answer"), sentences):
        sentences += answer(view_of(run)) or [say("No cell has results yet.")]
    return [run.spec["question"], *(f"- {plain(sentence)}" for sentence in sentences)]


def verdict_lines(run: Run, every: bool = False) -> list[str]:
    """Each claim with its verdict and its figures; with `every` all its cases, not only the one nearest to another verdict.

    Empty if the experiment has no claims.
    """
    lines: list[str] = []
    with Parts(str(run.folder)).guard(message("the list of claims"), lines):
        rows = claim_rows(view_of(run))
        counts = Counter(row.word for row in rows)
        summary = listed([say("{count} {how}", count=counts[word], how=say(word)) for word in WORDS if counts[word]])
        texts = [say("Claims: {counts}", counts=summary), *(line for row in rows for line in _lines(row, every))]
        return texts if rows else []
    return [plain(line) for line in lines]


def _lines(row: ClaimRow, every: bool) -> list[str]:
    """A claim with its verdict, and its evidence in the lines below."""
    first = "- " + say("{word}: {text}", word=say(row.word), text=plain(row.says))
    evidence = [row.nearest or row.summary]
    if every:
        evidence = [say("{word}: {text}", word=row.expect, text=row.summary), *row.lines]
    return [first, *(f"    {plain(line)}" for line in evidence)]


def brief_lines(run: Run, workload: str, warnings: Sequence[str] = ()) -> list[str]:
    """The answer about one workload in five lines; `warnings` are what else to beware of."""
    lines: list[str] = []
    with Parts(str(run.folder)).guard(message("the answer"), lines):
        view = view_of(run)
        comparison = next((one for one in view.comparisons if str(one.labels["workload"]) == workload), None)
        if comparison is None:
            return [_titled(message("use"), say(NO_RESULT))]
        found = brief(view, comparison)
        parts = {
            message("use"): found.use,
            message("gains"): found.gains,
            message("sure"): found.sure,
            message("as good"): found.ties,
            message("beware"): clauses([*warnings, *found.beware]) or say("nothing that was seen"),
        }
        return [_titled(title, plain(text)) for title, text in parts.items()]
    return [plain(line) for line in lines]


def _titled(title: str, text: str) -> str:
    """A line behind its title, whose signs may be as wide as two."""
    title = say(title)
    width = sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in title)
    return f"  {title}{' ' * (TITLE - width)}{text}"
