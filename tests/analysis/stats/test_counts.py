"""Fisher's exact test."""

import pytest

from concexp.analysis.stats.counts import fisher_greater


def test_the_lady_tasting_tea():
    """Fisher 1935: three of four cups right, p = 0.2429; all four, p = 1/70."""
    assert fisher_greater(3, 4, 1, 4) == pytest.approx(0.242857, abs=1e-6)
    assert fisher_greater(4, 4, 0, 4) == pytest.approx(1 / 70)


def test_nothing_happened_or_nothing_was_tried():
    """Without a single case, or without a sample, nothing happens more often."""
    assert fisher_greater(0, 5, 0, 5) == 1
    assert fisher_greater(0, 0, 0, 5) == 1
