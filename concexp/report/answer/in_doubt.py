"""Comparisons that doubts leave open."""

from __future__ import annotations

from collections.abc import Sequence

from concexp.report.answer.standings import Standing, what_competes
from concexp.report.phrases import titles_text
from concexp.report.text.language import say
from concexp.report.view import View


def everywhere(view: View, found: Sequence[Standing]) -> str:
    """`**Cannot tell which model is best.**` where a doubtful cell may be the best in every comparison; else empty."""
    if not found or any(one.state != "doubtful" for one in found):
        return ""
    return say("**Cannot tell {question}.**", question=what_competes(view, found[0].kind))


def here_and_there(found: Sequence[Standing], total: int) -> list[str]:
    """`No winner in pidigits and bz2.`: the comparisons in which a doubtful cell may be the best; empty without any."""
    titles = [one.title for one in found if one.state == "doubtful"]
    if not titles:
        return []
    return [say("No winner in {titles}.", titles=titles_text(titles)) if total > 1 else say("No winner.")]
