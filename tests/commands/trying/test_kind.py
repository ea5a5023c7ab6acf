"""What short trials showed -> the kind of work."""

import pytest

from concexp.commands.trying.kind import Facts, Kind


def facts(**more):
    """A function that computes for 5 ms a call under the GIL, unless `more` says otherwise."""
    return Facts(**{"form": "function", "op_s": 0.005, "busy": 1.0, "used": 1.0, "wanted": 1.1, "gain": 1.0, **more})


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, Kind.holds),
        ({"used": 0.9, "wanted": 1.9, "gain": 0.9}, Kind.holds),  # beside a program that computes
        ({"used": 0.2, "wanted": 3.9, "gain": 0.2}, Kind.computes),  # beside many of them
        ({"used": 1.9, "wanted": 3.9, "gain": 1.9}, Kind.releases),
        ({"used": 1.0, "wanted": 3.6, "gain": 1.0}, Kind.releases),  # on one CPU: they all want one
        ({"used": 1.9, "wanted": 3.9, "gain": 1.9, "gil": False}, Kind.free),
        ({"used": 0.9, "wanted": 2.7, "gain": 0.9}, Kind.computes),
        ({"used": None, "wanted": None, "gain": None}, Kind.computes),
        ({"locks": ("LOCK (my.py:3)",)}, Kind.shares),
        ({"busy": 0.02, "used": 0.08, "wanted": 0.1, "gain": 3.9}, Kind.waits),
        ({"busy": 0.02, "used": 0.02, "wanted": 0.03, "gain": 1.0}, Kind.shares),
        ({"busy": 0.5, "used": 0.2, "wanted": 2.5, "gain": 0.6}, Kind.mixed),  # what it waits for is a CPU
        ({"busy": 0.5, "used": 0.95, "wanted": 1.1, "gain": 1.8}, Kind.mixed),
        ({"busy": 0.75, "used": 0.95, "wanted": 1.1, "gain": 1.2}, Kind.mixed),  # what it waits for is the GIL
        ({"form": "coroutine function", "busy": 0.1, "gain": 3.5, "loop_gain": 3.9}, Kind.awaits),
        ({"form": "coroutine function", "busy": 0.1, "gain": 3.5, "loop_gain": 1.0, "blocks": True}, Kind.blocks),
        ({"form": "coroutine function", "loop_gain": 1.0}, Kind.holds),
    ],
)
def test_each_kind_is_known_by_what_the_trials_showed(more, kind):
    """CPU time and the wait for a CPU tell what holds the GIL from what does not, also on a machine that gives few CPUs."""
    assert facts(**more).kind is kind


def test_results_are_large_where_sending_them_takes_long():
    """Size alone does not matter, nor does the time of a pool that hands over nothing large."""
    assert facts(result=1 << 20, sending=0.004).has_large_results
    assert not facts(result=1 << 20, sending=0.0005).has_large_results
    assert not facts(result=100, sending=0.004).has_large_results
    assert not facts(result=None, sending=None).has_large_results


def test_warnings_name_the_lock_and_why_pools_refuse():
    """A lock of the module is named with its line, a refusal with its reason."""
    (lock,) = facts(locks=("LOCK (my.py:3)",)).warnings
    assert "LOCK (my.py:3)" in lock
    assert "each process has a copy" in lock
    found = facts(refused="a lambda cannot be pickled")
    assert found.sent
    assert found.traits == ["no pool of processes can take it"]
    assert found.warnings == ["a lambda cannot be pickled"]
    assert facts().warnings == []
