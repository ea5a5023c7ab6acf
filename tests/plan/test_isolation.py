"""What keeps trials apart, in a plan: which cells are forked, and that a cell of forks is another one."""

from types import SimpleNamespace

import pytest

from concexp.errors import InputError
from concexp.experiment import interpreter_settings, parse_text
from concexp.plan.planner import make_plan

TEXT = "workload: cpu_sum\nmodel: [{}]\nload: {{ops: 10, scaling: strong}}\n{}\n"


def cells(models="serial", more=""):
    """The cells of an experiment, those that cannot run included."""
    return make_plan(parse_text(TEXT.format(models, more), "x.yaml"), 2).cells


def test_trials_are_fresh_processes_unless_forks_are_asked_for():
    """The key is not part of the cell then, so that older runs have the same cells; a cell of forks is another one."""
    (usual,), (said,), (forked,) = (
        cells(),
        cells(more="measure: {isolation: process}"),
        cells(more="measure: {isolation: fork}"),
    )
    assert usual.id == said.id != forked.id
    assert [one.runtime.is_forked for one in (usual, said, forked)] == [False, False, True]
    assert forked.runtime.settings == {"isolation": "fork"}


def test_nothing_of_it_travels_to_the_trial():
    """No field of its request, no variable and no flag; so no probe has to read it back."""
    (one,) = cells(more="measure: {isolation: fork}")
    assert (one.runtime.request(), one.runtime.variables(), one.runtime.flags()) == ({}, {}, [])
    (pinned,) = cells(more="measure: {isolation: fork, pin: one}")
    assert pinned.runtime.request() == {"pin": "one", "read_back": ["pin"]}


def test_models_that_need_a_process_of_their_own_have_one():
    """Those with installed packages, and interpreters; models of the standard library are forked."""
    forked = {
        one.axes["model"]: one.runtime.is_forked
        for one in cells(
            "serial, threads, processes, asyncio, interpreters, loky, dask, mpi, simulated",
            "measure: {isolation: fork}",
        )
    }
    assert {name for name, is_forked in forked.items() if is_forked} == {"serial", "threads", "processes", "asyncio"}


@pytest.mark.parametrize("key", ["isolation", "measure.isolation"])
def test_it_is_an_axis(key):
    """A cell for each way; one, without a label, where a model can only have a process of its own."""
    found = [
        (one.axes["model"], one.axes[key], one.runtime.is_forked)
        for one in cells("serial, loky", f"sweep: {{{key}: [process, fork]}}")
    ]
    assert found == [("serial", "process", False), ("serial", "fork", True), ("loky", None, False)]


def test_elsewhere_than_on_linux_it_is_not_supported(monkeypatch):
    """The reason says what to leave out; fresh processes are not affected."""
    monkeypatch.setattr(interpreter_settings, "sys", SimpleNamespace(platform="darwin"))
    forked, fresh = cells(more="sweep: {isolation: [fork, process]}")
    assert forked.reason == "trials can be forked on Linux only: leave out `isolation: fork`"
    assert fresh.reason == ""


def test_another_word_is_refused():
    """With the words that would be right."""
    with pytest.raises(InputError, match=r"(?s)isolation.*process.*fork"):
        cells(more="measure: {isolation: forked}")
