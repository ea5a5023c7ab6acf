"""Values that cannot be are withheld: no table, no picture and no sentence has them, and the page says how often."""

import numpy as np
import pytest

from concexp import report
from concexp.report.sections import machine
from concexp.report.view import View
from tests.helpers import journal_builder


def run(folder, cells=None, **more):
    return journal_builder.write(folder, cells or [journal_builder.cell(facts=more.pop("facts"))], iterations=1, **more)


@pytest.mark.parametrize(("cpu_s", "shown"), [(0.9, 1.8), (1.01, 2.0), (12.5, np.nan)])
def test_no_more_cpus_are_used_than_there_are(tmp_path, cpu_s, shown):
    """In half a second on 2 CPUs: what exceeds them by the clock's error is 2, and 25 CPUs are none at all."""
    made = run(tmp_path, facts={"cpu_s": cpu_s, "wall_s": 0.5})
    assert made.trials["cpus_used"].tolist() == pytest.approx([shown] * 6, nan_ok=True)
    assert made.trials["throughput"].notna().all()
    page = report.write(made, tmp_path).read_text("utf-8")
    told = "- `cpus_used` is withheld in 6 of 6 trials: what was recorded is impossible"
    assert (told in page) == np.isnan(shown)
    assert "25.0" not in page


def test_made_up_numbers_have_no_limit(tmp_path):
    """A simulated model pretends to have a CPU for each worker."""
    made = run(tmp_path, [journal_builder.cell(model="simulated", workers=4, facts={"cpu_s": 2.0, "wall_s": 0.5})])
    assert made.trials["cpus_used"].tolist() == [4.0] * 6


def test_a_quota_can_be_used_up_early(tmp_path):
    """In a short window a control group may use more CPUs than its quota, though no more than it may run on."""
    machine = {"quota_cpus": 2.0, "affinity_cpus": 8}
    used = run(tmp_path / "a", facts={"cpu_s": 0.1, "wall_s": 0.02, "window_s": None}, machine=machine).trials[
        "cpus_used"
    ]
    assert used.tolist() == pytest.approx([5.0] * 6)
    used = run(tmp_path / "b", facts={"cpu_s": 10.0, "wall_s": 2.0, "window_s": None}, machine=machine).trials[
        "cpus_used"
    ]
    assert used.isna().all()


@pytest.mark.parametrize(("waited", "shown"), [(0.5, 0.5), (1.03, 1.0), (1.5, np.nan)])
def test_a_share_is_at_most_one(tmp_path, waited, shown):
    """The share of the time that workers waited."""
    waits = {"waits": 9, "waited_s": waited, "worked_s": 1.0, "wait_time": [[300, 90]], "worker_waits": []}
    cells = [journal_builder.cell("counter", "threads", "lock", 2, observed={"facts": waits})]
    trials = run(tmp_path, cells).trials
    found = trials.loc[trials["role"] == "observed", "wait_share"] if "wait_share" in trials else [np.nan] * 6
    assert list(found) == pytest.approx([shown] * 6, nan_ok=True)


@pytest.mark.parametrize("returned", [1e300, -1e300, 1e-300])
def test_what_cannot_be_computed_with_is_withheld(tmp_path, returned):
    """Its square, or that of its inverse, is infinite."""
    cells = [journal_builder.cell(counts={"returned": returned})]
    made = run(tmp_path, cells, spec={"metrics": ["throughput", "returned"]})
    assert set(made.trials["withheld"]) == {"returned"}
    assert "`returned` is withheld in 6 of 6 trials" in report.write(made, tmp_path).read_text("utf-8")


def test_spinners_that_did_more_than_the_cpus_can_are_left_out(tmp_path):
    """25 effective CPUs of 2 are no measurement; the page says how many it left out."""
    view = View(run(tmp_path / "some", [journal_builder.cell()], effective=[1.9, 25.0, 1.9, 1.9, 1.9, 1.9, 1.9]))
    assert view.run.spun == [1.9] * 6
    assert dict(machine.machine(view))["CPUs"].partition("effective: ")[2] == (
        "1.90 (1.90 to 1.90 in 6 measurements); 1 measurement of more than the CPUs can give left out"
    )
    view = View(run(tmp_path / "all", [journal_builder.cell()], effective=25.0))
    assert view.run.effective_cpus is None
    assert view.run.trials["effective_cpus"].isna().all()


def test_a_run_without_such_values_has_no_column_for_them(tmp_path):
    """The tables are as they were."""
    assert "withheld" not in run(tmp_path, [journal_builder.cell()]).trials
