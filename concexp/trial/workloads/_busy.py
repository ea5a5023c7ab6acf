"""Busy work of a chosen length: a loop whose pace is measured once, so that all workers do the same work from then on.

CPU time is calibrated, not wall time: another process that takes the CPU for a moment does not make the work shorter.
"""

from time import thread_time

# x -> A x + C modulo 2^16 runs through all 65,536 values before one comes again (A is 1 modulo 4, C is odd), so
# different beginnings end differently; and A x stays below 2^30, where CPython's integers have a single digit.
A, C, MASK = 13_997, 12_345, 0xFFFF

# A run is long enough to bury the clock's own cost, and short enough to end before the scheduler interrupts it.
SHORTEST_RUN = 0.002
RUNS = 5


def spin(rounds, x):
    """`rounds` steps of a linear congruential generator that begins with x: pure Python, which holds the GIL."""
    a, c, mask = A, C, MASK
    for _ in range(rounds):
        x = (x * a + c) & mask
    return x


def leap(rounds, x):
    """What `spin` returns, in as many steps as `rounds` has bits: two steps of a linear map are one of another."""
    a, c = A, C
    while rounds:
        if rounds & 1:
            x = (x * a + c) & MASK
        a, c = a * a & MASK, (a * c + c) & MASK
        rounds >>= 1
    return x


def pace(work):
    """How many rounds `work(rounds, x)` does in a second of this thread's CPU time: the median of a few short runs."""
    rounds = 64
    while cpu_time(work, rounds) < SHORTEST_RUN:  # these are the warm-up of a compiler, too
        rounds *= 2
    return sorted(rounds / cpu_time(work, rounds) for _ in range(RUNS))[RUNS // 2]


def cpu_time(work, rounds):
    """CPU seconds of this thread for this number of rounds; never 0, however coarse the clock."""
    begin = thread_time()
    work(rounds, 1)
    return max(thread_time() - begin, 1e-9)
