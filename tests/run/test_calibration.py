"""The work that fills a given time is measured once per run, and is the same in all of its trials."""

import sys

import pytest

from concexp.errors import EnvironmentRefused
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.run import calibration
from concexp.run.child.launch import TrialOutcome
from concexp.run.interpreters.interpreter import Interpreter

PYTHONS = {label: Interpreter(label, f"/{label}", {}) for label in ("current", "old", "new")}


def cells(text):
    """The cells of an experiment that can run."""
    return make_plan(parse_text(text, "x.yaml"), 2).runnable


@pytest.fixture
def asked(monkeypatch):
    """The requests that were sent, each with the path of its interpreter."""
    sent = []

    def launch(request, python, *limits):
        sent.append((request, python))
        return TrialOutcome("", "", {"pace": {"_busy.spin": [99, 123, 100][len(sent) - 1]}})

    monkeypatch.setattr(calibration, "launch", launch)
    return sent


@pytest.mark.parametrize(
    "text",
    [
        "workload: cpu_sum\nmodel: threads\n",
        "workload: {uneven_tasks: {by: sleep}}\nmodel: threads\n",
        "workload: spin\nmodel: simulated\n",
        "workload: pipeline\nmodel: threads\nsync: queue\n",
    ],
)
def test_most_work_needs_no_calibration(text):
    """No operation fills a given CPU time, or none is run."""
    assert not any(map(calibration.timed_work, cells(text)))


def test_each_workload_is_asked_for_once(asked):
    """Cells that differ in model and workers share the request, of several tries the fastest counts; a background too."""
    text = "workload: [spin, cpu_sum]\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\nbackground: mixed\n"
    assert calibration.calibrate(cells(text), PYTHONS, None)["rounds_per_s"] == {"_busy.spin": 123}
    assert len(asked) == calibration.TRIES
    request, python = asked[0]
    assert asked == [(request, python)] * len(asked)
    assert request["verb"] == "calibrate"
    assert sorted(entry["name"] for entry in request["workloads"]) == ["mixed", "spin"]
    assert python == "/current"


def test_all_interpreters_do_the_work_of_the_first(asked):
    """A number of rounds is another time on another interpreter; equal work is what is compared."""
    mine = {label: Interpreter(label, f"/{label}", {}) for label in ("ft", "current")}
    text = f"workload: spin\nmodel: threads\nsweep: {{python: [{{is: {sys.executable}, as: ft}}, current]}}\n"
    assert calibration.calibrate(cells(text), mine, None)["python"] == "ft"
    assert {python for _, python in asked} == {"/ft"}


def test_an_interpreter_that_does_not_answer_is_refused(monkeypatch):
    """Without a pace no trial could do the same work as another."""
    monkeypatch.setattr(calibration, "launch", lambda *arguments: TrialOutcome("crashed", "it died", None))
    with pytest.raises(EnvironmentRefused, match="the pace of current could not be measured: it died"):
        calibration.calibrate(cells("workload: spin\nmodel: serial\n"), PYTHONS, None)
