"""One rule for what may be called different: among many comparisons, beyond chance, beyond the floor, and not for equal."""

import itertools
import math
import re

import numpy as np
import pytest

from concexp.analysis.samples import Sample, Trial, compared
from concexp.analysis.stats.intervals import of_the_best
from concexp.analysis.stats.ratios import p_value
from concexp.analysis.stats.significance import benjamini_hochberg
from concexp.report.answer import answer
from concexp.report.family import corrected, family_of
from concexp.report.pairs import Pair
from concexp.report.phrases import contenders
from concexp.report.points import Point
from concexp.report.sections import precision
from concexp.report.text.numbers import spread
from concexp.report.view import View
from tests.helpers import journal_builder
from tests.helpers.pages import answer_and_details

ARMS = 20
SEEDS = 40


def arms(rates=(), noise=0.03):
    """Twenty models of equal speed but for those with a rate of their own; the first is the baseline."""
    rates = dict(rates)
    return [
        journal_builder.cell(
            model=f"arm{k}", workers=2, noise=noise, rate=rates.get(k, 1000.0), plugins={"model": "threads"}
        )
        for k in range(ARMS)
    ]


def viewed(folder, cells):
    return View(journal_builder.write(folder, cells, spec={"baseline": {"model": "arm0"}}, repetitions=10))


def answer_and_comparisons(view):
    return "\n".join(answer_and_details(view))


def pairs_of(points):
    return [Pair(a, b, "throughput") for a, b in itertools.combinations(points, 2)]


def drawn(seed, gains):
    """Points of ten trials, 3 % apart by chance in blocks 2 % apart, whose logarithms of the rate are raised by the gains."""
    rng = np.random.default_rng(seed)
    logs = rng.normal(0, 0.03, (len(gains), 10)) + rng.normal(0, 0.02, 10) + np.array(gains)[:, None]
    found = []
    for number, rates in enumerate(np.exp(logs)):
        trials = [Trial(block, "ok", "", (), math.nan, {"throughput": rate}) for block, rate in enumerate(rates)]
        found.append(Point(str(number), {}, "ok", "", {}, Sample(trials), "sum", 1.0, "throughput"))
    return found


def by_block(point, metric):
    """The values of a point that has no run."""
    return point.sample.by_block(metric)


def differing(points, corrected_for=None):
    """The pairs of which a difference may be named; without a correction, those whose interval leaves out 1."""
    found = set()
    for pair in pairs_of(points):
        ratio = compared(pair.above.sample, pair.below.sample, "throughput")
        alone = not ratio.lo <= 1 <= ratio.hi
        if alone if corrected_for is None else corrected_for.verdict(pair, ratio, 1.0) in ("higher", "lower"):
            found.add((pair.above.cell, pair.below.cell))
    return found


def test_equal_arms_do_not_differ():
    """Of 40 reports on 20 equal arms at most 4 name any difference: 5 % are 2. Uncorrected, nearly all would."""
    reports = [drawn(seed, [0.0] * ARMS) for seed in range(SEEDS)]
    assert sum(bool(differing(points, corrected(pairs_of(points), by_block))) for points in reports) <= 4
    assert sum(bool(differing(points)) for points in reports) >= SEEDS - 4


def test_one_real_effect_is_kept():
    """One arm of 20 is a tenth faster: nearly all its 19 differences are named; of all that are, about 5 % are false."""
    kept, false = 0, []
    for seed in range(SEEDS):
        points = drawn(seed, [0.0] * 7 + [0.1] + [0.0] * (ARMS - 8))
        named = differing(points, corrected(pairs_of(points), by_block))
        kept += sum("7" in pair for pair in named)
        false.append(sum("7" not in pair for pair in named) / len(named))
    assert kept > 0.9 * SEEDS * (ARMS - 1)
    assert np.mean(false) < 0.07


def test_the_answer_on_equal_arms(tmp_path):
    """No arm is best, gains or loses. All 190 pairs that a sentence could be about are corrected for, and the page says so."""
    view = viewed(tmp_path, arms())
    text = answer_and_comparisons(view)
    assert "cannot be told apart from" in text
    assert not re.search(r"is best|Gain over|Slower than", text)
    (sentence,) = [line for line in precision.assurances(view) if "Benjamini" in line]
    assert sentence == (
        "Differences are corrected for 190 comparisons (Benjamini–Hochberg, at most about 5 % false). "
        "In the text, the interval of the best figure may be wider than in the tables: "
        "it allows for having been picked as the best."
    )
    points = view.comparisons[0].points
    sides = [[p.sample.by_block("throughput") for p in (pair.above, pair.below)] for pair in pairs_of(points)]
    adjusted = benjamini_hochberg([p_value(*both) for both in sides])
    assert family_of(view).adjusted == pytest.approx(
        {pair.key: p for pair, p in zip(pairs_of(points), adjusted, strict=True)}
    )


def test_the_answer_on_one_that_is_faster(tmp_path):
    """The arm that is three times as fast is best; a difference that may be chance is not named but explained."""
    view = viewed(tmp_path, arms({7: 3000.0, 9: 1120.0}, noise=0.1))
    text = answer_and_comparisons(view)
    assert "`arm7` is best:" in text
    ratio = view.ratio(view.points[9], view.points[0])
    assert ratio.lo > 1
    assert re.search(
        r"Cannot be told apart from `arm0`:.* `arm9` 1\.\d+x \([^)]*\) with 2 workers, within what chance produces in 190",
        text,
    )


def test_nothing_is_said_to_be_equal_and_different(tmp_path):
    """One that is 2 % faster, for certain, is best and gains: it is as good only within a margin, and never equal or a tie."""
    cells = [
        journal_builder.cell(model=f"arm{k}", workers=2, noise=0.001, rate=rate, plugins={"model": "threads"})
        for k, rate in enumerate((1000, 1020, 1010))
    ]
    view = viewed(tmp_path, cells)
    text = answer_and_comparisons(view)
    assert "`arm1` is best: " in text
    assert re.search(r"Gain over `arm0`: `arm2` 1\.0\d+x", text)
    assert "`arm0` and `arm2` are as good as `arm1` (within 5 %" in answer(view)[0]
    assert not re.search(r"\bequal\b|\btie\b|told apart|[Nn]o gain", text)


def test_leads_in_several_comparisons_are_not_called_equal(tmp_path):
    """A cell that is best in all comparisons, by 2 %, is in none of them equal to the next, only within the margin of it."""
    cells = [
        journal_builder.cell(workload, f"arm{k}", workers=2, noise=0.001, rate=rate, plugins={"model": "threads"})
        for workload in ("cpu_sum", "hash_blocks")
        for k, rate in enumerate((1000, 1020))
    ]
    text = answer_and_comparisons(viewed(tmp_path, cells))
    assert "**cpu\\_sum and hash\\_blocks**: `arm0` is as good as `arm1` (within 5 %" in text
    assert "is best: " in text
    assert not re.search(r"\bequal\b|\btie\b|told apart|[Nn]o gain", text)


def test_the_figure_of_the_best_allows_for_its_choice(tmp_path):
    """Of 20 equal arms the best figure has a wider interval than its cell's own, and the page says why."""
    view = viewed(tmp_path, arms())
    best = view.best(view.points)
    among = contenders(view, best, view.points)
    assert among > 10
    own, told = best.value("throughput"), of_the_best(best.value("throughput"), among)
    assert told.lo < own.lo < own.hi < told.hi
    text = answer_and_comparisons(view)
    assert f"has the best figure, {spread(told, ' sums/s')}" in text
    assert any(
        "the interval of the best figure may be wider than in the tables" in one for one in precision.assurances(view)
    )


def test_a_primitive_that_costs_nothing(tmp_path):
    """Beside no primitive, one that costs nothing is within the margin; one that costs much is not marked so."""
    cells = [
        journal_builder.cell("counter", "threads", sync, 2, rate=rate, noise=0.002)
        for sync, rate in (("none", 1000), ("lock", 1000), ("rlock", 500))
    ]
    (price,) = [
        line for line in answer_and_comparisons(viewed(tmp_path, cells)).splitlines() if "beside `threads`" in line
    ]
    assert re.search(r"(1\.00\d?|0\.99\d)x( \(.*?\))? with `lock` \(within 5 %\)", price)
    assert re.search(r"0\.\d+x \(.*?\) with `rlock`\.", price)
