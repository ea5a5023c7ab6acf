"""Text and numbers -> values in SI units: seconds, bytes, 1/s, shares. Their ValueError says what would be right."""

from __future__ import annotations

import re
from typing import Any

from concexp.catalog import Parameter

SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
BYTES = {
    "B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30,
}  # fmt: skip
NUMBER = r"([-+]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
SMALLEST_MEMORY = 32 * 2**20  # bytes: a child that does nothing yet holds half as much
SHOWN_LIMIT = 60  # characters of a value in a message
FLAGS = {"on": True, "off": False, "true": True, "false": False}
FLAG_WORDS = ("true", "false", "True", "False")  # how conditions name the values of an axis of flags


def number(value: Any, what: str = "a number") -> float:
    """A plain number: 3, 0.5, 1e4, 20_000."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"expected {what}, not {for_message(value)}")
    if isinstance(value, str):
        if not re.fullmatch(NUMBER, value.strip()):
            raise ValueError(f"expected {what}, not {for_message(value)}")
        value = float(value)
    assert isinstance(value, int | float)
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"expected {what}, not {for_message(value)}")
    return value


def integer(value: Any) -> int:
    """A whole number: 3, 1e4, 20_000."""
    result = number(value, "a whole number")
    if result != int(result):
        raise ValueError(f"expected a whole number, not {for_message(value)}")
    if abs(result) >= 2**63:
        raise ValueError(f"expected a whole number, not {for_message(value)}: it is too large")
    return int(result)


def duration(value: Any) -> float:
    """`60s`, `0.5 ms`, `10us` -> seconds; 0 needs no unit."""
    return _with_unit(value, SECONDS, "a duration such as 10us, 5ms, 60s or 2m")


def size(value: Any) -> int:
    """`4KiB`, `1 MB`, `64B` -> bytes; a bare number is bytes."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return integer(value)
    result = _with_unit(value, BYTES, "a size such as 64B, 4KiB or 1MiB")
    if result != int(result):
        raise ValueError(f"expected whole bytes, not {for_message(value)}")
    return int(result)


def memory(value: Any) -> int:
    """A size -> the bytes that the processes of a trial may hold together."""
    limit = size(value)
    if limit < SMALLEST_MEMORY:
        raise ValueError(f"expected at least 32MiB, not {for_message(value)}: Python itself takes half of that")
    return limit


def rate(value: Any) -> float:
    """`100/s`, `5/ms`, `60/m` -> per second."""
    match = re.fullmatch(NUMBER + r"\s*/\s*(\w+)", value.strip()) if isinstance(value, str) else None
    if match is None or match[2] not in SECONDS:
        raise ValueError(f"expected a rate such as 100/s, not {for_message(value)}")
    return number(match[1], "a rate such as 100/s") / SECONDS[match[2]]


def until(value: Any) -> str:
    """`overloaded`, or `latency_p99_s > 50ms` -> `latency_p99_s > 0.05`: where the search for the highest rate ends."""
    if value == "overloaded":
        return "overloaded"
    match = (
        re.fullmatch(r"(latency_p(?:50|90|99|999)_s)\s*>\s*(\S.*)", value.strip()) if isinstance(value, str) else None
    )
    if match is None:
        raise ValueError(f"expected overloaded, or a limit such as latency_p99_s > 50ms, not {for_message(value)}")
    limit = duration(match[2])
    if limit <= 0:
        raise ValueError(f"expected a limit above 0, not {for_message(match[2])}")
    return f"{match[1]} > {limit!r}"


def fraction(value: Any) -> float:
    """0.5 or 50% -> the share."""
    if isinstance(value, str) and value.strip().endswith("%"):
        return number(value.strip()[:-1], "a share such as 0.5 or 50%") / 100
    return float(number(value, "a share such as 0.5 or 50%"))


def percentage(value: Any) -> float:
    """A percentage above 0 % -> the share. It needs its sign: a bare 3 could mean 3 % or 300 %."""
    share = fraction(value) if isinstance(value, str) and value.strip().endswith("%") else 0.0
    if not 0 < share < 1:
        raise ValueError(f"expected a percentage between 0% and 100% such as 3%, not {for_message(value)}")
    return share


def flag(value: Any) -> bool:
    """on, off, true, false -> bool."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in FLAGS:
        return FLAGS[value]
    raise ValueError(f"expected on or off, not {for_message(value)}")


def text(value: Any) -> str:
    """Text as it is; a number or a boolean has to be quoted."""
    if not isinstance(value, str):
        raise ValueError(f"expected text, not {for_message(value)}: put it in quotes")
    return value


def convert(parameter: Parameter, value: Any) -> Any:
    """A value for a plug-in's parameter -> the value in the parameter's unit; ValueError if it is out of range."""
    if parameter.type == "choice":
        if value is True or value is False:  # a choice may be named on or off
            value = "on" if value else "off"
        if value not in parameter.choices:
            raise ValueError(f"expected one of {', '.join(parameter.choices)}, not {for_message(value)}")
        return value
    if parameter.type == "any":
        return value
    readers: dict[str, Any] = {
        "int": integer, "float": lambda given: float(number(given)), "bool": flag, "str": text,
        "duration": duration, "size": size, "rate": rate, "fraction": fraction,
    }  # fmt: skip
    result = readers[parameter.type](value)
    low, high = parameter.minimum, parameter.maximum
    below = low is not None and (result <= low if parameter.exclusive else result < low)
    if below or (high is not None and result > high):
        raise ValueError(f"expected {parameter.range}, not {for_message(value)}")
    return result


def for_message(value: Any) -> str:
    """A value as error messages show it."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= SHOWN_LIMIT else f"'{value[:SHOWN_LIMIT]}…'"
    return str(value)


def _with_unit(value: Any, units: dict[str, Any], what: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and value == 0:
        return 0.0
    match = re.fullmatch(NUMBER + r"\s*([^\W\d_]+)", value.strip()) if isinstance(value, str) else None
    if match is None or match[2] not in units:
        missing = isinstance(value, int | float) and not isinstance(value, bool)
        raise ValueError(f"expected {what}, not {for_message(value)}" + (": the unit is missing" if missing else ""))
    result = float(match[1]) * units[match[2]]
    if result < 0:
        raise ValueError(f"expected {what}, not {for_message(value)}: it cannot be negative")
    if result == float("inf"):
        raise ValueError(f"expected {what}, not {for_message(value)}: it is too large")
    # 0.1 ms is 1e-04 s, not 0.00010000000000000002 s: rounding errors must not show in labels and ids.
    return float(f"{result:.12g}") + 0.0  # turns -0.0 into 0.0
