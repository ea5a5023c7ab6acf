"""The files of a page's pictures: the formats that were asked for, and the same bytes every time."""

import os
import re
import subprocess
import sys

import pytest

from concexp import report
from concexp.analysis import results
from concexp.report import Look
from concexp.report.plots import _style
from concexp.report.views import view_of
from tests.helpers import journal_builder, scenarios
from tests.helpers.program import ROOT


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(_style, "DPI", 30)


def run_with(folder, figures=None):
    asked = (
        {}
        if figures is None
        else {"report": {"plots": ["scaling", "comparison"], "language": "en", "figures": figures}}
    )
    return journal_builder.write(folder, **scenarios.scaling(), spec=asked)


def endings(folder):
    return sorted(path.name for path in (folder / "figures").iterdir())


@pytest.mark.parametrize(
    ("figures", "files", "shown"),
    [
        ("png", ["comparison.png", "scaling.png"], "![…](figures/scaling.png)"),
        ("svg", ["comparison.svg", "scaling.svg"], "![…](figures/scaling.svg)"),
        ("pdf", ["comparison.pdf", "comparison.png", "scaling.pdf", "scaling.png"],
         "[![…](figures/scaling.png)](figures/scaling.pdf)"),
    ],
)  # fmt: skip
def test_the_format_that_the_experiment_names(tmp_path, figures, files, shown):
    """A page shows PNG or SVG; a PDF, which no host shows, is where the PNG leads to."""
    page = report.write(run_with(tmp_path, figures), tmp_path)
    assert endings(tmp_path) == files
    assert shown in re.sub(r"!\[[^\n]*?\](?=\()", "![…]", page.read_text("utf-8"))


def test_the_look_comes_before_what_the_experiment_names(tmp_path):
    """The same run can be drawn anew in any format; files of the one before go, other files stay."""
    run = run_with(tmp_path, "svg")
    report.write(run, tmp_path)
    (tmp_path / "figures/mine.svg").touch()
    before = (tmp_path / "figures/scaling.svg").read_bytes()
    report.write(run, tmp_path, look=Look("pdf"))
    assert endings(tmp_path) == ["comparison.pdf", "comparison.png", "mine.svg", "scaling.pdf", "scaling.png"]
    report.write(run, tmp_path, look=Look("svg"))
    assert endings(tmp_path) == ["comparison.svg", "mine.svg", "scaling.svg"]
    assert (tmp_path / "figures/scaling.svg").read_bytes() == before


def test_a_run_from_before_there_were_formats_has_png(tmp_path):
    """Its experiment names none."""
    report.write(run_with(tmp_path), tmp_path)
    assert {path.rpartition(".")[2] for path in endings(tmp_path)} == {"png"}


@pytest.mark.slow
@pytest.mark.parametrize("figures", ["svg", "pdf"])
def test_the_same_run_gives_the_same_bytes(tmp_path, figures):
    """In two processes with other seeds of Python's hashes, at two times; no file says when, or by which program."""
    run_with(tmp_path, figures)
    drawn = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "concexp", "report", "-q", str(tmp_path)]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
        drawn.add((tmp_path / f"figures/scaling.{figures}").read_bytes())
    (content,) = drawn
    assert not re.search(rb"Matplotlib|matplotlib\.org|CreationDate|dc:date", content)


def test_the_title_is_that_of_the_first_picture_that_suits(tmp_path):
    """And of no other one; a run without any has none."""
    from concexp.report import pictures

    view = view_of(run_with(tmp_path, "png"))
    assert pictures.first_of(view) == "scaling"
    assert pictures.title_of(view, "scaling")
    assert pictures.title_of(view, "comparison") == ""
    empty = view_of(journal_builder.write(tmp_path / "empty", **scenarios.nothing()))
    assert pictures.first_of(empty) == ""


def test_texts_in_a_pdf_have_fonts_that_publishers_take(tmp_path):
    """Outlines of TrueType, not of type 3."""
    report.write(run_with(tmp_path, "pdf"), tmp_path)
    content = (tmp_path / "figures/scaling.pdf").read_bytes()
    assert b"/Subtype /Type3" not in content
    assert b"/FontFile2" in content
    assert results.load(tmp_path).spec["report"]["figures"] == "pdf"
