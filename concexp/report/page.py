"""The page of a run: README.md from its sections, the pictures beside it, and all of it in one HTML file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import jinja2

from concexp.analysis.results import CELLS, Run
from concexp.errors import PageIncomplete
from concexp.report import contents, html_page, pictures
from concexp.report.contents import Page
from concexp.report.look import AS_WRITTEN, Look
from concexp.report.parts import Parts
from concexp.report.places import figures_name, language_of, page_name, with_those_in
from concexp.report.text import markdown
from concexp.report.text.language import clauses, current, say, sentences, written_in
from concexp.report.text.numbers import plural
from concexp.report.views import view_of
from concexp.run.storage import foreign_file, journal
from concexp.run.storage.atomic import replaced
from concexp.run.storage.foreign_text import printable

TABLE_LIMIT = 256 << 10  # bytes of a table that goes with the HTML file


def write(run: Run, folder: Path, language: str = "", beside: Sequence[str] = (), look: Look = AS_WRITTEN) -> Path:
    """Writes the page in a language, that of the experiment without one, and its pictures; returns the page's path.

    It links to the pages of the same run that lie or will lie `beside` it, by their languages. PageIncomplete if it lacks a part.
    At every moment the page that is there has its pictures: those of an earlier one go last.
    """
    with written_in(language or language_of(run.spec)):
        return _write(run, folder, current(), beside, look)


def _write(run: Run, folder: Path, language: str, beside: Sequence[str], look: Look) -> Path:
    view = view_of(run)
    folder.mkdir(parents=True, exist_ok=True)
    data = Path(os.path.relpath(run.folder, folder)).as_posix()
    parts = Parts(data)
    drawn = pictures.draw(view, folder / figures_name(language), parts, look)
    templates = markdown_templates()
    others = [other for other in with_those_in(folder, beside) if other != language]
    content = Page(view, data, drawn.first, drawn.others, drawn.missing, parts, folder, others)
    texts = contents.sections(content, lambda name, filling: templates.get_template(f"{name}.md").render(filling))
    text = printable(re.sub(r"\n{3,}", "\n\n", "\n\n".join(texts))).rstrip() + "\n"
    page = folder / page_name(language)
    with replaced(page) as draft:
        draft.write_text(text, "utf-8")
    pictures.remove_all_but(folder / figures_name(language), drawn.files)
    if look.html:
        table = foreign_file.content(run.folder / CELLS, TABLE_LIMIT + 1)
        tables = {f"{data}/{CELLS}": table} if 0 < len(table) <= TABLE_LIMIT else {}
        with replaced(html_page.path(run, page)) as draft:
            draft.write_text(html_page.render(text, drawn.svg, tables), "utf-8")
    if parts.failed:
        raise PageIncomplete(page, parts.failed, run.folder / journal.NAME)
    return page


def markdown_templates() -> jinja2.Environment:
    """The templates of Markdown, with the filters that make a user's text harmless there."""
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
