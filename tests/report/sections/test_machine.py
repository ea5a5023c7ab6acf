"""The machine's rows: how much work an operation of a given time was."""

import pandas as pd
import pytest

from concexp.report.sections import machine
from concexp.report.view import View
from tests.helpers import journal_builder

PACE = {"python": "3.11", "rounds_per_s": {"_busy.spin": 1.2e7}}


def work(folder, pace, *rounds):
    """What the page says of the work, for a cell of each of these numbers of rounds."""
    models = ("serial", "threads", "processes")
    plugins = {"workload": "critical_section"}
    cells = [
        journal_builder.cell("sections", model, workers=2, counts={"rounds_inside": n}, plugins=plugins)
        for model, n in zip(models, rounds, strict=False)
    ]
    return dict(machine.machine(View(journal_builder.write(folder, cells, pace=pace)))).get("work of a given time")


@pytest.mark.parametrize(
    ("pace", "rounds", "said"),
    [
        (PACE, (1200, 1200), "`sections` 1,200 rounds inside per operation, measured once, on `3.11`"),
        (
            None,
            (1045, 1560),
            "`sections` 1,045 to 1,560 rounds inside per operation, measured by each trial for itself",
        ),
    ],
)
def test_it_shows_whether_all_did_the_same_work(tmp_path, pace, rounds, said):
    """One number of rounds for each label; in older journals, whose trials measured for themselves, a range."""
    assert work(tmp_path, pace, *rounds) == said


def test_without_busy_work_there_is_no_row(tmp_path):
    """Most workloads have operations that are what they are."""
    cells = [journal_builder.cell(), journal_builder.cell(model="threads", workers=2)]
    rows = dict(machine.machine(View(journal_builder.write(tmp_path, cells))))
    assert "work of a given time" not in rows


def test_the_rows_of_a_run_are_not_copied_for_its_work(tmp_path, monkeypatch):
    """Of a run of a million rows only the columns that are shown are grouped."""
    plugins = {"workload": "critical_section"}
    cell = journal_builder.cell("sections", "threads", workers=2, counts={"rounds_inside": 7}, plugins=plugins)
    view = View(journal_builder.write(tmp_path, [cell]))
    view.run.trials  # noqa: B018 - made here, not while it is watched
    grouped = []
    groupby = pd.DataFrame.groupby
    monkeypatch.setattr(
        pd.DataFrame, "groupby", lambda self, *by, **named: grouped.append([*self]) or groupby(self, *by, **named)
    )
    assert "7 rounds inside" in machine._work(view)
    assert grouped == [["workload", "rounds_inside"]]
