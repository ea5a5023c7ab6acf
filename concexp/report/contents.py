"""The page's sections between the claims and the table of cells: each has its pictures and what is said beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from concexp.report import answer
from concexp.report.sections import fairness, latency, scaling_laws, steadiness, time_breakdown, timelines
from concexp.report.view import View


@dataclass(frozen=True)
class Picture:
    """A picture that was drawn: its path from the page, what it shows in words, and its caption."""

    path: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Section:
    """A heading, the pictures under it, and sentences in Markdown."""

    title: str
    pictures: Sequence[Picture]
    sentences: Sequence[str]


# A picture's class names its section; what is said in one is `told(view)` of a module of this package.
TITLES = {
    "scaling": "How far it scales",
    "comparison": "Side by side",
    "latency": "Latency",
    "cost": "Where the time goes",
    "sync": "Synchronisation and fairness",
    "steadiness": "How steady it was",
}
TOLD: dict[str, Sequence[Callable[[View], list[str]]]] = {
    "scaling": (scaling_laws.sentences,),
    "comparison": (answer.per_comparison,),
    "latency": (latency.sentences,),
    "cost": (time_breakdown.sentences, timelines.sentences),
    "sync": (fairness.sentences,),
    "steadiness": (steadiness.sentences,),
}


def sections(view: View, pictures: dict[str, list[Picture]]) -> list[Section]:
    """Those that have something to show or to say, in the page's order; `pictures` are by section."""
    found = []
    for name, title in TITLES.items():
        sentences = [sentence for told in TOLD.get(name, ()) for sentence in told(view)]
        if pictures.get(name) or sentences:
            found.append(Section(title, pictures.get(name, []), sentences))
    return found
