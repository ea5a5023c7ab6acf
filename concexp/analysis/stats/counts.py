"""Counts of two samples -> whether something happens more often in one of them."""

from __future__ import annotations


def fisher_greater(count: int, of: int, count_before: int, of_before: int) -> float:
    """The p-value that a share is no larger than before, by Fisher's exact test (one-sided); 1 where a sample is empty."""
    if not of or not of_before:
        return 1.0
    from scipy.stats import hypergeom

    total, hits = of + of_before, count + count_before
    return float(hypergeom.sf(count - 1, total, hits, of))
