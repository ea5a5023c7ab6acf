"""What `plan` prints, for people and for programs."""

import json

import pytest

from concexp import experiment
from concexp.commands.plan_text import plan_data, plan_text
from concexp.plan.planner import make_plan
from concexp.plan.support import absent
from concexp.run.durations import Durations
from concexp.run.forecast import forecast


@pytest.fixture
def planned(write, tmp_path):
    """Return (spec, plan, forecast) of an experiment on two CPUs, before any run."""

    def planned(text, checks=None):
        spec = experiment.load(write("x.yaml", text))
        plan = make_plan(spec, 2, "", checks or {})
        return spec, plan, forecast(spec, plan, Durations())

    return planned


def test_a_plan_for_people(planned):
    """The text has a table of the cells, the numbers of trials, the time they take, and each reason why cells cannot run."""
    text = plan_text(
        *planned("""\
workload: counter
model: [threads, asyncio]
sync: [lock, rlock]
sweep: {workers: [1, 2]}
load: {duration: 500ms}
measure: {repetitions: 5, iterations: 2, warmup: 1}
""")
    )
    assert text.count("\ncounter  ") == 6
    assert "\n6 cells × 5 repetitions + " in text
    assert "5 control" in text
    assert "5 sentinel" in text
    assert " = 40 trials\ntakes about " in text
    assert "2 cells cannot run:\n  2 × asyncio has no RLock" in text


def test_a_plan_counts_observed_trials_apart(planned):
    """Trials that a probe needs for itself are counted apart, and their time is in the forecast."""
    text = plan_text(
        *planned("""\
workload: counter
model: threads
sync: [none, lock]
sweep: {workers: 2}
load: {duration: 500ms}
measure: {repetitions: 5, iterations: 2, warmup: 1}
metrics: [throughput, wait_share]
""")
    )
    assert "2 cells × 5 repetitions + " in text
    assert "5 observed" in text
    assert " = 25 trials\n" in text
    assert "foreseen: 25 trials from their loads" in text


def test_a_plan_over_interpreters_names_those_of_each_reason(planned):
    """A reason names the interpreters that it holds for; one that a plan cannot ask is marked in text and data."""
    missing = {label: absent("it is not there") for label in ("3.98", "3.99")}
    text = "workload: sleep\nmodel: serial\nsweep: {python: [current, '3.98', '3.99', {is: ./python, as: mine}]}\n"
    whole = planned(text, missing)
    printed = plan_text(*whole)
    assert "  2 × it is not there (python 3.98, 3.99)" in printed
    assert "1 cells of python mine: asked at run" in printed
    asked = {cell["axes"]["python"]: cell["asked_at_run"] for cell in plan_data(*whole)["cells"]}
    assert asked == {"current": False, "3.98": False, "3.99": False, "mine": True}


def test_a_plan_for_programs(planned):
    """The data has cells with axes, parameters, load and reason, and the trials in the order of the run."""
    spec, plan, duration = planned("workload: sleep\nmodel: [serial, threads]\nmeasure: {repetitions: 3}\n")
    data = json.loads(json.dumps(plan_data(spec, plan, duration)))
    assert {cell["axes"]["model"] for cell in data["cells"]} == {"serial", "threads"}
    assert [trial["trial"] for trial in data["trials"]] == [trial.id for trial in plan.trials]
    measured = [trial for trial in data["trials"] if trial["role"] == "measured"]
    assert [trial["block"] for trial in measured] == [0, 0, 1, 1, 2, 2]
    assert data["forecast"]["seconds"] == pytest.approx(duration.seconds, abs=1e-3)


def test_a_plan_with_a_precision_says_when_it_ends(planned):
    """With a precision, the text says what may be added after the first trials, until when, and which cells get nothing."""
    text = plan_text(
        *planned("workload: sleep\nmodel: [serial, threads]\nmeasure: {precision: 2.5%, max_repetitions: 30}\n")
    )
    assert (
        "= 40 trials; then more, until throughput is known to ±2.5 %, or a cell has 30; none for cells whose trials end badly\n"
        in text
    )


def test_a_plan_says_what_is_measured_again(planned):
    """With a limit alone, the text says which trials may be added."""
    text = plan_text(
        *planned("workload: sleep\nmodel: [serial, threads]\nmeasure: {repetitions: 5, max_repetitions: 10}\n")
    )
    assert "; then those again that the machine disturbed, until a cell has 10\n" in text


def test_a_plan_lists_its_claims(planned):
    """Text and data list each claim with its number of cases."""
    whole = planned("""\
workload: sleep
model: [serial, threads]
sweep: {workers: [1, 2]}
claims:
  - {says: it grows, of: {model: threads}, expect: speedup > 0.9}
  - expect: throughput[serial] < 2 * throughput[threads]
""")
    assert plan_text(*whole).splitlines()[-3:] == [
        "Claims:",
        "  it grows: `speedup > 0.9`, 2 cases",
        "  throughput[serial] < 2 * throughput[threads], 2 cases",
    ]
    assert plan_data(*whole)["claims"][0] == {"says": "it grows", "expect": "speedup > 0.9", "cases": 2}
