"""What diagnosers found: a table for each of them, with a row for each cell, and what is missing with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from concexp.analysis.diagnoses import ALL, Diagnosis
from concexp.report.sections import profiles, timelines
from concexp.report.text.language import clauses, counted, listed, message, say, sentences
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import plural, rounded, scale_of
from concexp.report.view import View

MOST_ROWS = 24
MOST_LINES = 2
SMALL = 0.05  # of the bytes: lines with less are not named
NONE = "–"


@dataclass(frozen=True)
class Table:
    """A diagnoser's table; all texts are Markdown. The first column is the cell, then come `numbers` columns of numbers."""

    title: str
    about: str
    heads: Sequence[str]
    numbers: int
    rows: Sequence[Sequence[str]]
    remarks: Sequence[str]


@dataclass(frozen=True)
class Column:
    """A column of numbers: its head, the quantity that it shows, and how a value is written."""

    head: str
    quantity: str
    written: Callable[[float], str] = rounded


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _bytes(count: float) -> str:
    factor, prefix = scale_of([count], "B")
    return f"{rounded(count / factor)} {prefix}B"


def _large(count: float) -> str:
    factor, prefix = scale_of([count], "1")
    return f"{rounded(count / factor)} {prefix}".rstrip()


def _joules(energy: float) -> str:
    factor, unit = scale_of([energy], "s")
    return f"{rounded(energy / factor)} {unit.replace('s', 'J')}"


@dataclass(frozen=True)
class Kind:
    """How the page shows one diagnoser."""

    title: str
    about: str
    columns: Sequence[Column]


KINDS: Mapping[str, Kind] = {
    "allocations": Kind(
        message("Allocations"),
        message(
            "Memory that Python held for the workers of all processes, without what was there before. The lines are those that "
            "held most of the largest heap that was seen."
        ),
        (
            Column(message("held at most"), "held_bytes", _bytes),
            Column(message("kept at the end"), "kept_bytes", _bytes),
            Column(message("collections per operation"), "collections_per_op"),
            Column(message("time in collections"), "collecting_share", _percent),
        ),
    ),
    "gil": Kind(
        message("The GIL"),
        message("What the workers' threads did, as shares of their time. The GIL is watched from outside, by samples."),
        (
            Column(message("on a CPU"), "cpu_share", _percent),
            Column(message("waiting for a CPU"), "queue_share", _percent),
            Column(message("waiting for the GIL"), "gil_share", _percent),
            Column(message("waiting for anything else"), "other_share", _percent),
        ),
    ),
    "switches": Kind(
        message("Switches and contention"),
        message(
            "A thread switches voluntarily when it begins to wait, and involuntarily when another gets its CPU. A contention is a "
            "primitive that was taken when a worker asked for it."
        ),
        (
            Column(message("voluntary switches per operation"), "voluntary_per_op"),
            Column(message("involuntary switches per operation"), "involuntary_per_op"),
            Column(message("asked for a primitive, per operation"), "asked_per_op"),
            Column(message("contentions per operation"), "contentions_per_op"),
        ),
    ),
    "counters": Kind(
        message("Hardware counters and energy"),
        message("Counts of all processes of a trial, per operation. The energy is that of the whole machine."),
        (
            Column(message("instructions"), "instructions_per_op", _large),
            Column(message("cycles"), "cycles_per_op", _large),
            Column(message("cache misses"), "cache_misses_per_op", _large),
            Column(message("branch misses"), "branch_misses_per_op", _large),
            Column(message("migrations"), "cpu_migrations_per_op"),
            Column(message("page faults"), "page_faults_per_op"),
            Column(message("energy"), "energy_j_per_op", _joules),
        ),
    ),
}
REASONS: Mapping[str, str] = {
    "not_seen": message("the model hides its workers, or the trial ended badly"),
    "unreadable": message("what the trial recorded makes no sense"),
    "no_tracemalloc": message("this interpreter has no `tracemalloc`"),
    "sub_interpreter": message("interpreters of one process share one `tracemalloc`"),
    "in_use": message("`tracemalloc` was already in use"),
    "cut_short": message("following allocations is slow, so it ended after 2 s; what was held at most is of that time"),
    "no_gil": message("this interpreter runs without the GIL"),
    "not_cpython": message("only CPython's GIL is known well enough"),
    "not_permitted": message("the kernel does not permit it to this user"),
    "not_reported": message("this system does not report it"),
    "not_tried": message("the work uses no primitive that can be tried without waiting"),
    "no_perf": message("`perf` is not installed"),
    "not_supported": message("this machine does not show it, as most virtual machines do not"),
    "not_counted": message("`perf` did not count it"),
    "no_answer": message("`perf` did not answer"),
    "no_energy": message(
        "this kernel shows no energy of its processors (`/sys/class/powercap`), as in most virtual machines"
    ),
    "energy_not_permitted": message("the kernel shows the energy of its processors to root alone"),
}


def tables(view: View) -> list[Table]:
    """The tables of the diagnosers that were asked for, in the order of KINDS."""
    by_diagnoser: dict[str, list[Diagnosis]] = {}
    for one in view.run.diagnosed:
        by_diagnoser.setdefault(one.diagnoser, []).append(one)
    return [_table(view, name, by_diagnoser[name]) for name in KINDS if name in by_diagnoser]


def _table(view: View, name: str, found: Sequence[Diagnosis]) -> Table:
    kind = KINDS[name]
    by_cell = {one.cell: one for one in found}
    points = [point for point in view.points if point.cell in by_cell and by_cell[point.cell].numbers]
    known = {quantity for one in found for quantity in one.numbers}
    columns = [column for column in kind.columns if column.quantity in known]
    rows = [
        [
            escaped(timelines.name(view, point)),
            *(_written(column, by_cell[point.cell]) for column in columns),
            *([_lines(by_cell[point.cell])] if name == "allocations" else []),
        ]
        for point in points[:MOST_ROWS]
    ]
    heads = [
        say("cell"),
        *(say(column.head) for column in columns),
        *([say("lines")] if name == "allocations" else []),
    ]
    about = sentences(
        [
            counted(
                len(found),
                "From {count} trial of its own, whose times count nowhere.",
                "From {count} trials of their own, whose times count nowhere.",
            ),
            say(kind.about),
        ]
    )
    return Table(say(kind.title), about, heads, len(columns), rows, _remarks(kind, found, len(points)))


def _written(column: Column, diagnosis: Diagnosis) -> str:
    value = diagnosis.numbers.get(column.quantity)
    return NONE if value is None else column.written(value)


def _remarks(kind: Kind, found: Sequence[Diagnosis], rows: int) -> list[str]:
    """The rows that do not fit, and what is missing for the same reason, with the number of its cells."""
    texts = []
    if (left := rows - MOST_ROWS) > 0:
        texts.append(say("{cells} in diagnoses.csv.", cells=plural(left, "more cell")))
    names = {column.quantity: column.head for column in kind.columns}
    missing: dict[
        str, dict[str, list[str]]
    ] = {}  # reason -> cell -> quantities; the page names those that it has columns for
    for one in found:
        for quantity, reason in one.missing.items():
            if quantity == ALL or quantity in names:
                missing.setdefault(reason, {}).setdefault(one.cell, []).append(names.get(quantity, kind.title))
    for reason, by_cell in missing.items():
        what = dict.fromkeys(name for own in by_cell.values() for name in own)
        texts.append(
            say(
                "Missing in {cells}: {what}. The reason: {reason}.",
                cells=plural(len(by_cell), "cell"),
                what=listed([say(name) for name in what]),
                reason=say(REASONS[reason]) if reason in REASONS else escaped(reason),
            )
        )
    return texts


def _lines(diagnosis: Diagnosis) -> str:
    """`71 % at` the line, with its place, for the lines that held most."""
    held: Counter[profiles.Line] = Counter()
    whole = 0
    for worker in diagnosis.facts["allocations"] or ():
        whole += (worker or {}).get("seen", 0)
        for size, _, frames, texts in (worker or {}).get("lines", ()):
            line = profiles.own_line(frames, texts)
            if not profiles.is_around(line):
                held[line] += size
    named = [(line, size) for line, size in held.most_common(MOST_LINES) if size >= SMALL * whole > 0]
    if not named:
        return NONE
    return clauses(
        [
            say(
                "{share} % at {line} ({place})",
                share=f"{100 * size / whole:.0f}",
                line=code(line.text or NONE),
                place=escaped(f"{line.file}:{line.number}"),
            )
            for line, size in named
        ]
    )
