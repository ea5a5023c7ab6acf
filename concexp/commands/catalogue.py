"""What `list`, `show` and `plan` tell: data for programs, text for people."""

from __future__ import annotations

import itertools
from typing import Any

from concexp import catalog
from concexp.errors import InputError, Problem, UnknownName, did_you_mean
from concexp.experiment import claims_reference, user_code
from concexp.experiment.spec import Entry
from concexp.trial.tools import unsupported

SHOWN_KINDS = tuple(kind for kind in catalog.KINDS if kind != "probe")
SUPPORT_WORKERS = 2


def catalogue(kind: str) -> dict[str, list[dict[str, Any]]]:
    """Kind -> its plug-ins with summary and parameters; all kinds without a kind."""
    if kind and kind not in catalog.KINDS:
        cure = did_you_mean(kind, [*SHOWN_KINDS, "pythons", "support"])
        raise InputError([Problem("list", 0, 0, "", f"there is no kind '{kind}'", cure)])
    return {one: [_entry(one, name) for name in catalog.names(one)] for one in ([kind] if kind else SHOWN_KINDS)}


def _entry(kind: str, name: str) -> dict[str, Any]:
    cls = catalog.load(kind, name)
    parameters = [
        {"name": p.name, "type": p.type, "unit": p.unit, "range": p.range, "default": p.default, "meaning": p.meaning}
        for p in catalog.parameters(cls).values()
    ]
    return {"name": name, "summary": catalog.summary(cls), "parameters": parameters}


def catalogue_text(data: dict[str, list[dict[str, Any]]]) -> str:
    """The same for people."""
    lines = []
    for kind, entries in data.items():
        width = max((len(entry["name"]) for entry in entries), default=0)
        lines.append(f"{kind}:")
        lines += [f"  {entry['name']:<{width}}  {entry['summary']}" for entry in entries]
    if "workload" in data:
        lines += ["", f"A user's own code is a workload too: `concexp show {user_code.LONG}`."]
    return "\n".join(lines)


def described(name: str) -> str:
    """All about one plug-in, about user code, or about claims; `name` may begin with its kind and a slash."""
    if name == user_code.LONG:
        return user_code.REFERENCE
    if name == "claims":
        return claims_reference.REFERENCE.rstrip()
    kind, slash, rest = name.partition("/")
    kinds = [kind] if slash else [one for one in catalog.KINDS if name in catalog.names(one)]
    if slash and kind not in catalog.KINDS:
        raise InputError([Problem("show", 0, 0, "", f"there is no kind '{kind}'", did_you_mean(kind, SHOWN_KINDS))])
    if not kinds:
        raise UnknownName("plug-in", name, [known for one in SHOWN_KINDS for known in catalog.names(one)] + ["claims"])
    return "\n\n".join(_described(one, rest if slash else name) for one in kinds)


def _described(kind: str, name: str) -> str:
    cls = catalog.load(kind, name)
    lines = [f"{kind}/{name}", "", catalog.description(cls)]
    parameters = catalog.parameters(cls)
    if parameters:
        lines += ["", "Parameters:"]
        for p in parameters.values():
            default = "required" if p.required else f"default {_shown(p.default, p.unit)}"
            lines.append(f"  {p.name}: {p.range}, {default}" + (f"\n      {p.meaning}" if p.meaning else ""))
    if kind == "workload":
        lines += ["", f"One operation is one {cls.unit}. It wants {cls.resource}. Its own load: {_load(cls.load)}."]
    if kind == "metric":
        lines += [
            "",
            f"Unit: {cls.unit or 'none'}. Averaged on the {cls.scale} scale. Better: {cls.better or 'neither'}.",
        ]
    if kind in ("workload", "model", "sync"):
        lines += ["", f"Runs with ({SUPPORT_WORKERS} workers where they apply):"]
        lines += [f"  {line}" for line in support_text(support(kind, name)).splitlines()]
    return "\n".join(lines)


def _shown(value: Any, unit: str) -> str:
    return (
        ("on" if value else "off") if isinstance(value, bool) else f"{value:g} {unit}".strip() if unit else str(value)
    )


def _load(load: dict[str, Any]) -> str:
    return f"{load['duration']:g} s" if "duration" in load else f"{load['ops']} operations"


def support(kind: str = "", name: str = "") -> list[dict[str, str]]:
    """Every workload × model × sync: the reason why it cannot run, or an empty one; only those of one plug-in if it is named.

    Starts nothing.
    """
    built = {
        one: {known: Entry.default(one, known).build() for known in ([name] if one == kind else catalog.names(one))}
        for one in ("workload", "model", "sync")
    }
    found = []
    for (workload, work), (model, carrier), (sync, primitive) in itertools.product(
        *(b.items() for b in built.values())
    ):
        workers = SUPPORT_WORKERS if carrier.needs_workers else 1
        reason = unsupported(work, carrier, primitive, workers, work.load)
        found.append({"workload": workload, "model": model, "sync": sync, "reason": reason})
    return found


def support_text(triples: list[dict[str, str]]) -> str:
    """The matrix for people: per workload and model the primitives that run, then the reasons for the rest."""
    runs: dict[tuple[str, str], list[str]] = {}
    reasons: dict[str, list[dict[str, str]]] = {}
    for triple in triples:
        pair = triple["workload"], triple["model"]
        runs.setdefault(pair, [])
        if triple["reason"]:
            reasons.setdefault(_general(triple), []).append(triple)
        else:
            runs[pair].append(triple["sync"])
    width, second = (max(len(pair[place]) for pair in runs) for place in (0, 1))
    lines = [f"{one:<{width}}  {other:<{second}}  {' '.join(syncs) or '—'}" for (one, other), syncs in runs.items()]
    if reasons:
        lines += ["", "Cannot run:"]
    for reason, cases in reasons.items():
        among = " × ".join(_among(kind, cases, triples) for kind in ("workload", "model", "sync"))
        lines.append(f"  {reason}\n      {len(cases)}: {among}")
    return "\n".join(lines)


def _among(kind: str, cases: list[dict[str, str]], triples: list[dict[str, str]]) -> str:
    """The names of a kind that some cases hold; "every model" where it is all that there are, and there are several."""
    names = dict.fromkeys(case[kind] for case in cases)
    every = {triple[kind] for triple in triples}
    return f"every {kind}" if names.keys() == every and len(every) > 1 else " ".join(names)


def _general(triple: dict[str, str]) -> str:
    """The reason of a triple without the names that stand beside it anyway: alike for all that it holds for."""
    reason, workload, sync = triple["reason"], triple["workload"], triple["sync"]
    reason = reason.replace(workload, "this", 1) if reason.startswith(f"{workload} ") else reason
    return reason.removesuffix(f" {sync}") + " this" if reason.endswith(f"not with {sync}") else reason


def pythons_text(rows: list[dict[str, Any]]) -> str:
    """The interpreters of this machine for people."""
    heads = ["name", "version", "implementation", "GIL", "JIT", "where"]
    table = [heads, *([_named(row), row["version"], row["implementation"], _gil(row), _jit(row), row["found"]]
                      for row in rows if not row["reason"])]  # fmt: skip
    widths = [max(len(line[place]) for line in table) for place in range(len(heads))]
    lines = ["  ".join(f"{text:<{w}}" for text, w in zip(line, widths, strict=True)).rstrip() for line in table]
    lines += ["", 'In a YAML: sweep: {python: [current, "3.13", {is: /path/to/python3, as: mine}]}']
    refused = [f"  {row['found']}: {row['reason']}" for row in rows if row["reason"]]
    return "\n".join([*lines, *(["", "Cannot run trials:", *refused] if refused else [])])


def _named(row: dict[str, Any]) -> str:
    return f"{row['name'] or '(by its path)'}{' (current)' if row['current'] else ''}"


def _gil(row: dict[str, Any]) -> str:
    """Its state where nobody switches it, and whether somebody can."""
    state = "on" if row["gil_enabled"] else "off"
    return state if row["gil_built"] else f"{state}, free-threaded build"


def _jit(row: dict[str, Any]) -> str:
    if row["jit_built"] is None:
        return ""
    return "none" if not row["jit_built"] else "on" if row["jit"] else "off, can be on"
