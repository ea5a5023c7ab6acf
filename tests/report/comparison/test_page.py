"""The page of a comparison: complete, well formed, and the same bytes again."""

import re
from pathlib import Path

import pytest

from concexp.analysis.comparing.comparison import compare
from concexp.analysis.comparing.sides import history, two_sides
from concexp.report.comparison import page
from tests.helpers.journal_builder import INTERPRETER, cell
from tests.helpers.pages import HOST
from tests.helpers.stored_runs import cells, stored

GOLDEN = Path(__file__).parents[2] / "data/comparison.md"
CLAIMS = {"claims": [{"says": "processes win", "of": {"model": "processes"}, "expect": "speedup > 1.5"}]}


def slower(folder):
    """One cell became slower, under another interpreter; one cell is only in A."""
    made = [*cells(1), cell(model="threads", workers=4, salt="x")]
    other = {"manifest": {"interpreters": {"current": {**INTERPRETER, "version": "3.11.9"}}}}
    return two_sides(
        [stored(folder, 1, made=made, spec=CLAIMS)],
        [stored(folder, 2, factors={"threads": 0.8}, spec=CLAIMS, **other)],
    )


def busy(folder):
    """The second run had to share its CPUs."""
    return two_sides([stored(folder, 1)], [stored(folder, 2, speed=0.6, effective=1.1, waiting=0.4)])


def foreign(folder):
    """The second run is from another machine."""
    return two_sides([stored(folder, 1)], [stored(folder, 2, speed=2.0, machine={"processor": "Other|CPU *"})])


def many(folder):
    """Three runs a side."""
    runs = [stored(folder, day, repetitions=4, speed=1 + 0.005 * (day % 3)) for day in range(1, 7)]
    return two_sides(runs[:3], runs[3:])


def over_time(folder):
    """Six runs, one of whose cells becomes slower."""
    slow = {"factors": {"threads": 0.67}}
    return history(stored(folder, day, repetitions=4, **(slow if day > 3 else {})) for day in range(1, 7))


def ended(folder):
    """A cell crashes in the second run only."""
    crashed = [
        *cells(2, models=("serial", "processes")),
        cell(model="threads", workers=2, status="crashed", reason="x"),
    ]
    return two_sides([stored(folder, 1)], [stored(folder, 2, made=crashed)])


SCENES = (slower, busy, foreign, many, over_time, ended)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_page(scene, tmp_path):
    """Every table has as many cells in each row as heads, every picture is there, nothing is left over; again the same bytes."""
    comparison = compare(scene(tmp_path / "runs"))
    path = page.write(comparison, tmp_path / "page", "concexp compare a b")
    text = path.read_text("utf-8")
    assert not re.search(r"\bnan\b|\bNone\b|\{|\}|<NA>|\d\.\d{5,}|/tmp/|\n{3}", text)
    heads, row = [], 0
    for token in HOST.parse(text):
        heads += [0] if token.type == "thead_open" else []
        if token.type == "th_open":
            heads[-1] += 1
        row = 0 if token.type == "tr_open" else row + (token.type == "td_open")
        assert token.type != "tr_close" or row in (0, heads[-1])
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", re.sub(r"\\.", "", text))
    assert pictures
    assert all((path.parent / name).exists() for name in [*pictures, "comparison.csv"])
    before = {file: file.read_bytes() for file in path.parent.rglob("*") if file.is_file()}
    page.write(compare(comparison.sides), path.parent, "concexp compare a b")
    assert {file: file.read_bytes() for file in path.parent.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_a_page_in_chinese(scene, tmp_path):
    """Beside the English one, with pictures of its own; two words of English in a row are a text that nobody translated."""
    comparison = compare(scene(tmp_path / "runs"))
    english = page.write(comparison, tmp_path / "page").read_bytes()
    path = page.write(comparison, tmp_path / "page", language="zh")
    assert path.name == "README.zh.md"
    assert (tmp_path / "page/README.md").read_bytes() == english
    text = path.read_text("utf-8")
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", re.sub(r"\\.", "", text))
    assert pictures
    assert all(name.startswith("figures.zh/") and (path.parent / name).exists() for name in pictures)
    for own in ("Which model is made up best?", "processes win", "wild binary segmentation"):
        text = text.replace(own, "")
    text = re.sub(r"`[^`]*`|\]\([^)]*\)|\b(workload|model|sync) \w+", "", text)
    assert re.findall(r"\b[a-z]{2,}(?: [a-z]{2,})+", text) == []


def first_lines(scene, folder):
    return page.write(compare(scene(folder)), folder / "page").read_text("utf-8").partition("## ")[0]


def test_what_differs_stands_first(tmp_path):
    """The interpreter that differs is named with its patch numbers before any figure, then the cell that became slower."""
    lines = [line for line in first_lines(slower, tmp_path).splitlines() if line.startswith("- ")]
    assert lines[0] == "- Besides the date these differ: Python: CPython 3.11.7 → CPython 3.11.9."
    assert "the machine may explain up to" in lines[1]
    assert re.match(r"- \*\*B is slower than A in 1 of 3 cells\*\* \(throughput\): `threads` −\d+ % \(", lines[2])
    assert "- Claims: 1 reproduced." in lines
    assert lines[-1] == "- Compared are 3 cells; 1 only in A (see “Not compared”)."


def test_a_machine_short_of_cpus_is_said_and_no_regression_named(tmp_path):
    """The page says what the machine gave, and names nothing that is slower."""
    text = first_lines(busy, tmp_path)
    assert (
        "The machine differed: run B had 0.66 of 2 CPUs, run A had 1.9; the sentinel waited for a CPU for 24 % " in text
    )
    assert "**" not in text


def test_a_different_machine_is_said(tmp_path):
    """Absolute figures of different machines are not judged; ratios within each run are."""
    text = first_lines(foreign, tmp_path)
    assert "The runs come from different machines (processor), so absolute figures are not judged" in text
    assert "throughput relative to each run's baseline" in text
    assert "Other\\|CPU \\*" in text


def test_a_step_is_said(tmp_path):
    """The step of a history, with the run from which on it holds."""
    assert re.search(
        r"\*\*Throughput becomes slower\*\*: `threads` −3\d % \(.*\) from run 4 on\.", first_lines(over_time, tmp_path)
    )


def test_trials_that_end_badly_are_said(tmp_path):
    """A cell that crashes in B only is named in the first lines."""
    assert "**Trials end badly in B, but not in A**: `threads` 6 of 6 trials, crashed." in first_lines(ended, tmp_path)


def test_pictures_of_another_comparison_go(tmp_path):
    """A page that has no history removes the picture of one that was there before."""
    folder = tmp_path / "page"
    page.write(compare(over_time(tmp_path / "a")), folder)
    assert (folder / "figures/history.png").exists()
    page.write(compare(slower(tmp_path / "b")), folder)
    assert [path.name for path in (folder / "figures").iterdir()] == ["ratios.png"]


def test_a_golden_page(tmp_path):
    """The page of one comparison, letter by letter; after a wanted change: copy the page that the message names."""
    written = page.write(compare(slower(tmp_path / "runs")), tmp_path / "page", "concexp compare a b")
    assert written.read_text("utf-8") == GOLDEN.read_text("utf-8"), written
