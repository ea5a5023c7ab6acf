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
    """The GIL's convoy: beside threads that compute, half of all round trips take a switch interval or longer.

    Alone, half of them take less than a third of it. Both medians hold on a busy machine: load makes the convoy longer,
    and a single worker is held up by it only now and then. Four threads compute, so that one of them has the GIL by the
    time that the answer comes, even where the system runs few of them.
    """

    def median_and_interval(computing):
        """(the median round trip, the switch interval), both in seconds."""
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
        return histogram.quantile(sorted(counts.items()), 0.5), ending.answer["switch_interval"]

    alone, interval = median_and_interval(0)
    beside, _ = median_and_interval(4)
    assert beside >= interval
    assert alone < interval / 3
