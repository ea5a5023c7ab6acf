"""The pictures of a page: which ones a run has, and their files in the formats that were asked for."""

from __future__ import annotations

import itertools
import re
import tempfile
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from concexp import catalog
from concexp.experiment.blocks import DEFAULT_FIGURES
from concexp.report.answer import finding, kind_of_finding
from concexp.report.answer.findings import FINDINGS
from concexp.report.captions import caption
from concexp.report.contents import Picture
from concexp.report.look import Look
from concexp.report.parts import Parts
from concexp.report.text.labels import whole_sentences
from concexp.report.text.language import message, sentences
from concexp.report.view import View
from concexp.run.storage.atomic import replaced

ALT_TEXT = 320  # characters: room for the main figures; the tables have every one
SVG = "svg"
INTERVAL = re.compile(r" ?[(（][\d.,]+[–-][\d.,]+[%x ]*[)）]")
# The files of each format of `report.figures`; the page shows the first of them.
FILES = {"png": ("png",), SVG: (SVG,), "pdf": ("png", "pdf")}


@dataclass(frozen=True)
class Pictures:
    """The pictures of a page that were drawn.

    first    the one beside the answer; None without any
    others   the further ones, by the key of their section
    missing  sentences on those that failed, by the same key
    svg      each of them as SVG, by its path from the page; empty unless the page is written as HTML
    """

    first: Picture | None = None
    others: dict[str, list[Picture]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    svg: dict[str, bytes] = field(default_factory=dict)

    @property
    def files(self) -> set[str]:
        """The paths of their files from the page."""
        drawn = [one for one in [self.first, *itertools.chain(*self.others.values())] if one is not None]
        return {path for one in drawn for path in (one.path, one.paper) if path}


def draw(view: View, figures: Path, parts: Parts, look: Look) -> Pictures:
    """Draws the pictures that suit the run into a folder beside the page: those that the experiment lists, if it does."""
    if figures.is_symlink():  # in a folder from someone else it may lead anywhere
        figures.unlink()
    drawn = Pictures()
    ready: dict[str, tuple[Any, Any]] = {}
    classes = _candidates(view)
    suffixes = FILES[look.figures or view.run.spec["report"].get("figures", DEFAULT_FIGURES)]

    def guard(name: str) -> AbstractContextManager[None]:
        missing = drawn.missing.setdefault(classes[name].section, [])
        return parts.guard(message("the picture “{name}”"), missing, name=name)

    for name, cls in classes.items():
        with guard(name):
            plot, prepared = _prepared(view, cls)
            if prepared:
                ready[name] = plot, prepared
    first = None
    for name in _leading_first(view, ready):
        with guard(name):
            plot, prepared = ready[name]
            plot.title = _title(view, classes[name]) if first is None else ""
            picture = _picture(view, plot, prepared, [figures / f"{name}.{suffix}" for suffix in suffixes])
            if look.html:
                drawn.svg[picture.path] = _svg(view, plot, prepared, figures.parent / picture.path)
            if first is None:
                first = picture  # on the first screen, beside the answer
            else:
                drawn.others.setdefault(plot.section, []).append(picture)
    return Pictures(first, drawn.others, drawn.missing, drawn.svg)


def remove_all_but(figures: Path, kept: Iterable[str]) -> None:
    """Removes what earlier pages drew into a folder, but for the files `kept`, by their paths from the page; other files stay."""
    kept = set(kept)
    suffixes = {suffix for files in FILES.values() for suffix in files}
    for name, suffix in itertools.product(catalog.names("plot"), suffixes):
        if f"{figures.name}/{name}.{suffix}" not in kept:
            (figures / f"{name}.{suffix}").unlink(missing_ok=True)


def first_of(view: View) -> str:
    """The name of the picture beside the answer, of those that suit the run; "" if none does."""
    suiting = [name for name, cls in _candidates(view).items() if _prepared(view, cls)[1]]
    return next(iter(_leading_first(view, suiting)), "")


def title_of(view: View, name: str) -> str:
    """The title of a picture as it is on the page: the finding, for the picture beside the answer; else ""."""
    return _title(view, catalog.load("plot", name)) if name == first_of(view) else ""


def _candidates(view: View) -> dict[str, type[Any]]:
    """The classes of the pictures that the experiment lists, in its order; without a list all, by their `order`."""
    listed = view.run.spec["report"]["plots"]
    if listed is not None:
        return {name: catalog.load("plot", name) for name in listed}
    classes = catalog.classes("plot")
    return dict(sorted(classes.items(), key=lambda pair: (getattr(pair[1], "order", 100), pair[0])))


def _leading_first(view: View, names: Iterable[str]) -> list[str]:
    """Pictures in their order, but first the one that shows what the answer begins with, unless the experiment lists them."""
    kind = kind_of_finding(view) if view.run.spec["report"]["plots"] is None else ""
    return sorted(names, key=lambda name: kind not in _tells(catalog.load("plot", name)))


def _title(view: View, cls: type[Any]) -> str:
    """The finding that a picture beside the answer shows: of a kind that it tells, or else of one that no other picture tells."""
    told = [kind for name in catalog.names("plot") for kind in _tells(catalog.load("plot", name))]
    text = finding(view, _tells(cls) or [kind for kind in FINDINGS if kind not in told]) or finding(view)
    return INTERVAL.sub("", text)  # the picture has it


def _tells(cls: type[Any]) -> tuple[str, ...]:
    return getattr(cls, "tells", ())


def _prepared(view: View, cls: type[Any]) -> tuple[Any, Any]:
    """A picture, and what it draws; that is something false where it does not suit the run."""
    plot = cls()
    return plot, plot.prepare(view)


def _picture(view: View, plot: Any, prepared: Any, paths: list[Path]) -> Picture:
    """Draws a picture into files of several formats."""
    alt = ""
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path) as draft:
            alt = plot.draw(view, prepared, draft)
    from concexp.report.plots import _fonts  # with the pictures: matplotlib loads late

    text = sentences(list(filter(None, [caption(view, type(plot)), _fonts.boxes(alt)])))
    shown, *paper = (f"{path.parent.name}/{path.name}" for path in paths)
    return Picture(shown, whole_sentences(alt, ALT_TEXT), text, "".join(paper))


def _svg(view: View, plot: Any, prepared: Any, shown: Path) -> bytes:
    """A picture as SVG: that which the page shows, if it is one."""
    if shown.suffix == f".{SVG}":
        return shown.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"picture.{SVG}"
        plot.draw(view, prepared, path)
        return path.read_bytes()
