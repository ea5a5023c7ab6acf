"""How many rounds of a loop fill a second of CPU time: measured once per run, so that all trials do the same work.

CPU time is measured, not wall time: another process that takes the CPU for a moment does not make the work shorter. What
disturbs a run can only slow it down, so of many short runs the fastest count; not the very fastest, where the clock may err.
"""

from concexp.trial.own_time import thread_time_ns
from concexp.trial.plugin import load_plugin
from concexp.trial.tools import loop_name

# A run is long enough to bury the clock's own cost, and short enough to end before the scheduler interrupts it.
SHORTEST_RUN = 0.002
RUNS = 100
FASTEST = 10


def answer(request):
    """The answer to {"verb": "calibrate", "workloads": [{"name": …, "parameters": {…}}, …]}.

    {"pace": {name of a loop: rounds per second of CPU time}} for all loops that these workloads name.
    """
    loops = [loop for entry in request["workloads"] for loop in load_plugin("workloads", entry).loops]
    return {"pace": {loop_name(loop): pace(loop) for loop in dict.fromkeys(loops)}}


def pace(loop):
    """How many rounds `loop(rounds, x)` does in a second of this thread's CPU time, where nothing hinders it; an int >= 1."""
    rounds = 64
    while cpu_time(loop, rounds) < SHORTEST_RUN:  # these are the warm-up of a compiler, too
        rounds *= 2
    speeds = sorted(rounds / cpu_time(loop, rounds) for _ in range(RUNS))
    return max(1, round(speeds[-FASTEST]))


def cpu_time(loop, rounds):
    """CPU seconds of this thread for this number of rounds; never 0, however coarse the clock."""
    begin = thread_time_ns()
    loop(rounds, 1)
    return max(thread_time_ns() - begin, 1) / 1e9
