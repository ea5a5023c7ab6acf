"""The page of a run: README.md from its template, and the pictures beside it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import jinja2

from concexp import catalog
from concexp.analysis.results import Run
from concexp.report import answer, contents
from concexp.report.contents import Picture
from concexp.report.sections import cells, claims, doubtful, machine, precision, trust, user_code
from concexp.report.sections import failures as _failures
from concexp.report.text import markdown
from concexp.report.text.numbers import plural
from concexp.report.view import View
from concexp.run.storage.atomic import replaced

FIGURES = "figures"


def write(run: Run, folder: Path) -> Path:
    """Write README.md and figures/ into a folder; returns the page's path."""
    view = View(run)
    folder.mkdir(parents=True, exist_ok=True)
    data = Path(os.path.relpath(run.folder, folder)).as_posix()
    failures, more_failures = _failures.failures(view)
    first, pictures = _pictures(view, folder)
    text = _template().render(
        run=run,
        manifest=run.manifest,
        outline=machine.outline(view),
        answer=answer.answer(view),
        claims=claims.claim_rows(view),
        intervals=any(value.bounded for point in view.points for value in point.values.values()),
        first=first,
        sections=contents.sections(view, pictures),
        tables=cells.tables(view),
        marks=cells.marks(view),
        left_out=cells.left_out(view),
        observed=trust.observed(view),
        skipped=_failures.skipped(view),
        failures=failures,
        more_failures=more_failures,
        threats=[*trust.threats(view), *doubtful.threats(view), *precision.threats(view)],
        limits=precision.assurances(view),
        machine=machine.machine(view),
        own_files=user_code.files(view, data),
        own_remarks=user_code.remarks(view),
        data=data,
    )
    page = folder / "README.md"
    with replaced(page) as draft:
        draft.write_text(re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n", "utf-8")
    return page


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("concexp.report"),
        autoescape=False,  # Markdown, not HTML: `markdown.escaped` does it
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(escaped=markdown.escaped, code=markdown.code, fenced=markdown.fenced)
    environment.globals["plural"] = plural
    return environment.get_template("page.md")


def _caption(cls: type) -> str:
    """What stands under a picture: the first line of its docstring, and its note if it has one."""
    return " ".join(filter(None, [catalog.summary(cls), getattr(cls, "note", "")]))


def _pictures(view: View, folder: Path) -> tuple[Picture | None, dict[str, list[Picture]]]:
    """Draw the pictures that were asked for, or all that suit the data: the first one, and the others by section.

    What is left of an earlier page is removed.
    """
    figures = folder / FIGURES
    if figures.is_symlink():  # which may lead anywhere, in a folder from somebody else
        figures.unlink()
    for name in catalog.names("plot"):
        (figures / f"{name}.png").unlink(missing_ok=True)
    wanted = view.run.spec["report"]["plots"]
    classes = {name: catalog.load("plot", name) for name in (catalog.names("plot") if wanted is None else wanted)}
    if wanted is None:
        classes = dict(sorted(classes.items(), key=lambda pair: (getattr(pair[1], "order", 100), pair[0])))
    first = None
    found: dict[str, list[Picture]] = {}
    for name, cls in classes.items():
        plot = cls()
        if plot.applies(view):
            with replaced(figures / f"{name}.png") as draft:
                alt = plot.draw(view, draft)
            picture = Picture(f"{FIGURES}/{name}.png", alt, _caption(cls))
            if first is None:
                first = picture  # on the first screen, beside the answer
            else:
                found.setdefault(cls.section, []).append(picture)
    return first, found
