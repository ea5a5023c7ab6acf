"""Each picture: where it applies, what it finds in the data, and that its alt text is bound to them."""

import re

import pytest

from concexp import catalog
from concexp.report import responses, sharing
from concexp.report.view import View
from tests import synthetic


def alt(folder, name, **made):
    """The alt text of a picture of a made-up run; None where it does not apply."""
    found = View(synthetic.write(folder, **made))
    plot = catalog.load("plot", name)()
    return plot.draw(found, folder / "x.png") if plot.applies(found) else None


@pytest.mark.parametrize(("size", "other"), [("1KiB", "64KiB"), ("64KiB", "1KiB")])
def test_heatmap_tells_its_extremes(tmp_path, size, other):
    """Lowest and highest field of each panel, in the units of each; they follow the data."""
    told = alt(tmp_path, "heatmap", **synthetic.recorded(size=size))
    assert "throughput by echo.size and workers, one panel per model." in told
    highest = "397 k" if size == "1KiB" else "2\\d\\d k"
    assert re.search(rf"processes: from workers 1, echo.size 1MiB: 11\d to workers 4, echo.size 1KiB: {highest}", told) or (
        size == "64KiB"
    )
    threads = re.search(r"threads: from (.*?) to (.*?);", told)
    assert threads[1].startswith("workers 1, echo.size 1MiB: 11")
    assert re.fullmatch(r"workers 4, echo.size 1KiB: (19|20)\d k", threads[2])
    assert "best 4 at 1KiB, 4 at 64KiB, 4 at 1MiB." in told


def test_heatmap_of_gains(tmp_path):
    """Where most cells have a baseline other than themselves, the field is the gain over it."""
    made = synthetic.recorded()
    made["spec"]["baseline"] = {"workers": 1}
    made["spec"]["metrics"] = ["throughput", "speedup"]
    told = alt(tmp_path, "heatmap", **made)
    assert told.startswith("speedup by echo.size and workers")
    assert re.search(r"threads: from workers 1, echo.size 1KiB: 1.00 to workers 4, echo.size \w+: (1.9|2.0)\d;", told)


def test_heatmap_against_primitives(tmp_path):
    """A swept number against primitives: the best primitive of each number is named, an impossible one is hatched."""
    cells = [
        synthetic.cell("ring", "processes", sync, 2, rate=rate * (9 if size == "1B" else 1), unit="message",
                       axes={"ring.size": size, "load.ops": ops},
                       **({"status": "unsupported", "reason": "too large"} if (sync, size) == ("pipe", "1MiB") else {}))
        for sync, rate in (("queue", 100), ("pipe", 300), ("socketpair", 200))
        for size, ops in (("1B", 90), ("1KiB", 90), ("1MiB", 5))
    ]  # fmt: skip
    told = alt(tmp_path, "heatmap", cells=cells, spec={"baseline": {}})
    assert told.startswith("throughput by ring.size and sync, one panel per condition. From sync queue, ring.size 1")
    assert "best pipe at 1B, pipe at 1KiB, socketpair at 1MiB." in told


@pytest.mark.parametrize("make", [synthetic.scaling, synthetic.syncs, synthetic.waiting, synthetic.parameters])
def test_heatmap_needs_two_ordered_axes(tmp_path, make):
    """Workers alone, primitives alone, and two sizes are no map."""
    assert alt(tmp_path, "heatmap", **make()) is None


@pytest.mark.parametrize(("open_loop", "kind"), [(True, "latency"), (False, "service time")])
def test_latency_is_named_for_what_it_is(tmp_path, open_loop, kind):
    """Only of an open loop is it latency; the 99th percentiles are those of the table, and follow the data."""
    told = alt(tmp_path, "latency", **synthetic.recorded(slow=0.005, open_loop=open_loop))
    assert told.startswith(f"Percentiles of the {kind}, one line per cell.")
    assert "1KiB, the 99th percentile: threads ×1, lock 5.05 ms to asyncio ×4, lock 5.05 ms." in told.replace(", lock", ", lock")
    slower = alt(tmp_path / "slower", "latency", **synthetic.recorded(slow=0.05, open_loop=open_loop))
    assert re.search(r"1KiB, the 99th percentile: (threads|processes) ×\d, lock 5.05 ms to asyncio ×\d, lock 14.7 ms\.", slower)


def test_latency_needs_enough_operations(tmp_path):
    """Of ten operations nobody can tell a percentile."""
    few = [synthetic.cell(facts={"service_time": [[1000, 10]]})]
    assert alt(tmp_path, "latency", cells=few) is None
    enough = [synthetic.cell(facts={"service_time": [[1000, 100]]})]
    assert "The 99th percentile: serial 1.72 ms." in alt(tmp_path / "enough", "latency", cells=enough)


def test_fairness_tells_the_least_fair(tmp_path):
    """The fairest and the least fair with Jain's index, and how much the busiest worker does."""
    told = alt(tmp_path, "fairness", **synthetic.recorded(greedy=0.8))
    # Of four workers with 800, 66, 66, 66 operations: 998² / (4 · (800² + 3 · 66²)) = 0.38.
    assert "1KiB, from processes ×4, lock with Jain's index 1.00 to threads ×4, lock with Jain's index 0.38, whose busiest" in told
    assert "worker does 80 %." in told
    milder = alt(tmp_path / "milder", "fairness", **synthetic.recorded(greedy=0.4))
    assert "threads ×4, lock with Jain's index 0.89, whose busiest worker does 40 %." in milder


def test_fairness_unasked(tmp_path):
    """Where nobody asked it is drawn of workers that share a primitive unevenly, and of no others."""
    def cells(sync, ops):
        return [synthetic.cell(model="threads", sync=sync, workers=2, facts={"worker_ops": [ops, 100 - ops + block]})
                for block in (0,)]  # fmt: skip

    uneven = alt(tmp_path / "a", "fairness", cells=[*cells("lock", 90)])
    assert uneven is None or "Jain" in uneven
    assert alt(tmp_path / "b", "fairness", cells=cells("lock", 50)) is None
    assert alt(tmp_path / "c", "fairness", cells=cells("none", 90)) is None


def test_pareto_tells_the_frontier(tmp_path):
    """No cell on it is beaten in both; which ones they are follows the data."""
    made = synthetic.recorded(slow=0.05)
    made["spec"]["metrics"] = ["throughput", "peak_rss_bytes"]
    told = alt(tmp_path, "pareto", **made)
    assert told.startswith("throughput against peak_rss_bytes, one mark per cell.")
    large = re.search(r"64KiB: no other cell beats (.*?);", told)[1]
    assert "processes ×4, lock with 160 MB" in large
    assert "processes ×1" not in large  # threads ×4 are as fast, with as much memory as one process
    made = synthetic.recorded(size="none")
    made["spec"]["metrics"] = ["throughput", "peak_rss_bytes"]
    assert "processes" not in alt(tmp_path / "other", "pareto", **made)


def test_pareto_needs_a_second_number(tmp_path):
    """Without memory or a percentile there is no trade."""
    assert alt(tmp_path, "pareto", **synthetic.scaling()) is None


def test_sentences_on_latency(tmp_path):
    """Who has the lowest 99th percentile, from whom it is not resolved, and how much longer the others take."""
    cells = [
        synthetic.cell(model=model, workers=2, noise=0.001, facts={"service_time": [[1000, 100], [place, 20]]})
        for model, place in (("threads", 1100), ("processes", 1200))
    ]
    spec = {"baseline": {}, "metrics": ["throughput", "service_time_p99_s"]}
    (told,) = responses.told(View(synthetic.write(tmp_path, cells, spec=spec)))
    assert told == "The lowest 99th percentile of the service time is 5.05 ms, of `threads`; without an interval nothing is resolved." or (
        told == "The lowest 99th percentile of the service time is 5.05 ms, of `threads`; `processes` has 2.92x of it."
    )
    cells[0]["facts"] = cells[1]["facts"]
    (told,) = responses.told(View(synthetic.write(tmp_path / "same", cells, spec=spec)))
    assert "not resolved from" in told or "nothing is resolved" in told


def test_sentences_on_fairness(tmp_path):
    """Who shares least evenly, with the index, and how many are as good as even."""
    told = sharing.told(View(synthetic.write(tmp_path, **synthetic.recorded(greedy=0.8))))
    assert len(told) == 4
    assert told[0].startswith("**1KiB**: `threads` with 4 workers") or "`threads`" in told[0]
    assert told[-1] == "Jain's index is surely above 0.99, as good as even, in 12 of 18 cells with several workers."
    even = sharing.told(View(synthetic.write(tmp_path / "even", **synthetic.recorded(greedy=0.25))))
    assert not any("`threads` with 4 workers" in one for one in even)
