"""How long the trials of a plan take: from their loads, from the preflight, and from those that have run."""

import pytest

from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.run.durations import SENTINEL_S, TRIAL_OVERHEAD_S, Durations

COUNTED = """\
workload: [cpu_sum, sleep]
model: [serial, threads]
sweep: {workers: [1, 2]}
load: {ops: 10, scaling: strong}
measure: {repetitions: 4, warmup: 1, iterations: 2}
"""
TIMED = COUNTED.replace("ops: 10, scaling: strong", "duration: 2s")


def trials(text):
    """The measured trials of the first block by workload, model and workers, and its sentinel."""
    plan = make_plan(parse_text(text, "x.yaml"), 2)
    found = {}
    for trial in plan.trials:
        axes = trial.cell.axes
        found.setdefault(
            "sentinel" if trial.role == "sentinel" else (axes["workload"], axes["model"], axes["workers"]), trial
        )
    return found


def test_unknown_trials_take_what_their_start_takes():
    """As the preflight found it for the cell, else the usual; the sentinel is known."""
    by_cell = trials(COUNTED)
    slow, other = by_cell["sleep", "threads", 1], by_cell["sleep", "serial", None]
    durations = Durations(startup={slow.cell.id: 1.5})
    assert durations.of(slow) == (1.5, "unknown")
    assert durations.of(other) == (TRIAL_OVERHEAD_S, "unknown")
    assert durations.of(by_cell["sentinel"]) == (SENTINEL_S, "loads")


def test_what_has_run_tells_of_its_own_cell_first():
    """Then of the same workload and model, of the workload, and of all trials."""
    by_cell = trials(COUNTED)
    durations = Durations()
    durations.learn(by_cell["sleep", "threads", 1], 4.0)
    durations.learn(by_cell["sentinel"], 100.0)  # tells of itself alone
    assert durations.of(by_cell["cpu_sum", "serial", None]) == (4.0, "measured")
    durations.learn(by_cell["cpu_sum", "threads", 2], 1.0)
    durations.learn(by_cell["cpu_sum", "threads", 2], 2.0)
    durations.learn(by_cell["cpu_sum", "serial", None], 8.0)
    assert durations.of(by_cell["cpu_sum", "threads", 2]) == (1.5, "measured")
    assert durations.of(by_cell["cpu_sum", "threads", 1]) == (1.5, "measured")
    assert durations.of(by_cell["sleep", "serial", None]) == (4.0, "measured")
    assert durations.of(by_cell["sentinel"]) == (100.0, "measured")


def test_what_a_given_time_takes_besides_is_learnt():
    """Two trials that took longer than their windows tell how much longer the others will take."""
    by_cell = trials(TIMED)
    durations = Durations()
    assert durations.of(by_cell["sleep", "threads", 2]) == (pytest.approx(6 + TRIAL_OVERHEAD_S), "loads")
    durations.learn(by_cell["cpu_sum", "threads", 1], 8.0)
    durations.learn(by_cell["cpu_sum", "threads", 2], 7.0)
    assert durations.of(by_cell["sleep", "threads", 2]) == (pytest.approx(7.5), "loads")
