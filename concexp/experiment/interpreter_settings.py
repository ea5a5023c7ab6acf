"""Settings of interpreters: how their values are read, what an interpreter lacks for them, and whether workers have them.

Each is an axis of `axis_table.AXES`. A function `*_unsupported` takes a value and the facts that an interpreter reports
(`trial/verbs/describe.py`) and returns why it cannot be set so. A function `*_differs` takes a value and what each worker read
back (`trial/in_force.py`), and returns what a worker has instead. Both return an empty text if all is well.
"""

from __future__ import annotations

import math
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from concexp.experiment import units
from concexp.experiment.blocks import ONE_CPU
from concexp.experiment.environment import HASH_SEED_LIMIT

Facts = Mapping[str, Any]  # what an interpreter reports about itself
COLLECTORS = ("on", "off", "freeze")
ALLOCATORS = ("pymalloc", "malloc", "mimalloc")
THRESHOLDS = 3  # generations, at most
INT_LIMIT = 2**31
RANDOM = "random"
# Flags that change how code runs, and leave a trial its path and its environment; those of `-X` that have axes of their own.
FLAG = re.compile(r"-(O{1,2}|b{1,2}|B|d|u|v|q|W.*|X.*)")
TAKES_VALUE = re.compile(r"-[WX]")
X_OPTION = re.compile(r"[a-z_][a-z0-9_]*(=[^\s]*)?")
OWN_AXES = {"gil": "gil", "jit": "jit"}
NO_FLAGS = "none"
# What a flag sets in sys.flags.
IN_SYS_FLAGS = {"O": "optimize", "b": "bytes_warning", "B": "dont_write_bytecode", "d": "debug", "u": "unbuffered",
                "v": "verbose", "q": "quiet"}  # fmt: skip


def build_name(facts: Facts) -> str:
    """Such as CPython 3.13.1."""
    return f"{facts['implementation']} {facts['version']}"


# Values.


def on_off(written: Any) -> str:
    """A flag's label, however the flag was written."""
    return "on" if units.flag(written) else "off"


def hash_seed(value: Any) -> int | str:
    """A whole number below 2**32, or `random`."""
    if value == RANDOM:
        return RANDOM
    try:
        number = units.integer(value)
    except ValueError:
        number = -1
    if not 0 <= number < HASH_SEED_LIMIT:
        raise ValueError(
            f"expected a whole number from 0 to {HASH_SEED_LIMIT - 1}, or {RANDOM}, not {units.for_message(value)}"
        )
    return number


def collector(value: Any) -> str | list[int]:
    """`on`, `off`, `freeze`, or thresholds: one number, or a list of up to three."""
    if value in COLLECTORS:
        return str(value)
    if isinstance(value, bool):
        return "on" if value else "off"
    numbers = value if isinstance(value, list) else [value]
    whole = all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one < INT_LIMIT for one in numbers)
    if not whole or not 0 < len(numbers) <= THRESHOLDS:
        raise ValueError(
            f"expected {', '.join(COLLECTORS)}, a threshold such as 2000, or a list of up to {THRESHOLDS}, "
            f"not {units.for_message(value)}"
        )
    return list(numbers)


def collector_label(written: Any) -> str:
    """Such as `off`, `2000` or `2000, 20`: a list in brackets would look like several values."""
    read = collector(written)
    return read if isinstance(read, str) else ", ".join(map(str, read))


def flags(value: Any) -> str:
    """Flags of the command line, as one text with a blank between them; `none` for no flags."""
    if not isinstance(value, str):
        raise ValueError(f'expected flags in quotes, such as "-O", or {NO_FLAGS}, not {units.for_message(value)}')
    return shlex.join(split_flags(value))


def split_flags(value: str) -> list[str]:
    """`-X NAME` and `-W ACTION` as one item each; ValueError says which flag cannot be there, and why."""
    found: list[str] = []
    try:
        waiting = [] if value == NO_FLAGS else shlex.split(value)[::-1]
    except ValueError as error:
        raise ValueError(f"{value} cannot be split into flags: {error}") from error
    while waiting:
        flag = waiting.pop()
        if TAKES_VALUE.fullmatch(flag) and waiting:
            flag += waiting.pop()
        if not FLAG.fullmatch(flag):
            cure = "-O, -OO, -b, -bb, -B, -d, -u, -v, -q, -W ACTION and -X OPTION can be given"
            raise ValueError(f"a trial cannot be started with {flag}: {cure}")
        if flag.startswith("-X"):
            _check_option(flag[2:])
        found.append(flag)
    return found


def _check_option(option: str) -> None:
    if not X_OPTION.fullmatch(option):
        raise ValueError(f"-X {option} is not an option: expected -X name or -X name=value")
    name = option.partition("=")[0]
    if name in OWN_AXES:
        raise ValueError(f"-X {name} is an axis: sweep: {{{OWN_AXES[name]}: [on, off]}}")


# What interpreters lack.


def gil_unsupported(on: bool, facts: Facts) -> str:
    """Only a free-threaded build can turn the GIL off."""
    if on or not facts["gil_built"]:
        return ""
    return f"{build_name(facts)} is built with the GIL: only a free-threaded build can turn it off"


def jit_unsupported(on: bool, facts: Facts) -> str:
    """CPython's JIT compiler can be switched where it was built in."""
    if facts["implementation"] != "CPython":
        return f"{build_name(facts)} has no compiler that could be switched"
    if on and not facts["jit_built"]:
        return f"this build of {build_name(facts)} has no JIT compiler to turn on"
    return ""


def switch_interval_unsupported(_: float, facts: Facts) -> str:
    """PyPy has no switch interval."""
    return f"{build_name(facts)} has no switch interval" if facts["switch_interval"] is None else ""


def pin_unsupported(_: str, facts: Facts) -> str:
    """Workers are pinned through os.sched_setaffinity, which not every system has."""
    if facts["pins"]:
        return ""
    return f"{build_name(facts)} cannot pin workers to CPUs on this system: it has no os.sched_setaffinity"


def isolation_unsupported(_: str, __: Facts) -> str:
    """Trials are forked on Linux: elsewhere forks of a process with libraries may hang, and their end is not reported."""
    return "" if sys.platform == "linux" else "trials can be forked on Linux only: leave out `isolation: fork`"


def hash_seed_unsupported(_: int | str, facts: Facts) -> str:
    """PyPy hashes texts without a seed, unless it was built with another algorithm."""
    return "" if facts["hash_seeds"] else f"{build_name(facts)} hashes texts without a seed"


def collector_unsupported(value: str | list[int], facts: Facts) -> str:
    """PyPy cannot freeze objects, and has no thresholds; some CPythons heed fewer of them than they take."""
    if value == "freeze":
        return "" if facts["freezes"] else f"{build_name(facts)} has no gc.freeze"
    kept = facts["gc_thresholds"]
    if isinstance(value, str) or len(value) <= kept:
        return ""
    heeded = f"heeds {kept} of the {len(value)} thresholds" if kept else "has no thresholds"
    return f"the collector of {build_name(facts)} {heeded}"


def allocator_unsupported(name: str, facts: Facts) -> str:
    """CPython can choose among the allocators that it was built with."""
    if name in facts["allocators"]:
        return ""
    if not facts["allocators"]:
        return f"{build_name(facts)} does not choose its allocator by PYTHONMALLOC"
    return f"this build of {build_name(facts)} has no {name}"


# What workers have instead.


def _other(found: Sequence[Any], fits: Callable[[Any], bool], shown: Callable[[Any], str] = str) -> str:
    """The first thing found that does not fit, as text; what could not be read back is None, and proves nothing."""
    return next((shown(one) for one in found if one is not None and not fits(one)), "")


def flag_differs(wanted: bool, found: Sequence[bool | None]) -> str:
    return _other(found, lambda one: one is wanted, lambda one: "on" if one else "off")


def switch_interval_differs(wanted: float, found: Sequence[float | None]) -> str:
    return _other(found, lambda one: math.isclose(one, wanted, abs_tol=1e-6), "{:g} s".format)


def pin_differs(wanted: str, found: Sequence[list[int] | None]) -> str:
    """Each worker has one CPU; with `one`, all have the same."""
    first = next((cpus for cpus in found if cpus), None)
    apart = _other(found, lambda cpus: len(cpus) == 1, lambda cpus: f"CPUs {', '.join(map(str, cpus))}")
    if apart or wanted != ONE_CPU:
        return apart
    return _other(found, lambda cpus: cpus == first, lambda cpus: f"CPU {cpus[0]}, another than the first one's")


def hash_seed_differs(wanted: int | str, found: Sequence[list[Any] | None]) -> str:
    """Hashes are random unless the seed is 0, and with one seed all workers hash alike."""
    random = wanted != 0
    if not all(one is None or one[0] in (None, random) for one in found):
        return "hashes that are not random" if random else "random hashes"
    first = next((one for one in found if one is not None), None)
    return (
        ""
        if wanted == RANDOM
        else _other(found, lambda one: one == first, lambda _: "other hashes than another worker")
    )


def collector_differs(wanted: str | list[int], found: Sequence[list[Any] | None]) -> str:
    def fits(state: list[Any]) -> bool:
        is_on, thresholds, frozen = state
        if is_on is not (wanted != "off"):
            return False
        if isinstance(wanted, list):
            return thresholds is None or thresholds[: len(wanted)] == wanted
        return frozen is None or wanted == "off" or frozen is (wanted == "freeze")

    def shown(state: list[Any]) -> str:
        is_on, thresholds, frozen = state
        return f"{'on' if is_on else 'off'}, thresholds {thresholds}, {'frozen' if frozen else 'no frozen'} objects"

    return _other(found, fits, shown)


def allocator_differs(wanted: str, found: Sequence[str | None]) -> str:
    return _other(found, lambda name: name == wanted)


def flags_differ(wanted: str, found: Sequence[Mapping[str, Any] | None]) -> str:
    """What each flag sets is set; the workers' own library may have set more."""
    for flag in split_flags(wanted):
        if missing := _other(found, lambda one, flag=flag: _has_flag(flag, one), lambda _: "not"):  # type: ignore[misc]
            return f"{missing} {flag}"
    return ""


def _has_flag(flag: str, found: Mapping[str, Any]) -> bool:
    letter, rest = flag[1], flag[2:]
    if letter == "X":
        name, given, value = rest.partition("=")
        return bool(found["options"].get(name) == (value if given else True))
    if letter == "W":
        return rest in found["warnings"]
    return bool(found["flags"].get(IN_SYS_FLAGS[letter], 0) >= len(flag) - 1)
