"""Which facts make a trial's timing doubtful, and which do not: each limit from both sides."""

import pytest

from concexp import doubts
from tests import synthetic

QUIET = {"model": "processes", "workers": 2}


def codes(folder, effective=1.9, **cell):
    """The doubts of the one cell's trials."""
    run = synthetic.write(folder, [synthetic.cell(**{**QUIET, **cell})], effective=effective, repetitions=3)
    return set(run.trials["doubts"])


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("", {}),
        ("machine", {"effective": 1.79}),
        ("", {"effective": 1.81}),
        ("", {"effective": 1.0, "wants": "io"}),
        ("", {"effective": 1.0, "workers": 1}),
        ("", {"effective": 1.0, "model": "asyncio"}),  # one thread of execution can use one CPU
        ("machine", {"effective": 1.0, "model": "threads", "workers": 8}),  # eight could use both
        ("machine", {"facts": {"run_queue_wait_s": 0.11}}),
        ("", {"facts": {"run_queue_wait_s": 0.09}}),
        ("", {"facts": {"run_queue_wait_s": 9.0}, "workers": 4}),  # they stand in each other's way
        ("", {"facts": {"run_queue_wait_s": 9.0, "worker_ops": None}}),  # so do a pool's own threads
        ("", {"facts": {"run_queue_wait_s": 9.0, "cpu_s": 0.6}, "workers": 1}),  # more than one worker can use
        ("", {"facts": {"run_queue_wait_s": 9.0}, "wants": "io"}),
        ("skew", {"facts": {"start_skew_s": 0.06}}),
        ("", {"facts": {"start_skew_s": 0.04}}),
        ("", {"facts": {"start_skew_s": 0.4}, "model": "asyncio"}),
        ("too_short", {"facts": {"wall_s": 0.24}, "model": "threads"}),  # 50 switch intervals of 5 ms
        ("", {"facts": {"wall_s": 0.26}, "model": "threads"}),
        ("", {"facts": {"wall_s": 0.24}, "model": "threads", "answer": {"switch_interval": 0.001}}),
        ("too_short", {"facts": {"wall_s": 0.24}, "model": "threads", "answer": {"switch_interval": None}}),
        ("", {"facts": {"wall_s": 0.011}, "model": "threads", "wants": "io"}),
        ("", {"facts": {"wall_s": 0.011}, "model": "threads", "workers": 1}),
        ("too_short", {"facts": {"wall_s": 0.009}}),
        ("server_bound", {"facts": {"server_cpu_s": 0.36}}),
        ("", {"facts": {"server_cpu_s": 0.34}}),
        ("gil_changed", {"answer": {"gil_end": False}}),
        ("", {"answer": {"gil_end": None}}),
        ("traced", {"answer": {"traced": True}}),
        ("machine,skew", {"effective": 1.0, "facts": {"start_skew_s": 0.06}}),
    ],
)  # fmt: skip
def test_each_limit(tmp_path, code, given):
    """A fact beyond its limit gives its code, one within none."""
    assert codes(tmp_path, **given) == {code}


def test_leftover(tmp_path):
    """A trial that left processes behind is doubtful."""
    assert codes(tmp_path, status="invalid", record={"left_behind": 1}) == {"leftover"}


def test_unknown_facts_are_no_reason(tmp_path):
    """What the system did not tell makes nothing doubtful."""
    facts = dict.fromkeys(("run_queue_wait_s", "server_cpu_s", "start_skew_s", "cpu_s"))
    answer = dict.fromkeys(("gil", "gil_end", "traced", "parallel"))
    assert codes(tmp_path, facts=facts, answer=answer, effective=None) == {""}


def test_trials_that_ended_badly_have_none(tmp_path):
    """A trial without numbers has no timing to doubt."""
    assert codes(tmp_path, status="failed", effective=1.0, wants="io") == {""}


def test_every_code_is_explained():
    """Each code that can be given has a meaning for the page."""
    assert set(doubts.MEANING) == {
        "machine", "skew", "too_short", "server_bound", "gil_changed", "traced", "leftover",
    }  # fmt: skip
