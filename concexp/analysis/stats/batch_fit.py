"""Many curves at once -> the parameters of a scaling law for each: resampling needs thousands of fits, and fast.

The same least squares as `scaling_fit.fit`, with the same bounds (no parameter below 0), over the rows of one array. A bound
is held by leaving the parameter out: the result is the best allowed one of the fits with and without it.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from concexp.analysis.stats.scaling_laws import GUSTAFSON, Law

Floats = NDArray[np.float64]

STEPS = 60


def refit(law: Law, workers: Floats, rows: Floats) -> Floats:
    """The parameters (curves x parameters) of throughputs (curves x worker counts), all positive, in their unit."""
    scale = rows.max(axis=1, keepdims=True)
    straight = law is GUSTAFSON
    terms = [workers, 1 - workers] if straight else [np.ones_like(workers), workers - 1, workers * (workers - 1)]
    basis = np.stack(terms[: len(law.parameters)])
    best: Floats = np.full(len(rows), np.inf)
    parameters: Floats = np.zeros((len(rows), len(basis)))
    others = range(1, len(basis))
    for left in reversed(range(len(basis))):
        for chosen in combinations(others, left):
            free = [0, *chosen]
            coefficients = np.zeros_like(parameters)
            if straight:
                coefficients[:, free] = _straight(basis[free], rows / scale)
            else:
                coefficients[:, free] = _curved(basis[free], workers, rows / scale)
            model: Floats = coefficients @ basis
            with np.errstate(divide="ignore", invalid="ignore"):
                throughput: Floats = model if straight else workers / model
            error = ((throughput - rows / scale) ** 2).sum(axis=1)
            better: NDArray[np.bool_] = (coefficients >= 0).all(axis=1) & (error < best)
            best[better], parameters[better] = error[better], coefficients[better]
    # From X = N / (c + d (N - 1) + e N (N - 1)) to g = 1 / c, a = d / c, b = e / c; Gustafson's from X = g N - h (N - 1).
    first = parameters[:, :1]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = parameters[:, 1:] / first
        rates = (first if straight else 1 / first) * scale
    return np.hstack([rates, shares])


def _straight(basis: Floats, rows: Floats) -> Floats:
    return np.asarray(np.linalg.lstsq(basis.T, rows.T, rcond=None)[0].T, dtype=np.float64)


def _curved(basis: Floats, workers: Floats, rows: Floats) -> Floats:
    """Levenberg & Marquardt's method on X = N / (p . basis), from the weighted linear fit of N / X."""
    weights = rows**2 / workers  # by which an error of N / X is larger than one of X
    design = weights[:, :, None] * basis.T
    fitted = _solved(design, weights * workers / rows, np.zeros(len(rows)))
    damping = np.full(len(rows), 1e-6)
    error = _error(fitted, basis, workers, rows)
    settled = np.zeros(len(rows), bool)
    for _ in range(STEPS):
        below = fitted @ basis
        jacobian = -(workers / below**2)[:, :, None] * basis.T
        trial = fitted + _solved(jacobian, rows - workers / below, damping)
        error_there = _error(trial, basis, workers, rows)
        better = error_there < error
        settled |= better & (error_there > error * (1 - 1e-12)) | (damping > 1e3)
        fitted = np.where(better[:, None], trial, fitted)
        error = np.where(better, error_there, error)
        damping = np.clip(np.where(better, damping / 10, damping * 10), 1e-12, 1e6)
        if settled.all():
            break
    return fitted


def _error(fitted: Floats, basis: Floats, workers: Floats, rows: Floats) -> Floats:
    """The sum of squares of each row; infinite where the law has no positive throughput."""
    below = fitted @ basis
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = ((workers / below - rows) ** 2).sum(axis=1)
    return np.where((below > 0).all(axis=1), squares, np.inf)


def _solved(design: Floats, wanted: Floats, damping: Floats) -> Floats:
    """Damped least squares for each row; columns are scaled to unit length."""
    length = np.sqrt((design**2).sum(axis=1)) + 1e-300
    design = design / length[:, None, :]
    normal = np.einsum("rni,rnj->rij", design, design)
    normal += np.eye(design.shape[2]) * (damping[:, None, None] + 1e-13)
    right = np.einsum("rni,rn->ri", design, wanted)
    solution: Floats = np.linalg.solve(normal, right[:, :, None])[:, :, 0] / length
    return solution
