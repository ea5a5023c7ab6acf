"""How the values of axes are read: a value from the YAML -> the value in SI units; ValueError says what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, get_args

from concexp import catalog
from concexp.experiment import units
from concexp.experiment.blocks import Arrivals, Scaling
from concexp.trial.search import too_short_a_step

VERSION = re.compile(r"(pypy)?3\.\d+(\.\d+)?t?")  # t: free-threaded
SHORTEST_INTERVAL = 1e-6  # seconds: CPython counts switch intervals in microseconds


def at_least(low: int) -> Callable[[Any], int]:
    """A reader of whole numbers from `low` on."""

    def read(value: Any) -> int:
        number = units.integer(value)
        if number < low:
            raise ValueError(f"expected a whole number from {low} on, not {number}")
        return number

    return read


def one_of(choices: Sequence[str]) -> Callable[[Any], str]:
    """A reader that accepts these words only."""

    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}, not {units.for_message(value)}")
        return str(value)

    return read


def positive_duration(value: Any) -> float:
    """A duration such as 5ms -> seconds, more than 0."""
    seconds = units.duration(value)
    if seconds <= 0:
        raise ValueError("expected a duration of more than 0")
    return seconds


def positive_rate(value: Any) -> float:
    """A rate such as 100/s -> operations per second, more than 0."""
    per_second = units.rate(value)
    if per_second <= 0:
        raise ValueError("expected a rate of more than 0")
    return per_second


def switch_interval(value: Any) -> float:
    """A duration -> seconds, at least a microsecond."""
    seconds = units.duration(value)
    if seconds < SHORTEST_INTERVAL:
        raise ValueError("expected a switch interval of 1us or more")
    return seconds


def interpreter(value: Any) -> str:
    """An interpreter: `current`, a version, or a path."""
    if isinstance(value, str) and (value == "current" or VERSION.fullmatch(value) or "/" in value):
        return value
    raise ValueError(
        f'expected current, a version such as "3.13" or "3.14t", or a path, not {units.for_message(value)}'
    )


def model_name(value: Any) -> str:
    """The name of a model that exists."""
    if not isinstance(value, str) or value not in catalog.names("model"):
        cure = catalog.cure("model", str(value))
        raise ValueError(f"there is no model {units.for_message(value)}" + (f": {cure}" if cure else ""))
    return value


def whole_load(value: Any) -> dict[str, Any]:
    """A load as one value: {ops, scaling}, {duration} or {rate, duration, arrivals} -> the same in SI units."""
    if not isinstance(value, dict) or ("ops" in value) == ("duration" in value):
        raise ValueError("expected a load: {ops: 1000, scaling: strong}, {duration: 1s} or {rate: 100/s, duration: 1s}")
    for key in value:
        if key not in LOAD:
            raise ValueError(f"a load has no '{key}'")
    if "ops" in value and {"rate", "arrivals"} & set(value):
        raise ValueError("an open loop has a `rate` and a `duration`; `ops` are counted in a closed one")
    if "until" in value and "rate" not in value:
        raise ValueError("`until` searches for a rate: say from which, such as rate: 100/s")
    if "within" in value and "until" not in value:
        raise ValueError("`within` is for a search: add until: overloaded")
    load = {key: LOAD[key](item) for key, item in value.items()}
    if "until" in load and (why := too_short_a_step(load["rate"], load["duration"], load["until"])):
        raise ValueError(why)
    return load


LOAD: dict[str, Callable[[Any], Any]] = {
    "ops": at_least(1),
    "duration": positive_duration,
    "scaling": one_of(get_args(Scaling)),
    "rate": positive_rate,
    "arrivals": one_of(get_args(Arrivals)),
    "until": units.until,
    "within": units.percentage,
}
