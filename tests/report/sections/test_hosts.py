"""The hosts on the page."""

import pytest

from concexp.report.sections import hosts
from concexp.report.view import View
from tests.helpers import journal_builder
from tests.helpers.stored_runs import on_hosts


def view(folder, slower=1.0):
    cells = [
        journal_builder.cell(model=model, course=lambda block, _: slower if block % 2 else 1.0)
        for model in ("serial", "threads")
    ]
    return View(on_hosts(journal_builder.write(folder, cells, repetitions=12, spinner=4e7), ("aaaaaaaa", "bbbbbbbb")))


def test_a_row_for_each_host(tmp_path):
    """What it measured, what it gave, how fast it was, what was found and in what it differs."""
    first, second = hosts.rows(view(tmp_path))
    assert (first.host, second.host) == ("`aaaaaaaa`", "`bbbbbbbb`")
    assert first.measured == "12 trials in 6 blocks"
    assert (first.effective, first.spinner) == ("1.90", "40.0")
    assert first.about == "CPU of aaaaaaaa; warning: virtual machine; clock source: hpet"
    assert first.time.endswith(")")
    assert "x (" in first.time


@pytest.mark.parametrize("slower", [1.0, 1.3])
def test_hosts_that_differ_are_said(tmp_path, slower):
    """Only where they differ by more than chance."""
    sentences = hosts.threats(view(tmp_path, slower))
    assert len(sentences) == (slower > 1)
    assert all("not equally fast" in sentence for sentence in sentences)


def test_one_machine_has_no_rows(tmp_path):
    """The page of a run without a cluster is as it was."""
    alone = View(journal_builder.write(tmp_path, [journal_builder.cell()]))
    assert hosts.rows(alone) == []
    assert hosts.threats(alone) == []
