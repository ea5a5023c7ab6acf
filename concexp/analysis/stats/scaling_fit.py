"""Throughput by worker count -> the law that describes it, with its parameters, their intervals and its peak; or why none does.

The points of the curve are the geometric means over trials, fitted by least squares with g free: dividing by one noisy X(1)
instead would move `a` by 40 %. A parameter has two intervals: t with n - k degrees of freedom, from what the curve leaves
unexplained, and one from the trials, for which each point's mean is drawn from its t distribution as for claims (jointly if
the trials share blocks) and the law refitted. Plain resampling of 5 or 10 trials would be too narrow by a tenth to a third.

A law is told only if the noise of the trials explains how far it misses the points (`lack_of_fit`): 1 + log N and the square root
of N look like Amdahl's law, and have no limit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from concexp.analysis.stats.batch_fit import refit
from concexp.analysis.stats.draws import joint_draws
from concexp.analysis.stats.intervals import FEWEST, LEVEL, UNKNOWN, Interval, t_quantile
from concexp.analysis.stats.lack_of_fit import lack_of_fit
from concexp.analysis.stats.scaling_laws import STRONG, WEAK, Law, peak

Floats = NDArray[np.float64]
Trials = Mapping[int, float] | Sequence[float]

POINTS = 5  # the fewest distinct worker counts
REFITS = 1000
# A law that leaves more than a tenth of the variance and of the mean unexplained does not describe the data. Both are needed:
# a flat curve has no variance to explain, and any rising law explains much of a steep curve's.
UNEXPLAINED = 0.1
# The machine can serve up to effective CPUs / 0.9 workers: the same tolerance as where a verdict is withheld.
TOLERANCE = 0.9


@dataclass(frozen=True)
class Parameter:
    """A parameter's value and standard error, its t interval, and the one from the trials (NaN if they are too few)."""

    value: float
    error: float
    interval: Interval
    resampled: Interval = UNKNOWN


@dataclass(frozen=True)
class Fit:
    """A law fitted to a curve of n points with k parameters: `degrees` = n - k, `sd` of the residuals (as throughput)."""

    law: Law
    workers: tuple[float, ...]
    observed: tuple[float, ...]
    fitted: tuple[float, ...]
    parameters: Mapping[str, Parameter]
    sd: float
    degrees: int
    r2: float
    aicc: float = math.nan

    def at(self, workers: ArrayLike) -> Floats:
        """The throughput that the law predicts for other worker counts."""
        return self.law(workers, *(parameter.value for parameter in self.parameters.values()))


@dataclass(frozen=True)
class Scaling:
    """The law of a curve. If `refusal` says why there is none, `fit` is the one that was refused, or None.

    `peak` (workers, not rounded) has an interval from the trials; it is UNKNOWN where the data show no peak. `tried` is
    each law's AICc, infinite where the trials reject the law. `tested` is False if there are too few trials for that.
    """

    fit: Fit | None
    refusal: str
    peak: Interval
    tried: Mapping[str, float]
    tested: bool = False


def fit(law: Law, workers: ArrayLike, throughput: ArrayLike, level: float = LEVEL) -> Fit:
    """A law fitted by least squares, no parameter below 0; standard errors from the Jacobian, as R's `nls` and `usl` have them.

    ValueError unless there are more points than parameters and all values are positive.
    """
    from scipy.optimize import least_squares

    n, x = np.asarray(workers, dtype=float), np.asarray(throughput, dtype=float)
    k = len(law.parameters)
    if n.size <= k or n.shape != x.shape or not ((n > 0).all() and (x > 0).all()):
        raise ValueError(
            f"more than {k} positive points are needed, not {n.size} worker counts and {x.size} throughputs"
        )
    scale = float(x.max())

    def residuals(parameters: Floats) -> Floats:
        return law(n, *parameters) - x / scale

    start = refit(law, n, x[None] / scale)[0]
    typical = np.array([max(start[0], 1e-9), 0.1, 0.01])[:k]
    solution = least_squares(
        residuals, start, bounds=(0, np.inf), x_scale=np.maximum(start, typical), xtol=1e-14, ftol=1e-14, gtol=1e-14
    )
    units = np.array([scale, 1.0, 1.0])[:k]
    values, fitted = solution.x * units, law(n, *solution.x) * scale
    degrees, squares = n.size - k, float(((fitted - x) ** 2).sum())
    sd = math.sqrt(squares / degrees)
    errors = np.sqrt(np.diag(np.linalg.pinv(solution.jac.T @ solution.jac))) * sd / scale * units
    t = t_quantile(degrees, level)
    parameters = {
        name: Parameter(
            float(value), float(error), Interval(float(value), value - t * error, value + t * error, n.size)
        )
        for name, value, error in zip(law.parameters, values.tolist(), errors.tolist(), strict=True)
    }
    total = float(((x - x.mean()) ** 2).sum())
    r2 = 1 - squares / total if total else 1.0
    return Fit(law, tuple(n.tolist()), tuple(x.tolist()), tuple(fitted.tolist()), parameters, sd, degrees, r2)


def aicc(fitted: Fit, trials: Sequence[ArrayLike] | None = None) -> float:
    """Akaike's criterion, corrected for few values (Hurvich & Tsai 1989); infinite if there are too few for it.

    Given `trials`, the values of each point, the law has to explain these, otherwise the points. The variance counts as a
    parameter.
    """
    expected = np.array(fitted.fitted)
    groups = (
        [np.asarray(values, dtype=float) for values in trials] if trials else [np.array([x]) for x in fitted.observed]
    )
    count = sum(values.size for values in groups)
    squares = sum(float(((values - mean) ** 2).sum()) for values, mean in zip(groups, expected, strict=True))
    k = len(fitted.parameters) + 1
    if count - k - 1 <= 0:
        return math.inf
    # Keeps the logarithm of an exact fit finite: anything below is rounding.
    floor = count * (1e-9 * float(expected.max())) ** 2
    return count * math.log(max(squares, floor) / count) + 2 * k + 2 * k * (k + 1) / (count - k - 1)


def scaling(
    trials: Mapping[int, Trials],
    weak: bool = False,
    limit: float = math.inf,
    seed: int = 1,
    refits: int = REFITS,
    level: float = LEVEL,
) -> Scaling:
    """The law that a curve follows; `trials` has throughputs by worker count: by block, or a list if no blocks are shared.

    `weak`: the work grows with the workers. `limit` is the effective CPUs, for CPU-bound cells: points beyond it are left
    out, since there the machine is measured, not the program. Values that are not finite or not positive are left out.
    Refused: fewer than 5 worker counts; laws that do not describe the data, or that the trials reject. Deterministic for a seed.
    """
    blocks = _by_block(trials)
    within = {count: blocks[count] for count in sorted(blocks) if count * TOLERANCE <= limit}
    if len(within) < POINTS:
        beyond = f" within {limit:.3g} effective CPUs" if len(within) < len(blocks) else ""
        return _refused(None, f"{len(within)} worker counts{beyond}: a law needs {POINTS}", {})
    workers = np.array(list(within), dtype=float)
    values = [np.array(list(sample.values())) for sample in within.values()]
    points = [float(np.exp(np.log(sample).mean())) for sample in values]
    fits = [fit(law, workers, points, level) for law in (WEAK if weak else STRONG)]
    fits = [replace(one, aicc=aicc(one, values)) for one in fits]
    chances = [lack_of_fit(one.law, [p.value for p in one.parameters.values()], within) for one in fits]
    # A true law is lost as rarely as a claim is falsely supported.
    fitting = [one for one, chance in zip(fits, chances, strict=True) if not chance < (1 - level) / 2]
    tried = {one.law.name: one.aicc if one in fitting else math.inf for one in fits}
    best = min(fitting or fits, key=lambda one: (one.aicc, len(one.parameters)))
    reason = undescribed(best) or ("" if fitting else _misfitting(best))
    if reason:
        return _refused(best, reason, tried)
    drawn = _drawn(best.law, workers, within, seed, refits)
    parameters = {
        name: replace(parameter, resampled=_ends(parameter.value, drawn.get(name), workers.size, level))
        for name, parameter in best.parameters.items()
    }
    best = replace(best, parameters=parameters)
    point = {name: parameter.value for name, parameter in parameters.items()}
    highest = _ends(float(peak(point)), peak(drawn) if drawn else None, workers.size, level)
    tested = not any(map(math.isnan, chances))
    return Scaling(best, "", highest if _has_peak(best, highest.mean) else UNKNOWN, tried, tested)


def undescribed(fitted: Fit) -> str:
    """Why a law does not describe the data; "" if it does."""
    share = fitted.sd / float(np.mean(fitted.observed))
    if fitted.r2 < 1 - UNEXPLAINED and share > UNEXPLAINED:
        return (
            f"{fitted.law.name} does not describe the data: it explains {fitted.r2:.0%} of the variance"
            f" and misses the points by {share:.0%} of their mean"
        )
    if all(parameter.interval.lo <= 0 for parameter in fitted.parameters.values()):
        return f"{fitted.law.name} does not describe the data: every parameter's interval spans 0"
    return ""


def _misfitting(fitted: Fit) -> str:
    share = fitted.sd / float(np.mean(fitted.observed))
    return (
        f"none of the laws fits: even {fitted.law.name} misses the points by {100 * share:.2g} % of their mean, more than the "
        "noise of the trials explains"
    )


def _has_peak(fitted: Fit, highest: float) -> bool:
    """False where the law has no peak, where the peak lies beyond the points, or where chance may have made it."""
    contention, coherency = fitted.parameters.get("a"), fitted.parameters.get("b")
    if contention and contention.value >= 1:  # the curve falls from one worker on, unless it is flat
        return _surely_above(contention, 1.0)
    return coherency is not None and highest <= max(fitted.workers) and _surely_above(coherency, 0.0)


def _surely_above(parameter: Parameter, bound: float) -> bool:
    """True if both intervals lie above the bound; one without ends does not object."""
    return all(not ends.bounded or ends.lo > bound for ends in (parameter.interval, parameter.resampled))


def _by_block(trials: Mapping[int, Trials]) -> dict[int, dict[int, float]]:
    """The usable values by worker count and block; lists get blocks of their own."""
    by_count: dict[int, dict[int, float]] = {}
    used = 0
    for count, values in trials.items():
        blocks = values if isinstance(values, Mapping) else {used + place: value for place, value in enumerate(values)}
        used += len(blocks)
        usable = {block: float(value) for block, value in blocks.items() if 0 < value < math.inf}
        if usable:
            by_count[count] = usable
    return by_count


def _drawn(
    law: Law, workers: Floats, blocks: Mapping[int, Mapping[int, float]], seed: int, refits: int
) -> dict[str, Floats]:
    """The parameters, by name, of `refits` curves drawn from the trials; empty if a point has too few trials."""
    if min(map(len, blocks.values())) < FEWEST:
        return {}
    points = joint_draws(blocks, set(blocks), seed, refits)
    parameters = refit(law, workers, np.stack([points[count] for count in blocks], axis=1))
    return dict(zip(law.parameters, parameters.T, strict=True))


def _ends(value: float, drawn: Floats | None, n: int, level: float) -> Interval:
    """The value with the interval of its draws; without ends if there are none."""
    if drawn is None:
        return Interval(value, np.nan, np.nan, n)
    # Order statistics, since nothing can be interpolated between infinite values.
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2], method="inverted_cdf")
    return Interval(value, float(low), float(high), n)


def _refused(fitted: Fit | None, reason: str, tried: Mapping[str, float]) -> Scaling:
    return Scaling(fitted, reason, UNKNOWN, tried)
