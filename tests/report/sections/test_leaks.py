"""What trials left behind is named on the page."""

from concexp.report.sections import leaks
from concexp.report.view import View
from tests.helpers import journal_builder


def sentences(folder, *leaked, left_behind=0):
    record = {"leaked": list(leaked), "left_behind": left_behind}
    cells = [journal_builder.cell(record=record)]
    return leaks.sentences(View(journal_builder.write(folder, cells, repetitions=1)))


def process(name):
    return {"what": "process", "name": name, "sure": True}


def test_a_stray_process_is_named(tmp_path):
    """By its command line, and counted even where that was not seen, or where there were too many to keep."""
    (told,) = sentences(tmp_path / "a", process("sleep 3600"), left_behind=1)
    assert told == "1 trial left something behind, which was cleaned up: 1 process (`sleep 3600`)."
    (told,) = sentences(tmp_path / "b", process("sleep 3600"), left_behind=7)
    assert told.endswith(": 7 processes (`sleep 3600`).")
    (told,) = sentences(tmp_path / "c", left_behind=2)
    assert told.endswith(": 2 processes.")
    (told,) = sentences(tmp_path / "d", *(process(f"sleep {k}") for k in range(5)), left_behind=5)
    assert told.endswith(": 5 processes (`sleep 0`, `sleep 1`, `sleep 2`, 2 more).")


def test_nothing_left_is_nothing_said(tmp_path):
    """A clean run has no such sentence."""
    assert sentences(tmp_path) == []
