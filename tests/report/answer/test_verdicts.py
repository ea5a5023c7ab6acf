"""What is best where: comparisons that end alike share a sentence, and no sentence says more than the data."""

import re

import pytest

from concexp.report.answer import answer, what_to_do
from concexp.report.family import family_of
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


def comparisons(*rates, **more):
    """Threads and processes with 2 workers, at one size for each given pair of rates (threads, processes)."""
    return {
        "cells": [
            journal_builder.cell(
                "hash_blocks", model, workers=2, rate=rate, unit="block", axes={"hash_blocks.size": f"{size}B"}, **more
            )
            for size, pair in enumerate(rates, 1)
            for model, rate in zip(("threads", "processes"), pair, strict=True)
        ],
        "spec": {"baseline": {}},
    }


def test_one_winner_of_several(tmp_path):
    """Which cells win how often, with the smallest and the largest lead: other data, other sentences."""
    view = View(journal_builder.write(tmp_path, **comparisons((100, 200), (100, 300), (100, 150))))
    assert re.fullmatch(
        r"In all 3 comparisons: `processes` is best, 1\.[45] to (2\.9|3\.0) times as fast as `threads`\.",
        answer(view)[0],
    )
    assert what_to_do(view) == "use `processes`."
    view = View(journal_builder.write(tmp_path / "b", **comparisons((100, 200), (300, 100), (100, 150))))
    sentences = answer(view)
    assert sentences[0].startswith("**size 2B**: `threads` is best, 2.9")
    assert sentences[1].startswith("**size 1B and 3B**: `processes` is best, ")
    assert re.search(
        r"^Best throughput: \d{3} blocks/s at size 1B, (29|30)\d blocks/s at size 2B, 1\d\d blocks/s at size 3B\.",
        sentences[2],
    )
    assert what_to_do(view) == "use `processes` for size 1B and 3B, `threads` for size 2B."


def test_no_winner_of_several(tmp_path):
    """Where the best cannot be told apart from the next, none is called best; with too few trials there is no verdict."""
    view = View(journal_builder.write(tmp_path, **comparisons((100, 108), (100, 200), noise=0.06)))
    sentences = answer(view)
    assert sentences[0].startswith("**size 2B**: `processes` is best")
    assert re.match(r"\*\*size 1B\*\*: no winner: `\w+` cannot be told apart from `\w+`\.", sentences[1])
    few = View(journal_builder.write(tmp_path / "few", **comparisons((100, 200), (100, 300)), repetitions=1))
    assert answer(few)[0] == "**size 1B and 2B**: no verdict with 1 trial per cell (an interval needs 3)."
    assert what_to_do(few) == "measure at least 3 repetitions."


def test_what_is_behind_is_to_be_avoided(tmp_path):
    """Where the best are equal within the noise, the one that is certainly slower."""
    rates = {"a": 1000, "b": 1004, "c": 996, "d": 600}
    cells = [
        journal_builder.cell("sort", name, workers=2, rate=rate, noise=0.05, plugins={"model": "threads"})
        for name, rate in rates.items()
    ]
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {}}))
    assert re.fullmatch(
        r"`d` is behind: `\w` is \d+ % faster than `d` .*; the other 3 cannot be told apart\.", answer(view)[0]
    )
    assert what_to_do(view) == "use anything but `d`."


def test_a_tie_is_within_a_margin(tmp_path):
    """What is certainly within the margin is a tie; either may be used."""
    view = View(journal_builder.write(tmp_path, **comparisons((100, 100), (100, 100.1), noise=0.01)))
    assert re.match(r"\*\*size 1B and 2B\*\*: a tie: `\w+` and `\w+` within 5 %\.", answer(view)[0])
    assert what_to_do(view) == "use `processes` or `threads`."


def test_one_without_a_rival(tmp_path):
    """Where all others went wrong the one that is left is named, and not called best."""
    made = comparisons((100, 200), (100, 300))
    for one in made["cells"]:
        one["status"] = "invalid" if one["axes"]["model"] == "processes" else "ok"
    sentences = answer(View(journal_builder.write(tmp_path, **made)))
    assert sentences[0] == "**size 1B and 2B**: only `threads` can win, the other cells are wrong, failed or doubtful."
    assert not any("is best" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("counts", "text", "advice"),
    [
        ({1: 1000, 2: 1990, 4: 2000}, "2 workers reach 2.0x one worker; more gain less than 10 %.", "use 2 workers."),
        ({1: 1000, 2: 1005, 4: 1001}, "More than 1 worker gains less than 10 %.", "use 1 worker."),
        ({1: 1000, 2: 2000, 4: 4000}, "4 workers reach 4.0x one worker, the most that was measured.", "use 4 workers."),
    ],
)
def test_of_one_model_its_workers_compete(tmp_path, counts, text, advice):
    """The fewest that are within a tenth of the best, and that more bring nothing."""
    cells = [journal_builder.cell(model="threads", workers=n, rate=rate, noise=0.004) for n, rate in counts.items()]
    view = View(
        journal_builder.write(tmp_path, cells, spec={"baseline": {"workers": 1}}, effective=4.0, machine={"cpus": 4})
    )
    assert answer(view)[0] == text
    assert what_to_do(view) == advice


@pytest.mark.parametrize(("counts", "reference"), [((1, 2, 4), "one worker"), ((2, 4), "the rate of 2 workers")])
def test_without_a_baseline_gains_are_over_the_fewest_workers(tmp_path, counts, reference):
    """An empty baseline has no cell to compare with; the sentence names what is compared with all the same."""
    cells = [journal_builder.cell(model="threads", workers=n, rate=1000 * n, noise=0.004) for n in counts]
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {}}, effective=4.0, machine={"cpus": 4}))
    gain = f"{4 / counts[0]:.1f}x"
    assert answer(view)[0] == f"4 workers reach {gain} {reference}, the most that was measured."


def test_more_workers_that_may_help_are_not_dismissed(tmp_path):
    """Where an interval leaves room for a gain, more workers were only not seen to gain."""
    cells = [
        journal_builder.cell(model="threads", workers=n, rate=1000 - 100 * (n > 1), noise=0.25 * (n > 1))
        for n in (1, 2)
    ]
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {"workers": 1}}))
    assert answer(view)[0] == "More than 1 worker was not seen to gain 10 %."


@pytest.mark.parametrize("beside_two", [150.0, 20_000.0])
def test_a_first_step_that_makes_most_of_an_effect(tmp_path, beside_two):
    """Conditions are no contestants: their figures are given, and beside the ends the step that matters.

    What nothing computes beside stands first, also where some background happens to be faster, by keeping CPUs awake.
    """
    (sentence,) = answer(View(journal_builder.write(tmp_path, **scenarios.disturbed(beside_two))))
    assert re.fullmatch(
        r"Throughput falls from (10,\d00|9,9\d0) round trips/s alone to (19|20)\d beside 1 background worker and to (9\d\.\d|10\d) "
        r"beside 16 \(the worst of 5 conditions\)\.",
        sentence,
    )


def test_fifty_comparisons_are_counted(tmp_path):
    """All of them, with all differences that are corrected for: what the page has no room for is cut after it is counted."""
    made = comparisons(*[(100, 200)] * 30, *[(300, 100)] * 20)
    view = View(journal_builder.write(tmp_path, **made))
    text = "\n".join(answer(view))
    assert "In 30 of 50 comparisons (size 1B, 2B, 3B and 27 more): `processes` is best, " in text
    assert "In 20 of 50 comparisons (size 31B, 32B, 33B and 17 more): `threads` is best, " in text
    assert re.search(r"Best throughput: .* \(50 conditions\)", text)
    assert family_of(view).count == 50


def test_no_winner_in_any_of_fifty(tmp_path):
    """Where nothing is best, no sentence says so of any."""
    view = View(journal_builder.write(tmp_path, **comparisons(*[(100, 100)] * 50, noise=0.1)))
    assert not any("is best" in sentence for sentence in answer(view))
    assert "cannot be told apart" in answer(view)[0]


@pytest.mark.parametrize(
    ("cpus", "advice"),
    [(1, "repeat it more often: the differences are too small for this number of repetitions."), (96, "")],
)
def test_more_repetitions_are_no_advice_where_the_machine_is_too_small(tmp_path, cpus, advice):
    """What claims need, such as more CPUs, no repetition replaces."""
    made = comparisons((100, 103), noise=0.1)
    claim = {"says": "it scales", "of": {"model": "processes"}, "when": f"cpus >= {cpus}", "expect": "throughput > 1"}
    view = View(journal_builder.write(tmp_path, made["cells"], spec={**made["spec"], "claims": [claim]}))
    assert what_to_do(view) == advice
