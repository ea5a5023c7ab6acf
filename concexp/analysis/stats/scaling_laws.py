"""Worker counts -> the throughput that a scaling law predicts, its peak, and Karp and Flatt's serial share.

X is throughput (operations per second), g that of one worker, N the number of workers, a the contention (Amdahl's serial
share), b the coherency (the cost of each pair of workers), f Gustafson's serial share. In an array of parameters each row is
(g, …) of one fit; workers are along the last axis of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Law:
    """A scaling law: its name, the names of its parameters, and its formula X(N, g, …)."""

    name: str
    parameters: tuple[str, ...]
    formula: Callable[..., Floats]

    def __call__(self, workers: ArrayLike, *parameters: ArrayLike) -> Floats:
        """Throughput at these worker counts."""
        n, *rest = (np.asarray(value, dtype=float) for value in (workers, *parameters))
        return self.formula(n, *rest)


def linear(n: Floats, g: Floats) -> Floats:
    """g N: every worker adds as much as the first."""
    return g * n


def amdahl(n: Floats, g: Floats, a: Floats) -> Floats:
    """g N / (1 + a (N - 1)) (Amdahl 1967): a share `a` of the work is done by one worker at a time; limit g / a."""
    return g * n / (1 + a * (n - 1))


def usl(n: Floats, g: Floats, a: Floats, b: Floats) -> Floats:
    """g N / (1 + a (N - 1) + b N (N - 1)) (Gunther 2007, Universal Scalability Law): beyond Amdahl, a price per pair."""
    return g * n / (1 + a * (n - 1) + b * n * (n - 1))


def gustafson(n: Floats, g: Floats, f: Floats) -> Floats:
    """g (N - f (N - 1)) (Gustafson 1988): the work grows with the workers, a share `f` of each one's time is serial."""
    return g * (n - f * (n - 1))


LINEAR = Law("linear", ("g",), linear)
AMDAHL = Law("Amdahl", ("g", "a"), amdahl)
USL = Law("USL", ("g", "a", "b"), usl)
GUSTAFSON = Law("Gustafson", ("g", "f"), gustafson)
# The laws to try on a curve, the simplest first: for a fixed amount of work, and for a fixed amount per worker.
STRONG: Sequence[Law] = (LINEAR, AMDAHL, USL)
WEAK: Sequence[Law] = (LINEAR, GUSTAFSON, USL)


def peak(values: Mapping[str, ArrayLike]) -> Floats:
    """The number of workers, not rounded, at which throughput is highest: sqrt((1 - a) / b); infinite without b.

    At a >= 1 throughput never rises: the peak is 1.
    """
    a, b = np.asarray(values.get("a", 0.0), dtype=float), np.asarray(values.get("b", 0.0), dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        highest = np.sqrt(np.maximum(1 - a, 0) / b)
    return np.asarray(np.where(a >= 1, 1.0, np.where(b > 0, np.maximum(highest, 1.0), np.inf)), dtype=float)


def karp_flatt(speedup: ArrayLike, workers: ArrayLike) -> Floats:
    """The serial share that explains a speedup: (1/S - 1/p) / (1 - 1/p) (Karp & Flatt 1990); NaN for one worker.

    Where it rises with p, the loss is overhead that grows with the workers, not a fixed serial part.
    """
    s, p = np.asarray(speedup, dtype=float), np.asarray(workers, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(p > 1, (1 / s - 1 / p) / (1 - 1 / p), np.nan), dtype=float)
