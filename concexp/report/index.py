"""The index of a folder of reports: a line for each, with what was asked and found; a README.md that is made again each time."""

from __future__ import annotations

import html
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from concexp.analysis.results import Run
from concexp.errors import PageIncomplete
from concexp.experiment.blocks import DEFAULT_LANGUAGE
from concexp.report.answer import answer, caveats, judged_claims, what_to_do
from concexp.report.page import markdown_templates
from concexp.report.parts import Parts
from concexp.report.pictures import FILES, first_of
from concexp.report.places import figures_name, languages_in, page_name
from concexp.report.sections.again import number
from concexp.report.sections.cells import MARKS
from concexp.report.sections.claims import WORDS, ClaimRow, claim_rows
from concexp.report.sections.machine import machine_and_cpus
from concexp.report.text.labels import one_line
from concexp.report.text.markdown import escaped
from concexp.report.view import View
from concexp.report.views import view_of
from concexp.run.storage import foreign_file
from concexp.run.storage.atomic import replaced
from concexp.run.storage.foreign_text import printable

NAME = "README.md"
MARK = "<!-- Written by `concexp report`, anew each time. Without this line it is yours, and stays as it is. -->"
NO_RESULTS = "No cell has results yet."
ROOM = 500  # characters of an answer in a line, if it has more than one sentence
LARGEST = 64 << 20  # bytes of an index that are read
LAST = 10**9  # experiments without a number come after those that have one


@dataclass(frozen=True)
class Line:
    """What the index says of one run, in Markdown; `order` sorts the lines.

    page     the path of its page, from the index
    picture  the path of its first picture, from the index; "" without any
    alt      what stands for the picture, as the value of an attribute
    published  its claims of figures that others published: claimed, measured, verdict
    failed   the parts of the line that could not be made, with reasons
    """

    order: tuple[int, str]
    page: str
    picture: str
    alt: str
    question: str
    answer: str
    claims: str
    measured: str
    published: tuple[tuple[str, str, str], ...] = ()
    failed: tuple[str, ...] = ()


def line(run: Run, beside: Path, folder: Path) -> Line:
    """The line of a run in the index of `folder`, in English; its pages have been written into the folder `beside`.

    It leads to the English page, or to that in another language if there is none.
    """
    language = next(iter(languages_in(beside)), DEFAULT_LANGUAGE)
    page = beside / page_name(language)
    view, link = view_of(run), _link(page, folder)
    parts = Parts(_link(run.folder, folder))
    answers: list[str] = []
    with parts.guard("the answer", answers):
        answers += [sentence.replace("](#", f"]({link}#") for sentence in _found(view)]
    claims: list[str] = []
    published: list[tuple[str, str, str]] = []
    with parts.guard("the list of claims", claims):
        rows = claim_rows(view)
        claims += _counts(rows)
        published += [row.columns for row in rows if row.is_published]
    lesson = number(run.manifest["command"])
    return Line(
        (LAST if lesson is None else lesson, link),
        link,
        _picture(view, beside / figures_name(language), folder, parts),
        html.escape(one_line(run.spec["question"])).replace("|", "&#124;"),
        escaped(run.spec["question"]),
        " ".join(answers),
        ", ".join(claims),
        _measured(run),
        tuple(published),
        tuple(parts.failed),
    )


def is_other(folder: Path) -> bool:
    """Whether the README.md in a folder is anything but an index that was written here: then it is the user's, and stays."""
    path = folder / NAME
    return os.path.lexists(path) and foreign_file.content(path, len(MARK)) != MARK.encode()


def write(folder: Path, lines: Sequence[Line]) -> Path:
    """Writes the index of a folder of reports; returns its path. PageIncomplete if a line lacks a part."""
    path = folder / NAME
    with replaced(path) as draft:
        draft.write_text(_text(lines), "utf-8")
    failed = [f"{part} of {one.page}" for one in lines for part in one.failed]
    if failed:
        raise PageIncomplete(path, failed, folder)
    return path


def is_outdated(run: Run, beside: Path) -> bool:
    """Whether there is an index around the folder `beside`, with the pages of a run, and says anything else of the run."""
    folder = beside.parent
    if is_other(folder) or not (folder / NAME).is_file():
        return False
    written = foreign_file.content(folder / NAME, LARGEST).decode("utf-8", "replace")
    return not set(_text([line(run, beside, folder)]).splitlines()) <= set(written.splitlines())


def _text(lines: Sequence[Line]) -> str:
    ordered = sorted(lines, key=lambda one: one.order)
    signs = {sign: meaning for sign, meaning in MARKS.items() if any(sign in one.answer for one in lines)}
    text = markdown_templates().get_template("index.md").render(mark=MARK, lines=ordered, signs=signs)
    return printable(text).rstrip() + "\n"


def _found(view: View) -> list[str]:
    """What a reader has to know before a number, the answer as far as there is room for it, and what follows from it."""
    found, advice = answer(view) or [NO_RESULTS], what_to_do(view)
    shown = [found[0]]
    for sentence in found[1:]:
        if sum(map(len, shown)) + len(sentence) > ROOM:
            break
        shown.append(sentence)
    judged = judged_claims.sentences(view)
    return [*caveats.before_numbers(view), *shown, *judged, *([f"**What to do:** {advice}"] if advice else [])]


def _counts(rows: Sequence[ClaimRow]) -> list[str]:
    """`4 of 4 supported`; `3 of 4 supported`, `1 inconclusive`; nothing without claims."""
    counts = Counter(row.word for row in rows)
    others = [f"{counts[word]} {word}" for word in WORDS if counts[word] and word != "supported"]
    return [f"{counts['supported']} of {counts.total()} supported", *others] if counts else []


def _measured(run: Run) -> str:
    """When and on what: `2026-11-29, AMD EPYC, 2 usable CPUs`."""
    date = escaped(str(run.manifest.get("started_at", ""))[:10])
    return ", ".join(filter(None, [date, machine_and_cpus(run.manifest["machine"])]))


def _picture(view: View, figures: Path, folder: Path, parts: Parts) -> str:
    """The first picture of the page, in the format that the page shows."""
    with parts.guard("the picture", []):
        name = first_of(view)
        shown = [figures / f"{name}.{files[0]}" for files in FILES.values()]
        return next((_link(path, folder) for path in shown if path.is_file()), "")
    return ""


def _link(path: Path, folder: Path) -> str:
    return html.escape(quote(Path(os.path.relpath(path, folder)).as_posix()))
