"""Jain's index: its two ends, and several groups at once."""

import numpy as np

from concexp.analysis.stats.fairness import jain


def test_equal_shares_give_1_and_a_monopoly_gives_1_over_n():
    """1 if all shares are equal, 1/n if one has everything, NaN if there is nothing to share."""
    shares = np.array([[5.0, 5.0, 5.0, 5.0], [8.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    np.testing.assert_array_equal(jain(shares.sum(axis=1), (shares**2).sum(axis=1), 4), [1.0, 0.25, np.nan])


def test_the_index_of_two_unequal_shares():
    """(3 + 1)^2 / (2 (9 + 1)) = 0.8."""
    assert jain(4.0, 10.0, 2) == 0.8
