"""What `concexp show` prints, and `concexp list` on support and pythons, as data and as text."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator
from typing import Any

from concexp import catalog
from concexp.commands import reference
from concexp.commands.plug_in_list import AXES, SHOWN_KINDS, known_by
from concexp.commands.text_table import table_lines
from concexp.errors import InputError, Problem, UnknownName, did_you_mean, meant
from concexp.experiment.spec import Entry
from concexp.trial.tools import unsupported

SUPPORT_WORKERS = 2


def description(name: str, everything: bool = False) -> str:
    """The reference of a topic, a key of the YAML, or a plug-in, which may be qualified as KIND/NAME.

    A bare name that several kinds share describes all of them; `everything` adds each combination that a plug-in runs in.
    InputError for an unknown kind, UnknownName for an unknown name.
    """
    if (text := reference.topic(name)) is not None:
        return text
    kind, slash, rest = name.partition("/")
    if slash:
        if kind not in catalog.KINDS:
            raise InputError([Problem("show", 0, 0, "", f"there is no kind '{kind}'", did_you_mean(kind, SHOWN_KINDS))])
        return "\n".join(_description(kind, rest, everything))
    kinds = [kind for kind in catalog.KINDS if name in catalog.names(kind)]
    if not kinds:
        known = [known for kind in SHOWN_KINDS for known in catalog.names(kind)] + [*reference.names()]
        raise UnknownName("plug-in or key", name, known, meant(found) if (found := known_by(name)) else "")
    return "\n\n".join("\n".join(_description(kind, name, everything)) for kind in kinds)


def _description(kind: str, name: str, everything: bool) -> Iterator[str]:
    """Yield the lines on one plug-in: docstring, what it is for, parameters, what its kind declares, what it runs with."""
    cls = catalog.load(kind, name)
    yield from (f"{kind}/{name}", "", catalog.description(cls))
    yield from _use(kind, cls)
    parameters = catalog.parameters(cls).values()
    if parameters:
        yield from ("", "Parameters:")
    for parameter in parameters:
        default = "required" if parameter.required else f"default {_value_text(parameter.default, parameter.unit)}"
        yield f"  {parameter.name}: {parameter.range}, {default}"
        if parameter.meaning:
            yield f"      {parameter.meaning}"
    if kind == "workload":
        load = _load_text(cls.load)
        yield from ("", f"One operation is one {cls.unit}. It wants {cls.resource}. Its own load: {load}.")
        if cls.draws:
            yield f"Random: {cls.draws}; drawn anew in each block, the same for all cells of a block."
    if kind == "metric":
        yield from _metric(name, cls)
    if kind == "plot":
        yield from ("", f"On the page where it suits the run, or chosen: report: {{plots: [{name}]}}")
    if kind in AXES:
        yield from _partners(kind, name, support(kind, name), everything)


def _use(kind: str, cls: type[Any]) -> Iterator[str]:
    """Yield what a plug-in is in Python, when to use it, and what it costs, as far as its kind declares that."""
    declared = [one.partition(" {")[0] for one in getattr(cls, "known_as", ())]
    if kind in ("workload", "metric"):
        lines = {"Finds out": getattr(cls, "suits", ""), "Also known as": ", ".join(declared)}
    else:
        in_python = [one for one in declared if "." in one] or ["no class of its own"] * (kind in AXES)
        lines = {"In Python": ", ".join(in_python), "Use it for": getattr(cls, "suits", "")}
        lines["Its costs"] = getattr(cls, "price", "")
    if any(lines.values()):
        yield ""
    for title, text in lines.items():
        if text:
            yield from textwrap.wrap(f"{title + ':':<15}{text}", reference.WIDTH, subsequent_indent=" " * 15)


def _metric(name: str, cls: type[Any]) -> Iterator[str]:
    """Yield the lines on a metric's numbers, and what it takes to have them."""
    unit, better = cls.unit or "none", cls.better or "neither"
    yield from ("", f"Unit: {unit}. Averaged on the {cls.scale} scale. Better: {better}.")
    needs = ["an open loop, load: {rate: 100/s, duration: 5s}"] if cls.open_loop else []
    needs += [f"trials of their own, with the probe {cls.probe}"] if _own_trials(cls.probe) else []
    needs += ["a `baseline`"] if cls.level == "cell" else []
    if needs:
        yield f"It needs {'; '.join(needs)}."
    yield f"On the page: {cls.shown}; in any case with `metrics: [{name}]`."


def _own_trials(probe: str) -> bool:
    return bool(probe) and bool(catalog.load("probe", probe).own_trials)


def _partners(kind: str, name: str, triples: list[dict[str, str]], everything: bool) -> Iterator[str]:
    """Yield what a plug-in runs with: the names of the other kinds, or each combination and the reasons against the others."""
    yield ""
    if everything:
        yield f"Runs with ({SUPPORT_WORKERS} workers where they apply):"
        yield from (f"  {line}" for line in support_text(triples).splitlines())
        return
    runnable = [triple for triple in triples if not triple["reason"]]
    yield f"Runs in {len(runnable)} of {len(triples)} combinations, with"
    for other in (axis for axis in AXES if axis != kind):
        some = dict.fromkeys(triple[other] for triple in runnable)
        every = dict.fromkeys(triple[other] for triple in triples)
        text = f"every {other}" if some == every else " ".join(some) or f"no {other}"
        yield from textwrap.wrap(f"  {other + ':':<13}{text}", reference.WIDTH, subsequent_indent=" " * 15)
    yield f"Each combination, and why others cannot run: concexp show {kind}/{name} --all"


def _value_text(value: Any, unit: str) -> str:
    """A parameter's value with its unit."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g} {unit}" if unit else str(value)


def _load_text(load: dict[str, Any]) -> str:
    return f"{load['duration']:g} s" if "duration" in load else f"{load['ops']} operations"


def support(kind: str = "", name: str = "") -> list[dict[str, str]]:
    """List every workload × model × sync with the reason why it cannot run, "" if it can. Starts nothing.

    A kind and a name restrict the list to the triples of that plug-in.
    """
    names = {axis: [name] if axis == kind else [*catalog.classes(axis)] for axis in AXES}
    built = [[(name, Entry.default(axis, name).build()) for name in names[axis]] for axis in AXES]
    triples = []
    for (workload, work), (model, carrier), (sync, primitive) in itertools.product(*built):
        workers = SUPPORT_WORKERS if carrier.needs_workers else 1
        reason = unsupported(work, carrier, primitive, workers, work.load)
        triples.append({"workload": workload, "model": model, "sync": sync, "reason": reason})
    return triples


def support_text(triples: list[dict[str, str]]) -> str:
    """Format the support matrix: the primitives that run per workload and model, then the reasons for the rest."""
    runnable: dict[tuple[str, str], list[str]] = {}
    refused: dict[str, list[dict[str, str]]] = {}
    for triple in triples:
        syncs = runnable.setdefault((triple["workload"], triple["model"]), [])
        if triple["reason"]:
            refused.setdefault(_general_reason(triple), []).append(triple)
        else:
            syncs.append(triple["sync"])
    first, second = (max(map(len, column)) for column in zip(*runnable, strict=True))
    lines = [
        f"{workload:<{first}}  {model:<{second}}  {' '.join(syncs) or '—'}"
        for (workload, model), syncs in runnable.items()
    ]
    if refused:
        lines += ["", "Cannot run:"]
    for reason, cases in refused.items():
        product = " × ".join(_names_text(kind, cases, triples) for kind in AXES)
        lines.append(f"  {reason}\n      {len(cases)}: {product}")
    return "\n".join(lines)


def _names_text(kind: str, cases: list[dict[str, str]], triples: list[dict[str, str]]) -> str:
    """The names of a kind in `cases`; "every KIND" if these are all of several names in `triples`."""
    names = dict.fromkeys(case[kind] for case in cases)
    every = {triple[kind] for triple in triples}
    return f"every {kind}" if names.keys() == every and len(every) > 1 else " ".join(names)


def _general_reason(triple: dict[str, str]) -> str:
    """The reason with "this" for the triple's own names, so that triples with a common reason share one text."""
    reason, workload, sync = triple["reason"], triple["workload"], triple["sync"]
    if reason.startswith(f"{workload} "):
        reason = reason.replace(workload, "this", 1)
    if reason.endswith(f"not with {sync}"):
        reason = reason.removesuffix(f" {sync}") + " this"
    return reason


def pythons_text(rows: list[dict[str, Any]]) -> str:
    """Format the interpreters of this machine: a table, how a YAML names them, and those that cannot run trials."""
    usable = [row for row in rows if not row["reason"]]
    lines = table_lines(["name", "version", "implementation", "GIL", "JIT", "where"], map(_python_columns, usable))
    lines += ["", 'In a YAML: sweep: {python: [current, "3.13", {is: /path/to/python3, as: mine}]}']
    refused = [f"  {row['found']}: {row['reason']}" for row in rows if row["reason"]]
    if refused:
        lines += ["", "Cannot run trials:", *refused]
    return "\n".join(lines)


def _python_columns(row: dict[str, Any]) -> list[str]:
    name = row["name"] or "(by its path)"
    if row["current"]:
        name += " (current)"
    return [name, row["version"], row["implementation"], _gil_text(row), _jit_text(row), row["found"]]


def _gil_text(row: dict[str, Any]) -> str:
    """The default state of the GIL, and whether the build can switch it."""
    state = "on" if row["gil_enabled"] else "off"
    return state if row["gil_built"] else f"{state}, free-threaded build"


def _jit_text(row: dict[str, Any]) -> str:
    """The state of the JIT; "" if the interpreter does not say."""
    if row["jit_built"] is None:
        return ""
    if not row["jit_built"]:
        return "none"
    return "on" if row["jit"] else "off, can be on"
