"""`measure.level` reaches every interval: a higher level is a wider interval, of all methods and on the whole page."""

import math
import random
import re

import pytest

from concexp.analysis.first_iteration import FirstIteration
from concexp.analysis.stats.intervals import Interval, half_width, mean_interval, of_the_best, t_quantile
from concexp.analysis.stats.ratios import p_value, ratio
from concexp.analysis.stats.scaling_fit import scaling
from concexp.analysis.stats.sequential import factor_to_verdict
from concexp.analysis.stats.significance import difference
from concexp.analysis.stats.trend import slope
from concexp.analysis.stats.variance import trials_needed
from concexp.report import page
from tests.helpers import journal_builder

LEVELS = (0.9, 0.95, 0.99)


def values(count, seed=1):
    rng = random.Random(seed)
    return {block: math.exp(rng.gauss(0, 0.1)) for block in range(count)}


@pytest.mark.parametrize("count", [5, 30])  # Student's t, and bootstrap-t
def test_a_higher_level_is_a_wider_interval_around_the_same_mean(count):
    """By every method: of a mean, of a ratio, paired or not, and of a slope."""
    apart = {block + 100: value for block, value in values(count, 2).items()}
    for method in (
        lambda level: mean_interval(list(values(count).values()), True, level),
        lambda level: ratio(values(count), values(count, 2), level),
        lambda level: ratio(values(count), apart, level),
        lambda level: slope(values(max(count, 6)), level),
    ):
        narrow, usual, wide = map(method, LEVELS)
        assert wide.lo < usual.lo < narrow.lo < narrow.mean < narrow.hi < usual.hi < wide.hi
        assert narrow.mean == usual.mean == wide.mean


def test_the_levels_are_those_of_the_tables_of_t():
    """With 9 degrees of freedom: 1.833, 2.262 and 3.250."""
    assert [round(t_quantile(9, level), 3) for level in LEVELS] == [1.833, 2.262, 3.250]


def test_the_interval_of_the_best_has_its_level():
    """Of 12 equal cells, each level asks for the quantile of t at its own twelfth root."""
    for level in LEVELS:
        own = mean_interval(list(values(10).values()), level=level)
        wider = of_the_best(own, 12, level)
        stretch = math.log(wider.hi / own.mean) / math.log(own.hi / own.mean)
        assert stretch == pytest.approx(t_quantile(9, level ** (1 / 12)) / t_quantile(9, level))


def test_half_an_interval_has_the_level():
    """With 9 degrees of freedom and a standard deviation of the root of 10: the quantiles of t."""
    assert [half_width(math.sqrt(10), 10, one) for one in LEVELS] == pytest.approx(
        [t_quantile(9, one) for one in LEVELS]
    )


@pytest.mark.parametrize("level", LEVELS)
def test_a_single_comparison_is_named_where_its_interval_excludes_1(level):
    """Its p-value is below 1 - level there: verdict and interval agree."""
    seen = set()
    for seed in range(60):
        above = {block: value * 1.06 for block, value in values(10, seed).items()}
        below = values(10, seed + 100)
        found = ratio(above, below, level)
        named = difference(found, p_value(above, below), level=level)
        assert named == (
            "no difference shown" if found.lo <= 1 <= found.hi else "higher" if found.mean > 1 else "lower"
        )
        seen.add(named)
    assert {"higher", "no difference shown"} <= seen


def test_a_first_iteration_is_judged_at_the_level():
    """One that chance brings forth in 7 % is systematic at 90 % only."""
    found = [FirstIteration("a", Interval(1.2, 1.1, 1.3, 8), 4, 0.07, level).systematic for level in LEVELS]
    assert found == [True, False, False]


def test_the_trials_reject_a_law_at_the_level():
    """What they reject at 90 % may be left at 99 %, never the reverse."""
    rejected = dict.fromkeys(LEVELS, 0)
    for seed in range(40):
        rng = random.Random(seed)
        bent = {n: n / (1 + 0.1 * (n - 1)) * (1.06 if n in (3, 5) else 1.0) for n in (1, 2, 3, 4, 5, 6)}
        trials = {n: {b: rate * math.exp(rng.gauss(0, 0.04)) for b in range(8)} for n, rate in bent.items()}
        for level in LEVELS:
            rejected[level] += "noise of the trials" in scaling(trials, refits=20, level=level).refusal
    narrow, usual, wide = rejected.values()
    assert narrow > usual > wide


def test_a_higher_level_takes_more_trials():
    """For intervals of one width, and for a claim that is true in 99.85 % of the draws."""
    needed = [trials_needed(0.01, 0.03, level) for level in LEVELS]
    assert needed == sorted(set(needed))
    assert [factor_to_verdict(0.9985, level) > 0 for level in LEVELS] == [False, True, True]


def test_the_level_of_an_experiment_reaches_its_cells_and_its_page(tmp_path):
    """cells.csv, the words of the answer and of the claims, and the captions of pictures have the level of the experiment."""
    cells = journal_builder.sweep(workers=(1, 2), rate=journal_builder.amdahl())
    claims = {"claims": [{"of": {"model": "threads"}, "expect": "speedup < 1.1"}]}
    measure = {"warmup": 1, "iterations": 2, "repetitions": 6, "timeout": "60s", "seed": 1}
    runs = {
        level: journal_builder.write(tmp_path / level, cells, spec={"measure": {**measure, "level": level}, **claims})
        for level in ("90%", "99%")
    }
    widths = {level: run.cells["speedup_hi"] - run.cells["speedup_lo"] for level, run in runs.items()}
    assert (widths["99%"] > widths["90%"])[widths["90%"].notna()].all()
    text = page.write(runs["99%"], tmp_path / "page").read_text()
    assert "99 % intervals" in text
    assert "A verdict needs 99.5 % confidence" in text
    assert "at most about 1 % false" in text
    assert "may have gone unseen" in text
    assert not re.search(r"95 % (interval|confidence|sure)|\(95 %\)|97\.5 %", text)


def test_a_run_from_before_there_was_a_level_has_95_percent(tmp_path):
    """Old journals have no such key."""
    assert journal_builder.write(tmp_path, [journal_builder.cell()]).level == 0.95
