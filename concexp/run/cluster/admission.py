"""Which hosts may take part in a run, and in what those differ that do. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from concexp import __version__
from concexp.run.interpreters.interpreter import Interpreter, MissingInterpreter

CLOCK_S = 0.5  # a clock that is off by more is worth saying: records say when they were measured
# Facts of an interpreter: those that make another one of it, and those that make another build.
SAME = ("implementation", "version", "gil_built")
BUILD = ("compiler", "configure_flags", "compile_flags", "sha256")


def most_common_cpus(descriptions: Iterable[Mapping[str, Any]]) -> int:
    """The number of usable CPUs that most of these hosts have, and of equally many the larger one."""
    by_host: dict[str, int] = {one["host"]: one["machine"]["cpus"] for one in descriptions}
    counts = Counter(by_host.values())
    return max(counts, key=lambda cpus: (counts[cpus], cpus))


def refusal(there: Mapping[str, Any], cpus: int) -> str:
    """Why a host with this description cannot share a run whose hosts have so many usable CPUs; "" if it can."""
    if there["concexp"] != __version__:
        return f"concexp {there['concexp']} is installed there, and {__version__} here"
    if there["machine"]["cpus"] != cpus:
        return f"{there['machine']['cpus']} usable CPUs, and not {cpus} like the others: only equal hosts share a run"
    return ""


def interpreter_differences(
    wanted: Mapping[str, Mapping[str, Any]], there: Mapping[str, Interpreter | MissingInterpreter]
) -> tuple[list[str], list[str]]:
    """(why the interpreters of a host, by label, cannot stand for the wanted ones; in what they differ beside that)."""
    problems, remarks = [], []
    for label, facts in wanted.items():
        found = there.get(label)
        if not isinstance(found, Interpreter):
            problems.append(found.reason if found is not None else f"there is no interpreter {label}")
        elif any(found.facts.get(name) != facts.get(name) for name in SAME):
            problems.append(
                f"python {label} is {_shown(facts)} where the run was begun, and {_shown(found.facts)} there"
            )
        elif found.facts.get("packages") != facts.get("packages"):
            problems.append(f"python {label} has other packages than where the run was begun")
        elif unlike := [name for name in BUILD if found.facts.get(name) != facts.get(name)]:
            remarks.append(f"python {label} is another build of {_shown(facts)} ({', '.join(unlike)})")
    return problems, remarks


def _shown(facts: Mapping[str, Any]) -> str:
    return f"{facts.get('implementation')} {facts.get('version')}{'' if facts.get('gil_built', True) else ' free-threaded'}"


# Facts of a machine in which equal hosts should be equal.
MACHINE = {
    "processor": "processor",
    "architecture": "architecture",
    "system": "system",
    "governor": "governor",
    "clock_source": "clock source",
}


def machine_differences(first: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """In what a machine differs from the first of a run."""
    return [
        f"{words}: {there.get(name)}, where the first host has {first.get(name)}"
        for name, words in MACHINE.items()
        if there.get(name) != first.get(name)
    ]


def clock_offset(there: float, asked: float, answered: float) -> tuple[float, float]:
    """(seconds that a clock is ahead, by how much that may be wrong), from the moments before and after it was asked."""
    return there - (asked + answered) / 2, (answered - asked) / 2


def clock_remark(offset: float, error: float) -> list[str]:
    """What is worth saying of a clock."""
    if abs(offset) - error <= CLOCK_S:
        return []
    return [f"its clock is {abs(offset):.1f} s {'ahead' if offset > 0 else 'behind'}: set it (NTP)"]
