"""The machine and its interpreters, as rows of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from concexp.analysis.costs import Costs
from concexp.analysis.speed_states import spinner_speeds
from concexp.report.text.language import clauses, listed, message, phrases, say, translated
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, rounded, scale_of, span
from concexp.report.view import View
from concexp.run.forecast import duration_text


def machine(view: View) -> list[tuple[str, str]]:
    """Rows of (what, value) about the machine and its interpreters; what the system does not report is left out."""
    facts = view.run.manifest["machine"]
    rows: list[tuple[str, str | None]] = [
        (say("processor"), _text(facts, "processor")),
        (
            say("system"),
            phrases(list(filter(None, [_text(facts, "system"), _text(facts, "architecture"), _virtual(facts)])))
            or None,
        ),
        (say("CPUs"), say("{usable}; effective: {effective}", usable=_usable(facts), effective=_effective(view))),
        (say("CPU's speed"), _speed(facts)),
        (say("speed of a spinner alone"), _spinner(view)),
        (say("memory"), _memory(facts)),
        (say("load before the run"), _load(facts)),
        (say("clock"), _clock(view)),
        (say("checked before the run"), checked(view.run.manifest.get("doctor", {}).get("summary", ""))),
    ]
    for label, python in view.run.manifest["interpreters"].items():
        rows.append((f"Python {code(label)}", _python({**python, "packages": _packages(view, label, python)})))
    servers: dict[str, str] = (view.run.manifest.get("preflight") or {}).get("servers") or {}
    named = [f"{escaped(name)} {escaped(one)}" for name, one in servers.items()]
    rows.append((say("servers"), enumerated(named) if named else None))
    rows.append((say("work of a given time"), _work(view)))
    pin = view.run.spec["measure"].get("pin", "none")
    rows.append((say("workers"), say("each pinned to a CPU, {how}", how=escaped(pin)) if pin != "none" else None))
    rows.append((say("**different builds**"), _different_builds(view.run.manifest["interpreters"])))
    return [(what, how) for what, how in rows if how]


def _text(facts: dict[str, Any], name: str) -> str | None:
    return escaped(facts[name]) if facts.get(name) else None


def _virtual(facts: dict[str, Any]) -> str | None:
    return say("virtual machine ({kind})", kind=_text(facts, "virtual")) if facts.get("virtual") else None


def checked(summary: str) -> str | None:
    """What `concexp doctor` found before the run: `danger: load; warning: virtual machine`."""
    parts = []
    for part in summary.split("; ") if summary else []:
        which, _, names = part.partition(": ")
        if not names or which not in FOUND:
            return escaped(summary)
        found = listed([escaped(translated(name)) for name in names.split(", ")])
        parts.append(say("{word}: {text}", word=say(which), text=found))
    return clauses(parts) or None


# What the machine is checked for, by the names that runs record, and how bad what was found is.
FOUND = (message("danger"), message("warning"))
CHECKED = (
    message("CPU quota"),
    message("other programs"),
    message("Python interpreters"),
    message("clock"),
    message("clock source"),
    message("debugger or coverage"),
    message("effective CPUs"),
    message("environment"),
    message("folders"),
    message("governor"),
    message("hyper-threads"),
    message("load"),
    message("machine-wide lock"),
    message("memory"),
    message("memory nodes"),
    message("sleeping"),
    message("stolen CPU time"),
    message("swap"),
    message("turbo"),
    message("usable CPUs"),
    message("virtual machine"),
    message("waiting for resources"),
)


def _usable(facts: dict[str, Any]) -> str:
    limits = []
    if facts.get("affinity_cpus") not in (None, facts.get("logical_cpus")):
        limits.append(say("affinity {count}", count=facts["affinity_cpus"]))
    if facts.get("quota_cpus") is not None:
        limits.append(say("quota {count}", count=rounded(facts["quota_cpus"])))
    if facts.get("physical_cores"):
        limits.append(plural(facts["physical_cores"], "physical core"))
    if (facts.get("threads_per_core") or 1) > 1:
        limits.append(say("{count} hyper-threads each", count=facts["threads_per_core"]))
    if len(facts.get("numa_nodes") or ()) > 1:
        limits.append(plural(len(facts["numa_nodes"]), "memory node"))
    usable = say("{count} of {all} usable", count=facts["cpus"], all=facts["logical_cpus"])
    return say("{text} ({note})", text=usable, note=listed(limits)) if limits else usable


def _speed(facts: dict[str, Any]) -> str | None:
    parts = [say("governor {name}", name=code(facts["governor"]))] if facts.get("governor") else []
    if facts.get("turbo") is not None:
        parts.append(say("turbo on") if facts["turbo"] else say("turbo off"))
    return phrases(parts) or None


def _memory(facts: dict[str, Any]) -> str | None:
    if not facts.get("memory_bytes"):
        return None
    used = facts.get("swap_used_bytes")
    memory = f"{facts['memory_bytes'] / 2**30:.1f} GiB"
    return say("{memory}, {swap} MiB of swap used", memory=memory, swap=f"{used / 2**20:.0f}") if used else memory


def _load(facts: dict[str, Any]) -> str | None:
    if facts.get("load_1m") is None:
        return None
    waited = {kind: share for kind, share in (facts.get("pressure") or {}).items() if share}
    shares = listed([f"{escaped(kind)} {100 * share:.1f} %" for kind, share in waited.items()])
    load = f"{facts['load_1m']:.2f}"
    return say("{load} (waiting for {shares} of the minute before)", load=load, shares=shares) if shares else load


def _clock(view: View) -> str | None:
    """The kernel's clock, and what the first interpreter measured with it."""
    source = _text(view.run.manifest["machine"], "clock_source")
    facts: dict[str, float | None] = next(iter(view.run.manifest.get("clocks", {}).values()), {})
    cost, step, late = (facts.get(name) for name in ("timer_cost_s", "timer_step_s", "sleep_overshoot_median_s"))
    parts = [source] if source else []
    if cost is not None:
        parts.append(say("{duration} per reading", duration=_short(cost)))
        if step:
            parts.append(say("steps of {duration}", duration=_short(step)))
    if late is not None:
        parts.append(say("sleeps end {duration} late", duration=_short(late)))
    return phrases(parts) or None


def _short(seconds: float) -> str:
    divisor, unit = scale_of([seconds], "s")
    return f"{rounded(seconds / divisor, 2)} {unit}"


def _effective(view: View) -> str:
    spun = view.run.spun
    wrong = sum(record["effective_cpus"] is not None for record in view.run.machine) - len(spun)
    if not spun:
        text = say("not measured")
    elif len(spun) == 1:
        text = say("{figure} (measured once)", figure=rounded(spun[0]))
    else:
        text = say(
            "{figure} ({low} to {high} in {count} measurements)",
            figure=rounded(float(np.median(spun))),
            low=rounded(min(spun)),
            high=rounded(max(spun)),
            count=len(spun),
        )
    if not wrong:
        return text
    left_out = say("{measurements} of more than the CPUs can give left out", measurements=plural(wrong, "measurement"))
    return clauses([text, left_out])


def _spinner(view: View) -> str | None:
    """The absolute speed of the machine, by its spinners."""
    speeds = [rounds / 1e6 for _, rounds in spinner_speeds(view.run)]
    if not speeds:
        return None
    middle = say("{count} M rounds/s", count=rounded(float(np.median(speeds))))
    if len(speeds) == 1:
        return say("{figure} (measured once)", figure=middle)
    return say("{figure} ({low} to {high})", figure=middle, low=rounded(min(speeds)), high=rounded(max(speeds)))


def _python(facts: dict[str, Any]) -> str:
    parts = [" ".join(filter(None, [_text(facts, "implementation"), _text(facts, "version")]))]
    if facts.get("gil_enabled") is not None:
        parts.append(say("GIL on") if facts["gil_enabled"] else say("GIL off"))
    if facts.get("jit"):
        parts.append(say("JIT on"))
    if facts.get("compiler"):
        parts.append(escaped(facts["compiler"]))
    if facts.get("start_method"):
        parts.append(say("starts processes by {method}", method=escaped(facts["start_method"])))
    if facts.get("packages"):
        packages = [f"{escaped(name)} {escaped(one)}" for name, one in facts["packages"].items()]
        parts.append(say("with {packages}", packages=enumerated(packages)))
    return phrases(list(filter(None, parts)))


def _packages(view: View, label: str, facts: dict[str, Any]) -> dict[str, str]:
    """The packages of an interpreter's environment, or those that workloads and models need: name -> version."""
    libraries: dict[str, dict[str, str]] = (view.run.manifest.get("preflight") or {}).get("libraries") or {}
    return dict(facts.get("packages") or libraries.get(label) or {})


def _work(view: View) -> str | None:
    """How many rounds of busy work an operation of each workload was, and where the time of a round was measured."""
    trials = view.run.trials
    names = [name for name in trials if name == "rounds" or name.startswith("rounds_")]
    labels: dict[str, list[str]] = {}
    # Not of all columns: each group would be a copy of its rows, and all of them together one of the whole frame.
    for label, own in trials[["workload", *names]].groupby("workload", sort=False):
        for name in names:
            rounds = own[name].dropna()
            if len(rounds):
                count = span(*(f"{limit:,.0f}" for limit in (rounds.min(), rounds.max())))
                kind = name.removeprefix("rounds").replace("_", " ").strip()
                text = say("{count} rounds {where}", count=count, where=translated(kind)) if kind else ""
                labels.setdefault(text or say("{count} rounds", count=count), []).append(code(str(label)))
    if not labels:
        return None
    work = clauses([f"{enumerated(own)} {text}" for text, own in labels.items()])
    pace = view.run.header.get("pace")
    if pace:
        return say("{work} per operation, measured once, on {python}", work=work, python=code(pace["python"]))
    return say("{work} per operation, measured by each trial for itself", work=work)


PARTS = (message("inside"), message("outside"))  # of an operation, with rounds of their own


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
    each = [
        say("{word}: {text}", word=enumerated(labels), text=build or say("unknown")) for build, labels in builds.items()
    ]
    return say(
        "a difference between these interpreters is one of version and build together ({builds})", builds=clauses(each)
    )


def origin(manifest: Mapping[str, Any]) -> str:
    """What the run came from: its seed, its identity, the version of concexp, and the commit."""
    facts = {
        "seed": manifest["seed"],
        "identity": code(manifest["identity"][:16]),
        "version": escaped(manifest["concexp"]),
    }
    git = manifest.get("git")
    if not git:
        return say("Seed {seed}, identity {identity}, concexp {version}.", **facts)
    facts["commit"] = code(git["commit"][:12])
    if git.get("dirty"):
        return say("Seed {seed}, identity {identity}, concexp {version}, commit {commit} with changes.", **facts)
    return say("Seed {seed}, identity {identity}, concexp {version}, commit {commit}.", **facts)


def outline(view: View) -> str:
    """The line under the title: how much was measured, how long that took, on what, and when."""
    points = [point for point in view.points if point.sample.count]
    trials = sum(point.sample.count for point in points)
    facts = view.run.manifest["machine"]
    took = Costs(view.run.records).spent
    pythons = view.run.manifest["interpreters"].values()
    named = [" ".join(filter(None, [_text(one, "implementation"), _text(one, "version")])) for one in pythons]
    machine = machine_and_cpus(facts)
    if machine and view.run.is_restless:
        machine = say("{machine} of changing speed", machine=machine)
    parts: Sequence[str | None] = [
        code(view.run.spec["name"]),
        _size(plural(trials, "trial"), plural(len(points), "cell"), took),
        machine or None,
        enumerated(list(dict.fromkeys(filter(None, named)))) or None,
        str(view.run.manifest.get("started_at", ""))[:10] or None,
    ]
    return " · ".join(filter(None, parts))


def machine_and_cpus(facts: dict[str, Any]) -> str:
    """`AMD EPYC, 2 usable CPUs`; "" where the processor is not known."""
    return (
        phrases([str(_text(facts, "processor")), plural(facts["cpus"], "usable CPU")]) if facts.get("processor") else ""
    )


def _size(trials: str, cells: str, took: float) -> str:
    """`72 trials of 12 cells in 61 s`."""
    if not took:
        return say("{trials} of {cells}", trials=trials, cells=cells)
    return say("{trials} of {cells} in {duration}", trials=trials, cells=cells, duration=duration_text(took))
