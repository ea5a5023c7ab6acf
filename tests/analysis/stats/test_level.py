"""`measure.level` reaches every interval: a higher level is a wider interval, of all methods and on the whole page."""

import math
import random

import pytest

from concexp.analysis.stats.intervals import mean_interval, t_quantile
from concexp.analysis.stats.ratios import ratio
from concexp.analysis.stats.sequential import factor_to_verdict
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
    assert "true with 99.5 % confidence" in text
    assert "95 %" not in text


def test_a_run_from_before_there_was_a_level_has_95_percent(tmp_path):
    """Old journals have no such key."""
    assert journal_builder.write(tmp_path, [journal_builder.cell()]).level == 0.95
