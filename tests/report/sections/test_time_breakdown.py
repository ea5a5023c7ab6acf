"""What the page says and draws of lost time, bound to the split."""

import itertools
import re

import pytest

from concexp import catalog
from concexp.report.sections import time_breakdown
from concexp.report.view import View
from tests.helpers import journal_builder
from tests.helpers.pages import draw
from tests.helpers.workers import FREE, LOCK, busy, pair


@pytest.fixture
def view(tmp_path):
    """The view of a run of these cells, on a machine with four CPUs."""
    places = itertools.count()

    def make(cells, **more):
        return View(
            journal_builder.write(tmp_path / str(next(places)), cells, **{"effective": 4.0, "machine": FREE, **more})
        )

    return make


def test_the_main_reason(view):
    """The useful share and the largest part of the loss, with their intervals, at the largest number of workers."""
    cells = [
        *pair("threads", 2, 1000, "x", 1, more=busy(1, 1)),
        pair("threads", 4, 1000, "x", 1, more=busy(*[1] * 4))[1],
    ]
    (sentence,) = time_breakdown.sentences(view(cells))
    figure = r"([\d.]+) %(?: \([\d.]+–[\d.]+\))?"
    pattern = f"`threads` with 4 workers: {figure} useful; lost mainly to waiting for the GIL or other "
    useful, rest = (
        re.match(pattern, sentence)[1],
        re.search(r"serial work \(([\d.]+) %(?:, [\d.]+–[\d.]+)?\)\.$", sentence)[1],
    )
    assert (float(useful), float(rest)) == (pytest.approx(25, abs=0.2), pytest.approx(75, abs=0.2))


def test_only_what_was_looked_at_has_its_name(view):
    """A wait at a primitive is named where it was observed; where not, the text says where it is hidden."""
    (sentence,) = time_breakdown.sentences(view(pair("processes", 2, 1000, "x", 1, more=busy(1, 1), **LOCK)))
    assert "lost mainly to waiting for a lock or other primitive (" in sentence
    sentence = time_breakdown.sentences(view(pair("processes", 2, 1000, "x", 1, more=busy(1, 1), sync="lock")))
    assert "lost mainly to waiting for a lock or unexplained waits (" in sentence[0]
    assert sentence[1].startswith("Waits for locks were not observed (add `wait_share` to `metrics`)")
    sentence = time_breakdown.sentences(view(pair("threads", 2, 1000, "x", 1, more=busy(1, 1), sync="lock")))
    assert "waiting for the GIL, a lock or other serial work" in sentence[0]


def test_pools_and_systems_that_do_not_tell(view):
    """What was not measured is stated once, with the series it concerns."""
    sentence = time_breakdown.sentences(view(pair("process_pool", 2, 1000, "x", 1)))
    assert any(
        s.startswith("Idle workers of a pool cannot be observed") and s.endswith("`process_pool`.") for s in sentence
    )
    blind = pair("threads", 2, 1000, "x", 1, more={**busy(1, 1), "cpu_s": None, "run_queue_wait_s": None})
    sentence = time_breakdown.sentences(view(blind))
    assert any(s.endswith("; the reason for the loss was not recorded.") for s in sentence)
    assert time_breakdown.main_reasons(view(blind)) == []


def test_doubtful_cells_have_a_bar_and_no_reason(view, tmp_path):
    """Where the machine withheld CPUs the picture shows it, marked, and no sentence blames anything."""
    found = view(pair("processes", 4, 2000, "x", 2, queued=2, more=busy(1, 1, 1, 1)), effective=2.0)
    assert time_breakdown.sentences(found) == []
    alt = draw(catalog.load("plot", "cost_breakdown")(), found, tmp_path / "x.png")
    assert "processes ‡ 50 % useful, 50 % CPUs withheld" in alt


def test_nothing_lost(view):
    """A small loss needs no reason; a run without a baseline has neither sentence nor picture."""
    (sentence,) = time_breakdown.sentences(view(pair("processes", 2, 1990, "x", 2, more=busy(1, 1))))
    assert sentence.endswith(" % useful.")
    found = view(pair("processes", 2, 1990, "x", 2, more=busy(1, 1)), spec={"baseline": {}})
    assert time_breakdown.sentences(found) == []
    assert not catalog.load("plot", "cost_breakdown")().prepare(found)


def test_panels_that_lost_their_time_alike_share_a_sentence(view):
    """The outermost ends of their intervals stand in it; a panel that lost its time otherwise has a sentence of its own."""
    shares = (("sort", busy(1, 1)), ("regex", busy(1, 1)), ("zlib", {**busy(1, 1), "cpu_s": 1.9}))
    cells = [one for work, more in shares for one in pair("threads", 2, 1000, work, 1, more=more)]
    alike, other = time_breakdown.sentences(view(cells))
    assert re.fullmatch(
        r"`threads` in sort and regex with 2 workers: \d+( to \d+)? % useful; lost mainly to waiting for the GIL or "
        r"other serial work \(\d+( to \d+)? %\)\.",
        alike,
    )
    assert other.startswith("`threads` (zlib) with 2 workers: ")


def test_no_share_is_more_than_all(view):
    """Two workers that did more than twice the work of one were useful all the time."""
    (sentence,) = time_breakdown.sentences(view(pair("processes", 2, 2100, "x", 2, more=busy(1, 1))))
    assert sentence == "`processes` with 2 workers: 100 % useful."


def test_series_that_lose_alike_are_named_together(view):
    """In the answer, series of the same panels share them."""
    cells = []
    for work in ("sort", "regex"):
        cells += pair("threads", 2, 1000, work, 1, more=busy(1, 1))
        cells.append(pair("thread_pool", 2, 1000, work, 1, more=busy(1, 1))[1])
    (sentence,) = time_breakdown.main_reasons(view(cells))
    assert re.search(r"`threads` and `thread_pool` in sort and regex up to \d\d %, waiting for the GIL", sentence)


def test_more_workers_than_cpus_are_no_finding(view):
    """That workers wait for a CPU which others of them use stands beside the picture, and not in the answer."""
    found = view(pair("processes", 8, 4000, "sort", 4, queued=4, more=busy(*[1] * 8)))
    assert "waiting for a CPU, with more workers than CPUs" in "".join(time_breakdown.main_reasons(found))
    assert time_breakdown.in_answer(found) == []


def test_details_leave_out_what_was_said(view):
    """Not the series that the answer has a reason for, nor those that lost nothing; but a smaller loss."""
    cells = [
        *pair("threads", 2, 1000, "sort", 1, more=busy(1, 1)),
        pair("processes", 2, 1800, "sort", 1, more=busy(0.9, 0.9))[1],
        *pair("threads", 2, 2000, "zlib", 1, more=busy(2, 0)),
    ]
    found = view(cells)
    assert len(time_breakdown.main_reasons(found)) == 1
    assert any(text.startswith("`threads` (sort)") for text in time_breakdown.sentences(found))
    details = time_breakdown.details(found)
    assert not any(text.startswith(("`threads` (sort)", "`threads` (zlib)")) for text in details)
    assert any(text.startswith("`processes` (sort)") for text in details)
