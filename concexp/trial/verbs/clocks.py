"""What this interpreter's clock costs, how fine it is, and how late a sleep ends: the limits of all that is timed here."""

from time import sleep

from concexp.trial.own_time import perf_counter_ns as clock

READINGS = 2_000  # a round
ROUNDS = 15
NAP = 0.001
NAPS = 100  # so that the 99th percentile is the second largest: what happens to one sleep in a hundred


def answer(request):
    """The answer to the verb `clocks`, all in seconds; takes about 0.15 s, most of it asleep.

    timer_cost_s                  one reading of `time.perf_counter_ns`: the median over rounds of many readings
    timer_step_s                  the smallest difference between two readings that differ
    sleep_overshoot_median_s      how much longer than 1 ms `time.sleep(0.001)` took: the median, and the 99th percentile,
    sleep_overshoot_p99_s         over 100 of them
    """
    late = sorted(overshoot() for _ in range(NAPS))
    return {
        "timer_cost_s": sorted(cost() for _ in range(ROUNDS))[ROUNDS // 2] / 1e9,
        "timer_step_s": min(filter(None, (step() for _ in range(ROUNDS))), default=None),
        "sleep_overshoot_median_s": late[NAPS // 2],
        "sleep_overshoot_p99_s": late[NAPS - NAPS // 100 - 1],
    }


def cost():
    """Nanoseconds for one reading, the loop around it included: so it is in the loops that are timed."""
    begin = clock()
    for _ in range(READINGS):
        clock()
    return (clock() - begin) / READINGS


def step():
    """The smallest positive difference of a row of readings, seconds; None where all were equal."""
    seen = [clock() for _ in range(READINGS)]
    steps = [later - seen[k] for k, later in enumerate(seen[1:]) if later > seen[k]]
    return min(steps) / 1e9 if steps else None


def overshoot():
    """Seconds that one nap was too long."""
    begin = clock()
    sleep(NAP)
    return (clock() - begin) / 1e9 - NAP
