"""A cell that a disturbance made slower bars a winner, whatever it measured; other doubts change only what was measured."""

import pytest

from concexp.report.answer import answer
from concexp.report.answer.standings import more_gain_nothing, standing
from concexp.report.rivals import may_be_better, winner
from concexp.report.sections import cells as tables
from concexp.report.view import View
from tests.helpers import journal_builder

SPINNERS = [1.04] * 7  # one CPU of two


def lacking(tmp_path, rate=940.0, **more):
    """A baseline, and a cell of two workers that got one CPU."""
    pair = [
        journal_builder.cell(model="serial", rate=1000),
        journal_builder.cell(model="asyncio", workers=1, rate=900),
        journal_builder.cell(model="processes", workers=2, rate=rate, **more),
    ]
    return View(journal_builder.write(tmp_path, pair, effective=SPINNERS))


def test_what_lacked_a_cpu_bars_a_winner_though_it_measured_less(tmp_path):
    """Two processes on one CPU are no slower than serial: nothing says so, and no figure is in bold."""
    view = lacking(tmp_path)
    (comparison,) = view.comparisons
    serial, _, processes = comparison.points
    assert not processes.enough_clean_trials
    assert may_be_better(view, serial, comparison.points) == [processes]
    assert standing(view, comparison).state == "doubtful"
    assert "serial` is best" not in " ".join(answer(view))
    assert "**" not in str([table.rows for table in tables.tables(view)])
    assert not more_gain_nothing(view, serial, comparison.points)


def test_what_cannot_have_cost_so_much_bars_nothing(tmp_path):
    """A cell that was measured at a third is not the best on twice as many CPUs."""
    view = lacking(tmp_path, rate=300)
    (comparison,) = view.comparisons
    assert winner(view, comparison.points).model == "serial"
    assert standing(view, comparison).best.model == "serial"


@pytest.mark.parametrize(("rate", "bars"), [(940, False), (1100, True)])
def test_other_doubts_do_not_make_a_cell_slower(tmp_path, rate, bars):
    """Too short a measurement bars a winner only where it measured more."""
    pair = [
        journal_builder.cell(model="serial", rate=1000),
        journal_builder.cell(model="asyncio", workers=1, rate=rate, facts={"server_cpu_s": 0.5}),
    ]
    view = View(journal_builder.write(tmp_path, pair))
    (comparison,) = view.comparisons
    assert (winner(view, comparison.points) is None) == bars


def test_a_rival_whose_best_cell_is_doubtful_is_not_said_to_be_behind(tmp_path):
    """Of a rival only a worse cell is beyond doubt: how far it is behind is not known, nor that it gains nothing."""
    served = {"facts": {"server_cpu_s": 0.5}}
    cells = [
        journal_builder.cell(model="serial", rate=1000),
        *(journal_builder.cell(model=name, workers=1, rate=1000) for name in ("threads", "processes")),
        journal_builder.cell(model="processes", workers=2, rate=4000),
        journal_builder.cell(model="threads", workers=2, rate=3900, **served),
    ]
    view = View(journal_builder.write(tmp_path, cells))
    (comparison,) = view.comparisons
    found = standing(view, comparison)
    assert found.best.model == "processes"
    assert [lead.rival.model for lead in found.leads] == ["serial"]
    assert "threads`" not in "".join(answer(view)[:1])


def test_all_rivals_in_doubt_leave_no_winner(tmp_path):
    """Nothing is left to be better than."""
    cells = [
        journal_builder.cell(model="threads", workers=1, rate=1000),
        journal_builder.cell(model="threads", workers=2, rate=3900, facts={"server_cpu_s": 0.5}),
        journal_builder.cell(model="processes", workers=2, rate=4000),
    ]
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {}}))
    assert standing(view, view.comparisons[0]).state == "doubtful"
