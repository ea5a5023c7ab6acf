"""Timelines on the page: which are drawn, with which shares, and what is unknown."""

import pytest

from concexp import catalog
from concexp.analysis import results
from concexp.report.sections import timelines
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import draw

MS = 1_000_000


@pytest.fixture
def view(tmp_path):
    """The view of a made-up journal."""

    def make(cells, **given):
        return View(journal_builder.write(tmp_path, cells, **given))

    return make


def test_shares_of_the_workers_time(view):
    """Of all workers' time from the gate to the end: work, on a CPU and off it, waits with their place, and the rest."""
    shown = view(**scenarios.timelines())
    turns, *_ = timelines.selection(shown)
    assert turns.end == pytest.approx(0.010)
    assert turns.shares == pytest.approx({"cpu": 0.4, "worked": 0.4, "waited": 0.2, "idle": 0.4})
    assert turns.shares_text == "works 40 % (on a CPU 40 %), waits 20 %, idle 40 %"
    assert timelines.name(shown, turns.point) == "counter · threads ×2, lock"


def test_cpu_time_is_told_where_it_is_known(view):
    """It is unknown for greenlets and for coroutines that hand work to threads, known for other coroutines and threads."""
    one = journal_builder.timeline([[MS, 2 * MS, 1, MS, MS, {}]], [], end=9 * MS)

    def known(model, parallel, fact=one):
        return journal_builder.cell(model=model, workers=2, answer={"parallel": parallel}, pictured=fact)

    alone = journal_builder.timeline([], end=MS)
    cells = [
        known("gevent", "one"),
        known("asyncio", "one"),
        known("trio", "threads"),
        known("threads", "threads"),
        known("serial", "one", alone),
    ]
    found = timelines.selection(view(cells))
    assert {one.point.model: one.cpu_known for one in found} == {
        "gevent": False, "asyncio": True, "trio": False, "threads": True, "serial": True,
    }  # fmt: skip
    assert "on a CPU" not in next(one.shares_text for one in found if one.point.model == "gevent")


def test_the_best_and_the_worst_of_each_comparison(view):
    """Where there are more than a picture holds: two of each of the first three, each model with its most workers."""
    fact = journal_builder.timeline([[MS, 2 * MS, 1, MS, MS, {}]], end=9 * MS)
    rates = {"serial": 9000, "threads": 3000, "processes": 2000, "thread_pool": 1000}
    cells = [
        journal_builder.cell(workload, model, workers=count, rate=rate * (count or 1), pictured=fact)
        for workload in ("cpu_sum", "fib", "sleep", "noop")
        for model, rate in rates.items()
        for count in ((None,) if model == "serial" else (1, 2, 4))
    ]
    shown = view(cells)
    assert [timelines.name(shown, one.point) for one in timelines.selection(shown)] == [
        f"{workload} · {model} ×4" for workload in ("cpu_sum", "fib", "sleep") for model in ("threads", "thread_pool")
    ]
    assert "34 more timelines in journal.jsonl are not drawn." in timelines.sentences(shown)


def test_what_is_said_beside_the_picture(view):
    """Where they come from, what was merged, what could not be recorded, and which CPU times are unknown."""
    given = scenarios.timelines()
    shown = view(**given)
    sentence = " ".join([*timelines.summary(shown), *timelines.sentences(shown)])
    assert "come from 6 trials of their own" in sentence
    assert "Segments shorter than 100 µs are drawn together" in sentence
    assert "of `gevent` is unknown" in sentence
    assert "waiting for a CPU: counter · processes ×2, lock, 25 %." in sentence


def test_one_that_ended_without_a_timeline(tmp_path):
    """A trial without a timeline is reported with its reason, a failed one is among the failures; neither is drawn."""
    cells = [
        journal_builder.cell(model="threads", workers=n, pictured=journal_builder.timeline([], end=MS)) for n in (1, 2)
    ]
    run = journal_builder.write(tmp_path, cells)
    for record in run.records:
        if record["role"] == "pictured":
            record.update(status="unsupported", reason="a worker cannot be asked", answer=None)
    shown = View(results.Run(run.folder, run.header, run.records))
    assert "2 cells without a timeline: a worker cannot be asked." in timelines.sentences(shown)
    assert not catalog.load("plot", "timeline")().prepare(shown)


def test_alt_text_tells_the_shares(view, tmp_path):
    """The alt text gives for each panel how its workers spent their time."""
    alt = draw(catalog.load("plot", "timeline")(), view(**scenarios.timelines()), tmp_path / "x.png")
    assert "counter · threads ×2: works 40 % (on a CPU 40 %), waits 20 %, idle 40 %, waiting in lock.acquire;" in alt
    assert "uneven_tasks · gevent ×2: works 42 %, waits 0 %, idle 58 %" in alt
