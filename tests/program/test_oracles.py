"""What queueing theory and the interpreter promise whatever the machine is doing."""

import pytest

from tests.helpers.children import trial

MANY = 3  # how many times fewer round trips a convoy leaves, at the very least; 10 and more are seen


@pytest.mark.parametrize(
    ("capacity", "service", "spread", "rate", "arrivals"),
    [
        (1, 0.004, "constant", 100, "constant"),
        (1, 0.004, "exponential", 150, "poisson"),
        (4, 0.010, "exponential", 300, "poisson"),
    ],
)
def test_littles_law_holds_in_an_open_loop(capacity, service, spread, rate, arrivals):
    """L = X W within 5 %, each from a clock and a count of its own.

    L, the mean number inside, is integrated by the station over its own time; X is the operations per second that the
    trial's coordinator found in its own window; W is the mean of the responses that the station timed one by one.
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
    """The GIL's convoy: whoever comes back from the network waits a switch interval for each thread that computes.

    Four of them, so that on a crowded machine, too, one of them has taken the GIL by then.
    """

    def round_trips(computing):
        background = {
            "workload": {"name": "spin", "parameters": {}},
            "model": {"name": "threads", "parameters": {}},
            "workers": computing,
        }
        ending = trial("echo", "threads", workers=1, load={"duration": 0.3}, iterations=5, background=background)
        assert ending.status == "ok", ending
        return sorted(iteration["ops"] / iteration["wall_s"] for iteration in ending.answer["iterations"])[2]

    alone, beside = round_trips(0), round_trips(4)
    assert alone > MANY * beside
