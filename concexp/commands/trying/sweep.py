"""What a function wants -> the cells that are worth measuring in the time that there is, the most informative first. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from concexp.commands.trying.kind import Facts, Kind
from concexp.commands.trying.models import (
    ALONE,
    COROUTINES,
    INTERPRETERS,
    PROCESSES,
    THREADS,
    Candidate,
    of_group,
)

MOST_WORKERS = 32  # that are tried of their own accord
WINDOW_S = 0.3  # of a pass: 50 switch intervals and the start, which the window leaves out
SHORT_S = WINDOW_S / 20  # a call up to which a time is given; of longer ones a number
FEWEST_TRIALS = 5  # of each cell, that the time should allow for
PASSES = 2  # of a trial: one to warm up, one that is measured
STARTUP_S, WORKER_S = 0.2, 0.015  # what a trial takes beside them, and each worker process of it
BLOCK_S = 2.2  # what a block takes beside the cells: spinners, sentinel, control

# The groups of models, the likely best first. Those behind it are there to be compared with, by one model each.
GROUPS = {
    Kind.holds: (PROCESSES, INTERPRETERS, THREADS),
    Kind.releases: (THREADS, PROCESSES),
    Kind.free: (THREADS, PROCESSES),
    Kind.computes: (THREADS, PROCESSES, INTERPRETERS),
    Kind.waits: (THREADS, PROCESSES),
    Kind.awaits: (COROUTINES, THREADS),
    Kind.blocks: (THREADS, PROCESSES, COROUTINES),
    Kind.mixed: (PROCESSES, THREADS),
    Kind.shares: (PROCESSES, THREADS),
}
# Where threads compute side by side, or may: no group is likely to be far ahead, so that all are measured in full.
CLOSE = (Kind.releases, Kind.free, Kind.computes)


@dataclass(frozen=True)
class Row:
    """One model of a sweep with its numbers of workers; none where they do not apply."""

    model: str
    workers: tuple[int, ...]


@dataclass(frozen=True)
class Sweep:
    """What is measured of one function: rows of cells, and the load of each pass."""

    rows: tuple[Row, ...]
    load: dict[str, Any]


def sweep(
    facts: Facts, models: Sequence[Candidate], workers: Sequence[int], cpus: int, seconds: float, chosen: bool
) -> Sweep:
    """The cells for a function of which this is known.

    workers  the numbers that the user wants; none for those that suit
    seconds  how long measuring may take
    chosen   whether the user named the models: then all of them are measured
    """
    able = _able(facts, models)
    ladder = sorted(set(workers)) or _ladder(facts, cpus)
    if chosen:
        return Sweep(tuple(Row(one.name, _workers(one, ladder)) for one in models), _load(facts))
    rows: list[Row] = []
    left = seconds - FEWEST_TRIALS * BLOCK_S
    for row in _ranked(facts, able, ladder):
        cost = FEWEST_TRIALS * sum(_trial_s(facts, row, count, models, cpus) for count in row.workers or (1,))
        if cost > left and len(rows) > 2:
            break
        rows.append(row)
        left -= cost
    return Sweep(tuple(rows), _load(facts))


def of_versions(
    facts: Facts, models: Sequence[Candidate], workers: Sequence[int], cpus: int, seconds: float, chosen: bool
) -> Sweep:
    """The cells in which versions of a function are compared: alone, and by the likely best model. Arguments as of `sweep`.

    A few percent need many trials, so there are few cells.
    """
    if chosen:
        return sweep(facts, models, workers, cpus, seconds, chosen)
    ladder = sorted(set(workers)) or _ladder(facts, cpus)[:1]
    return Sweep(tuple(islice(_ranked(facts, _able(facts, models), ladder), 2)), _load(facts))


def _able(facts: Facts, models: Sequence[Candidate]) -> list[Candidate]:
    """The models that can run a function, and send its results where that matters."""
    able = [model for model in models if not facts.sent or _sends(model)]
    return [model for model in able if not (facts.refused and model.group == PROCESSES)]


def default_workers(cpus: int) -> list[int]:
    """The numbers of workers among which it chooses: few, each about twice the one before, or four times."""
    return sorted({1, cpus, 2 * cpus, 4 * cpus, MOST_WORKERS})


def _ladder(facts: Facts, cpus: int) -> list[int]:
    """Two numbers of workers: as many as keep all CPUs busy, and the next, or the one before where there is none."""
    steps = default_workers(cpus)
    wanted = cpus / max(facts.busy, cpus / MOST_WORKERS)
    place = next((i for i, count in enumerate(steps) if count >= 0.9 * wanted), len(steps) - 1)
    return steps[place : place + 2] if place + 1 < len(steps) else steps[place - 1 :]


def _ranked(facts: Facts, models: Sequence[Candidate], ladder: Sequence[int]) -> Iterator[Row]:
    """All rows, the most informative first."""
    first, *rivals = [group for name in GROUPS[facts.kind] if (group := _ordered(facts, of_group(models, name)))] or [
        []
    ]
    for model in of_group(models, ALONE):
        yield Row(model.name, ())
    for model in first[:1]:
        yield Row(model.name, _workers(model, ladder))
    for group in rivals:
        yield Row(group[0].name, _workers(group[0], _rival_ladder(facts, ladder)))
    for model in first[1:]:
        yield Row(model.name, _workers(model, ladder))
    for group in rivals if facts.kind in CLOSE else []:
        for model in group[1:]:
            yield Row(model.name, _workers(model, ladder))


def _ordered(facts: Facts, models: Sequence[Candidate]) -> list[Candidate]:
    """Of short calls the models first that do not hand them over one by one: an executor takes 0.1 to 0.4 ms for each."""
    return sorted(models, key=lambda model: model.pool and facts.op_s <= SHORT_S)


def _rival_ladder(facts: Facts, ladder: Sequence[int]) -> Sequence[int]:
    """The rivals' numbers of workers: the larger one, or both where the kind leaves open which group is best."""
    return ladder if facts.kind in (*CLOSE, Kind.mixed) else ladder[-1:]


def _workers(model: Candidate, ladder: Sequence[int]) -> tuple[int, ...]:
    return () if model.group == ALONE else tuple(ladder)


def _sends(model: Candidate) -> bool:
    """Whether results of its workers go back one by one, where they have to go to another process or interpreter at all."""
    return model.group in (ALONE, THREADS, COROUTINES) or (model.group == PROCESSES and model.pool)


def _load(facts: Facts) -> dict[str, Any]:
    """A time for short calls; a number for each worker of those that would be cut."""
    if facts.op_s <= SHORT_S:
        return {"duration": f"{WINDOW_S}s"}
    return {"ops": max(1, round(WINDOW_S / facts.op_s)), "scaling": "weak"}


def _trial_s(facts: Facts, row: Row, workers: int, models: Sequence[Candidate], cpus: int) -> float:
    """About how long a trial of a cell takes."""
    group = next(model.group for model in models if model.name == row.model)
    load = _load(facts)
    pass_s = WINDOW_S
    if "ops" in load:
        lanes = 1 if group in (ALONE, THREADS, COROUTINES) and facts.kind not in CLOSE else cpus
        waits_in_turn = facts.kind is Kind.shares and group == THREADS
        share = 1.0 if waits_in_turn else facts.busy
        pass_s = load["ops"] * facts.op_s * max(1.0, math.ceil(workers / lanes) * share)
    return PASSES * pass_s + STARTUP_S + (WORKER_S * workers if group == PROCESSES else 0.0)
