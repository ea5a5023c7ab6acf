"""What `concexp list` and `concexp show` print: plug-ins, their support matrix and interpreters, as data and as text."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any

from concexp import catalog
from concexp.commands.text_table import table_lines
from concexp.errors import EnvironmentRefused, InputError, Problem, UnknownName, did_you_mean
from concexp.experiment import claims_reference, provided_reference, user_code
from concexp.experiment.spec import Entry
from concexp.trial.tools import unsupported

SHOWN_KINDS = tuple(kind for kind in catalog.KINDS if kind != "probe")
SUPPORT_WORKERS = 2
# Of keys of the YAML.
REFERENCES = {
    user_code.LONG: user_code.REFERENCE,
    "claims": claims_reference.REFERENCE.rstrip(),
    "environment": provided_reference.ENVIRONMENT,
    "files": provided_reference.FILES,
}
AXES = ("workload", "model", "sync")  # the kinds that make a triple of the support matrix


def plug_ins(kind: str) -> dict[str, list[dict[str, Any]]]:
    """Map each kind to its plug-ins with summary and parameters; "" means all kinds."""
    if kind and kind not in catalog.KINDS:
        cure = did_you_mean(kind, [*SHOWN_KINDS, "pythons", "support"])
        raise InputError([Problem("list", 0, 0, "", f"there is no kind '{kind}'", cure)])
    kinds = (kind,) if kind else SHOWN_KINDS
    return {kind: [_entry(kind, name) for name in catalog.names(kind)] for kind in kinds}


def _entry(kind: str, name: str) -> dict[str, Any]:
    try:
        cls = catalog.load(kind, name)
    except EnvironmentRefused as error:  # of another package: what is wrong with it must not hide all others
        return {"name": name, "summary": f"not usable: {error.message}", "parameters": []}
    parameters = [
        {"name": p.name, "type": p.type, "unit": p.unit, "range": p.range, "default": p.default, "meaning": p.meaning}
        for p in catalog.parameters(cls).values()
    ]
    return {"name": name, "summary": catalog.summary(cls), "parameters": parameters}


def plug_ins_text(data: dict[str, list[dict[str, Any]]]) -> str:
    """Format the result of `plug_ins`: one line per plug-in with its summary."""
    lines = []
    for kind, entries in data.items():
        width = max((len(entry["name"]) for entry in entries), default=0)
        lines.append(f"{kind}:")
        lines += [f"  {entry['name']:<{width}}  {entry['summary']}" for entry in entries]
    if "workload" in data:
        lines += [
            "",
            f"A user's own code is a workload too: `concexp show {user_code.LONG}`.",
            "What it may need: `concexp show environment`, `concexp show files`.",
        ]
    return "\n".join(lines)


def description(name: str) -> str:
    """The reference of a plug-in, or of a key of the YAML such as `claims`; the name may be qualified as KIND/NAME.

    A bare name that several kinds share describes all of them. InputError for an unknown kind, UnknownName for an unknown name.
    """
    if name in REFERENCES:
        return REFERENCES[name]
    kind, slash, rest = name.partition("/")
    if slash:
        if kind not in catalog.KINDS:
            raise InputError([Problem("show", 0, 0, "", f"there is no kind '{kind}'", did_you_mean(kind, SHOWN_KINDS))])
        return "\n".join(_description(kind, rest))
    kinds = [kind for kind in catalog.KINDS if name in catalog.names(kind)]
    if not kinds:
        raise UnknownName(
            "plug-in", name, [known for kind in SHOWN_KINDS for known in catalog.names(kind)] + [*REFERENCES]
        )
    return "\n\n".join("\n".join(_description(kind, name)) for kind in kinds)


def _description(kind: str, name: str) -> Iterator[str]:
    """Yield the lines on one plug-in: docstring, parameters, what its kind declares, and what it runs with."""
    cls = catalog.load(kind, name)
    yield from (f"{kind}/{name}", "", catalog.description(cls))
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
        unit, better = cls.unit or "none", cls.better or "neither"
        yield from ("", f"Unit: {unit}. Averaged on the {cls.scale} scale. Better: {better}.")
    if kind in AXES:
        yield from ("", f"Runs with ({SUPPORT_WORKERS} workers where they apply):")
        yield from (f"  {line}" for line in support_text(support(kind, name)).splitlines())


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
    names = {axis: [name] if axis == kind else [*filter(partial(_loads, axis), catalog.names(axis))] for axis in AXES}
    built = [[(name, Entry.default(axis, name).build()) for name in names[axis]] for axis in AXES]
    triples = []
    for (workload, work), (model, carrier), (sync, primitive) in itertools.product(*built):
        workers = SUPPORT_WORKERS if carrier.needs_workers else 1
        reason = unsupported(work, carrier, primitive, workers, work.load)
        triples.append({"workload": workload, "model": model, "sync": sync, "reason": reason})
    return triples


def _loads(kind: str, name: str) -> bool:
    try:
        catalog.load(kind, name)
    except EnvironmentRefused:
        return False
    return True


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
