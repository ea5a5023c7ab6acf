"""What kind of hang it is: from two looks at the threads, the notes, and the stacks."""

import pytest

from concexp.run.child.hang import TICKS_PER_S, Snapshot, Thread, classify, sites

# Two workers at work in a user's file, and the trial's own thread, which waits for them.
STACKS = """\
Fatal Python error: Aborted

Thread 0x01 (most recent call first):
  File "/usr/lib/python3.11/threading.py", line 320 in wait
  File "/home/x/mine.py", line 5 in work
  File "/home/x/.cache/concexp/trial-ab/concexp/trial/workloads/_function.py", line 99 in work
  File "/home/x/.cache/concexp/trial-ab/concexp/trial/passes.py", line 72 in loop

Thread 0x02 (most recent call first):
  File "/home/x/mine.py", line 7 in work
  File "/home/x/.cache/concexp/trial-ab/concexp/trial/passes.py", line 72 in loop

Current thread 0x03 (most recent call first):
  File "/home/x/.cache/concexp/trial-ab/concexp/trial/measure.py", line 217 in one_pass
  File "/home/x/.cache/concexp/trial-ab/__main__.py", line 6 in <module>
"""
LOCK, SLEEP = "futex_do_wait", "hrtimer_nanosleep"


def looks(*threads, noted=(0, 0)):
    """Two looks, a second apart, at threads of (CPU seconds, switches, where it waits in the kernel or "" if it runs)."""
    first = {(1, n): Thread(not place, 0, 0, place) for n, (_, _, place) in enumerate(threads)}
    second = {
        (1, n): Thread(not place, int(cpu * TICKS_PER_S), switches, place)
        for n, (cpu, switches, place) in enumerate(threads)
    }
    return Snapshot(0.0, first, noted[0]), Snapshot(1.0, second, noted[1])


@pytest.mark.parametrize(
    ("kind", "why", "seen"),
    [
        ("deadlock", "all 3 threads waited", looks((0, 0, LOCK), (0, 0, LOCK), (0, 0, LOCK))),
        ("slow", "1 only slept", looks((0, 0, LOCK), (0, 0, SLEEP), (0, 0, LOCK))),
        ("slow", "it still got on", looks((0, 0, LOCK), (0, 0, LOCK), noted=(5, 10))),
        ("slow", "2.0 CPUs were busy", looks((1, 9, ""), (1, 9, ""), (0, 0, LOCK))),
        (
            "slow",
            "0.0 CPUs were busy",
            looks((0, 0, ""), (0, 0, ""), (0, 0, LOCK)),
        ),  # on a machine that is busy elsewhere
        ("starvation", "only 1 of 2 that were at work ran", looks((1, 9, ""), (0, 0, LOCK), (0, 0, LOCK))),
        ("livelock", "20,000 switches a second", looks((0.5, 10_000, ""), (0.5, 10_000, ""), (0, 0, LOCK))),
        ("livelock", "nothing was done", looks((1, 9, ""), (1, 9, ""), (0, 0, LOCK), noted=(5, 5))),
    ],
)
def test_the_kind_of_a_hang(kind, why, seen):
    """Who runs, who sleeps, who switches and what was noted tell the kinds apart."""
    found = classify(*seen, STACKS)
    assert (found["kind"], why in found["why"]) == (kind, True), found
    assert found["sites"] == ["1 × mine.py:5 in work", "1 × mine.py:7 in work"]


def test_nothing_is_said_where_nothing_was_seen():
    """Where the system tells nothing of threads, no kind is made up."""
    assert classify(Snapshot(0, {}, 0), Snapshot(1, {}, 0), STACKS) == {}


def test_a_users_file_beside_workloads_is_a_site():
    """Only concexp's own helpers of workloads are passed over: a user's folder may be called `workloads` too."""
    stacks = (
        "Thread 0x1 (most recent call first):\n"
        '  File "/cache/trial-1/concexp/trial/workloads/_function.py", line 8 in work\n'
        '  File "/home/x/workloads/_mine.py", line 5 in half\n'
    )
    assert dict(sites(stacks)) == {"_mine.py:5 in half": 1}


def test_a_task_stands_at_its_innermost_line():
    """The stack of a task is written the other way round, and a task that sleeps is not stuck."""
    task = (
        "Task Task-2 of process 7 (awaiting, innermost last):\n"
        '  File "/home/x/mine.py", line 3 in outer\n  File "/home/x/mine.py", line 9 in inner\n'
        '  File "/usr/lib/python3.11/asyncio/tasks.py", line 649 in sleep\n'
    )
    assert dict(sites(task)) == {"mine.py:9 in inner": 1}
    idle = looks((0, 0, "do_epoll_wait"))
    assert classify(*idle, task)["kind"] == "slow"
    assert classify(*idle, task.replace("in sleep", "in acquire"))["kind"] == "deadlock"


def test_a_trial_that_was_stopped_is_no_deadlock():
    """SIGSTOP keeps threads from running without any lock; the reason says so."""
    threads = {(1, 1): Thread(False, 0, 0, "do_signal_stop", is_stopped=True)}
    found = classify(Snapshot(0.0, threads, 0), Snapshot(1.0, threads, 0), STACKS)
    assert found["kind"] == "slow"
    assert "all threads were stopped by a signal" in found["why"]
