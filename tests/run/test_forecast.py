"""How long a plan will take."""

import pytest

from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.run.agreement import WINDOW
from concexp.run.durations import SENTINEL_S, TRIAL_OVERHEAD_S, known_before, with_spins
from concexp.run.forecast import duration_text, forecast
from concexp.run.storage import journal

TIMED = "workload: sleep\nmodel: [serial, threads]\nload: {duration: 1s}\nmeasure: {MORErepetitions: 4, warmup: 1, iterations: 2}\n"
COUNTED = TIMED.replace("duration: 1s", "ops: 10, scaling: strong")


def foreseen(text, runs, more="", host="here"):
    spec = parse_text(text.replace("MORE", more), "x.yaml")
    return forecast(spec, make_plan(spec, 2), known_before(runs, spec.measure, host))


def past(runs, name, seconds, host="here", **measure):
    """Write the journal of an earlier run whose trials took so long."""
    plan = make_plan(parse_text(TIMED.replace("MORE", ""), "x.yaml"), 2)
    counted = make_plan(parse_text(COUNTED.replace("MORE", ""), "x.yaml"), 2)
    (runs / name).mkdir(parents=True)
    with journal.Writer(runs / name / journal.NAME) as writer:
        writer.begin({"spec": {"measure": {"warmup": 1, "iterations": 2, **measure}}})
        for trial in (*plan.trials, *counted.trials):
            own = {"trial": trial.id, "role": trial.role, "cell": trial.cell.id}
            writer.append({**own, "host": host, "duration_s": seconds})


def test_from_loads(tmp_path):
    """The windows of all passes, what a trial takes beside them, the sentinel, and the spinners between them."""
    found = foreseen(TIMED, tmp_path)
    block = 3 * (3 * 1.0 + TRIAL_OVERHEAD_S) + SENTINEL_S  # two cells and a control; warm-up counts
    assert found.seconds == found.most == pytest.approx(with_spins(4 * block))
    assert (found.measured, found.loads, found.unknown) == (0, 16, 0)
    assert found.text == "takes about 41 s (foreseen: 16 trials from their loads)"


def test_trials_that_compare_answers(tmp_path):
    """Of user code one trial for each way of running it and the reference; not of what returns nothing to be compared."""
    (tmp_path / "mine.py").write_text("def work(): return 1\n")
    text = "workload: {ENTRY}\nmodel: [serial, threads]\nsweep: {workers: [2, 4]}\nload: {duration: 1s}\n"

    def of(entry, **known):
        spec = parse_text(text.replace("{ENTRY}", entry), str(tmp_path / "x.yaml"))
        plan = make_plan(spec, 2)
        return forecast(spec, plan, known_before(tmp_path, spec.measure, "here"), **known)

    found, before = of("mine.py:work"), of("mine.py:work", answers_known=True)
    assert (found.compared, before.compared) == (3, 0)  # serial, and threads with 2 and 4 workers
    assert found.seconds - before.seconds == pytest.approx(3 * (TRIAL_OVERHEAD_S + WINDOW))
    assert "; 0.8 s of it for 3 trials that compare returned values" in found.text
    assert "compare" not in before.text
    assert of("{call: {target: mine.py:work, returns: any}}").compared == 0
    assert of("cpu_sum").compared == 0
    assert found.data["trials_compared"] == 3


def test_from_earlier_runs(tmp_path):
    """The median of what the same cells took, also where operations are counted; the latest whole runs alone."""
    for number, seconds in enumerate((900.0, 2.0, 3.0, 2.5)):
        past(tmp_path, f"2026010{number}", seconds)
    for number in range(3):
        past(tmp_path, f"2026020{number}", 0.1, iterations=1)  # quick passes in between
    for text in (TIMED, COUNTED):
        found = foreseen(text, tmp_path)
        assert found.seconds == pytest.approx(with_spins(4 * 4 * 2.5))
        assert (found.measured, found.loads, found.unknown) == (16, 0, 0)
    assert "16 trials from earlier runs" in found.text


def test_what_tells_nothing_is_left_out(tmp_path):
    """Other machines, other numbers of passes, damaged and empty journals: as if they were not there."""
    past(tmp_path, "1", 9.0, host="elsewhere")
    past(tmp_path, "2", 9.0, iterations=1)
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / journal.NAME).write_bytes(b"no journal\nat all\n")
    assert foreseen(TIMED, tmp_path) == foreseen(TIMED, tmp_path / "nowhere")


def test_counted_operations_are_unknown_before_a_first_run(tmp_path):
    """Nothing is made up: of the trials that cannot be foreseen, the start-up alone counts, and the text says so."""
    found = foreseen(COUNTED, tmp_path)
    assert (found.measured, found.loads, found.unknown) == (0, 4, 12)
    assert found.seconds == pytest.approx(with_spins(4 * (3 * TRIAL_OVERHEAD_S + SENTINEL_S)))
    assert found.text.startswith("takes at least ")
    assert found.text.endswith("of 12 trials of counted operations the start-up alone)")
    alone = foreseen(COUNTED.replace("repetitions: 4", "repetitions: 1"), tmp_path)
    assert alone.text == (
        "takes at least 1.1 s, to start 2 trials: how long their counted operations take shows once the first have run"
    )


def test_a_simulated_run_takes_no_time(tmp_path):
    """No child, no spinners."""
    text = TIMED.replace("[serial, threads]", "[simulated, {simulated: {speed: 5}, as: slow}]")
    assert foreseen(text, tmp_path).seconds == 0
    assert foreseen(text, tmp_path).text == "takes less than 0.1 s"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("budget: 10m, ", None),
        ("budget: 20s, ", "; the budget of 20 s will end it before: about 1 of 4 repetitions fit"),
        ("budget: 1s, ", "; the budget of 1.0 s will end it before: about 1 of 4 repetitions fit"),
        ("precision: 3%, max_repetitions: 20, ", " for 8 repetitions, 3.4 min if some cell needs 20 (foreseen"),
        ("max_repetitions: 9, ", " for 4 repetitions, 1.5 min if some cell needs 9 (foreseen"),
        ("precision: 3%, budget: 2m, ", "; the budget of 2.0 min may end it before every interval is narrow enough"),
        ("precision: 3%, budget: 1m, ", "; the budget of 60 s will end it before: about 5 of 8 repetitions fit"),
    ],
)
def test_what_a_budget_does_is_said_before(tmp_path, more, says):
    """Whether the budget will, may or won't end the run before."""
    text = foreseen(TIMED, tmp_path, more).text
    assert ("budget" not in text) if says is None else (says in text), text


def test_data_for_programs(tmp_path):
    """The same as numbers."""
    data = foreseen(TIMED, tmp_path, "precision: 3%, budget: 2m, ").data
    assert data["most_seconds"] > data["budget_seconds"] == 120.0 > data["seconds"]
    assert data["trials_from_loads"] == 32


@pytest.mark.parametrize(("seconds", "text"), [(0.31, "0.3 s"), (45.4, "45 s"), (300, "5.0 min"), (7200, "2.0 h")])
def test_times_in_words(seconds, text):
    """Seconds, minutes or hours."""
    assert duration_text(seconds) == text
