"""What surrounds the numbers: what was skipped, what went wrong, how far to trust the rest, and on what it was measured."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from concexp import cells, doubts
from concexp.report import hangs, leftovers
from concexp.report.findings.endings import BAD
from concexp.report.markdown import code, escaped, fenced
from concexp.report.numbers import enumerated, plural, rounded, scale_of
from concexp.report.view import View
from concexp.stats.intervals import FEWEST

FAILURES = 10
LINES = 40  # of a traceback: its end tells


@dataclass(frozen=True)
class Failure:
    """What went wrong in the same way in some trials of a cell, and what it left behind: (title, fenced text).

    `lines` are what a diagnostic trial found out about a hang.
    """

    sentence: str
    lines: list[str]
    details: list[tuple[str, str]]


def skipped(view: View) -> list[str]:
    """The cells that cannot exist, by reason."""
    found: dict[str, list[str]] = {}
    for point in view.points:
        if point.status == "unsupported":
            labels = [str(point.labels[key]) for key in ("workload", "model", "sync")]
            if len(view.run.header["axes"].get("python", ())) > 1:
                labels[-1] += f" on {point.labels['python']}"
            found.setdefault(point.reason, []).append(" × ".join(labels))
    return [_skipped(reason, cells) for reason, cells in found.items()]


def _skipped(reason: str, cells: list[str]) -> str:
    kinds = list(dict.fromkeys(cells))
    more = f" and {len(kinds) - 3} more" if len(kinds) > 3 else ""
    return f"{plural(len(cells), 'cell')}: {escaped(reason)} ({escaped(', '.join(kinds[:3]))}{more})."


def failures(view: View) -> tuple[list[Failure], int]:
    """The first ways in which trials ended badly, and how many more there are."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for record in view.run.records:
        if record["role"] not in ("machine", "diagnostic") and record["status"] in BAD:
            same = record["cell"], record["role"], record["status"], record["reason"]
            groups.setdefault(same, []).append(record)
    order = {point.cell: number for number, point in enumerate(view.points)}
    found = [records for _, records in sorted(groups.items(), key=lambda pair: order.get(pair[0][0], 0))]
    return [_failure(view, records) for records in found[:FAILURES]], max(0, len(found) - FAILURES)


def _failure(view: View, records: list[dict[str, Any]]) -> Failure:
    first = records[0]
    labels = ", ".join(f"{key} {label}" for key, label in first["axes"].items() if label is not None)
    trial = "trial" if first["role"] == "measured" else f"{first['role']} trial"
    what = f"**{BAD[first['status']].capitalize()}**: {plural(len(records), trial)}"
    sentence = f"{what} of {escaped(labels)}: {escaped(first['reason'])}"
    if (first.get("hang") or {}).get("kind"):
        sentence += f". {hangs.kind(first['hang'])}"
    left = {"where it happened": "traceback", "where each thread stood": "stacks", "what it printed": "output"}
    lines = hangs.diagnosis(view, first["cell"]) if first["status"] == "timeout" else []
    return Failure(
        sentence, lines, [(title, fenced(_end(first[key]))) for title, key in left.items() if first.get(key)]
    )


def _end(text: str) -> str:
    lines = text.rstrip().splitlines()
    return "\n".join(["…", *lines[-LINES:]] if len(lines) > LINES else lines)


def observed(view: View) -> str:
    """Which numbers of the tables come from trials of their own, and from how many; "" if none does."""
    names = [name for name, metric in view.metrics.items() if cells.observed(metric)]
    trials = [trial for point in view.points for trial in point.sample.observed]
    if not names or not trials:
        return ""
    doubtful = sum(bool(trial.doubts) for trial in trials)
    return (
        f"{enumerated([code(name) for name in names])} {'comes' if len(names) == 1 else 'come'} from "
        f"{plural(len(trials), 'trial')} of their own{f' ({doubtful} doubtful)' * bool(doubtful)}: what looks at it changes "
        "the times, so these trials (`observed` in results.parquet) enter no other number."
    )


def threats(view: View) -> list[str]:
    """What makes the numbers less certain, counted."""
    found = []
    trials = [trial for point in view.points for trial in point.sample.numbered]
    codes = Counter(doubt for trial in trials for doubt in trial.doubts)
    for doubt in sorted(codes):
        meaning = doubts.MEANING.get(doubt, "a reason that this version does not know")
        found.append(f"`{doubt}` in {codes[doubt]} of {plural(len(trials), 'trial')}: {meaning}.")
    if codes:
        found.append(_use_of_doubtful(view))
    fewest = min((len(point.sample.numbered) for point in view.points if point.numbered), default=FEWEST)
    if fewest < FEWEST:
        found.append(
            f"Some cells have only {plural(fewest, 'trial')}: no interval can be given below {FEWEST}, and nothing that rests "
            "on one cell alone is resolved."
        )
    if _different_builds(view.run.manifest["interpreters"]):
        found.append(
            "Interpreters of different builds are compared: what differs between them need not be due to their versions."
        )
    return found + leftovers.told(view) + _forks(view) + _machine_threats(view)


def _use_of_doubtful(view: View) -> str:
    left_out = sum(len(point.sample.doubtful) for point in view.points if point.trusted)
    kept = sum(len(point.sample.doubtful) for point in view.points if not point.trusted)
    parts = []
    if left_out:
        parts.append(
            f"{plural(left_out, 'doubtful trial')} {'is' if left_out == 1 else 'are'} left out of every timing"
        )
    if kept:
        parts.append(
            f"{plural(kept, 'doubtful trial')} {'stands' if kept == 1 else 'stand'} in cells marked ‡, where too few "
            "others are left"
        )
    return f"{enumerated(parts)}; counts keep all of them."


def _forks(view: View) -> list[str]:
    """A fork beside running threads endangers no clock, but the trial itself: no doubt, yet worth knowing."""
    trials = view.run.firsts
    beside = trials["threads_at_fork"].fillna(0)
    count = int((beside > 1).sum())
    if not count:
        return []
    most = plural(int(beside.max()) - 1, "other thread")
    return [
        f"In {plural(count, 'trial')} processes were forked beside up to {most}: a lock that such a thread holds at that "
        "moment stays locked in the new process for ever."
    ]


def _machine_threats(view: View) -> list[str]:
    found = []
    effective = view.run.effective_cpus
    if effective is not None and effective < doubts.EFFECTIVE_SHARE * view.cpus:
        found.append(
            f"This machine gave {rounded(effective)} of {view.cpus} usable CPUs (median of the spinner measurements)."
        )
    if view.run.manifest["machine"].get("virtual"):
        found.append("This is a virtual machine: its CPUs may be shared with others.")
    if view.run.manifest["machine"].get("governor") not in (None, "performance"):
        governor = code(view.run.manifest["machine"]["governor"])
        found.append(
            f"The CPU's clock is not fixed (governor {governor}): it may run faster for one worker than for many."
        )
    return found


def machine(view: View) -> list[tuple[str, str]]:
    """(what, how it is) of the machine and its interpreters; what the system did not tell is left out."""
    facts = view.run.manifest["machine"]
    rows: list[tuple[str, str | None]] = [
        ("processor", _text(facts, "processor")),
        ("system", ", ".join(filter(None, [_text(facts, "system"), _text(facts, "architecture")])) or None),
        ("virtual machine", _text(facts, "virtual")),
        ("usable CPUs", _usable(facts)),
        ("effective CPUs", _effective(view)),
        ("CPU's speed", _speed(facts)),
        ("memory", _memory(facts)),
        ("load before the run", _load(facts)),
        ("clock", _clock(view)),
        ("checked before the run", escaped(view.run.manifest.get("doctor", {}).get("summary", "")) or None),
    ]
    for label, python in view.run.manifest["interpreters"].items():
        rows.append((f"Python {code(label)}", _python(python)))
    pin = view.run.spec["measure"].get("pin", "none")
    rows.append(("workers", f"each pinned to a CPU, {escaped(pin)}" if pin != "none" else None))
    rows.append(("**different builds**", _different_builds(view.run.manifest["interpreters"])))
    return [(what, how) for what, how in rows if how]


def _text(facts: dict[str, Any], name: str) -> str | None:
    return escaped(facts[name]) if facts.get(name) else None


def _usable(facts: dict[str, Any]) -> str:
    limits = []
    if facts.get("affinity_cpus") not in (None, facts.get("logical_cpus")):
        limits.append(f"affinity {facts['affinity_cpus']}")
    if facts.get("quota_cpus") is not None:
        limits.append(f"quota {rounded(facts['quota_cpus'])}")
    if facts.get("physical_cores"):
        limits.append(plural(facts["physical_cores"], "physical core"))
    if (facts.get("threads_per_core") or 1) > 1:
        limits.append(f"{facts['threads_per_core']} hyper-threads each")
    if len(facts.get("numa_nodes") or ()) > 1:
        limits.append(plural(len(facts["numa_nodes"]), "memory node"))
    return f"{facts['cpus']} of {facts['logical_cpus']}" + (f" ({', '.join(limits)})" if limits else "")


def _speed(facts: dict[str, Any]) -> str | None:
    parts = [f"governor {code(facts['governor'])}"] if facts.get("governor") else []
    if facts.get("turbo") is not None:
        parts.append(f"turbo {'on' if facts['turbo'] else 'off'}")
    return ", ".join(parts) or None


def _memory(facts: dict[str, Any]) -> str | None:
    if not facts.get("memory_bytes"):
        return None
    used = facts.get("swap_used_bytes")
    return f"{facts['memory_bytes'] / 2**30:.1f} GiB" + (f", {used / 2**20:.0f} MiB of swap used" if used else "")


def _load(facts: dict[str, Any]) -> str | None:
    if facts.get("load_1m") is None:
        return None
    waited = {kind: share for kind, share in (facts.get("pressure") or {}).items() if share}
    told = enumerated([f"{kind} in {share:.1%}" for kind, share in waited.items()]) if waited else ""
    return f"{facts['load_1m']:.2f}" + (f" (something waited for {told} of the minute before)" if told else "")


def _clock(view: View) -> str | None:
    """The kernel's clock, and what the first interpreter measured with it."""
    source = _text(view.run.manifest["machine"], "clock_source")
    found: dict[str, float | None] = next(iter(view.run.manifest.get("clocks", {}).values()), {})
    cost, step, late = (found.get(name) for name in ("timer_cost_s", "timer_step_s", "sleep_overshoot_median_s"))
    parts = [source] if source else []
    if cost is not None:
        parts.append(f"a reading costs {_short(cost)}" + (f" in steps of {_short(step)}" if step else ""))
    if late is not None:
        parts.append(f"a sleep of 1 ms lasts {_short(late)} longer")
    return ", ".join(parts) or None


def _short(seconds: float) -> str:
    divisor, unit = scale_of([seconds], "s")
    return f"{rounded(seconds / divisor, 2)} {unit}"


def _effective(view: View) -> str:
    spun = view.run.spun
    if not spun:
        return "not measured"
    if len(spun) == 1:
        return f"{rounded(spun[0])} (measured once)"
    middle = float(np.median(spun))
    return f"{rounded(middle)} (median of {len(spun)} measurements, {rounded(min(spun))} to {rounded(max(spun))})"


def _python(facts: dict[str, Any]) -> str:
    parts = [" ".join(filter(None, [_text(facts, "implementation"), _text(facts, "version")]))]
    if facts.get("gil_enabled") is not None:
        parts.append(f"GIL {'on' if facts['gil_enabled'] else 'off'}")
    if facts.get("jit"):
        parts.append("JIT on")
    if facts.get("compiler"):
        parts.append(escaped(facts["compiler"]))
    if facts.get("start_method"):
        parts.append(f"starts processes by {escaped(facts['start_method'])}")
    return ", ".join(filter(None, parts))


# What makes one build faster than another, of all that a build is configured and compiled with.
SPEED = re.compile(
    r"-O\w+|-flto\S*|-fprofile\S*|-m(arch|tune)=\S+|-fno-omit-frame-pointer|-fstack-protector\S*"
    r"|--(enable-(optimizations|bolt|experimental-jit|shared)|with-(lto|pydebug|tail-call-interp)|disable-gil)\S*"
)


def _build(facts: dict[str, Any]) -> str:
    """How an interpreter was built, as far as it makes a difference in speed."""
    flags = f"{facts.get('configure_flags') or ''} {facts.get('compile_flags') or ''}".split()
    speed = sorted({flag for flag in flags if SPEED.fullmatch(flag)})
    return ", ".join(filter(None, [facts.get("compiler"), *map(code, speed)]))


def _different_builds(pythons: dict[str, dict[str, Any]]) -> str | None:
    """A warning where interpreters are compared that were not built alike; None where they were."""
    builds: dict[str, list[str]] = {}
    for label, facts in pythons.items():
        builds.setdefault(_build(facts), []).append(code(label))
    if len(builds) < 2:
        return None
    each = "; ".join(f"{enumerated(labels)}: {build or 'not told'}" for build, labels in builds.items())
    return f"a difference between these interpreters is one of version and build together ({each})"


def outline(view: View) -> str:
    """One line under the title: how much was measured, on what, when."""
    points = [point for point in view.points if point.sample.count]
    trials = sum(point.sample.count for point in points)
    facts = view.run.manifest["machine"]
    pythons = view.run.manifest["interpreters"].values()
    named = [" ".join(filter(None, [_text(one, "implementation"), _text(one, "version")])) for one in pythons]
    parts: Sequence[str | None] = [
        code(view.run.spec["name"]),
        f"{plural(trials, 'trial')} of {plural(len(points), 'cell')}",
        f"{_text(facts, 'processor')}, {plural(facts['cpus'], 'usable CPU')}" if facts.get("processor") else None,
        enumerated(list(dict.fromkeys(filter(None, named)))) or None,
        str(view.run.manifest.get("started_at", ""))[:10] or None,
    ]
    return " · ".join(filter(None, parts))
