"""The contents of the page: all its sections in their order, each with its template and what fills it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from concexp.report import reading_order
from concexp.report.answer import answer, in_detail, judged_claims, versions, what_to_do
from concexp.report.contest import judged
from concexp.report.parts import Parts
from concexp.report.places import language_of, page_name
from concexp.report.sections import (
    again,
    cells,
    claims,
    diagnoses,
    failures,
    fairness,
    hosts,
    latency,
    machine,
    outcomes,
    precision,
    profiles,
    scaling_laws,
    speed,
    steadiness,
    time_breakdown,
    timelines,
    trust,
    user_code,
)
from concexp.report.text.language import message, say
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import level_text
from concexp.report.view import View


@dataclass(frozen=True)
class Picture:
    """A picture that was drawn: its path from the page, its alt text, its caption, and the path of its PDF, or ""."""

    path: str
    alt: str
    caption: str
    paper: str = ""

    @property
    def shown(self) -> str:
        """The picture in Markdown; it leads to its PDF, which no host shows on a page."""
        image = f"![{escaped(self.alt, 20_000)}]({self.path})"
        return f"[{image}]({self.paper})" if self.paper else image


@dataclass(frozen=True)
class Page:
    """What the sections are made from.

    data      the path from the page to the run folder
    first     the picture beside the answer, if there is any
    pictures  the others, by the key of their section in TITLES
    missing   sentences on the pictures that could not be drawn, by the same key
    parts     guards the parts of the page
    folder    the page's own, beside which other reports may lie; None if it has none
    others    the languages of the pages beside it
    said      the sentences that stand on the page so far: none stands there twice
    """

    view: View
    data: str
    first: Picture | None
    pictures: Mapping[str, Sequence[Picture]]
    missing: Mapping[str, Sequence[str]] = field(default_factory=dict)
    parts: Parts = field(default_factory=lambda: Parts("."))
    folder: Path | None = None
    others: Sequence[str] = ()
    said: set[str] = field(default_factory=set)

    def sentences(self, *writers: Callable[[View], list[str]]) -> list[str]:
        """What these functions write and the page has not said yet; a sentence on the failure in the place of one that fails."""
        texts: list[str] = []
        for write in writers:
            subject = write.__module__.rpartition(".")[2].replace("_", " ")
            with self.parts.guard(message("the text on “{subject}”"), texts, subject=subject):
                texts += [text for text in write(self.view) if text not in self.said]
            self.said.update(texts)
        return texts


Content = dict[str, Any]  # the variables of a template


class Fold(NamedTuple):
    """A part of the page that is folded under its heading: links to the heading lead to what can be seen."""

    title: str
    summary: str


FIGURES = Fold(message("All figures"), message("tables and details"))
TRUST = Fold(message("How far to trust it"), message("doubts, precision, evidence and the machine"))
EXPERIMENT = Fold(message("The experiment"), message("as it was written"))

# The sections with pictures, by the key that a picture's class gives as its `section`.
TITLES = {
    "scaling": message("How far it scales"),
    "comparison": message("Side by side"),
    "latency": message("Latency"),
    "cost": message("Where the time goes"),
    "sync": message("Synchronisation and fairness"),
    "steadiness": message("How steady it was"),
}
LANGUAGE_NAMES = {"en": "English", "zh": "中文"}
Writers = Sequence[Callable[[View], list[str]]]

# What stands beside the pictures of a section: together two sentences at most, except among the doubts.
SENTENCES: dict[str, Writers] = {
    "scaling": (scaling_laws.summary,),
    "comparison": (),
    "latency": (latency.summary,),
    "cost": (time_breakdown.main_reasons, timelines.summary),
    "sync": (fairness.sentences,),
    "steadiness": (steadiness.sentences,),
}
# What stands below the tables, by heading.
DETAILS: dict[str, Writers] = {
    message("In detail"): (in_detail,),
    message("Laws of scaling"): (scaling_laws.sentences,),
    message("Latencies"): (latency.sentences,),
    message("Time of the workers"): (time_breakdown.details, timelines.sentences),
    message("Profiles"): (profiles.sentences,),
    message("Skipped"): (failures.skipped,),
    message("Ended badly, as expected"): (failures.expected,),
}


def sections(page: Page, render: Callable[[str, Content], str]) -> Iterator[str]:
    """The sections of a page in their order, rendered from (template, content), without the empty ones."""
    for fold, members in groupby(SECTIONS, lambda one: FOLDS.get(one[0])):
        texts = [text for template, contents_of in members for text in _section(page, render, template, contents_of)]
        if fold is None:
            yield from texts
        elif texts:
            body = "\n\n".join(text.strip() for text in texts)
            yield render("fold", {"title": say(fold.title), "summary": say(fold.summary), "body": body})


def _section(
    page: Page, render: Callable[[str, Content], str], template: str, contents_of: Callable[[Page], Iterator[Content]]
) -> list[str]:
    texts: list[str] = []
    with page.parts.guard(message("the section “{name}”"), texts, name=template.replace("_", " ")):
        texts += [render(template, content) for content in contents_of(page)]
    return texts


def _answer(page: Page) -> Iterator[Content]:
    view = page.view
    yield {
        "question": view.run.spec["question"],
        "outline": " · ".join([machine.outline(view), *map(_link, page.others)]),
        "sentences": [*page.sentences(answer), *page.sentences(judged_claims.sentences)],
        "tables": _version_tables(page),
        "advice": page.sentences(_advice),
        "first": page.first,
    }


def _link(language: str) -> str:
    """The link to the page in another language, in that language."""
    return f"[{LANGUAGE_NAMES[language]}]({page_name(language)})"


def _version_tables(page: Page) -> list[versions.Table]:
    """The table of versions of the user's code, where they are compared."""
    table = versions.table(judged(page.view))
    return [] if table is None else [table]


def _advice(view: View) -> list[str]:
    return list(filter(None, [what_to_do(view)]))


def _claims(page: Page) -> Iterator[Content]:
    rows = claims.claim_rows(page.view)
    if rows:
        yield {"claims": rows}


def _outcomes(page: Page) -> Iterator[Content]:
    rows = outcomes.rows(page.view)
    if rows:
        yield {"outcomes": rows, "forbidden": outcomes.has_forbidden(page.view)}


def _evidence(page: Page) -> Iterator[Content]:
    rows = claims.claim_rows(page.view)
    if any(row.evidence for row in rows):
        refuted = any(row.word == "refuted" for row in rows)
        yield {"claims": rows, "needed": level_text((1 + page.view.run.level) / 2), "refuted": refuted}


def _pictures(page: Page) -> Iterator[Content]:
    for key in TITLES:
        if key != "steadiness":
            yield from _pictured(page, key, "##")


def _steadiness(page: Page) -> Iterator[Content]:
    yield from _pictured(page, "steadiness", "###")


def _pictured(page: Page, key: str, level: str) -> Iterator[Content]:
    """A section with its pictures, and what is said beside them."""
    sentences = [*page.missing.get(key, ()), *page.sentences(*SENTENCES[key])]
    pictures = page.pictures.get(key, ())
    if pictures or sentences:
        yield {"level": level, "title": say(TITLES[key]), "pictures": pictures, "sentences": sentences}


def _cells(page: Page) -> Iterator[Content]:
    tables = cells.tables(page.view)
    if tables:
        yield {
            "tables": tables,
            "meaning": cells.meaning(page.view),
            "marks": cells.marks(page.view),
            "observed": trust.observed(page.view),
            "left_out": cells.left_out(page.view),
            "table_of_cells": f"[cells.csv]({page.data}/cells.csv)",
        }


def _details(page: Page) -> Iterator[Content]:
    for title, writers in DETAILS.items():
        sentences = page.sentences(*writers)
        if sentences:
            yield {"title": say(title), "sentences": sentences}


def _diagnoses(page: Page) -> Iterator[Content]:
    for table in diagnoses.tables(page.view):
        yield {"table": table}


def _failures(page: Page) -> Iterator[Content]:
    first, more = failures.failures(page.view)
    if first:
        yield {"failures": first, "more": more, "journal": f"[journal.jsonl]({page.data}/journal.jsonl)"}


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
    view = page.view
    yield {"facts": machine.machine(view), "hosts": hosts.rows(view), "origin": machine.origin(view.run.manifest)}


def _experiment(page: Page) -> Iterator[Content]:
    text = again.experiment(page.view.run)
    if text:
        yield {"text": text}


def _again(page: Page) -> Iterator[Content]:
    run = page.view.run
    lessons = [] if _links(page) or page.folder is None else again.lessons(run.manifest["command"], page.folder)
    yield {
        "command": again.command(run.manifest["command"], language_of(run.spec)),
        "places": " · ".join([f"[{escaped(run.header['run'])}]({page.data})", *lessons]),
    }


def _links(page: Page) -> list[str]:
    return [] if page.folder is None else reading_order.links(page.folder)


def _read_on(page: Page) -> Iterator[Content]:
    if links := _links(page):
        yield {"links": links}


# A section has no content where the page leaves it out, and one for each part where it repeats.
SECTIONS: Sequence[tuple[str, Callable[[Page], Iterator[Content]]]] = (
    ("answer", _answer),
    ("claims", _claims),
    ("outcomes", _outcomes),
    ("failures", _failures),
    ("pictures", _pictures),
    ("cells", _cells),
    ("details", _details),
    ("diagnoses", _diagnoses),
    ("trust", _trust),
    ("steadiness", _steadiness),
    ("evidence", _evidence),
    ("user_code", _user_code),
    ("machine", _machine),
    ("experiment", _experiment),
    ("again", _again),
    ("read_on", _read_on),
)
FOLDS = {
    "cells": FIGURES,
    "details": FIGURES,
    "diagnoses": FIGURES,
    "trust": TRUST,
    "steadiness": TRUST,
    "evidence": TRUST,
    "user_code": TRUST,
    "machine": TRUST,
    "experiment": EXPERIMENT,
}
