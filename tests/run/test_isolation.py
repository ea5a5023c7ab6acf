"""Which trials the runner forks, and what it does where none can be forked."""

import dataclasses
import sys

import pytest

from concexp.experiment import parse_text
from concexp.experiment.statuses import DIAGNOSTIC, SENTINEL
from concexp.plan.planner import make_plan
from concexp.run import runner
from concexp.run.child.launch import TrialOutcome
from concexp.run.child.template import TemplateFailed
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine.lock import MachineLock

TEXT = """\
workload: cpu_sum
model: [serial, loky]
load: {ops: 10, scaling: strong}
measure: {repetitions: 3, iterations: 1, warmup: 0, isolation: fork}
metrics: [throughput, peak_rss_bytes]
"""
ANSWER = {"status": "ok", "reason": "", "iterations": [{"wall_s": 0.1, "ops": 10}], "gil": True}


class Launcher:
    """Stands for `launch`; raises each of `failures` where it is to fork."""

    def __init__(self):
        self.failures, self.forked = [], []

    def __call__(self, request, python, stage, *limits, templates=None):
        self.forked.append(templates is not None)
        if templates is None:
            return TrialOutcome("ok", "", dict(ANSWER))
        if self.failures:
            raise TemplateFailed(self.failures.pop(0))
        return TrialOutcome("ok", "", dict(ANSWER), hash_seed=77)


class Notes(list):
    """A listener that keeps notes."""

    note = list.append


@pytest.fixture
def prepared(monkeypatch, tmp_path):
    """(a runner, its launcher)."""
    launcher = Launcher()
    monkeypatch.setenv("CONCEXP_LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr(runner, "launch", launcher)
    spec = parse_text(TEXT, "x.yaml")
    pythons = {"current": Interpreter("current", sys.executable, {})}
    lock = MachineLock("a test", lambda holder: None)
    return runner.Runner(spec, make_plan(spec, 2), None, None, pythons, lock, Notes(), host="0badcafe"), launcher


def trials_of(run, model, role="measured"):
    """The planned trials of a model's cell, or with this role."""
    every = [one for one in run.plan.trials if one.role == role]
    return [one for one in every if one.cell.axes["model"] == model]


def test_a_forked_trial_has_its_templates_seed_on_record(prepared):
    """Its own was for a hashing that it did not have."""
    run, launcher = prepared
    record = run.measure(trials_of(run, "serial")[0])
    assert launcher.forked == [True]
    assert (record["seed"], record["runtime"]) == (77, {"isolation": "fork"})
    assert "not_forked" not in record


def test_where_none_can_be_forked_the_trial_is_a_fresh_process(prepared):
    """It says why; the listener hears of each reason once, and the next trial is forked again."""
    run, launcher = prepared
    launcher.failures = ["it died", "it died"]
    first, second, third = (run.measure(one) for one in trials_of(run, "serial"))
    assert launcher.forked == [True, False, True, False, True]
    assert [one.get("not_forked") for one in (first, second, third)] == ["it died", "it died", None]
    assert first["seed"] == trials_of(run, "serial")[0].seed
    assert run.listener == ["a fresh process instead of a fork: it died"]


def test_some_trials_are_never_forked(prepared):
    """The sentinel, the diagnosis of a hang, and models with packages; it is no failure, and nothing is said."""
    run, launcher = prepared
    fork = trials_of(run, "serial")[0]
    chosen = [dataclasses.replace(fork, role=DIAGNOSTIC, probe="holders"), trials_of(run, "serial", SENTINEL)[0]]
    assert [run.measure(one).get("not_forked") for one in chosen] == [None, None]
    assert launcher.forked == [False, False]
    assert [one.runtime.is_forked for one in run.plan.cells if one.axes["model"] == "loky"] == [False]


def test_templates_import_what_their_trials_need(prepared):
    """The modules of forked cells and of the probes that are on: nothing of what has a process of its own."""
    run, _ = prepared
    found = run.templates.modules
    assert found[0] == "concexp.trial.verbs.measure"
    assert {"concexp.trial.workloads.cpu_sum", "concexp.trial.models.serial", "concexp.trial.sync.none"} <= set(found)
    assert {"concexp.trial.probes.rusage", "concexp.trial.probes.memory"} <= set(found)
    assert not {"concexp.trial.models.loky", "concexp.trial.probes.holders", "concexp.trial.probes.timeline"} & set(
        found
    )


def test_a_run_of_fresh_processes_has_no_modules_to_import():
    """Nothing is looked up for it."""
    spec = parse_text(TEXT.replace(", isolation: fork", ""), "x.yaml")
    assert list(runner.Runner(spec, make_plan(spec, 2), None, None, {}, None, None).templates.modules) == []
