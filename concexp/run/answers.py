"""What user code returned in a trial of one worker and in others: whether they agree. Pure.

Each worker of every model makes the same calls, so that its operation number k has to return what operation k returns in a
plain loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

SCALE = 1e-12  # of the largest float of a value: a difference below that is rounding, also beside 0.0


@dataclass(frozen=True)
class Form:
    """A value as the child describes it: see `trial/workloads/_value_forms.py`."""

    digest: str
    floats: tuple[float, ...]
    tolerance: float
    shown: str

    def agrees(self, other: Form) -> bool:
        """True if the values are equal, floats within their tolerance."""
        if self.digest != other.digest or len(self.floats) != len(other.floats):
            return False
        size = max(map(abs, (*self.floats, *other.floats)), default=0.0) * SCALE
        relative = max(self.tolerance, other.tolerance)
        pairs = zip(self.floats, other.floats, strict=True)
        return all(abs(a - b) <= max(size, relative * max(abs(a), abs(b))) for a, b in pairs)


@dataclass(frozen=True)
class Stretch:
    """Operations `first` to `last` of a worker, which all returned this value."""

    first: int
    last: int
    form: Form


Worker = tuple[Stretch, ...]


def workers_of(answer: dict[str, Any]) -> list[Worker]:
    """What each worker's operations returned, in their order; ValueError if the child's answer does not say."""
    try:
        (one,) = answer["iterations"]
        return [_worker(runs) for runs in one["counts"]["answers"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("the answer does not say what was returned") from error


def _worker(runs: Sequence[Any]) -> Worker:
    ordered = sorted(runs, key=lambda run: run[0])
    return tuple(
        Stretch(first, first + n - 1, Form(digest, tuple(floats), tolerance, shown))
        for first, n, (digest, floats, tolerance, shown) in ordered
    )


@dataclass(frozen=True)
class Difference:
    """Operation `number`, from 0, of one of `workers` returned a value that was not expected."""

    number: int
    value: Form
    expected: Form
    workers: int

    def described(self, under: str) -> str:
        """The difference in words, its kind before a colon; `under` says where the expected value comes from."""
        of = " of one worker" if self.workers > 1 else ""
        alike = ", which looks the same in short" if self.value.shown == self.expected.shown else ""
        returned = f"returned {self.value.shown}, under {under} {self.expected.shown}{alike}"
        return f"answers differ: operation {self.number + 1}{of} {returned}"

    def in_words(self, version: str, against: str, **more: str) -> str:
        """The difference of a version of the code from another one."""
        return f"operation {self.number + 1} returned {self.value.shown}, in {against} {self.expected.shown}"


def difference(found: Sequence[Worker], expected: Worker) -> Difference | None:
    """The first operation whose value is another than expected; None if all that both did agree."""
    firsts = [one for worker in found if (one := _first_difference(worker, expected)) is not None]
    first = min(firsts, key=lambda one: one[0], default=None)
    return None if first is None else Difference(*first, len(found))


def _first_difference(worker: Worker, expected: Worker) -> tuple[int, Form, Form] | None:
    return next(((number, a, b) for number, a, b in _overlaps(worker, expected) if not a.agrees(b)), None)


def _overlaps(one: Worker, other: Worker) -> Iterator[tuple[int, Form, Form]]:
    """(the first operation of both, the value of each) wherever two stretches have operations in common, in order."""
    i = k = 0
    while i < len(one) and k < len(other):
        a, b = one[i], other[k]
        begin, end = max(a.first, b.first), min(a.last, b.last)
        if begin <= end:
            yield begin, a.form, b.form
        i, k = i + (a.last <= b.last), k + (b.last <= a.last)
