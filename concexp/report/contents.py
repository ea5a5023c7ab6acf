"""The contents of the page: all its sections in their order, each with its template and what fills it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from concexp.report.answer import answer, per_comparison
from concexp.report.parts import Parts
from concexp.report.sections import (
    cells,
    claims,
    failures,
    fairness,
    latency,
    machine,
    precision,
    scaling_laws,
    speed,
    steadiness,
    time_breakdown,
    timelines,
    trust,
    user_code,
)
from concexp.report.text.numbers import level_text
from concexp.report.view import View


@dataclass(frozen=True)
class Picture:
    """A picture that was drawn: its path from the page, its alt text, and its caption."""

    path: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Page:
    """What the sections are made from.

    data      the path from the page to the run folder
    first     the picture beside the answer, if there is any
    pictures  the others, by the key of their section in TITLES
    missing   sentences on the pictures that could not be drawn, by the same key
    parts     guards the parts of the page
    said      the sentences that stand on the page so far: none stands there twice
    """

    view: View
    data: str
    first: Picture | None
    pictures: Mapping[str, Sequence[Picture]]
    missing: Mapping[str, Sequence[str]] = field(default_factory=dict)
    parts: Parts = field(default_factory=lambda: Parts("."))
    said: set[str] = field(default_factory=set)

    def sentences(self, *writers: Callable[[View], list[str]]) -> list[str]:
        """What these functions write and the page has not said yet; a sentence on the failure in the place of one that fails."""
        texts: list[str] = []
        for write in writers:
            subject = write.__module__.rpartition(".")[2].replace("_", " ")
            with self.parts.guard(f"the text on “{subject}”", texts):
                texts += [text for text in write(self.view) if text not in self.said]
            self.said.update(texts)
        return texts


Content = dict[str, Any]  # the variables of a template

# The sections with pictures, by the key that a picture's class gives as its `section`, and the sentences in them.
TITLES = {
    "scaling": "How far it scales",
    "comparison": "Side by side",
    "latency": "Latency",
    "cost": "Where the time goes",
    "sync": "Synchronisation and fairness",
    "steadiness": "How steady it was",
}
SENTENCES: dict[str, Sequence[Callable[[View], list[str]]]] = {
    "scaling": (scaling_laws.sentences,),
    "comparison": (per_comparison,),
    "latency": (latency.sentences,),
    "cost": (time_breakdown.sentences, timelines.sentences),
    "sync": (fairness.sentences,),
    "steadiness": (steadiness.sentences,),
}


def sections(page: Page, render: Callable[[str, Content], str]) -> Iterator[str]:
    """The sections of a page in their order, rendered from (template, content), without the empty ones."""
    for template, contents_of in SECTIONS:
        texts: list[str] = []
        with page.parts.guard(f"the section “{template.replace('_', ' ')}”", texts):
            texts += [render(template, content) for content in contents_of(page)]
        yield from texts


def _answer(page: Page) -> Iterator[Content]:
    view = page.view
    yield {
        "question": view.run.spec["question"],
        "outline": machine.outline(view),
        "sentences": page.sentences(answer),
        "level": level_text(view.run.level),
        "intervals": any(value.bounded for point in view.points for value in point.values.values()),
        "first": page.first,
    }


def _claims(page: Page) -> Iterator[Content]:
    rows = claims.claim_rows(page.view)
    if rows:
        yield {"claims": rows, "needed": level_text((1 + page.view.run.level) / 2)}


def _pictures(page: Page) -> Iterator[Content]:
    for key, title in TITLES.items():
        sentences = [*page.missing.get(key, ()), *page.sentences(*SENTENCES[key])]
        pictures = page.pictures.get(key, ())
        if pictures or sentences:
            yield {"title": title, "pictures": pictures, "sentences": sentences}


def _cells(page: Page) -> Iterator[Content]:
    tables = cells.tables(page.view)
    if tables:
        yield {
            "tables": tables,
            "meaning": cells.meaning(page.view),
            "marks": cells.marks(page.view),
            "observed": trust.observed(page.view),
            "left_out": cells.left_out(page.view),
            "data": page.data,
        }


def _skipped(page: Page) -> Iterator[Content]:
    sentences = failures.skipped(page.view)
    if sentences:
        yield {"sentences": sentences}


def _failures(page: Page) -> Iterator[Content]:
    first, more = failures.failures(page.view)
    if first:
        yield {"failures": first, "more": more, "data": page.data}


def _trust(page: Page) -> Iterator[Content]:
    view = page.view
    yield {
        "threats": page.sentences(trust.threats),
        "assurances": page.sentences(speed.assurances, precision.assurances),
        "has_cells": any(point.sample.count for point in view.points),
    }


def _user_code(page: Page) -> Iterator[Content]:
    files, remarks = user_code.files(page.view, page.data), user_code.remarks(page.view)
    if files or remarks:
        yield {"files": files, "remarks": remarks}


def _machine(page: Page) -> Iterator[Content]:
    yield {"facts": machine.machine(page.view)}


def _again(page: Page) -> Iterator[Content]:
    run = page.view.run
    yield {"manifest": run.manifest, "run_id": run.header["run"], "data": page.data}


# A section has no content where the page leaves it out, and one for each part where it repeats.
SECTIONS: Sequence[tuple[str, Callable[[Page], Iterator[Content]]]] = (
    ("answer", _answer),
    ("claims", _claims),
    ("pictures", _pictures),
    ("cells", _cells),
    ("skipped", _skipped),
    ("failures", _failures),
    ("trust", _trust),
    ("user_code", _user_code),
    ("machine", _machine),
    ("again", _again),
)
