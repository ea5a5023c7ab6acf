"""What people see of a run while it measures."""

import io
import json
import sys

import pytest
from rich.cells import cell_len
from rich.console import Console

from concexp import experiment
from concexp.commands import progress
from concexp.plan.planner import make_plan


@pytest.fixture
def terminal(monkeypatch):
    """A terminal of which the width is known."""
    monkeypatch.setenv("TERM", "xterm-256color")


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
    assert lines[2] == f"4/4 {progress.trial_label(trials[3])}"
    assert len(lines) == 3


def test_plain_lines_come_every_ten_seconds_with_the_time_left(trials, capsys, monkeypatch):
    """A line comes every ten seconds, with the time left as the session knows it."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    plain = progress.PlainLines()
    plain.run_started(400, 300)
    for _ in range(50):
        now[0] += 1
        plain.left = f"{400 - plain.done} s"
        plain.trial_started(trials[0])
        plain.trial_ended(record(trials[0]))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "400 trials, 300 of them from before"
    assert [line.split(" ")[0] for line in lines[1:]] == ["310/400", "320/400", "330/400", "340/400", "350/400"]
    assert lines[1].endswith(" · 91 s left")
    assert lines[-1].endswith(" · 51 s left")


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


def test_the_bar_shows_cell_machine_and_failures(trials, terminal):
    """The bar shows the current cell, effective CPUs and the number of bad trials; names are not read as markup."""
    bar = progress.Bar()
    seen = io.StringIO()
    bar.console.file = seen
    bar.console.width = 160
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


def test_a_terminal_gets_a_bar_and_a_file_gets_lines(monkeypatch):
    """`auto` depends on stderr; `plain` and `none` do not."""
    assert type(progress.progress_display("none")) is progress.Silent
    assert type(progress.progress_display("plain")) is progress.PlainLines
    assert type(progress.progress_display("auto")) is progress.PlainLines
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert type(progress.progress_display("auto")) is progress.Bar
    assert isinstance(progress.Bar().progress.console, Console)


def test_with_verbose_each_trial_has_a_line(trials, capsys):
    """So have notes, which otherwise only the bar shows."""
    plain = progress.PlainLines(verbose=True)
    plain.run_started(len(trials), 0)
    plain.note("block 0: the machine gives 1.50 of 2 CPUs")
    for trial in trials:
        plain.trial_started(trial)
        plain.trial_ended(record(trial))
    lines = capsys.readouterr().err.splitlines()
    assert lines[1] == "block 0: the machine gives 1.50 of 2 CPUs"
    assert lines[2:] == [f"{number}/4 {progress.trial_label(trial)}" for number, trial in enumerate(trials, 1)]


@pytest.mark.parametrize(
    ("text", "room", "short"),
    [
        ("abc", 3, "abc"),
        ("abcdefghij", 5, "ab…ij"),
        ("abcdefghij", 6, "ab…hij"),
        ("a very long label · 2 workers", 17, "a very l…workers"),
        ("日本語日本語", 7, "日…本語"),
        ("abc", 1, "…"),
        ("a\n\tb", 3, "a b"),
        ("a" * 1_000_000, 5, "aa…aa"),
    ],
)
def test_a_long_text_loses_its_middle(text, room, short):
    """What is left is on one line, has both ends, and takes no more columns than there are."""
    assert progress.shortened(text, room) == short
    assert progress.cell_len(short) <= room


@pytest.mark.parametrize("label", [60 * "long", "x" * 300, "線程" * 100, "a\n\tb" * 40])
@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_numbers_stay_within_the_width_whatever_the_label(write, width, label, terminal):
    """The count, the time left and the number of bad trials are on the bar's one line; the label gives way."""
    text = f"workload: {{counter: {{}}, as: {json.dumps(label)}}}\nmodel: threads\nmeasure: {{repetitions: 1}}\n"
    (trial, *_) = make_plan(experiment.load(write("x.yaml", text)), 2).trials
    bar = progress.Bar()
    seen = io.StringIO()
    bar.console.file, bar.console.width = seen, width
    bar.run_started(1200, 345)
    bar.left = "12.5 min"
    bar.note("block 0: the machine gives 1.50 of 2 CPUs")
    bar.trial_started(trial)
    bar.bad = 3
    bar._show()
    (task,) = bar.progress.tasks
    with bar.console.capture() as capture:
        bar.console.print(bar.progress.get_renderable())
    bar.close()
    line, *more = capture.get().splitlines()
    assert more == []
    assert cell_len(line) <= width
    assert "…" in task.description
    if width >= 60:
        assert "345/1200" in line
        assert "12.5 min left" in line
        assert "3 not ok" in line


def test_no_color_is_heeded(monkeypatch):
    """NO_COLOR leaves a terminal without colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    for coloured in (True, False):
        monkeypatch.delenv("NO_COLOR", raising=False)
        if not coloured:
            monkeypatch.setenv("NO_COLOR", "1")
        bar = progress.Bar()
        seen = io.StringIO()
        bar.console.file = seen
        bar.console.print("it crashed", style="red")
        assert ("\x1b[31m" in seen.getvalue()) is coloured


@pytest.mark.parametrize("display", [progress.PlainLines, progress.Bar])
def test_a_long_reason_is_cut_on_the_terminal(trials, capsys, display, terminal):
    """The page has all of it; here its beginning and its end are left."""
    shown = display()
    shown.run_started(2, 0)
    shown.trial_started(trials[0])
    shown.trial_ended(record(trials[0], "failed", "begin\n" + 5000 * "x" + "end"))
    shown.close()
    said = " ".join(capsys.readouterr().err.split())
    assert "failed: begin xx" in said
    assert "xend" in said
    assert said.count("x") < progress.LONGEST_REASON
