"""What people see of a run while it measures."""

import io
import sys

import pytest
from rich.cells import cell_len
from rich.console import Console

from concexp import experiment
from concexp.commands import progress
from concexp.plan.planner import make_plan


@pytest.fixture
def trials(write):
    """The trials of a small plan."""
    text = (
        "workload: counter\nmodel: threads\nsync: [none, lock]\nsweep: {workers: [1, 2]}\nmeasure: {repetitions: 1}\n"
    )
    return make_plan(experiment.load(write("x.yaml", text)), 2).trials


def record(trial, status="ok", reason=""):
    return {"trial": trial.id, "status": status, "reason": reason}


def test_the_label_of_a_trial(trials):
    """The label has the primitive if there is one, and the number of workers in the right grammatical number."""
    labels = {progress.trial_label(trial) for trial in trials}
    assert labels == {
        f"counter · threads · {sync}{count}" for sync in ("", "lock · ") for count in ("1 worker", "2 workers")
    }


def test_plain_lines_for_bad_trials_and_the_end(trials, capsys):
    """There is a line with the number of trials, one per bad trial with its reason, and one for the last; none per good one."""
    plain = progress.PlainLines()
    plain.run_started(len(trials), 0)
    for number, trial in enumerate(trials):
        plain.trial_started(trial)
        plain.trial_ended(record(trial, "timeout", "it hung") if number == 1 else record(trial))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "4 trials"
    assert lines[1] == f"2/4 {progress.trial_label(trials[1])}: timeout: it hung"
    assert lines[2] == f"4/4 {progress.trial_label(trials[3])} · 0 s left"
    assert len(lines) == 3


def test_plain_lines_come_every_ten_seconds_with_the_time_left(trials, capsys, monkeypatch):
    """A line comes every ten seconds; the time left follows from this session's trials, not from earlier ones."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    plain = progress.PlainLines()
    plain.run_started(400, 300)
    for _ in range(50):
        now[0] += 1
        plain.trial_started(trials[0])
        plain.trial_ended(record(trials[0]))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "400 trials, 300 of them from before"
    assert [line.split(" ")[0] for line in lines[1:]] == ["310/400", "320/400", "330/400", "340/400", "350/400"]
    assert lines[1].endswith("2 min left")
    assert lines[-1].endswith("50 s left")


def test_plain_lines_of_an_open_end(trials, capsys):
    """The forecast comes first; added trials count towards the total, and the end of a block gets no line."""
    plain = progress.PlainLines()
    plain.forecast("takes about 3 s")
    plain.run_started(2, 0)
    for trial in trials[:2]:
        plain.trial_started(trial)
        plain.trial_ended(record(trial))
    plain.trials_added(2)
    for trial in trials[2:]:
        plain.trial_started(trial)
        plain.trial_ended(record(trial))
    assert (plain.done, plain.total) == (4, 4)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["takes about 3 s", "2 trials"]
    assert [line.split(" ")[0] for line in lines[2:]] == ["2/2"]


def test_the_bar_shows_cell_machine_and_failures(trials):
    """The bar shows the current cell, effective CPUs and the number of bad trials; names are not read as markup."""
    bar = progress.Bar()
    seen = io.StringIO()
    bar.progress.live.console = bar.progress.console  # keep one console
    bar.progress.console.file = seen
    bar.forecast("takes about [3 s]")
    bar.run_started(3, 1)
    bar.trials_added(1)
    bar.trial_started(trials[0])
    bar.note("block 0: the machine gives 1.50 of 2 CPUs")
    bar.trial_ended(record(trials[0], "failed", "[bold]no markup[/bold]"))
    bar.close()
    (task,) = bar.progress.tasks
    assert (task.completed, task.total) == (2, 4)
    assert task.fields["bad"] == "[red]1 not ok"
    assert task.fields["machine"] == "the machine gives 1.50 of 2 CPUs"
    assert "[bold]no markup[/bold]" in seen.getvalue()
    assert "takes about [3 s]" in seen.getvalue()


@pytest.mark.parametrize("label", ["x" * 300, "線程" * 100, "a\n\tb" * 40])
def test_long_labels_leave_the_numbers_their_place(write, label):
    """On a terminal of 80 columns the description is cut, so that the bar and its numbers stay in the line."""
    text = f"workload: counter\nmodel: {{threads: {{}}, as: {label!r}}}\nmeasure: {{repetitions: 1}}\n".replace(
        "'", '"'
    )
    (trial, *_) = make_plan(experiment.load(write("x.yaml", text)), 2).trials
    bar = progress.Bar()
    bar.progress.live.console = bar.progress.console
    bar.progress.console.file, bar.progress.console.width = io.StringIO(), 80
    bar.run_started(3, 1)
    bar.trial_started(trial)
    (task,) = bar.progress.tasks
    bar.close()
    assert cell_len(task.description) <= 20
    assert "…" in task.description
    assert "1/3" in bar.progress.console.file.getvalue()
    assert len(progress.trial_label(trial)) < 3 * progress.LONGEST_LABEL


def test_a_terminal_gets_a_bar_and_a_file_gets_lines(monkeypatch):
    """`auto` depends on stderr; `plain` and `none` do not."""
    assert type(progress.progress_listener("none")) is progress.Silent
    assert type(progress.progress_listener("plain")) is progress.PlainLines
    assert type(progress.progress_listener("auto")) is progress.PlainLines
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert type(progress.progress_listener("auto")) is progress.Bar
    assert isinstance(progress.Bar().progress.console, Console)
