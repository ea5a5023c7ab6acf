"""How iterations follow each other: the words of trials, the doubt they give, and first iterations that are unlike the rest."""

import math
import random

import pytest

from concexp.analysis import first_iteration, steadiness
from tests.helpers import journal_builder


def noisy(course):
    return lambda block, k: course(block, k) * math.exp(random.Random(f"{block} {k}").gauss(0, 0.01))


def made(folder, course, iterations=30, repetitions=6, **more):
    """A run of two cells, a steady one and one whose operations take this course."""
    cells = [
        journal_builder.cell(model="serial", course=noisy(lambda block, k: 1.0)),
        journal_builder.cell(model="threads", workers=2, course=noisy(course), **more),
    ]
    return journal_builder.write(folder, cells, repetitions=repetitions, iterations=iterations)


def by_trial(run, column):
    """A column's value of each trial of the second cell, in the order of the blocks."""
    rows = run.trials[run.trials["model"] == "threads"].drop_duplicates("trial").sort_values("block")
    return list(rows[column])


@pytest.mark.parametrize(
    ("course", "word", "doubt"),
    [
        (lambda block, k: 1.0, "flat", ""),
        (lambda block, k: 1.5 if k < 5 else 1.0, "warmup", ""),
        (lambda block, k: 1.0 if k < 12 else 1.3, "slowdown", ""),
        (lambda block, k: 1.0 if k < 25 else 1.3, "no steady state", "unsteady"),
        (lambda block, k: 1.0 + 0.02 * k, "no steady state", "unsteady"),
    ],
)
def test_words_and_doubts(tmp_path, course, word, doubt):
    """A step near the end and a climb leave no steady state, and doubt; what ends steady has a word and no doubt."""
    run = made(tmp_path, course)
    assert by_trial(run, "steadiness") == [word] * 6
    assert by_trial(run, "doubts") == [doubt] * 6
    steady_cell = run.trials[run.trials["model"] == "serial"]
    assert set(steady_cell["steadiness"]) == {"flat"}
    assert set(steady_cell["doubts"]) == {""}


def test_doubts_are_of_single_trials(tmp_path):
    """Two of six trials without a steady state are left out, the others stand; of three, all six are doubtful."""
    two = made(tmp_path / "two", lambda block, k: 1.3 if k > 24 and block < 2 else 1.0)
    assert by_trial(two, "doubts") == ["unsteady"] * 2 + [""] * 4
    three = made(tmp_path / "three", lambda block, k: 1.3 if k > 24 and block < 3 else 1.0)
    assert by_trial(three, "doubts") == ["unsteady"] * 6
    assert not three.samples[
        str(three.trials[three.trials["model"] == "threads"]["cell"].iloc[0])
    ].enough_clean_trials()


def test_few_iterations_are_not_judged(tmp_path):
    """Nineteen iterations give no word and no doubt, whatever they do; neither do trials without any."""
    run = made(tmp_path / "short", lambda block, k: 1.0 if k < 15 else 1.3, iterations=19)
    assert by_trial(run, "steadiness") == [steadiness.NOT_ASSESSED] * 6
    assert by_trial(run, "doubts") == [""] * 6
    failed = made(tmp_path / "failed", lambda block, k: 1.0, status="failed", reason="no")
    assert by_trial(failed, "steadiness") == [steadiness.NOT_ASSESSED] * 6


def test_a_first_iteration_that_takes_longer(tmp_path):
    """Ten trials of three: 15 % more at first is found, with its factor and interval; the steady cell beside it is not."""
    run = made(tmp_path, lambda block, k: 1.0 if k else 1.15, iterations=3, repetitions=10)
    alone, warming = sorted(first_iteration.first_iterations(run), key=lambda start: start.ratio.mean)
    assert warming.systematic
    assert warming.ratio.lo < 1.15 < warming.ratio.hi
    assert warming.passes == 3
    assert not alone.systematic


def test_a_first_iteration_that_takes_less(tmp_path):
    """What gets slower from the first iteration on is systematic as well."""
    run = made(tmp_path, lambda block, k: 1 + 0.1 * k, iterations=3, repetitions=10)
    (climbing,) = [start for start in first_iteration.first_iterations(run) if start.systematic]
    assert climbing.ratio.hi < 1


@pytest.mark.parametrize(("more", "systematic"), [(0.02, False), (0.05, True)])
def test_what_matters(tmp_path, more, systematic):
    """2 % more in the first of three iterations move a mean by less than 1 %, however surely; 5 % by more."""
    run = made(tmp_path, lambda block, k: 1.0 if k else 1 + more, iterations=3, repetitions=10)
    (found,) = [start for start in first_iteration.first_iterations(run) if start.ratio.mean > 1.015]
    assert found.ratio.lo > 1
    assert found.systematic is systematic


def test_chance_among_many_cells(tmp_path):
    """Of 30 cells with 10 % of noise 4 have intervals that leave out 1, and none is called systematic: there are 30."""

    def course(number):
        return lambda block, k: math.exp(random.Random(f"a {number} {block} {k}").gauss(0, 0.1))

    cells = [journal_builder.cell(model="threads", workers=n, course=course(n)) for n in range(2, 32)]
    starts = first_iteration.first_iterations(journal_builder.write(tmp_path, cells, repetitions=10, iterations=3))
    assert len(starts) == 30
    assert sum(not start.ratio.lo <= 1 <= start.ratio.hi for start in starts) == 4
    assert not any(start.systematic for start in starts)


def test_an_iteration_alone_has_no_others(tmp_path):
    """Trials of one iteration, or fewer than three trials, tell nothing of first iterations."""
    assert first_iteration.first_iterations(made(tmp_path / "one", lambda block, k: 1.0, iterations=1)) == []
    assert (
        first_iteration.first_iterations(made(tmp_path / "two", lambda block, k: 1.0, iterations=3, repetitions=2))
        == []
    )
