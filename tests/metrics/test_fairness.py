"""Jain's index."""

import math

import pytest

from concexp.metrics.fairness import jain


@pytest.mark.parametrize(
    ("shares", "index"), [((1, 1, 1, 1), 1.0), ((1, 0, 0, 0), 0.25), ((4, 3, 2, 1), 0.8333), ((0.2, 0.2), 1.0)]
)
def test_the_published_figures(shares, index):
    """1 for equal shares of any size, 1/n where one has all, and (4, 3, 2, 1) between them."""
    assert jain(list(shares)) == pytest.approx(index, abs=5e-5)


def test_nobody_did_anything():
    """Without any operation there is no fairness to speak of."""
    assert math.isnan(jain([0, 0]))
