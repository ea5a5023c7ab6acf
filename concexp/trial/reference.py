"""The speed of the CPU beside a measured window: the time of a small loop that never changes.

Rented CPUs run at two speeds, for seconds at a time, and no counter of the system shows it: CPU time passes as it always
does, only less is done in it. The loop is plain work of the interpreter, so what slows it down slows down most workloads. Its
seconds are comparable within one interpreter, never between two.
"""

from concexp.trial.own_time import perf_counter_ns as clock

STEPS = 5_000  # 0.15 to 0.6 ms: long against the clock's 100 ns
RUNS = 3  # the fastest counts: an interruption is not the CPU's speed


def reference_s():
    """Seconds that the loop takes now; measuring it takes about a millisecond."""
    fastest = None
    for _ in range(RUNS):
        begin = clock()
        steps(STEPS)
        taken = clock() - begin
        if fastest is None or taken < fastest:
            fastest = taken
    return fastest / 1e9


def steps(n):
    """n rounds of small whole numbers: no object is made, nothing but registers and the first cache is touched."""
    total = 0
    for number in range(n):
        total = (total * 5 + number) & 127
    return total
