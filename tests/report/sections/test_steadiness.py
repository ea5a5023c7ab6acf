"""What the page says of warm-up, steadiness and variance, and that its numbers are those of the statistics."""

import math
import random
import re

import numpy as np
import pytest

from concexp import report
from concexp.analysis.variance import variations
from concexp.report.sections import steadiness
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios

SECTION = re.compile(r"## How steady it was\n(.*?)\n## ", re.DOTALL)


@pytest.fixture(scope="module")
def courses(tmp_path_factory):
    """The view of five cells of every kind, and its page."""
    folder = tmp_path_factory.mktemp("courses")
    run = journal_builder.write(folder, **scenarios.courses())
    return View(run), report.write(run, folder).read_text("utf-8")


def starting(folder, first, **more):
    """The sentences on six trials of three iterations, the first of which takes `first` times as long as the others."""
    noise = lambda block, k: math.exp(random.Random(f"{block} {k}").gauss(0, 0.01))  # noqa: E731
    cells = [
        journal_builder.cell(model="serial", course=noise),
        journal_builder.cell(
            model="threads", workers=2, course=lambda block, k: noise(block, k) * (1.0 if k else first)
        ),
    ]
    return steadiness.sentences(View(journal_builder.write(folder, cells, iterations=3, repetitions=8, **more)))


def test_each_kind_is_told_with_its_cure(courses):
    """Warm-up with the setting that leaves it out, slow-down, disagreement with its counts, and no steady state."""
    section = SECTION.search(courses[1])[1]
    assert "Steady from the first measured iteration on: 1 of 5 cells" in section
    assert "**Warming up**: model processes. Up to 6 measured iterations" in section
    assert "`measure.warmup: 7` leaves them out" in section  # one is left out already
    assert "**Slowing down**: model thread\\_pool." in section
    assert "model process\\_pool (3 of 5 trials flat, 2 slowing down)" in section
    assert "**No steady state** (`unsteady`): model asyncio." in section


def test_an_unsteady_cell_wins_nothing(courses):
    """Its trials are doubtful: no verdict, a mark in the table, a line among the reasons for doubt, its meaning."""
    page = courses[1]
    assert "Doubtful (‡), so without a verdict: `asyncio`." in page
    assert re.search(r"^\| asyncio \| [^|]* ‡ \|", page, re.MULTILINE)
    assert "- `unsteady` in 5 of 25 trials: the time of an operation still changed when the trial ended" in page


def test_what_changes_is_no_noise(courses):
    """Of five cells only the steady one has its variance reported."""
    (sentence,) = [line for line in steadiness.sentences(courses[0]) if "of the variance" in line]
    assert "model " not in sentence


def test_too_few_iterations(tmp_path):
    """Three iterations are too few for change points; that the first is like the others needs no sentence."""
    assert not any("first" in sentence for sentence in starting(tmp_path, 1.0))


def test_a_warm_up_in_three_iterations(tmp_path):
    """A first iteration that takes a fifth longer is reported with its interval, its cell, and the setting."""
    sentence = starting(tmp_path, 1.2)[0]
    assert re.search(
        r"\*\*The first iteration\*\* took longer than the later ones in 1 cell: model threads (19|20|21)\.?\d* % \(\d",
        sentence,
    )
    assert sentence.endswith("A higher `measure.warmup` (now 1) leaves that out.")


def test_a_slow_iteration_among_many(tmp_path):
    """A slow first iteration of thirty is not a change point, but it moves the mean: it is reported with the setting."""
    cells = [
        journal_builder.cell(
            noise=0.001, course=lambda block, k: 1.0 + (k == 0) * 0.5 + random.Random(f"{block} {k}").gauss(0, 0.1)
        )
    ]
    sentence = steadiness.sentences(View(journal_builder.write(tmp_path, cells, iterations=30)))
    assert "Steady from the first measured iteration on: 1 of 1 cell" in sentence[0]
    assert re.search(
        r"^\*\*The first iteration\*\* took longer than the later ones in 1 cell: `serial` [45]\d", sentence[1]
    )


def test_one_slow_iteration_is_no_warm_up(tmp_path):
    """An iteration of sixty that takes three times as long, elsewhere in each trial, leaves the cell steady and needs no cure."""

    def course(block, k):
        return (3.0 if k == 40 - 3 * block else 1.0) * math.exp(random.Random(f"{block} {k}").gauss(0, 0.01))

    run = journal_builder.write(tmp_path, [journal_builder.cell(course=course)], iterations=60)
    sentences = steadiness.sentences(View(run))
    assert "Steady from the first measured iteration on: 1 of 1 cell" in sentences[0]
    assert not any("measure.warmup" in sentence for sentence in sentences)


def test_a_slow_stretch_is_told_as_a_disturbance(tmp_path):
    """A slower stretch in the middle of all trials is a disturbance: more warm-up would not help."""

    def course(block, k):
        return (1.4 if 20 <= k < 30 else 1.0) * math.exp(random.Random(f"{block} {k}").gauss(0, 0.01))

    run = journal_builder.write(tmp_path, [journal_builder.cell(course=course)], iterations=60)
    sentences = steadiness.sentences(View(run))
    assert sentences[1].startswith("**Disturbed**: `serial`. Some iterations in the middle were slower")
    assert not any("measure.warmup" in sentence for sentence in sentences)


def test_a_slow_down_in_three_iterations(tmp_path):
    """A faster first iteration is not a warm-up, and more warm-up would not help."""
    sentence = starting(tmp_path, 0.8)[0]
    assert "took less than the later ones in 1 cell: model threads" in sentence
    assert "measure.warmup" not in sentence


def test_numbers_of_the_variance(tmp_path):
    """Shares, settings and the worst cell are those that the statistics give, for the precision that was wanted."""
    cells = [
        journal_builder.cell(model=model, workers=2, noise=noise, plugins={"model": "threads"},
                       course=lambda block, k: math.exp(random.Random(f"{block} {k}").gauss(0, 0.05)))
        for model, noise in (("calm", 0.01), ("usual", 0.03), ("wild", 0.2))
    ]  # fmt: skip
    measure = {"warmup": 1, "iterations": 4, "repetitions": 8, "timeout": "60s", "precision": "2%"}
    run = journal_builder.write(tmp_path, cells, repetitions=8, iterations=4, spec={"baseline": {}, "measure": measure})
    (sentence,) = [line for line in steadiness.sentences(View(run)) if "of the variance" in line]
    found = variations(run)
    shares = sorted(100 * one.between for one in found)
    middle, low, high = map(
        float, re.search(r"([\d.]+) % of the variance .*, ([\d.]+) to ([\d.]+) %\)", sentence).groups()
    )
    assert (low, middle, high) == pytest.approx(shares, rel=0.06)
    iterations = math.ceil(np.median([one.iterations for one in found]))
    needed = sorted(one.repetitions(iterations, 0.02) for one in found)
    setting = f"For ±2 %, set `iterations: {iterations}` and `repetitions: {needed[1]}` (enough for half of the cells)"
    assert f"{setting}; model wild needs `repetitions: {needed[2]}` (±" in sentence


def test_nothing_to_tell(tmp_path):
    """A run of single iterations says nothing of its steadiness."""
    assert steadiness.sentences(View(journal_builder.write(tmp_path, **scenarios.single()))) == []
