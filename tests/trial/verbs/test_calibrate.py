"""How many rounds of a loop are a second of work: the fastest of many runs, whatever disturbs the others."""

import itertools

import pytest

from concexp.trial.verbs import calibrate
from tests.helpers.children import ask


def test_only_undisturbed_runs_count(monkeypatch):
    """Nine of ten runs are hindered, three are favoured by the clock: the pace is that of those in between."""
    clock, hindrance = (
        [0.0],
        itertools.chain(
            itertools.repeat(1.0, 5), [0.5] * 3, itertools.cycle([1.5, 1.4, 1.0, 3.0, 1.1, 1.2, 1.6, 2.0, 9.0, 1.3])
        ),
    )

    def loop(rounds, x):
        clock[0] += rounds * 2e-6 * next(hindrance)

    monkeypatch.setattr(calibrate, "thread_time_ns", lambda: round(clock[0] * 1e9))
    assert calibrate.pace(loop) == 500_000


def test_a_clock_that_stands_still_is_no_division_by_zero(monkeypatch):
    """However coarse the clock, there is a pace."""
    times = itertools.chain([0, 10**9], itertools.repeat(2 * 10**9))
    monkeypatch.setattr(calibrate, "thread_time_ns", lambda: next(times))
    assert calibrate.pace(lambda rounds, x: None) > 0


@pytest.mark.parametrize(
    ("workloads", "loops"),
    [
        ([("spin", {})], ["_busy.spin"]),
        ([("mixed", {}), ("spin", {})], ["_busy.spin", "mixed.derive"]),
        ([("uneven_tasks", {"by": "sleep"}), ("cpu_sum", {}), ("pipeline", {"busy": 0.0})], []),
    ],
)
def test_a_child_measures_the_loops_that_are_needed(workloads, loops):
    """One child measures every loop that the workloads name, each once, and none where their parameters need none."""
    entries = [{"name": name, "parameters": parameters} for name, parameters in workloads]
    pace = ask({"verb": "calibrate", "workloads": entries}).answer["pace"]
    assert sorted(pace) == loops
    assert all(type(rounds) is int and rounds >= 1 for rounds in pace.values())
