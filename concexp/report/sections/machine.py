"""The machine and its interpreters, as rows of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from concexp.analysis.costs import Costs
from concexp.analysis.speed_states import spinner_speeds
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, rounded, scale_of
from concexp.report.view import View
from concexp.run.forecast import duration_text


def machine(view: View) -> list[tuple[str, str]]:
    """Rows of (what, value) about the machine and its interpreters; what the system does not report is left out."""
    facts = view.run.manifest["machine"]
    rows: list[tuple[str, str | None]] = [
        ("processor", _text(facts, "processor")),
        (
            "system",
            ", ".join(filter(None, [_text(facts, "system"), _text(facts, "architecture"), _virtual(facts)])) or None,
        ),
        ("CPUs", f"{_usable(facts)}; effective: {_effective(view)}"),
        ("CPU's speed", _speed(facts)),
        ("speed of a spinner alone", _spinner(view)),
        ("memory", _memory(facts)),
        ("load before the run", _load(facts)),
        ("clock", _clock(view)),
        ("checked before the run", escaped(view.run.manifest.get("doctor", {}).get("summary", "")) or None),
    ]
    for label, python in view.run.manifest["interpreters"].items():
        rows.append((f"Python {code(label)}", _python(python)))
    rows.append(("work of a given time", _work(view)))
    pin = view.run.spec["measure"].get("pin", "none")
    rows.append(("workers", f"each pinned to a CPU, {escaped(pin)}" if pin != "none" else None))
    rows.append(("**different builds**", _different_builds(view.run.manifest["interpreters"])))
    return [(what, how) for what, how in rows if how]


def _text(facts: dict[str, Any], name: str) -> str | None:
    return escaped(facts[name]) if facts.get(name) else None


def _virtual(facts: dict[str, Any]) -> str | None:
    return f"virtual machine ({_text(facts, 'virtual')})" if facts.get("virtual") else None


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
    return f"{facts['cpus']} of {facts['logical_cpus']} usable" + (f" ({', '.join(limits)})" if limits else "")


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
    shares = ", ".join(f"{escaped(kind)} {share:.1%}" for kind, share in waited.items())
    return f"{facts['load_1m']:.2f}" + (f" (waiting for {shares} of the minute)" if shares else "")


def _clock(view: View) -> str | None:
    """The kernel's clock, and what the first interpreter measured with it."""
    source = _text(view.run.manifest["machine"], "clock_source")
    facts: dict[str, float | None] = next(iter(view.run.manifest.get("clocks", {}).values()), {})
    cost, step, late = (facts.get(name) for name in ("timer_cost_s", "timer_step_s", "sleep_overshoot_median_s"))
    parts = [source] if source else []
    if cost is not None:
        parts.append(f"{_short(cost)} per reading" + (f", steps of {_short(step)}" if step else ""))
    if late is not None:
        parts.append(f"sleeps end {_short(late)} late")
    return ", ".join(parts) or None


def _short(seconds: float) -> str:
    divisor, unit = scale_of([seconds], "s")
    return f"{rounded(seconds / divisor, 2)} {unit}"


def _effective(view: View) -> str:
    spun = view.run.spun
    wrong = sum(record["effective_cpus"] is not None for record in view.run.machine) - len(spun)
    left_out = f"; {plural(wrong, 'measurement')} of more than the CPUs can give left out" if wrong else ""
    if not spun:
        return f"not measured{left_out}"
    if len(spun) == 1:
        return f"{rounded(spun[0])} (measured once){left_out}"
    middle = float(np.median(spun))
    ends = f"{rounded(min(spun))} to {rounded(max(spun))}"
    return f"{rounded(middle)} ({ends} in {len(spun)} measurements){left_out}"


def _spinner(view: View) -> str | None:
    """The absolute speed of the machine, by its spinners."""
    speeds = [rounds / 1e6 for _, rounds in spinner_speeds(view.run)]
    if not speeds:
        return None
    middle = f"{rounded(float(np.median(speeds)))} M rounds/s"
    if len(speeds) == 1:
        return f"{middle} (measured once)"
    return f"{middle} ({rounded(min(speeds))} to {rounded(max(speeds))})"


def _python(facts: dict[str, Any]) -> str:
    parts = [" ".join(filter(None, [_text(facts, "implementation"), _text(facts, "version")]))]
    if facts.get("gil_enabled") is not None:
        parts.append(f"GIL {'on' if facts['gil_enabled'] else 'off'}")
    if facts.get("jit"):
        parts.append("JIT on")
    if facts.get("compiler"):
        parts.append(escaped(facts["compiler"]))
    if facts.get("start_method"):
        parts.append(escaped(facts["start_method"]))
    if facts.get("packages"):
        parts.append(
            f"with {enumerated([f'{escaped(name)} {escaped(one)}' for name, one in facts['packages'].items()])}"
        )
    return ", ".join(filter(None, parts))


def _work(view: View) -> str | None:
    """How many rounds of busy work an operation of each workload was, and where the time of a round was measured."""
    trials = view.run.trials
    names = [name for name in trials if name == "rounds" or name.startswith("rounds_")]
    labels: dict[str, list[str]] = {}
    for label, own in trials.groupby("workload", sort=False):
        for name in names:
            rounds = own[name].dropna()
            if len(rounds):
                low, high = (f"{limit:,.0f}" for limit in (rounds.min(), rounds.max()))
                kind = name.removeprefix("rounds").replace("_", " ")
                text = f"{low if low == high else f'{low} to {high}'} rounds{kind}"
                labels.setdefault(text, []).append(code(str(label)))
    if not labels:
        return None
    parts = [f"{enumerated(own)} {text}" for text, own in labels.items()]
    pace = view.run.header.get("pace")
    measured = f"measured once, on {code(pace['python'])}" if pace else "measured by each trial for itself"
    return f"{'; '.join(parts)} per operation, {measured}"


# The options of a build that affect its speed, among all it was configured and compiled with.
SPEED = re.compile(
    r"-O\w+|-flto\S*|-fprofile\S*|-m(arch|tune)=\S+|-fno-omit-frame-pointer|-fstack-protector\S*"
    r"|--(enable-(optimizations|bolt|experimental-jit|shared)|with-(lto|pydebug|tail-call-interp)|disable-gil)\S*"
)


def _build(facts: dict[str, Any]) -> str:
    """How an interpreter was built, as far as it affects speed."""
    flags = f"{facts.get('configure_flags') or ''} {facts.get('compile_flags') or ''}".split()
    speed = sorted({flag for flag in flags if SPEED.fullmatch(flag)})
    return ", ".join(filter(None, [facts.get("compiler"), *map(code, speed)]))


def _different_builds(pythons: dict[str, dict[str, Any]]) -> str | None:
    """A warning where interpreters of different builds are compared; None otherwise."""
    builds: dict[str, list[str]] = {}
    for label, facts in pythons.items():
        builds.setdefault(_build(facts), []).append(code(label))
    if len(builds) < 2:
        return None
    each = "; ".join(f"{enumerated(labels)}: {build or 'not told'}" for build, labels in builds.items())
    return f"a difference between these interpreters is one of version and build together ({each})"


def outline(view: View) -> str:
    """The line under the title: how much was measured, how long that took, on what, and when."""
    points = [point for point in view.points if point.sample.count]
    trials = sum(point.sample.count for point in points)
    facts = view.run.manifest["machine"]
    took = Costs(view.run.records).spent
    pythons = view.run.manifest["interpreters"].values()
    named = [" ".join(filter(None, [_text(one, "implementation"), _text(one, "version")])) for one in pythons]
    parts: Sequence[str | None] = [
        code(view.run.spec["name"]),
        f"{plural(trials, 'trial')} of {plural(len(points), 'cell')}" + (f" in {duration_text(took)}" if took else ""),
        f"{_text(facts, 'processor')}, {plural(facts['cpus'], 'usable CPU')}" if facts.get("processor") else None,
        enumerated(list(dict.fromkeys(filter(None, named)))) or None,
        str(view.run.manifest.get("started_at", ""))[:10] or None,
    ]
    return " · ".join(filter(None, parts))
