"""What was asked: by which metric something is best, or no times at all."""

import numpy as np

from concexp import catalog
from concexp.report.answer import answer, finding, what_to_do
from concexp.report.contest import judged
from concexp.report.view import View
from tests.helpers import journal_builder

LAGS = {"inline": 60.0, "to_thread": 14.0, "process": 3.0}


def returning(tmp_path, lags=LAGS, **spec):
    """User code that does as much per second however it is called, and returns how late others were."""
    cells = [
        journal_builder.cell(
            "serve", axes={"serve.how": how}, plugins={"workload": "cpu_sum"}, unit="call", rate=50.0 + place,
            counts=lambda block, lag=lag: {"returned.lag_ms": lag * (1 + block % 3 / 100)},
        )
        for place, (how, lag) in enumerate(lags.items())
    ]  # fmt: skip
    spec = {
        "question": "Who keeps others waiting?",
        "baseline": {},
        "metrics": ["throughput", "returned.lag_ms"],
        **spec,
    }
    return View(journal_builder.write(tmp_path, cells, spec=spec))


def test_best_by_what_the_code_returned(tmp_path):
    """Not by the throughput, by which the others would be."""
    asked = {"compete": ["serve.how"], "by": "returned.lag_ms", "better": "lower"}
    view = returning(tmp_path, answer=asked)
    assert (judged(view).primary, judged(view).sign) == ("returned.lag_ms", -1)
    assert answer(view)[0].startswith("`how process` is best")
    assert what_to_do(view) == "use `how process`."
    other = returning(tmp_path / "higher", answer={**asked, "better": "higher"})
    assert answer(other)[0].startswith("`how inline` is best")


def test_the_noise_floor_is_that_of_the_metric_that_tells(tmp_path):
    """The control's throughput is steady, and what it returned is not."""
    asked = {"compete": ["serve.how"], "by": "returned.lag_ms", "better": "lower"}
    rng = np.random.default_rng(5)

    def one(how, lag):
        return journal_builder.cell(
            "serve", axes={"serve.how": how}, plugins={"workload": "cpu_sum"}, unit="call", noise=0.001,
            counts=lambda block: {"returned.lag_ms": lag * float(rng.lognormal(0, 0.3))},
        )  # fmt: skip

    cells = [one(how, lag) for how, lag in LAGS.items()]
    spec = {"baseline": {}, "metrics": ["throughput", "returned.lag_ms"], "answer": asked}
    beside = [("control", one("inline", LAGS["inline"]))]
    view = View(journal_builder.write(tmp_path, cells, spec=spec, beside=beside))
    (own,), (told,) = view.floors, judged(view).floors
    assert own.factor < 1.01 < 1.1 < told.factor


def test_a_metric_without_a_value_tells_nothing(tmp_path):
    """Where the code returned no such number, the primary metric is left."""
    view = returning(tmp_path, answer={"compete": ["serve.how"], "by": "returned.other", "better": "lower"})
    assert judged(view).primary == "throughput"


def claim(expect, **more):
    """A claim as a journal has it."""
    return {"says": "so", "expect": expect, **more}


def test_times_that_nobody_asked_for(tmp_path):
    """Claims about what was returned alone: nothing is said of how fast it was. With one about a rate it is."""
    view = returning(tmp_path, claims=[claim("returned.lag_ms < 100")])
    assert answer(view) == ["Returned lag\\_ms: 61 at how inline, 14 at how to\\_thread, 3.0 at how process."]
    assert what_to_do(view) == ""
    view = returning(tmp_path / "rate", claims=[claim("returned.lag_ms < 100"), claim("throughput > 1")])
    assert any(text.startswith("Throughput") for text in answer(view))


def test_many_conditions_by_their_ends(tmp_path):
    """The lowest and the highest figure, and how many there are."""
    lags = {str(number): 10.0 * number for number in range(1, 13)}
    view = returning(tmp_path, lags, claims=[claim("returned.lag_ms < 200")])
    assert answer(view) == ["Returned lag\\_ms: 10 at how 1, 121 at how 12 (12 conditions)."]


def test_which_cells_stood_still(tmp_path):
    """Where claims ask how trials end, and some ended well: the others by what they did, not who is fastest."""
    cells = [
        journal_builder.cell(
            "lock_order", model, "lock", 2, axes={"lock_order.order": order}, plugins={"workload": "cpu_sum"},
            status="timeout" if order == "opposite" else "ok", reason="it stood still" if order == "opposite" else "",
        )
        for order in ("same", "opposite")
        for model in ("threads", "processes")
    ]  # fmt: skip
    spec = {
        "allow": [{"status": "timeout"}],
        "claims": [claim("status == timeout", of={"lock_order.order": "opposite"})],
    }
    view = View(journal_builder.write(tmp_path, cells, spec=spec))
    assert answer(view) == [
        "Timed out: **lock\\_order · opposite** under every model. All trials of the other 2 cells ended well."
    ]
    assert what_to_do(view) == ""


def needing(tmp_path, cpus, **more):
    """Two cells, one claim for each number of CPUs that it needs."""
    cells = [journal_builder.cell(model="threads", workers=workers, rate=100.0 * workers) for workers in (1, 2)]
    claims = [claim("throughput > 1", when=f"cpus >= {count}") for count in cpus]
    return View(journal_builder.write(tmp_path, cells, spec={"claims": claims, "baseline": {}}, **more))


def test_what_cannot_be_judged_here(tmp_path):
    """Half of the claims need what is not there: that comes first, with the reason. Where fewer do, the table says it."""
    view = needing(tmp_path / "most", (1, 96, 96))
    assert answer(view)[0] == "**Cannot be judged here:** 2 of 3 claims (it takes 96 CPUs, and there are 2)."
    assert finding(view)
    assert "judged" not in finding(view)  # the title of a picture says what was found
    assert "both claims (it takes 96" in answer(needing(tmp_path / "all", (96, 96)))[0]
    assert "the claim (it takes 96" in answer(needing(tmp_path / "one", (96,)))[0]
    assert not any("judged here" in text for text in answer(needing(tmp_path / "few", (1, 1, 96))))


def test_a_number_of_workers_that_is_best_has_no_other(tmp_path):
    """`1 worker is faster`, not `1 worker with 1 worker`."""
    cells = [
        journal_builder.cell(model="threads", workers=workers, rate=6000.0 / workers, axes={"python": python})
        for workers in (1, 6)
        for python in ("3.11", "3.14")
    ]
    spec = {"answer": {"compete": ["workers"], "for_each": ["python"]}, "baseline": {}}
    texts = answer(View(journal_builder.write(tmp_path, cells, spec=spec)))
    assert any("1 worker is 5.9" in text for text in texts), texts
    assert not any("with 1 worker" in text for text in texts)


def test_what_is_wrong_with_more_workers_is_not_best_with_one(tmp_path):
    """A counter without a lock loses nothing with one worker: it is no choice all the same."""
    cells = [
        journal_builder.cell(
            "counter", "processes", sync, workers, rate=1000.0 if sync == "event" else 100.0,
            status="invalid" if (sync, workers) == ("event", 2) else "ok", reason="updates were lost",
            counts={"lost_updates": 9 if (sync, workers) == ("event", 2) else 0},
        )
        for sync in ("event", "lock", "semaphore")
        for workers in (1, 2)
    ]  # fmt: skip
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {}}))
    assert not any("`event` is best" in text for text in answer(view))
    assert "use `event`" not in what_to_do(view)


def test_the_picture_of_what_stood_still(tmp_path):
    """A field per work and model; nothing is drawn of who was fastest."""
    cells = [
        journal_builder.cell(
            "philosophers", model, "lock", 2, axes={"philosophers.strategy": strategy, "philosophers.seats": seats},
            plugins={"workload": "cpu_sum"}, status="timeout" if strategy == "unordered" else "ok", reason="it stood still",
        )
        for strategy in ("ordered", "unordered")
        for seats in (5, 9)
        for model in ("threads", "processes")
    ]  # fmt: skip
    spec = {
        "allow": [{"status": "timeout"}],
        "claims": [claim("status == ok", of={"philosophers.strategy": "ordered"})],
    }
    view = View(journal_builder.write(tmp_path, cells, spec=spec))
    plot = catalog.load("plot", "outcomes")()
    said = plot.draw(view, plot.prepare(view), tmp_path / "x.png")
    assert "philosophers · ordered · seats 5: threads ok, processes ok." in said
    assert "philosophers · unordered · seats 9: threads timed out, processes timed out." in said
    assert not catalog.load("plot", "comparison")().prepare(view)
