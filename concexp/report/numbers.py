"""Numbers as a reader wants them: few digits, a unit, never more than the interval supports."""

from __future__ import annotations

import math

PREFIXES = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def known(*values: float | None) -> bool:
    """Whether all of them are numbers."""
    return all(value is not None and not math.isnan(value) for value in values)


def rounded(value: float, digits: int = 3) -> str:
    """A number with so many significant digits, without an exponent."""
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{round(value, places):,.{places}f}"


def spread(mean: float, lo: float, hi: float, suffix: str = "") -> str:
    """`1.86x (1.80–1.92)`: digits enough that the ends of the interval differ, and no more."""
    if not known(mean):
        return "–"
    if not known(lo, hi):
        return f"{rounded(mean)}{suffix}"
    width = hi - lo
    size = max(abs(mean), abs(lo), abs(hi))
    digits = 3
    if 0 < width < size:
        digits = min(6, max(3, math.ceil(math.log10(size / width)) + 1))
    places = max(0, digits - 1 - math.floor(math.log10(size))) if size else 0
    show = [f"{round(value, places):,.{places}f}" for value in (mean, lo, hi)]
    return f"{show[0]}{suffix} ({show[1]}–{show[2]})"


def scale_of(values: list[float], unit: str) -> tuple[float, str]:
    """(divisor, unit) in which the largest of the values reads best."""
    largest = max((abs(value) for value in values if known(value)), default=0.0)
    if unit == "s":
        for factor, name in SECONDS:
            if largest >= factor:
                return factor, name
        return 1.0, unit
    if unit in ("x", "CPUs", ""):
        return 1.0, unit
    for factor, prefix in PREFIXES:
        if largest >= 10 * factor:
            return factor, f"{prefix}{unit}" if not unit.startswith("1/") else f"{prefix}/{unit[2:]}"
    return 1.0, unit if not unit.startswith("1/") else f"/{unit[2:]}"


def plural(count: int, word: str) -> str:
    """`1 trial`, `2 trials`, `3 stretches`."""
    if count == 1:
        return f"1 {word}"
    return f"{count:,} {many(word)}"


def many(word: str) -> str:
    """The plural of an operation's name: its first noun, as in `round trips to a file`."""
    head, gap, tail = word.partition(" to ")
    return f"{head}{'es' if head.endswith(('ch', 's', 'sh', 'x')) else 's'}{gap}{tail}"
