"""Records of diagnosing trials -> the numbers that each diagnoser has of each cell, and why others are missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from concexp.experiment.statuses import PICTURED
from concexp.run.storage.journal import Record

NOT_SEEN = "not_seen"  # the model hides its workers, or the trial ended badly
UNREADABLE = "unreadable"  # measured code may have written the answer of its trial
ALL = ""  # the quantity that stands for all of a diagnoser

Facts = Mapping[str, Any]
# Of one pass: (quantity, its value, or why there is none).
Rows = Iterator[tuple[str, float | str]]


@dataclass(frozen=True)
class Diagnosis:
    """What one diagnoser found in its trial of one cell.

    numbers  by quantity; those that end with `_per_op` are per operation, shares are from 0 to 1
    missing  why a quantity, or all of them (""), is not known: a code of the probe's, or the words of a program
    facts    what its trial recorded
    """

    cell: str
    diagnoser: str
    numbers: Mapping[str, float]
    missing: Mapping[str, str]
    facts: Facts


def of_records(records: Iterable[Record]) -> list[Diagnosis]:
    """All diagnoses among the records of a run, in their order; profiles, which have no numbers, are not among them."""
    found = []
    for record in records:
        diagnoser = record["trial"].rpartition("-")[2]
        if record.role == PICTURED and diagnoser in NUMBERS:
            facts = record.passes[-1] if record.has_numbers and len(record.passes) else {}
            found.append(_diagnosis(record["cell"], diagnoser, facts))
    return found


def _diagnosis(cell: str, diagnoser: str, facts: Facts) -> Diagnosis:
    try:
        found = dict(NUMBERS[diagnoser](facts)) if facts else {}
        numbers = {name: float(value) for name, value in found.items() if not isinstance(value, str)}
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError):
        return Diagnosis(cell, diagnoser, {}, {ALL: UNREADABLE}, {})
    missing = {name: value for name, value in found.items() if isinstance(value, str)}
    return Diagnosis(cell, diagnoser, numbers, missing if found else {ALL: NOT_SEEN}, facts)


def _allocations(facts: Facts) -> Rows:
    found = _entries(facts, "allocations")
    seen = [one for one in found if "missing" not in one]
    if not seen:
        yield from ((ALL, str(one["missing"])) for one in found[:1])
        return
    ops = facts["ops"]
    yield "held_bytes", sum(one["peak"] for one in seen)
    kept = [one["kept"] for one in seen]
    yield "kept_bytes", "cut_short" if None in kept else sum(kept)
    yield "kept_bytes_per_op", "cut_short" if None in kept else sum(kept) / ops
    yield "collections_per_op", sum(sum(one["collections"]) for one in seen) / ops
    yield "collected_per_op", sum(one["collected"] for one in seen) / ops
    yield "collecting_share", sum(one["collecting_s"] for one in seen) / facts["wall_s"] / len(seen)


def _gil(facts: Facts) -> Rows:
    seen = [one for one in _entries(facts, "gil_waits") if one["wall_s"]]
    if not seen:
        return
    whole = sum(one["wall_s"] for one in seen)
    shares = {"cpu_share": sum(one["cpu_s"] for one in seen) / whole}
    if any(one["queue_s"] is None for one in seen):
        yield "queue_share", "not_reported"
    else:
        shares["queue_share"] = sum(one["queue_s"] for one in seen) / whole
    samples = sum(one.get("samples", 0) for one in seen)
    if why := next((str(one["missing"]) for one in seen if "missing" in one), "" if samples else NOT_SEEN):
        yield "gil_share", why
    else:
        shares["gil_share"] = sum(one["gil"] for one in seen) / samples
    yield from shares.items()
    yield "other_share", max(0.0, 1 - sum(shares.values()))


def _switches(facts: Facts) -> Rows:
    seen = _entries(facts, "switches")
    if not seen:
        return
    for kind in ("voluntary", "involuntary"):
        counts = [one[kind] for one in seen]
        yield f"{kind}_per_op", "not_reported" if None in counts else sum(counts) / facts["ops"]
    asked = [counts for one in seen for counts in one["asked"].values()]
    if asked:
        yield "asked_per_op", sum(count for count, _ in asked) / facts["ops"]
        yield "contentions_per_op", sum(taken for _, taken in asked) / facts["ops"]
    else:
        yield "contentions_per_op", "not_tried"


def _counters(facts: Facts) -> Rows:
    for name, count, why in facts.get("counters") or ():
        yield (
            f"{name.replace('-', '_')}{'_j' * (name == 'energy')}_per_op",
            why if count is None else count / facts["ops"],
        )


# Each diagnoser that has numbers, and how they come out of what its trial recorded.
NUMBERS: Mapping[str, Callable[[Facts], Rows]] = {
    "allocations": _allocations,
    "gil": _gil,
    "switches": _switches,
    "counters": _counters,
}


def _entries(facts: Facts, name: str) -> list[dict[str, Any]]:
    """What the workers saw, without those that have nothing of their own to tell."""
    return [one for one in facts.get(name) or () if one]


def rows(found: Iterable[Diagnosis], axes_by_cell: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The diagnoses as a table: a row for each number, with its cell, and for each that is missing, with the reason."""
    table = []
    for one in found:
        own = {"cell": one.cell, **axes_by_cell.get(one.cell, {}), "diagnoser": one.diagnoser}
        table += [{**own, "quantity": name, "value": value, "missing": ""} for name, value in one.numbers.items()]
        table += [{**own, "quantity": name, "value": None, "missing": why} for name, why in one.missing.items()]
    return table
