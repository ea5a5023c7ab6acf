"""The page of a run: README.md from its sections, and the pictures beside it."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2

from concexp import catalog
from concexp.analysis.results import Run
from concexp.errors import PageIncomplete
from concexp.report import contents
from concexp.report.answer import finding
from concexp.report.captions import caption
from concexp.report.contents import Page, Picture
from concexp.report.parts import Parts
from concexp.report.places import figures_name, language_of, page_name, with_those_in
from concexp.report.text import markdown
from concexp.report.text.labels import whole_sentences
from concexp.report.text.language import clauses, current, message, say, sentences, written_in
from concexp.report.text.numbers import plural
from concexp.report.view import View
from concexp.report.views import view_of
from concexp.run.storage import journal
from concexp.run.storage.atomic import replaced
from concexp.run.storage.foreign_text import printable

ALT_TEXT = 320  # characters: room for the main figures; the tables have every one


def write(run: Run, folder: Path, language: str = "", beside: Sequence[str] = ()) -> Path:
    """Writes the page in a language, that of the experiment without one, and its pictures; returns the page's path.

    It links to the pages of the same run that lie or will lie `beside` it, by their languages. PageIncomplete if it lacks a part.
    At every moment the page that is there has its pictures: those of an earlier one go last.
    """
    with written_in(language or language_of(run.spec)):
        return _write(run, folder, current(), beside)


def _write(run: Run, folder: Path, language: str, beside: Sequence[str]) -> Path:
    view = view_of(run)
    folder.mkdir(parents=True, exist_ok=True)
    data = Path(os.path.relpath(run.folder, folder)).as_posix()
    parts, figures = Parts(data), figures_name(language)
    first, pictures, missing = _pictures(view, folder / figures, parts)
    templates = _templates()
    others = [other for other in with_those_in(folder, beside) if other != language]
    content = Page(view, data, first, pictures, missing, parts, folder, others)
    texts = contents.sections(content, lambda name, filling: templates.get_template(f"{name}.md").render(filling))
    text = printable(re.sub(r"\n{3,}", "\n\n", "\n\n".join(texts)))
    page = folder / page_name(language)
    with replaced(page) as draft:
        draft.write_text(text.rstrip() + "\n", "utf-8")
    drawn = {picture.path for picture in [first, *itertools.chain(*pictures.values())] if picture is not None}
    for name in catalog.names("plot"):
        if f"{figures}/{name}.png" not in drawn:
            (folder / figures / f"{name}.png").unlink(missing_ok=True)
    if parts.failed:
        raise PageIncomplete(page, parts.failed, run.folder / journal.NAME)
    return page


def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("concexp.report"),
        autoescape=False,  # Markdown, not HTML: `markdown.escaped` does it
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(escaped=markdown.escaped, code=markdown.code, fenced=markdown.fenced)
    environment.globals.update(plural=plural, say=say, clauses=clauses, sentences_of=sentences)
    return environment


def _pictures(
    view: View, figures: Path, parts: Parts
) -> tuple[Picture | None, dict[str, list[Picture]], dict[str, list[str]]]:
    """Draws the pictures that suit the run: returns the first one, the others, and sentences on those that failed, by section.

    Only those that the experiment lists, if it does.
    """
    if figures.is_symlink():  # in a folder from someone else it may lead anywhere
        figures.unlink()
    first = None
    others: dict[str, list[Picture]] = {}
    missing: dict[str, list[str]] = {}
    for name, cls in _candidates(view).items():
        with parts.guard(message("the picture “{name}”"), missing.setdefault(cls.section, []), name=name):
            title = finding(view) if first is None else ""
            picture = _picture(view, name, cls, figures / f"{name}.png", title)
            if picture is None:
                continue
            if first is None:
                first = picture  # on the first screen, beside the answer
            else:
                others.setdefault(cls.section, []).append(picture)
    return first, others, missing


def _picture(view: View, name: str, cls: type[Any], path: Path, title: str) -> Picture | None:
    """Draws one picture, with a title where there is one; None if it does not suit the run."""
    plot = cls()
    plot.title = title
    prepared = plot.prepare(view)
    if not prepared:
        return None
    with replaced(path) as draft:
        alt = plot.draw(view, prepared, draft)
    from concexp.report.plots import _fonts  # with the pictures: matplotlib loads late

    text = sentences(list(filter(None, [caption(view, cls), _fonts.boxes(alt)])))
    return Picture(f"{path.parent.name}/{path.name}", whole_sentences(alt, ALT_TEXT), text)


def title_of(view: View, name: str) -> str:
    """The title of a picture as it is on the page: the finding, for the first picture that suits the run; else ""."""
    first = next((one for one, cls in _candidates(view).items() if cls().prepare(view)), "")
    return finding(view) if name == first else ""


def _candidates(view: View) -> dict[str, type[Any]]:
    """The classes of the pictures that the experiment lists, in its order; without a list all, by their `order`."""
    listed = view.run.spec["report"]["plots"]
    if listed is not None:
        return {name: catalog.load("plot", name) for name in listed}
    classes = {name: catalog.load("plot", name) for name in catalog.names("plot")}
    return dict(sorted(classes.items(), key=lambda pair: (getattr(pair[1], "order", 100), pair[0])))
