"""What competes on a page: what the user varies, or what `answer:` names; conditions do not."""

import re

import pytest

from concexp.report.answer import answer, what_to_do
from concexp.report.contest import compared, contest_of, judged
from concexp.report.family import family_of
from concexp.report.view import View
from tests.helpers import journal_builder


def user_code(*labels, returns="anything"):
    """The manifest of a run whose preflight saw these entries of user code."""
    facts = {"form": "function", "version": "", "check": ""}
    return {"preflight": {"entries": {one: {**facts, "target": f"my.py:{one}", "returns": returns} for one in labels}}}


def made(*cells, folder, answer=None, baseline=None, code=("mine", "before", "after"), **more):
    """The view of a run of cells (rate, axes, and further options of `journal_builder.cell`)."""
    spec = {"baseline": baseline or {}, **({"answer": answer} if answer else {})}
    built = [
        journal_builder.cell(
            **{"workload": "mine", "model": "threads", "workers": 2, "plugins": {"workload": "sleep"}, **options},
            rate=rate,
            axes=axes,
            unit="call",
            wants="io",
        )
        for rate, axes, options in cells
    ]
    return View(journal_builder.write(folder, built, spec=spec, manifest=user_code(*code), **more))


def swept(key, rates, **options):
    return [(rate, {key: label}, options) for label, rate in rates.items()]


@pytest.mark.parametrize(
    ("key", "rates", "sentence"),
    [
        ("mine.mode", {"a": 100, "b": 150}, "`mode b` is "),
        ("mine.mode", {"a": 100, "b": 130, "c": 150}, "`mode c` is best, 1"),
        ("python", {"3.13": 100, "3.14": 150}, "`python 3.14` is "),
        ("switch_interval", {"5ms": 100, "1ms": 300}, "`switch_interval 1ms` is "),
        ("env.MODE", {"a": 100, "b": 150}, "`MODE b` is "),
        ("process_pool.chunk", {1: 100, 64: 300}, "`chunk 64` is "),
    ],
)
def test_of_one_model_the_swept_axis_competes(tmp_path, key, rates, sentence):
    """A setting, an argument of the user's code or a number of the model's: the first sentence says which value is best."""
    options = {"model": "process_pool"} if key.startswith("process_pool") else {}
    view = made(*swept(key, rates, **options), folder=tmp_path)
    assert contest_of(view).axes == (key,)
    assert answer(view)[0].startswith(sentence)
    assert what_to_do(view).startswith(f"use `{sentence.split('`')[1]}`")


@pytest.mark.parametrize("key", ["load.ops", "background.workers", "other.size"])
def test_conditions_do_not_compete(tmp_path, key):
    """The load, what runs beside it and parameters of built-in workloads are part of the work."""
    view = made(*swept(key, {1: 100, 2: 200, 4: 300}), folder=tmp_path, code=())
    assert contest_of(view) is None
    assert answer(view)[0].startswith("Throughput: ")


def test_models_compete_for_each_value_unless_the_axis_is_named(tmp_path):
    """Where more is better in one model and worse in another, each model has its own best value."""
    cells = [*swept("mine.n", {1: 100, 2: 200, 4: 400})]
    cells += swept("mine.n", {1: 400, 2: 200, 4: 90}, model="processes")
    view = made(*cells, folder=tmp_path / "a")
    assert contest_of(view) is None
    assert answer(view)[0].startswith("**n 4**: `threads` is best")  # the largest difference first
    assert any("**n 1**: `processes` is best" in sentence for sentence in answer(view))
    view = made(*cells, folder=tmp_path / "b", answer={"compete": "mine.n"})
    found = answer(view)
    assert any(sentence.startswith("**threads**: `n 4` is best") for sentence in found)
    assert any(sentence.startswith("**processes**: `n 1` is best") for sentence in found)
    assert what_to_do(view) == "use `n 4` for threads, `n 1` for processes."


def test_an_axis_in_neither_list_is_taken_at_its_best(tmp_path):
    """`for_each` names the conditions; each model has its best value of the others."""
    cells = [*swept("mine.n", {1: 100, 2: 200}), *swept("mine.n", {1: 300, 2: 90}, model="processes")]
    view = made(*cells, folder=tmp_path, answer={"compete": "model", "for_each": "workload"})
    assert len(compared(view)) == 1
    assert re.match(r"`processes` is (49|50|51) % faster than `threads`", answer(view)[0])


def test_functions_of_the_user_compete(tmp_path):
    """Before and after a change, under one model; what they return has to mean the same."""
    cells = [(100, {}, {"workload": "before"}), (210, {}, {"workload": "after"})]
    view = made(*cells, folder=tmp_path / "a", code=("before", "after"))
    assert answer(view)[0].startswith("`after` is 2.")
    assert not any("reaches" in sentence for sentence in answer(view))
    assert contest_of(made(*cells, folder=tmp_path / "b", code=("before",))) is None


def test_functions_of_the_user_compete_under_each_model_if_named(tmp_path):
    """With several models the models compete, unless `answer:` names the functions."""
    cells = [(100, {}, {"workload": "before"}), (210, {}, {"workload": "after"})]
    cells += [(rate, {}, {**options, "model": "processes"}) for rate, _, options in cells]
    assert contest_of(made(*cells, folder=tmp_path / "a")) is None
    for number, asked in enumerate(({"compete": ["workload"]}, {"versus": [["before", "after"]]})):
        first = answer(made(*cells, folder=tmp_path / str(number), answer=asked))[0]
        assert first.startswith("**threads and processes**: `after` is 2.1 times as fast as `before`")


def test_groups_of_workloads_compete_apart(tmp_path):
    """Each group of `versus` has a winner of its own, and no group is compared with another."""
    rates = {"a1": 100, "a2": 300, "b1": 1000, "b2": 2000}
    cells = [(rate, {}, {"workload": label}) for label, rate in rates.items()]
    view = made(*cells, folder=tmp_path, answer={"versus": [["a1", "a2"], ["b1", "b2"]]})
    assert [sentence.partition(" is ")[0] for sentence in answer(view)] == ["**a1 / a2**: `a2`", "**b1 / b2**: `b2`"]
    assert family_of(view).count == 2


def test_workloads_that_one_model_lacks_are_not_in_its_title(tmp_path):
    """The model tells its comparison from the other, whatever competes in each."""
    wanted = [("threads", {"a": 100, "b": 300}), ("processes", {"a": 500, "b": 300, "c": 200})]
    cells = [(rate, {}, {"workload": label, "model": m}) for m, rates in wanted for label, rate in rates.items()]
    view = made(*cells, folder=tmp_path, answer={"compete": "workload", "for_each": "model"})
    assert [sentence.partition(" is ")[0] for sentence in answer(view)] == ["**threads**: `b`", "**processes**: `a`"]


def test_the_values_that_claims_compare_compete(tmp_path):
    """With two models, a claim on two workloads says that these are the contestants."""
    cells = [
        (rate, {}, {"workload": label, "model": model})
        for label, rate in {"before": 100, "after": 210}.items()
        for model in ("threads", "processes")
    ]
    view = made(*cells, folder=tmp_path)
    view.run.spec["claims"] = [{"expect": "throughput[after] >= 2 * throughput[before]"}]
    view = View(view.run)
    assert contest_of(view).axes == ("workload",)


def test_where_primitives_compete_none_is_no_contestant(tmp_path):
    """Who asks what the primitives cost has a use for one: "use none" is no answer, and what it costs without is told anyway."""
    rates = {"none": 900, "lock": 300, "rlock": 200}
    cells = [(rate, {}, {"sync": label}) for label, rate in rates.items()]
    asked = made(*cells, folder=tmp_path / "a", answer={"compete": "sync"})
    assert answer(asked)[0].startswith("`lock` is 5")
    assert any("that with `lock`" in sentence for sentence in answer(asked))
    assert what_to_do(asked) == "use `lock`."
    assert contest_of(made(*cells, folder=tmp_path / "b")) is None


def test_ways_to_measure_are_compared_and_not_recommended(tmp_path):
    """How much faster a function is when it is warm is an answer; to leave out the warm-up since that is slower is no advice."""
    view = made(*swept("measure.warmup", {0: 100, 3: 300}), folder=tmp_path, answer={"compete": "measure.warmup"})
    assert answer(view)[0].startswith("`warmup 3` is ")
    assert what_to_do(view) == ""


def test_two_axes_compete_together(tmp_path):
    """Each pair of values is a contestant."""
    cells = [(100 * a * b, {"mine.a": a, "mine.b": b}, {}) for a in (1, 2, 4) for b in (1, 3)]
    view = made(*cells, folder=tmp_path)
    assert answer(view)[0].startswith("`a 4 · b 3` is best, ")
    assert family_of(view).count == 15


def test_a_baseline_on_the_axis_is_named(tmp_path):
    """The gain over it stands beside the lead over the next; where it is the next, the lead is the gain."""
    rates = {"plain": 100, "fast": 130, "faster": 170}
    view = made(*swept("mine.mode", rates), folder=tmp_path / "a", baseline={"mine.mode": "plain"})
    assert answer(view)[0].startswith("`mode faster` is best, 1.7x `mode plain`, 3")
    del rates["fast"]
    view = made(*swept("mine.mode", rates), folder=tmp_path / "b", baseline={"mine.mode": "plain"})
    assert answer(view)[0].count("plain") == 1


def test_in_open_loops_latencies_are_compared(tmp_path):
    """The throughput is given there: the value with the lowest 99th percentile is best."""
    cells = []
    for label, slow in {"a": 0.05, "b": 0.0005}.items():
        facts = {"latency": journal_builder.histogram(slow, 2000)}
        cells.append((100, {"mine.mode": label}, {"load": {"rate": 100, "duration": 5}, "facts": facts}))
    view = made(*cells, folder=tmp_path)
    assert judged(view).primary == "latency_p99_s"
    assert answer(view)[0].startswith("`mode b` is 2.9")  # 15 ms and 5 ms, as the histogram has them
    assert answer(view)[1].startswith("P99 latency: ")


def test_doubts_are_told_first(tmp_path):
    """Where no contestant is beyond doubt, the first sentence says so, why, and what would help."""
    cells = [
        journal_builder.cell(model=model, workers=2, rate=rate)
        for model, rate in {"threads": 1000, "processes": 1900}.items()
    ]
    first = answer(View(journal_builder.write(tmp_path, cells, effective=1.0, spec={"baseline": {}})))[0]
    assert first.startswith(
        "**Cannot tell which model is best.** **No verdict on time for both cells** (‡): the machine "
    )
    assert first.endswith("Measure the doubtful cells (‡) again on a quiet machine.")


def test_a_single_value_that_can_win_is_not_called_best(tmp_path):
    """Where all others are wrong, doubtful or overloaded, the first sentence says that it cannot be told."""
    cells = swept("mine.mode", {"a": 100}, status="invalid") + swept("mine.mode", {"b": 150})
    assert answer(made(*cells, folder=tmp_path))[0].startswith(
        "Cannot tell which mode is best: only `mode b` can win, "
    )
