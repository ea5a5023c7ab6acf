"""What queueing theory and the interpreter promise whatever the machine is doing."""

from collections import Counter

import pytest

from concexp.analysis.stats import histogram
from tests.helpers.children import trial


@pytest.mark.parametrize(
    ("capacity", "service", "spread", "rate", "arrivals"),
    [
        (1, 0.004, "constant", 100, "constant"),
        (1, 0.004, "exponential", 150, "poisson"),
        (4, 0.010, "exponential", 300, "poisson"),
    ],
)
def test_littles_law_holds_in_an_open_loop(capacity, service, spread, rate, arrivals):
    """L = X W within 5 %, each measured with its own clock and its own count.

    L, the mean number of requests inside, is integrated by the station over its own time. X, the operations per second, is
    measured by the trial's coordinator in its own window. W is the mean of the responses that the station timed one by one.
    """
    server = ("server", {"capacity": capacity, "service": service, "spread": spread})
    load = {"rate": rate, "duration": 3.0, "arrivals": arrivals}
    ending = trial(server, "asyncio", workers=200, load=load, warmup=0)
    assert ending.status == "ok", ending
    (iteration,) = ending.answer["iterations"]
    counts = iteration["counts"]
    assert counts["server_served"] == iteration["ops"]
    throughput = iteration["ops"] / iteration["wall_s"]
    assert counts["server_in_system"] == pytest.approx(throughput * counts["server_response_s"], rel=0.05)


def test_threads_that_compute_hold_up_one_that_answers():
    """The GIL's convoy: beside threads that compute, half of the time is spent in round trips of a switch interval or longer.

    Shares of the time, not of the trips: a busy machine may keep the computing threads from running for a moment, and in that
    moment as many short trips go by as long ones do in a whole trial. Alone, half of the trips take less than a third of the
    interval. Four threads compute, so that one of them has the GIL by the time that the answer comes, even where the system
    runs few of them.
    """

    def round_trips(computing):
        """({class of the histogram: count} of the round trips, the switch interval in seconds)."""
        background = {
            "workload": {"name": "spin", "parameters": {}},
            "model": {"name": "threads", "parameters": {}},
            "workers": computing,
        }
        ending = trial("echo", "threads", workers=1, load={"duration": 0.3}, iterations=5, background=background)
        assert ending.status == "ok", ending
        counts = Counter()
        for iteration in ending.answer["iterations"]:
            counts.update(dict(iteration["service_time"]))
        return counts, ending.answer["switch_interval"]

    alone, interval = round_trips(0)
    beside, _ = round_trips(4)
    assert histogram.quantile(sorted(alone.items()), 0.5) < interval / 3
    times = [(histogram.middle(index) / 1e9, count) for index, count in beside.items()]
    assert (
        sum(time * count for time, count in times if time >= interval) >= sum(time * count for time, count in times) / 2
    )
