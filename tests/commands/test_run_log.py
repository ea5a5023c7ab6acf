"""The log of a run: its lines, and that it is never fatal."""

import os
import re

import pytest

from concexp.commands.run_log import NAME, RunLog

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")


def test_lines_have_a_time_and_come_in_order(tmp_path):
    """What came before the folder comes first; further lines are indented, and nothing in them is obeyed by a terminal."""
    log = RunLog()
    log.write("before")
    log.open(tmp_path)
    log.write("first\nsecond \x1b[31m")
    log.close()
    log.write("too late")
    lines = (tmp_path / NAME).read_text().splitlines()
    assert [LINE.sub("", line, count=1) for line in lines] == ["before", "first", r"    second \x1b[31m"]
    assert LINE.match(lines[1])


def test_a_resumed_run_goes_on_with_its_log(tmp_path):
    """The lines of the first session stay."""
    for text in ("one", "two"):
        log = RunLog()
        log.open(tmp_path)
        log.write(text)
        log.close()
    assert [line.split()[1] for line in (tmp_path / NAME).read_text().splitlines()] == ["one", "two"]


@pytest.mark.parametrize("obstacle", ["folder", "link", "pipe", "nowhere", "full"])
def test_a_log_that_cannot_be_written_is_no_matter(tmp_path, obstacle):
    """A folder, a link or a pipe of that name, a folder that is gone, a full disk: the run goes on without a log."""
    place = tmp_path / NAME
    if obstacle == "folder":
        place.mkdir()
    elif obstacle == "link":
        (tmp_path / "elsewhere").write_text("mine")
        place.symlink_to(tmp_path / "elsewhere")
    elif obstacle == "pipe":
        os.mkfifo(place)
    log = RunLog()
    log.write("before")
    log.open(tmp_path / "gone" if obstacle == "nowhere" else tmp_path)
    if obstacle == "full":
        log._file.close()
        log._file = open("/dev/full", "w", buffering=1)  # noqa: SIM115
    log.write("a line")
    log.close()
    if obstacle == "link":
        assert (tmp_path / "elsewhere").read_text() == "mine"
