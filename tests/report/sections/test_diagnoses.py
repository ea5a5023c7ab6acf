"""Tables of diagnosers on the page: a row for each cell, and what is missing with the reason, once for all cells."""

import pytest

from concexp.analysis import diagnoses as numbers
from concexp.experiment import diagnosers
from concexp.report import page
from concexp.report.sections import diagnoses
from concexp.report.view import View
from tests.helpers import journal_builder


def view(folder, **looked):
    """The view of a run with a cell for each model, and what diagnosers found of it."""
    cells = [
        journal_builder.cell("counter", model, "lock", workers=2, noise=0, looked=one) for model, one in looked.items()
    ]
    return View(journal_builder.write(folder, cells, spec={"baseline": {}, "diagnose": ["gil"]}))


def gil(**more):
    """The facts of a worker's time."""
    return {"gil": {"gil_waits": [{"wall_s": 1.0, "cpu_s": 0.5, "queue_s": 0.1, "samples": 100, "gil": 30, **more}]}}


def test_each_diagnoser_has_numbers_on_the_page():
    """All but the profile, which has lines."""
    assert {*numbers.NUMBERS} == {*diagnoses.KINDS} == {*diagnosers.names()} - {"profile"}


def test_the_shares_of_the_gil(tmp_path):
    """A row for each cell that was seen."""
    (table,) = diagnoses.tables(view(tmp_path, threads=gil(), processes=gil(cpu_s=0.9, gil=0)))
    assert table.heads == ["cell", "on a CPU", "waiting for a CPU", "waiting for the GIL", "waiting for anything else"]
    assert table.rows == [
        ["threads ×2", "50 %", "10 %", "30 %", "10 %"],
        ["processes ×2", "90 %", "10 %", "0 %", "0 %"],
    ]
    assert table.about.startswith("From 2 trials of their own, whose times count nowhere. ")
    assert table.remarks == []


def test_what_is_missing_says_why(tmp_path):
    """Once for all cells with that reason; a column that no cell has is left out."""
    told = {"gil": {"gil_waits": [{"wall_s": 1.0, "cpu_s": 0.5, "queue_s": 0.1, "missing": "no_gil"}]}}
    (table,) = diagnoses.tables(view(tmp_path, threads=told, processes=told, loops={"gil": {"gil_waits": []}}))
    assert table.heads == ["cell", "on a CPU", "waiting for a CPU", "waiting for anything else"]
    assert len(table.rows) == 2
    assert table.remarks == [
        "Missing in 2 cells: waiting for the GIL. The reason: this interpreter runs without the GIL.",
        "Missing in 1 cell: The GIL. The reason: the model hides its workers, or the trial ended badly.",
    ]


def test_the_lines_that_hold_most(tmp_path):
    """The measured code's own, with their share of what was seen."""
    frames = [["<library>/json/decoder.py", 353, ""], ["proj/mine.py", 7, ""]]
    lines = [
        [1500, 3, frames, ["obj, end = scan(s)", "data = json.loads(text)"]],
        [10, 1, [["proj/mine.py", 8, ""]], ["x = 1"]],
    ]
    one = {
        "peak": 3000,
        "kept": 0,
        "seen": 2000,
        "lines": lines,
        "collections": [0, 0, 0],
        "collected": 0,
        "collecting_s": 0,
    }
    (table,) = diagnoses.tables(view(tmp_path, threads={"allocations": {"allocations": [one]}}))
    assert (table.heads[-1], table.rows[0][1]) == ("lines", "3,000 B")
    assert table.rows[0][-1] == "75 % at `data = json.loads(text)` (proj/mine.py:7)"


def test_lines_of_concexp_itself_are_not_named(tmp_path):
    """What holds the measured code's results is none of the reader's."""
    lines = [[1500, 3, [["concexp/trial/passes.py", 89, ""]], ["return seen"]]]
    one = {
        "peak": 3000,
        "kept": 0,
        "seen": 2000,
        "lines": lines,
        "collections": [0, 0, 0],
        "collected": 0,
        "collecting_s": 0,
    }
    (table,) = diagnoses.tables(view(tmp_path, threads={"allocations": {"allocations": [one]}}))
    assert table.rows[0][-1] == "–"


def test_what_perf_says_is_shown_literally(tmp_path):
    """It may say anything."""
    rows = [["cycles", None, "perf | not <found>"], ["page-faults", 5000, ""]]
    (table,) = diagnoses.tables(view(tmp_path, threads={"counters": {"counters": rows}}))
    assert table.heads == ["cell", "page faults"]
    assert table.remarks == [r"Missing in 1 cell: cycles. The reason: perf \| not &lt;found&gt;."]


def test_all_of_it_is_on_the_page(tmp_path):
    """In the order of the diagnosers, whichever trial came first; a run without diagnosers has nothing of it."""
    switched = {"switches": {"switches": [{"voluntary": 500, "involuntary": 0, "asked": {"lock.acquire": [500, 250]}}]}}
    text = page.write(view(tmp_path / "a", threads={**switched, **gil()}).run, tmp_path / "page").read_text("utf-8")
    assert text.index("### The GIL") < text.index("### Switches and contention")
    assert "| cell | on a CPU |" in text
    assert diagnoses.tables(View(journal_builder.write(tmp_path / "b", [journal_builder.cell()]))) == []


def codes():
    """All reasons that probes record as codes, as far as these stand in their sources."""
    return [
        numbers.NOT_SEEN,
        numbers.UNREADABLE,
        *("no_tracemalloc", "sub_interpreter", "in_use", "cut_short"),
        *("no_gil", "not_cpython", "not_permitted", "not_reported", "not_tried"),
        *("no_perf", "not_supported", "not_counted", "no_answer", "no_energy", "energy_not_permitted"),
    ]


@pytest.mark.parametrize("code", codes())
def test_each_reason_has_words(code):
    """No code of a probe's stands on a page."""
    assert code in diagnoses.REASONS


def test_no_reason_is_made_up():
    """Each that has words is one that a probe or the analysis gives."""
    assert {*diagnoses.REASONS} == {*codes()}
