"""The look at the machine before a run: what is said, and what a user can choose."""

import pytest

from concexp.commands import machine_check
from concexp.commands.progress import Silent
from concexp.commands.questions import Questions
from concexp.commands.run_log import NAME, RunLog
from concexp.commands.session import Session
from concexp.errors import Interrupted
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from tests.helpers.machines import QUIET

REAL = "workload: cpu_sum\nmodel: serial\n"


class Display(Silent):
    """Keeps what is said."""

    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


class Others:
    """What other programs use, one look after the other."""

    def __init__(self, *cpus):
        self.rest = list(cpus)

    def __call__(self):  # a new watch
        return self

    def cpus(self):
        return self.rest.pop(0)


@pytest.fixture
def machine(monkeypatch):
    """A quiet machine apart from what `Others` use; a wait takes no time."""
    facts = {name: value for name, value in QUIET.items() if name not in ("other_cpus", "effective_cpus")}
    monkeypatch.setattr(machine_check.facts, "facts", lambda: dict(facts))
    monkeypatch.setattr(machine_check.neighbours, "busiest", lambda: "make (process 12)")
    monkeypatch.setattr(machine_check.time, "sleep", lambda seconds: None)
    return facts


def look(others, answer=None, text=REAL, log=None):
    """Look around; returns what was said, and the facts."""
    session = Session(Display(), Questions(answer is not None, lambda prompt: answer), log or RunLog())
    session.watch = others
    facts = machine_check.look_around(session, make_plan(parse_text(text, "x.yaml"), 2))
    return session.display.said, facts


def test_a_quiet_machine_is_not_talked_about(machine):
    """Nothing is said, and the manifest gets the facts."""
    said, facts = look(Others(0.1))
    assert (said, facts["other_cpus"]) == ([], 0.1)


def test_a_busy_machine_is_said_and_nobody_is_asked_without_a_terminal(machine):
    """One line, with the program; the run goes on."""
    (line,), facts = look(Others(2.0))
    assert line.startswith(
        "danger: other programs: they keep 2.00 of 4 usable CPUs busy now, above all make (process 12)"
    )
    assert facts["other_cpus"] == 2.0
    assert "busiest" not in facts  # a name is for the user's eyes, not for a page


def test_on_a_terminal_one_can_wait(monkeypatch, machine):
    """Until others are quiet for some seconds in a row; the manifest has the machine as it is then."""
    others = Others(2.0, 2.0, 0.1, 3.0, 0.1, 0.1, 0.2)
    monkeypatch.setattr(machine_check, "Watch", others)
    said, facts = look(others, "w\n")
    assert others.rest == []
    assert facts["other_cpus"] == 0.2
    assert said[1:] == [
        "waiting until other programs are quiet; Ctrl-C ends it",
        "the machine is quiet",
    ]


def test_on_a_terminal_one_can_go_on_or_stop(machine):
    """Both at once."""
    assert len(look(Others(2.0), "g\n")[0]) == 1
    with pytest.raises(Interrupted):
        look(Others(2.0), "q\n")


def test_a_simulated_run_is_disturbed_by_nothing(machine):
    """Nothing is measured, so nothing is looked at."""
    assert "other_cpus" not in look(Others(), text="workload: cpu_sum\nmodel: simulated\nload: {ops: 10}\n")[1]


def test_the_log_names_no_program_of_others(machine, tmp_path):
    """It is committed with the run; that others computed stands there."""
    log = RunLog()
    look(Others(2.0), log=log)
    log.open(tmp_path)
    log.close()
    text = (tmp_path / NAME).read_text()
    assert "danger: other programs: they keep 2.00 of 4 usable CPUs busy now" in text
    assert "make" not in text
