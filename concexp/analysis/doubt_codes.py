"""The codes of doubts (`analysis.doubts` finds them): what each means, in full and in brief, and what answers it."""

from __future__ import annotations

MEANING = {
    "machine": "the machine withheld CPUs: workers waited for CPUs that they could have used, spinners got fewer than the cell "
    "could use, or the host of the virtual machine took CPU time away",
    "slow_cpu": "the CPU was over 10 % slower than in most trials of the cell (reference loop)",
    "speed_changed": "the CPU became over 10 % slower or faster meanwhile (reference loop)",
    "queue": "workers waited longer for a CPU than in the other trials of their cell",
    "stopped": "a signal stopped processes of the trial for a while, or workers neither ran nor waited for a CPU, for longer than "
    "in the other trials of their cell",
    "throttled": "the control group's CPU quota was used up and the workers were stopped for a while",
    "preempted": "other processes preempted the workers often, though briefly",
    "paged": "memory had to be read back from disk",
    "skew": "the workers did not start together",
    "apart": "the workers worked at the same time for less than half of the window",
    "too_short": "the window was too short for the clock or for threads to take turns, in at least half of its cell's trials",
    "coarse": "one operation took so much of the given time that the rate depends on where the time was cut (in older "
    "journals: that the last operations were not counted), in at least half of its cell's trials",
    "calibration": "an operation was not the same amount of work as in the other trials",
    "timer": "reading the clock took more than a twentieth of what was timed, in at least half of its cell's trials",
    "server_bound": "the workload's own server was busy: its speed limits the numbers",
    "late_load": "the load generator was late: more than a twentieth of a percentile of its cell's latency is its own",
    "gil_changed": "the GIL was switched on or off during the trial",
    "traced": "a tracer or profiler was active",
    "changed": "the code under test changed how its interpreter or its threads are set, and did not change it back",
    "leftover": "processes, sockets, shared memory or semaphores were left behind and had to be removed",
    "unsteady": "the time of an operation still changed when the trial ended, or did in at least half of its cell's trials",
}

SHORT = {"coarse", "too_short", "timer"}  # longer measurements answer them
DISTURBED = {
    "machine",
    "slow_cpu",
    "speed_changed",
    "queue",
    "stopped",
    "throttled",
    "preempted",
    "paged",
}  # a quiet machine does
SPEED = frozenset({"slow_cpu", "speed_changed"})  # the reference loop found them
# The doubts of several cells in the words of the first lines: what a quiet machine cures is one reason there.
IN_BRIEF = {
    **dict.fromkeys(DISTURBED, "the machine disturbed the measurement"),
    "skew": "workers started at different times",
    "apart": "workers were seldom at work together",
    "too_short": "the measured time was too short",
    "coarse": "single operations took much of the measured time",
    "calibration": "operations differed in size",
    "timer": "reading the clock took much of the measured time",
    "server_bound": "the workload's own server was the limit",
    "late_load": "the load generator was late",
    "gil_changed": "the GIL was switched on or off meanwhile",
    "traced": "a tracer or profiler was active",
    "changed": "the code under test changed settings of Python",
    "leftover": "processes or other things were left behind",
    "unsteady": "times had not settled",
}
UNKNOWN = "a reason that this version does not know"
