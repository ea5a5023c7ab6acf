"""The answer in sentences: each number is bound to the data, and nothing is said that its interval does not support.

One file is one kind of finding. `said(view, contest)` tells of one contest, `told(view)` of the whole run; both return
sentences in Markdown, none where there is nothing to say.
"""

from __future__ import annotations

from dataclasses import dataclass

from concexp.report.comparisons import CONTESTS
from concexp.report.findings import counts, doubt, endings, guards, scaling, winner
from concexp.report.markdown import escaped
from concexp.report.view import View


@dataclass(frozen=True)
class Block:
    """Sentences about one contest, or (no title) about the run."""

    title: str
    sentences: list[str]


def answer(view: View) -> list[Block]:
    """What the page says first."""
    found = [Block("", endings.before(view))]
    for contest in view.contests[:CONTESTS]:
        sentences = [s for finding in (winner, scaling, guards, counts) for s in finding.said(view, contest)]
        title = escaped(view.title(contest.labels)) if len(view.contests) > 1 else ""
        found.append(Block(title, sentences))
    more = len(view.contests) - CONTESTS
    rest = [f"{more} more comparisons are in the tables below."] if more > 0 else []
    title = "All together" if len(view.contests) > 1 else ""  # two lists in a row would be read as one
    found.append(Block(title, [*rest, *doubt.told(view), *endings.told(view)]))
    return _merged([block for block in found if block.sentences])


def _merged(blocks: list[Block]) -> list[Block]:
    """Neighbours without a title as one: they make one list."""
    merged: list[Block] = []
    for block in blocks:
        if merged and not block.title and not merged[-1].title:
            merged[-1] = Block("", [*merged[-1].sentences, *block.sentences])
        else:
            merged.append(block)
    return merged
