"""Each picture: where it applies, what it finds in the data, and that its alt text is bound to them."""

import re

import pytest

from concexp import catalog
from concexp.report.answer import answer
from concexp.report.sections import fairness, latency
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


def alt(folder, name, **made):
    """The alt text of a picture of a made-up run; None where it does not apply."""
    found = View(journal_builder.write(folder, **made))
    plot = catalog.load("plot", name)()
    return plot.draw(found, folder / "x.png") if plot.applies(found) else None


@pytest.mark.parametrize(("size", "highest"), [("1KiB", r"(39|40)\d k"), ("64KiB", r"(19|20|21)\d k")])
def test_heatmap_tells_its_extremes(tmp_path, size, highest):
    """The lowest and the highest field of each panel, each in its own unit; and the best of each column."""
    told = alt(tmp_path, "heatmap", **scenarios.recorded(size=size))
    assert told.startswith("throughput by echo.size and workers, one panel per model.")
    field = "processes: from workers 1, echo.size 1MiB: 1[01]\\d to workers 4, echo.size 1KiB: "
    assert re.search(field + highest + "; best 4 at 1KiB, 4 at 64KiB, 4 at 1MiB", told)


def test_heatmap_of_gains(tmp_path):
    """Where most cells have a baseline other than themselves, the field is the gain over it."""
    made = scenarios.recorded()
    made["spec"]["baseline"] = {"workers": 1}
    made["spec"]["metrics"] = ["throughput", "speedup"]
    told = alt(tmp_path, "heatmap", **made)
    assert told.startswith("speedup by echo.size and workers")
    assert re.search(r"threads: from workers 1, echo.size 1KiB: 1.00 to workers 4, echo.size \w+: (1.9|2.0)\d;", told)


def test_heatmap_against_primitives(tmp_path):
    """A swept number against primitives: the best primitive of each number is named, an impossible one is hatched."""
    cells = [
        journal_builder.cell("ring", "processes", sync, 2, rate=rate * (9 if size == "1B" else 1), unit="message",
                       axes={"ring.size": size, "load.ops": ops},
                       **({"status": "unsupported", "reason": "too large"} if (sync, size) == ("pipe", "1MiB") else {}))
        for sync, rate in (("queue", 100), ("pipe", 300), ("socketpair", 200))
        for size, ops in (("1B", 90), ("1KiB", 90), ("1MiB", 5))
    ]  # fmt: skip
    told = alt(tmp_path, "heatmap", cells=cells, spec={"baseline": {}})
    assert told.startswith("throughput by ring.size and sync, one panel per condition. From sync queue, ring.size 1")
    assert "best pipe at 1B, pipe at 1KiB, socketpair at 1MiB." in told


@pytest.mark.parametrize("make", [scenarios.scaling, scenarios.syncs, scenarios.waiting, scenarios.parameters])
def test_heatmap_needs_two_ordered_axes(tmp_path, make):
    """Workers alone, primitives alone, and two sizes are no map."""
    assert alt(tmp_path, "heatmap", **make()) is None


@pytest.mark.parametrize(("open_loop", "kind"), [(True, "latency"), (False, "service time")])
def test_latency_is_named_for_what_it_is(tmp_path, open_loop, kind):
    """Only of an open loop is it latency; the 99th percentiles are those of the table, and follow the data."""
    told = alt(tmp_path, "latency", **scenarios.recorded(slow=0.005, open_loop=open_loop))
    assert told.startswith(f"Percentiles of the {kind}, one line per cell.")
    assert "size 1KiB, the 99th percentile: threads 5.01 ms to asyncio 5.01 ms." in told
    slower = alt(tmp_path / "slower", "latency", **scenarios.recorded(slow=0.05, open_loop=open_loop))
    assert "size 1KiB, the 99th percentile: threads 5.01 ms to asyncio 14.7 ms." in slower


def test_latency_needs_enough_operations(tmp_path):
    """Of ten operations in a trial nobody can tell a percentile."""
    few = [journal_builder.cell(facts={"service_time": [[1000, 5]]})]
    assert alt(tmp_path, "latency", cells=few) is None
    enough = [journal_builder.cell(facts={"service_time": [[1000, 50]]})]
    assert "The 99th percentile: serial 1.71 ms." in alt(tmp_path / "enough", "latency", cells=enough)


def test_fairness_tells_the_least_fair(tmp_path):
    """The fairest and the least fair with Jain's index, and how much the busiest worker does."""
    told = alt(tmp_path, "fairness", **scenarios.recorded(greedy=0.8))
    # Of four workers with 800 and three times 66 operations: 998² / (4 · (800² + 3 · 66²)) = 0.38.
    least = "size 1KiB, from processes ×4 with Jain's index 1.00 to threads ×4 with Jain's index"
    assert f"{least} 0.38, whose busiest worker does 80 %." in told
    milder = alt(tmp_path / "milder", "fairness", **scenarios.recorded(greedy=0.4))
    assert f"{least} 0.89, whose busiest worker does 40 %." in milder


@pytest.mark.parametrize(
    ("sync", "ops", "drawn"), [("lock", [90, 10], True), ("lock", [51, 49], False), ("none", [90, 10], False)]
)
def test_fairness_unasked(tmp_path, sync, ops, drawn):
    """Where nobody asked, it is drawn of workers that share a primitive unevenly, and of no others."""
    cells = [journal_builder.cell(model="threads", sync=sync, workers=2, facts={"worker_ops": ops})]
    assert bool(alt(tmp_path, "fairness", cells=cells)) is drawn


def test_pareto_tells_the_frontier(tmp_path):
    """No cell on it is beaten in both; which ones they are follows the data."""
    made = scenarios.recorded(slow=0.05)
    made["spec"]["metrics"] = ["throughput", "peak_rss_bytes"]
    told = alt(tmp_path, "pareto", **made)
    assert told.startswith("throughput against peak_rss_bytes, one mark per cell.")
    frontier = re.search(r"size 64KiB: no other cell beats (.*?);", told)[1]
    assert frontier.endswith("threads ×4 with 40.0 MB, processes ×2 with 80.0 MB, processes ×4 with 160 MB")
    assert "processes ×1" not in frontier  # four threads are as fast, in as much memory
    made = scenarios.recorded(size="1KiB")
    made["spec"]["metrics"] = ["throughput", "peak_rss_bytes"]
    elsewhere = re.search(r"size 64KiB: no other cell beats (.*?);", alt(tmp_path / "other", "pareto", **made))[1]
    assert "processes" not in elsewhere


def test_pareto_needs_a_second_number(tmp_path):
    """Without memory or a percentile there is no trade."""
    assert alt(tmp_path, "pareto", **scenarios.scaling()) is None


@pytest.mark.parametrize(
    ("place", "rest"),
    [
        (1200, "; `processes` has 2.94x of it."),
        (1100, ", not resolved from `processes`."),
        (990, ", of `processes`; `threads` has 2.93x of it."),
    ],
)
def test_sentences_on_latency(tmp_path, place, rest):
    """Who has the lowest 99th percentile, how much more the others have, or that it is not resolved."""
    cells = [
        journal_builder.cell(
            model=model, workers=2, facts={"service_time": sorted([[1000, 100], [own, 20 + (own == place)]])}
        )
        for model, own in (("threads", 1100), ("processes", place))
    ]
    spec = {"baseline": {}, "metrics": ["throughput", "service_time_p99_s"]}
    (told,) = latency.told(View(journal_builder.write(tmp_path, cells, spec=spec)))
    assert told.startswith("The lowest 99th percentile of the service time is ")
    assert told.endswith(rest)


def test_the_answer_on_an_open_loop(tmp_path):
    """Where requests come at a given rate the answer tells of latency, and names no winner in throughput."""
    told = answer(View(journal_builder.write(tmp_path, **scenarios.recorded(open_loop=True))))
    assert told[0].startswith("The lowest 99th percentile of the latency goes from 5.01 ms (size ")
    assert not any("is best" in one or "best throughput" in one for one in told)


def test_the_answer_on_one_open_loop(tmp_path):
    """One cell has a percentile, too."""
    facts = {"latency": journal_builder.histogram(0.05), "service_time": journal_builder.histogram(0.005)}
    made = {"cells": [journal_builder.cell("echo", "threads", workers=4, facts=facts)], "spec": {"baseline": {}}}
    assert (
        answer(View(journal_builder.write(tmp_path, **made)))[0]
        == "The 99th percentile of the latency of `threads` is 14.7 ms."
    )


def test_sentences_on_fairness(tmp_path):
    """Who shares least evenly, with the index, and how many are as good as even."""
    told = fairness.told(View(journal_builder.write(tmp_path, **scenarios.recorded(greedy=0.8))))
    assert [one.partition(" shared least evenly, with a Jain's index of ")[0] for one in told[:3]] == [
        f"**size {size}**: `threads` with 4 workers" for size in ("1KiB", "64KiB", "1MiB")
    ]
    assert told[-1] == "Jain's index is surely above 0.99, as good as even, in 12 of 18 cells with several workers."
    even = fairness.told(View(journal_builder.write(tmp_path / "even", **scenarios.recorded(greedy=0.25))))
    assert not any("`threads` with 4 workers" in one for one in even)
