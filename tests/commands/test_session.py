"""A session: the time left, the question before a long run, what is kept, and the log."""

import pytest

from concexp.commands import session as module
from concexp.commands.progress import Silent
from concexp.commands.questions import Questions
from concexp.commands.run_log import NAME, RunLog
from concexp.commands.session import Session
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.run.durations import Durations
from concexp.run.forecast import forecast
from concexp.run.outlook import Outlook

COUNTED = """\
workload: [cpu_sum, sleep]
model: [serial, threads]
load: {ops: 10, scaling: strong}
measure: {MORE}
"""
TIMED = COUNTED.replace("ops: 10, scaling: strong", "duration: 2s")


class Display(Silent):
    """Keeps what is said."""

    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)


class Clock:
    """A monotonic clock that a test sets."""

    now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def started(text, answer=None, done=0, more="repetitions: 100"):
    """A session of a plan, with what was shown, and the questions; `answer` None: it may not ask."""
    spec = parse_text(text.replace("MORE", more), "x.yaml")
    plan = make_plan(spec, 2)
    prompts = []

    def read(prompt):
        prompts.append(prompt)
        return answer

    one = Session(Display(), Questions(answer is not None, read), RunLog())
    durations = Durations()
    one.foreseen(forecast(spec, plan, durations), Outlook(plan, durations))
    one.run_started(len(plan.trials), done)
    return one, plan.trials, prompts


def run(one, clock, trials, seconds):
    """Let trials end, each after this long; sentinels after a fifth of a second."""
    for trial in trials:
        one.trial_started(trial)
        clock.now += 0.2 if trial.role == "sentinel" else seconds
        one.trial_ended({"trial": trial.id, "status": "ok", "reason": ""})


def test_the_first_trials_show_how_long_it_takes(clock):
    """1,200 trials of 3 s: after a few of them the session says an hour or so, once; then the time left goes down."""
    one, trials, _ = started(COUNTED, more="repetitions: 240")
    assert len(trials) == 1221
    assert "counted operations" in one.display.said[0]
    run(one, clock, trials[:8], 3.0)
    (told,) = one.display.said[1:]
    assert told.startswith("takes about ")
    assert "as the first" in told
    truth = sum(0.2 if trial.role == "sentinel" else 3.0 for trial in trials[8:])
    assert truth / 1.5 < one.seconds_left < 1.5 * truth
    run(one, clock, trials[8:800], 3.0)
    assert len(one.display.said) == 2
    assert one.display.left.endswith("min")
    assert one.seconds_left < 0.6 * truth


def test_a_long_run_is_asked_about_before_it_starts(clock):
    """Where the loads give the time; no answer but "no" ends it, and then nothing is lost."""
    with pytest.raises(KeyboardInterrupt):
        started(TIMED, answer="n\n")
    _, _, prompts = started(TIMED, answer="\n")
    assert len(prompts) == 1
    assert "Go on?" in prompts[0]


def test_it_is_asked_about_once_the_first_trials_show_it(clock):
    """Where operations are counted: once, after about ten seconds, and what has run is kept."""
    one, trials, prompts = started(COUNTED, answer="n\n")
    with pytest.raises(KeyboardInterrupt):
        run(one, clock, trials, 3.0)
    assert len(prompts) == 1
    assert module.FIRST_TRIALS <= one.done <= 6
    assert clock.now - Clock.now >= module.FIRST_S


@pytest.mark.parametrize(("window", "more"), [("2s", "budget: 9m"), ("20ms", "budget: 1h")])
def test_a_short_run_is_not_asked_about(clock, window, more):
    """One that its budget ends within ten minutes, or that takes no longer."""
    assert started(TIMED.replace("2s", window), answer="n\n", more=f"repetitions: 100, {more}")[2] == []


def test_nothing_is_asked_without_a_terminal(clock):
    """A script's run of an hour begins at once."""
    one, trials, prompts = started(TIMED)
    run(one, clock, trials[:50], 6.0)
    assert (prompts, one.done) == ([], 50)


def test_what_is_kept_is_said(clock, tmp_path):
    """The number of trials and the folder, once there is one."""
    one, trials, _ = started(COUNTED, done=3)
    assert one.kept == "nothing was measured yet"
    one.opened(tmp_path)
    run(one, clock, trials[3:8], 0.1)
    one.log.close()
    assert one.kept == f"every finished trial is kept: 8 of {len(trials)} trials in {tmp_path}"


def test_the_log_has_what_started_when_and_what_went_wrong(clock, tmp_path):
    """Each trial at its start, notes, and each ending that was not good."""
    one, trials, _ = started(COUNTED)
    one.opened(tmp_path)
    one.trial_started(trials[0])
    one.trial_ended({"trial": trials[0].id, "status": "timeout", "reason": "no answer after 60 s"})
    one.note("block 0: the machine gives 1.50 of 2 CPUs")
    one.log.close()
    text = (tmp_path / NAME).read_text()
    assert f"trial 1/{len(trials)}, block 0: " in text
    assert "timeout: no answer after 60 s" in text
    assert "gives 1.50 of 2 CPUs" in text
