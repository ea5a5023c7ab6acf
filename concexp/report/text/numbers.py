"""Numbers for readers: few digits, a unit, and never more than the interval supports."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.zero_counts import rate_bound
from concexp.report.text.language import countable, counted, listed, message, operation, say

# (smallest value, divisor, prefix): a thousand still reads well in full, ten thousand does not.
PREFIXES = ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))
SECONDS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
PLAIN = ("x", "CPUs", "")  # units without prefixes
DIGITS = 3
TRIED = (
    countable("operation"),
    countable("outcome"),
    countable("read"),
    countable("trial"),
)  # what may have gone wrong and did not
NARROW = 0.05  # relative half-width of an interval up to which a figure may stand alone
NOT_A_NUMBER = message("not a number")


def level_text(level: float) -> str:
    """The level of an interval: `95 %`."""
    return f"{100 * level:g} %"


def zero_text(tries: int, of: str, level: float) -> str:
    """What nothing in so many tries proves: `12,000 operations: no more than 1 in 4,005 (95 %)`."""
    bound = rate_bound(tries, level)
    known = {"tries": plural(tries, of), "level": level_text(level)}
    if bound < 0.01:
        return say("{tries}: no more than 1 in {many} ({level})", many=f"{math.floor(1 / bound):,}", **known)
    return say("{tries}: no more than {share} % of them ({level})", share=rounded(100 * bound, 2), **known)


def are_numbers(*values: float | None) -> bool:
    """Whether all of them are numbers that can be drawn: neither None nor NaN nor infinite."""
    return all(value is not None and math.isfinite(value) for value in values)


def rounded(value: float, digits: int = DIGITS) -> str:
    """A number with this many significant digits, without an exponent; in words where it is infinite, or not a number."""
    if math.isnan(value):
        return say(NOT_A_NUMBER)
    if math.isinf(value):
        return say("infinite") if value > 0 else say("−infinite")
    if value == 0:
        return "0"
    return _fixed(value, digits - 1 - math.floor(math.log10(abs(value))))


def in_full(value: float, digits: int = DIGITS) -> str:
    """The same without a prefix however large it is, and with zeros for the digits beyond: `12,900`."""
    return rounded(float(f"{value:.{digits}g}"), digits)


def _fixed(value: float, places: int) -> str:
    """A number with this many decimal places, or none if `places` is negative: 1,234 is not rounded to tens."""
    if not math.isfinite(value):
        return rounded(value)
    places = max(0, places)
    text = f"{round(value, places):,.{places}f}"
    return f"0{text[2:]}" if text.startswith("-0") and float(text.replace(",", "")) == 0 else text.replace("-", "−")


def spread(interval: Interval, suffix: str = "", finer: bool = False, digits: int = DIGITS) -> str:
    """A mean with its interval, as `1.86x (1.80–1.92)`; `–` without a value, and `infinite` without a unit.

    Three digits of the mean, or `digits`; with `finer` one more where the ends would be equal or adjacent. Fewer beside a wide
    interval, but two of what cannot be 0. Without brackets where the ends are equal as shown.
    """
    if not interval.has_value:
        return "–" if math.isnan(interval.mean) else rounded(interval.mean)
    if not interval.bounded:
        return f"{rounded(interval.mean, digits)}{suffix}"
    # A mean near zero beside a wide interval has no digits to show.
    size = max(abs(interval.mean), (interval.hi - interval.lo) / 10)
    if size == 0 or interval.hi == interval.lo:
        return f"{rounded(interval.mean, digits)}{suffix}"
    places = digits - 1 - math.floor(math.log10(size))
    if finer and (interval.hi - interval.lo) * 10.0**places < 2:
        places += 1
    least = places
    if interval.lo > 0:
        least = max(places, 1 - math.floor(math.log10(interval.mean)))
    mean, low, high = _fixed(interval.mean, least), _fixed(interval.lo, least), _fixed(interval.hi, places)
    if least > places and not low.strip("0."):
        low = "0"
    if low == high:
        return f"{mean}{suffix}"
    return f"{mean}{suffix} ({span(low, high) if interval.lo < 0 else f'{low}–{high}'})"


def span(low: str, high: str, more: str = "") -> str:
    """`low to high`, or what both are where they are the same, with `more` (a unit) behind it."""
    return f"{low}{more}" if low == high else say("{low} to {high}", low=low, high=f"{high}{more}")


def brief(interval: Interval, suffix: str = "", digits: int = 2, narrow: float = NARROW) -> str:
    """A figure with few digits, and its interval only where its half is wider than `narrow`, a share of it: `2.0x`."""
    half = (interval.hi - interval.lo) / 2
    if not interval.bounded or half > narrow * abs(interval.mean):
        return spread(interval, suffix)
    return f"{rounded(interval.mean, digits)}{suffix}"


def scale_of(values: Iterable[float], unit: str) -> tuple[float, str]:
    """(divisor, prefix or unit) in which the largest value reads best: `k`, `M` for rates, `ms` for seconds."""
    largest = max((abs(value) for value in values if are_numbers(value)), default=0.0)
    if unit == "s":
        return next(((factor, name) for factor, name in SECONDS if largest >= factor), (1.0, "s"))
    if unit in PLAIN:
        return 1.0, unit
    return next(((divisor, prefix) for smallest, divisor, prefix in PREFIXES if largest >= smallest), (1.0, ""))


def plural(count: int, word: str) -> str:
    """`1 trial`, `2 trials`, `3 stretches`."""
    return counted(count, f"{{count}} {word}", f"{{count}} {more_of(word)}")


def many(word: str) -> str:
    """An operation's name as a rate has it, its plural in English: `round trips to a file`."""
    translation = operation(word)
    return translation if translation != word else more_of(word)


def rate_unit(prefix: str, operation: str) -> str:
    """The unit of a rate: `k round trips/s`."""
    return f"{prefix} {many(operation)}/s".strip()


def more_of(word: str) -> str:
    """The English plural of a name, of its first noun: `round trips to a file`."""
    head, gap, tail = word.partition(" to ")
    return f"{head}{'es' if head.endswith(('ch', 's', 'sh', 'x')) else 's'}{gap}{tail}"


def enumerated(parts: Sequence[str], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(parts) == 1:
        return parts[0]
    both = message("{names} or {last}") if word == "or" else message("{names} and {last}")
    return say(both, names=listed(parts[:-1]), last=parts[-1])


def sentence_case(text: str) -> str:
    """The text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]
