"""How many are enough: the lowest number within a tenth of the best, by bounds that hold for all of them together."""

import re

import pytest

from concexp.report.answer import answer, what_to_do
from concexp.report.answer.standings import standings
from concexp.report.contest import compared
from concexp.report.view import View
from tests.helpers import journal_builder

ENTRY = {"form": "function", "version": "", "check": "", "target": "my.py:f", "returns": "anything"}


def limits(folder, rates, noise=0.01, repetitions=6, **more):
    """One model and a limit, an argument of the user's code, with a rate for each of its values."""
    cells = [
        journal_builder.cell(
            "mine", "threads", workers=2, rate=rate, noise=noise, unit="call", wants="io",
            axes={"mine.limit": limit}, plugins={"workload": "sleep"},
        )
        for limit, rate in rates.items()
    ]  # fmt: skip
    spec, manifest = {"baseline": {}, **more}, {"preflight": {"entries": {"mine": ENTRY}}}
    return View(journal_builder.write(folder, cells, spec=spec, manifest=manifest, repetitions=repetitions))


@pytest.mark.parametrize(
    ("rates", "pattern", "advice"),
    [
        ({1: 100, 2: 200, 4: 390, 8: 400, 16: 402},
         r"`limit 4` is within 10 % of the best, 3\.\d+ times as fast as `limit 1` \(.*\); more brings nothing\.", "limit 4"),
        ({1: 100, 4: 390, 8: 400, 16: 300, 32: 200},
         r"`limit 4` is within 10 % of the best, .*; from `limit 16` on it is slower\.", "limit 4"),
        ({1: 400, 4: 402, 8: 300}, r"`limit 1` is within 10 % of the best; from `limit 8` on it is slower\.", "limit 1"),
        ({1: 100, 4: 300, 8: 400, 16: 300},
         r"`limit 8` is best, 3\d % faster than `limit (4|16)` .*; more is slower\.", "limit 8"),
        ({1: 100, 4: 300, 8: 700},
         r"`limit 8` is best, 2\.\d+ times as fast as `limit 4` \(.*\), the most that was measured\.", "limit 8"),
        ({1: 400, 4: 402, 8: 400}, r"`limit` makes no difference, `limit 1` is within 10 % of the best\.", "limit 1"),
    ],
)  # fmt: skip
def test_the_lowest_number_that_is_enough(tmp_path, rates, pattern, advice):
    """A plateau, one that falls again, a peak, a rise to the end, and no effect at all."""
    view = limits(tmp_path, rates)
    assert re.fullmatch(pattern, answer(view)[0])
    assert what_to_do(view) == f"use `{advice}`."


def test_what_noise_hides_is_not_called_enough(tmp_path):
    """Wide intervals leave room for a tenth: no value is named."""
    sentence = answer(limits(tmp_path, {1: 400, 4: 420, 8: 430, 16: 380}, noise=0.3))[0]
    assert sentence == "No winner: all 4 values of `limit` cannot be told apart."


def test_two_that_cannot_be_told_apart_have_their_figures(tmp_path):
    """A reader chooses between them by what they cost, so their figures stand in the answer."""
    sentence = answer(limits(tmp_path, {4: 400, 8: 400}, noise=0.2))[0]
    assert re.fullmatch(
        r"No winner: `limit [48]` cannot be told apart from `limit [48]`; throughput \d+ calls/s \(.*\) and \d+ calls/s \(.*\)\.",
        sentence,
    )


def test_too_few_trials_give_no_verdict(tmp_path):
    """Without an interval nothing is within a tenth."""
    view = limits(tmp_path, {1: 100, 2: 200, 4: 400}, repetitions=2)
    assert answer(view)[0] == "No verdict with 2 trials per cell (an interval needs 3)."


def test_enough_is_seldom_said_of_what_is_not(tmp_path):
    """Of five values a little more than a tenth below the best, hardly any is called enough: the bounds are simultaneous."""
    labels = [f"w{number}" for number in range(40)]
    cells = [
        journal_builder.cell(
            label, "threads", workers=2, rate=1000 if limit == 9 else 905, noise=0.04, wants="io",
            axes={"workload.limit": limit}, plugins={"workload": "sleep"},
        )
        for label in labels
        for limit in (1, 2, 3, 4, 5, 9)
    ]  # fmt: skip
    manifest = {"preflight": {"entries": dict.fromkeys(labels, ENTRY)}}
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {}}, manifest=manifest, repetitions=5))
    found = standings(view, compared(view))
    assert len(found) == len(labels)
    assert sum(one.plateau is not None and one.plateau.labels["workload.limit"] != 9 for one in found) <= 3


def test_numbers_of_workers_may_compete_for_each_model(tmp_path):
    """`answer: {compete: workers}`: models are conditions then."""
    cells = [
        journal_builder.cell(
            model=model, workers=n, rate=1000 * (min(n, 2) if model == "processes" else 1), wants="io", noise=0.004
        )
        for model in ("threads", "processes")
        for n in (1, 2, 4)
    ]
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {}, "answer": {"compete": "workers"}}))
    second, first = answer(view)[:2]  # the larger difference comes first
    assert first == "**threads**: the number of workers makes no difference, 1 worker is within 10 % of the best."
    assert re.fullmatch(
        r"\*\*processes\*\*: 2 workers are within 10 % of the best, 2\.\d+ times as fast as 1 worker.*; more brings nothing\.",
        second,
    )
    assert what_to_do(view) == "use 1 worker for threads, 2 workers for processes."


def test_a_condition_is_said_once(tmp_path):
    """Numbers of workers that stand in the title are not said again of each value."""
    cells = [
        journal_builder.cell("mine", "threads", workers=workers, rate=rate, unit="call", wants="io",
                             axes={"mine.limit": limit}, plugins={"workload": "sleep"})
        for workers in (1, 4)
        for limit, rate in {1: 100, 2: 200, 4: 390, 8: 400}.items()
    ]  # fmt: skip
    spec = {"baseline": {}, "answer": {"compete": ["mine.limit"], "for_each": ["workers"]}}
    view = View(journal_builder.write(tmp_path, cells, spec=spec, manifest={"preflight": {"entries": {"mine": ENTRY}}}))
    sentence = answer(view)[0]
    assert "`limit 4` is within 10 % of the best" in sentence
    assert "with 4 workers" not in sentence
