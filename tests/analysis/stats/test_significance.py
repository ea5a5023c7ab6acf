"""The words that intervals and p-values earn."""

import math

import numpy as np
import pytest

from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.analysis.stats.ratios import ratio
from concexp.analysis.stats.significance import (
    benjamini_hochberg,
    difference,
    equivalence,
    noise_floor,
    resolved,
)

# The 15 p-values of Benjamini & Hochberg (1995), section 3.2: at 5 % the first four are significant.
PUBLISHED = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240]
PUBLISHED += [0.4262, 0.5719, 0.6528, 0.7590, 1.0000]


def interval(lo, hi):
    return Interval(math.sqrt(lo * hi), lo, hi, 10)


def test_published_decisions():
    """Of the published p-values the procedure keeps the first four at 5 %."""
    assert (benjamini_hochberg(PUBLISHED) <= 0.05).tolist() == [True] * 4 + [False] * 11


def test_adjusted():
    """The adjusted values are R's p.adjust(method = "BH"), in the order given, and NaN is no comparison."""
    assert benjamini_hochberg([0.04, 0.01, 0.03]) == pytest.approx([0.04, 0.03, 0.04])
    found = benjamini_hochberg([0.04, math.nan, 0.01, 0.03])
    assert found[[0, 2, 3]] == pytest.approx([0.04, 0.03, 0.04])
    assert math.isnan(found[1])
    assert benjamini_hochberg([]).size == 0
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg([1.2])


def test_false_discoveries():
    """Of 2000 reports in which 10 of 20 comparisons differ, the mean share of false ones among those named is 2.5 %."""
    rng = np.random.default_rng(5)
    from scipy.special import ndtr

    shares = []
    for _ in range(2000):
        z = rng.normal(np.repeat([0, 3.5], 10), 1)
        named = benjamini_hochberg(2 * ndtr(-np.abs(z))) <= 0.05
        shares.append(named[:10].sum() / max(1, named.sum()))
    assert np.mean(shares) == pytest.approx(0.025, abs=0.004)


@pytest.mark.parametrize(
    ("ends", "higher", "lower"),
    [
        ((0.97, 1.03), "equivalent", "equivalent"),
        ((0.97, 1.20), "no worse", "no better"),
        ((0.80, 1.03), "no better", "no worse"),
        ((0.80, 0.94), "worse", "better"),
        ((1.06, 1.20), "better", "worse"),
        ((0.90, 1.20), "unresolved", "unresolved"),
        ((1.01, 1.04), "equivalent", "equivalent"),
    ],
)
def test_equivalence(ends, higher, lower):
    """The word tells where the interval lies relative to 5 % either way, and which way is better turns it round."""
    assert equivalence(interval(*ends)) == higher
    assert equivalence(interval(*ends), better="lower") == lower


def test_equivalence_needs_an_interval():
    """Without an interval, or with an infinite one, nothing is resolved; an unknown word is an error."""
    assert equivalence(UNKNOWN) == equivalence(Interval(2, -math.inf, math.inf, 5)) == "unresolved"
    with pytest.raises(ValueError, match="better is"):
        equivalence(interval(0.9, 1.1), better="more")


def test_inequivalent_is_seldom_called_equivalent():
    """Of 1000 pairs that differ by exactly the margin, about 2.5 % are called equivalent, not more."""
    rng = np.random.default_rng(6)
    blocks = range(8)
    called = 0
    for _ in range(1000):
        noise = rng.normal(math.log(1.05), 0.01, 8)
        found = ratio(dict(zip(blocks, np.exp(noise), strict=True)), dict.fromkeys(blocks, 1.0))
        called += equivalence(found) == "equivalent"
    assert 0.008 < called / 1000 < 0.042


def test_noise_floor():
    """The floor is the farthest end of any control, either way; without one it is 1."""
    assert noise_floor([interval(0.8, 1.1), interval(0.99, 1.02)]) == pytest.approx(1.25)
    assert noise_floor([interval(0.99, 1.3), UNKNOWN]) == pytest.approx(1.3)
    assert noise_floor([UNKNOWN]) == noise_floor([]) == 1


def test_resolved():
    """A ratio inside the floor is not resolved, even if its interval reaches out of it; one beyond it is."""
    assert not resolved(interval(1.01, 1.06), 1.05)
    assert resolved(interval(1.01, 1.10), 1.05)
    assert resolved(interval(0.90, 0.99), 1.05)
    assert not resolved(UNKNOWN, 1.05)
    with pytest.raises(ValueError, match="at least 1"):
        resolved(UNKNOWN, 0.9)


def test_difference():
    """A difference is named where p allows it and the floor does not swallow it."""
    assert difference(interval(1.01, 1.04), 0.001) == "higher"
    assert difference(interval(0.90, 0.95), 0.001) == "lower"
    assert difference(interval(1.01, 1.04), 0.001, floor=1.05) == "not resolved"
    assert difference(interval(1.01, 1.04), 0.06) == difference(interval(0.99, 1.04), 0.01) == "no difference shown"
    assert difference(interval(1.01, 1.04), math.nan) == difference(UNKNOWN, 0.001) == "no difference shown"
