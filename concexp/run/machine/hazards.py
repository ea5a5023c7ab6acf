"""Facts about a machine -> what of it endangers numbers: one finding per hazard, each with its cure. Pure.

`seen` holds the manifest's `machine` facts, and whatever else was looked at: `clocks` (an interpreter's), `effective_cpus`,
`tracers`, `environment`, `machine_lock`, `folders`, `pythons`. What was not looked at gives no finding; what the system did
not tell (None) gives the level `unknown`. Limits are constants with their reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from concexp.run.machine import spinners


def warning_before_run(facts: Mapping[str, Any], clocks: Mapping[str, Any]) -> dict[str, Any]:
    """The `doctor` part of a manifest, from the manifest's own facts: a summary, and the findings that are not ok."""
    findings = check_hazards({**facts, "clocks": clocks})
    worth = (WARNING, DANGER)
    return {
        "summary": summary(findings),
        "findings": [asdict(finding) for finding in findings if finding.level in worth],
    }


OK, UNKNOWN, WARNING, DANGER = LEVELS = ("ok", "unknown", "warning", "danger")

# Load per logical CPU. Idle machines have a few hundredths; with a quarter of them busy, workers will meet somebody.
LOAD = (0.25, 0.75)
# Share of the last minute in which something waited for a CPU or the disk, and for memory: there even little is bad.
WAITED, SHORT_OF_MEMORY = (0.05, 0.25), (0.001, 0.01)
# Share of all CPU time that the host took since the machine started; what matters is the next minute, so little warns.
STOLEN = (0.005, 0.05)
# Bytes of memory and of disk: what a run with many processes, or with many records, may need.
MEMORY_LEFT = (2 << 30, 256 << 20)
DISK_LEFT = (1 << 30, 100 << 20)
# Seconds. A clock that is read without asking the kernel costs some 20 to 150 ns; others a microsecond and more.
TIMER_COST = (0.5e-6, 2e-6)
# Seconds that a sleep of 1 ms is too long. Linux allows itself 0.05 ms; its 99th percentile is what a tail is measured with.
OVERSHOOT = (0.0003, 0.002)
OVERSHOOT_P99 = (0.002, 0.02)
CLOCKS = {"tsc": OK, "arch_sys_counter": OK, "timebase": OK, "hpet": DANGER, "acpi_pm": DANGER, "jiffies": DANGER}


@dataclass(frozen=True)
class Finding:
    """One hazard: what it is about, how bad it is, what was seen, and what to do (empty where nothing is to be done)."""

    about: str
    level: str
    says: str
    cure: str = ""


Check = Callable[[Mapping[str, Any]], Finding]


def level(value: float, limits: tuple[float, float]) -> str:
    """The level of a value that is worse the larger it is; a limit itself is still the better level."""
    return OK if value <= limits[0] else WARNING if value <= limits[1] else DANGER


def scarce(value: float, limits: tuple[float, float]) -> str:
    """The same for what is worse the smaller it is."""
    return OK if value >= limits[0] else WARNING if value >= limits[1] else DANGER


def findings(about: str, level: str, says: str, cure: str) -> Finding:
    """A finding, whose cure is dropped where nothing is wrong."""
    return Finding(about, level, says, "" if level in (OK, UNKNOWN) else cure)


def untold(about: str) -> Finding:
    """What the system does not tell."""
    return Finding(about, UNKNOWN, "the system does not tell")


def effective(seen: Mapping[str, Any]) -> Finding:
    if seen["effective_cpus"] is None:
        return Finding("effective CPUs", UNKNOWN, seen.get("not_spun") or "could not be measured")
    cpus, gave = seen["cpus"], seen["effective_cpus"]
    enough = gave >= spinners.ENOUGH * cpus
    cure = "stop what else runs here, or take a machine of your own; verdicts on scaling will be withheld"
    return findings(
        "effective CPUs", OK if enough else DANGER, f"spinners get {gave:.2f} of {cpus} usable CPUs now", cure
    )


def usable(seen: Mapping[str, Any]) -> Finding:
    says = f"{seen['cpus']} of {seen['logical_cpus']} (affinity {seen['affinity_cpus']})"
    cure = "give this process more CPUs: on a single one nothing that computes can scale"
    return findings("usable CPUs", WARNING if seen["cpus"] == 1 else OK, says, cure)


def quota(seen: Mapping[str, Any]) -> Finding:
    limit = seen["quota_cpus"]
    if limit is None:
        return Finding("CPU quota", OK, "no limit")
    if limit >= seen["affinity_cpus"]:
        return Finding("CPU quota", OK, f"{limit:g} CPUs, no fewer than the affinity allows")
    cure = "give whole CPUs, and name them: docker run --cpuset-cpus 0-3, or cpuset.cpus; a quota stops all workers at once"
    if limit < 1:
        says = f"{limit:g} of a CPU: even a single worker will be stopped again and again"
        return findings("CPU quota", DANGER, says, cure)
    says = f"{limit:g} CPUs on {seen['affinity_cpus']}: more workers than {int(limit)} will be stopped again and again"
    return findings("CPU quota", WARNING, says, cure)


def governor(seen: Mapping[str, Any]) -> Finding:
    name = seen["governor"]
    if name is None:
        return untold("governor")
    cure = "sudo cpupower frequency-set -g performance"
    return findings("governor", OK if name == "performance" else WARNING, f"{name}: it sets the CPU's clock", cure)


def turbo(seen: Mapping[str, Any]) -> Finding:
    if seen["turbo"] is None:
        return untold("turbo")
    says = "on: one busy CPU runs faster than many, and the first minute than the next" if seen["turbo"] else "off"
    cure = "switch it off: echo 1 into /sys/devices/system/cpu/intel_pstate/no_turbo, or 0 into …/cpu/cpufreq/boost"
    return findings("turbo", WARNING if seen["turbo"] else OK, says, cure)


def siblings(seen: Mapping[str, Any]) -> Finding:
    if seen["siblings"] is None:
        return untold("hyper-threads")
    if not seen["siblings"]:
        return Finding("hyper-threads", OK, "no two usable CPUs share a core")
    shared = seen["siblings"]
    says = f"CPUs {' and '.join(map(str, shared[0]))} share a core" + (
        f", and so on: {len(shared)} cores" * (len(shared) > 1)
    )
    double = {cpu for core in shared for cpu in core[1:]}
    alone = ",".join(str(cpu) for cpu in seen["affinity"] or [core[0] for core in shared] if cpu not in double)
    cure = f"use one CPU of each core: taskset -c {alone} concexp run …; two on one core do the work of about 1.3"
    return findings("hyper-threads", WARNING, says, cure)


def nodes(seen: Mapping[str, Any]) -> Finding:
    if seen["numa_nodes"] is None:
        return untold("memory nodes")
    mine = seen["affinity"]
    used = [number for number, cpus in enumerate(seen["numa_nodes"]) if mine is None or set(cpus) & set(mine)]
    says = f"usable CPUs lie on {len(used)} memory node{'' if len(used) == 1 else 's'}"
    cure = "stay on one: numactl --cpunodebind=0 --membind=0 concexp run …"
    return findings("memory nodes", OK if len(used) <= 1 else WARNING, says, cure)


def virtual(seen: Mapping[str, Any]) -> Finding:
    if not seen["virtual"]:
        return Finding("virtual machine", OK, "no sign of one")
    cure = "heed the effective CPUs, which are measured in every run; better take real hardware"
    return findings("virtual machine", WARNING, "yes: its CPUs may be shared with others", cure)


def steal(seen: Mapping[str, Any]) -> Finding:
    share = seen["steal_share"]
    if share is None:
        return untold("stolen CPU time")
    cure = "others use the same host: take a machine of your own, or another hour"
    return findings("stolen CPU time", level(share, STOLEN), f"{share:.2%} since the start of this machine", cure)


def load(seen: Mapping[str, Any]) -> Finding:
    cpus = seen["logical_cpus"] or 1
    cure = "find out who it is (ps -eo pcpu,pid,args --sort=-pcpu | head) and stop it, or wait a minute"
    says = f"{seen['load_1m']:.2f} over the last minute, on {cpus} CPU{'' if cpus == 1 else 's'}"
    return findings("load", level(seen["load_1m"] / cpus, LOAD), says, cure)


def waits(seen: Mapping[str, Any]) -> Finding:
    told = {kind: share for kind, share in seen["pressure"].items() if share is not None}
    if not told:
        return untold("waiting for resources")
    limits = {kind: SHORT_OF_MEMORY if kind == "memory" else WAITED for kind in told}
    worst = max((level(share, limits[kind]) for kind, share in told.items()), key=LEVELS.index)
    says = ", ".join(f"{kind} {share:.1%}" for kind, share in told.items()) + " of the last minute"
    return findings(
        "waiting for resources", worst, says, "stop what else runs here; for memory: fewer workers, or more memory"
    )


def memory(seen: Mapping[str, Any]) -> Finding:
    left = seen["memory_available_bytes"]
    says = f"{left / 2**30:.1f} of {seen['memory_bytes'] / 2**30:.1f} GiB available"
    return findings(
        "memory", scarce(left, MEMORY_LEFT), says, "end what holds memory: a machine that swaps measures its disk"
    )


def swap(seen: Mapping[str, Any]) -> Finding:
    if not seen["swap_bytes"]:
        return Finding("swap", OK, "there is none")
    says = f"{seen['swap_used_bytes'] / 2**20:.0f} of {seen['swap_bytes'] / 2**20:.0f} MiB used"
    cure = "bring it back into memory before measuring: sudo swapoff -a && sudo swapon -a"
    return findings("swap", WARNING if seen["swap_used_bytes"] else OK, says, cure)


def source(seen: Mapping[str, Any]) -> Finding:
    name = seen["clock_source"]
    if name is None:
        return untold("clock source")
    cure = "if the CPU's own counter is stable: echo tsc into …/clocksource/clocksource0/current_clocksource"
    return findings("clock source", CLOCKS.get(name, WARNING), name, cure)


def timer(seen: Mapping[str, Any]) -> Finding:
    clocks = seen["clocks"] or {}
    if clocks.get("timer_cost_s") is None:
        return untold("clock")
    step = clocks.get("timer_step_s")
    says = f"a reading costs {clocks['timer_cost_s'] * 1e9:.0f} ns" + (
        f", its step is {step * 1e9:.0f} ns" if step else ""
    )
    worst = level(max(clocks["timer_cost_s"], step or 0.0), TIMER_COST)
    return findings(
        "clock", worst, says, "see the clock source; operations of less than 20 readings can't be timed one by one"
    )


def overshoot(seen: Mapping[str, Any]) -> Finding:
    clocks = seen["clocks"] or {}
    middle, high = clocks.get("sleep_overshoot_median_s"), clocks.get("sleep_overshoot_p99_s")
    if middle is None or high is None:
        return untold("sleeping")
    worst = max(level(middle, OVERSHOOT), level(high, OVERSHOOT_P99), key=LEVELS.index)
    says = f"1 ms lasts {middle * 1e3:.2f} ms too long (median; 99th percentile {high * 1e3:.2f} ms)"
    return findings("sleeping", worst, says, "latencies and waits below that are the timer's; stop what else runs here")


def tracers(seen: Mapping[str, Any]) -> Finding:
    if not seen["tracers"]:
        return Finding("debugger or coverage", OK, "none in this process; a trial that has one is doubtful")
    says = f"{', '.join(seen['tracers'])}: it slows down what starts the trials"
    return findings("debugger or coverage", WARNING, says, "start concexp without it")


def environment(seen: Mapping[str, Any]) -> Finding:
    names = ", ".join(seen["environment"])
    says = f"{names} set here; " if names else "nothing that changes Python is set here; "
    return Finding("environment", OK, f"{says}trials never see it: theirs is built from nothing")


def lock(seen: Mapping[str, Any]) -> Finding:
    holder, problem = seen["machine_lock"]["holder"], seen["machine_lock"]["problem"]
    if problem:
        return findings("machine-wide lock", DANGER, problem, "set CONCEXP_LOCK to a file that can be written")
    says = f"held: {holder}" if holder else "free"
    return findings(
        "machine-wide lock", WARNING if holder else OK, says, "a run would wait for it, or refuse with --no-wait"
    )


def folders(seen: Mapping[str, Any]) -> Finding:
    shut = [name for name, left in seen["folders"].items() if left is None]
    if shut:
        return findings(
            "folders", DANGER, f"cannot write to the {' and the '.join(shut)}", "give permission, or use --out, TMPDIR"
        )
    name, left = min(seen["folders"].items(), key=lambda pair: pair[1])
    says = f"all can be written; the least room is in the {name}: {left / 2**30:.1f} GiB"
    return findings("folders", scarce(left, DISK_LEFT), says, "make room: every trial is kept")


def pythons(seen: Mapping[str, Any]) -> Finding:
    return Finding(
        "Python interpreters", OK, f"on the PATH, none of them started: {', '.join(seen['pythons']) or 'not one'}"
    )


# What each check looks at: it is left out where that was not looked at.
CHECKS: Sequence[tuple[str, Check]] = (
    ("effective_cpus", effective), ("cpus", usable), ("quota_cpus", quota), ("load_1m", load), ("pressure", waits),
    ("virtual", virtual), ("steal_share", steal), ("siblings", siblings), ("numa_nodes", nodes), ("governor", governor),
    ("turbo", turbo), ("clock_source", source), ("clocks", timer), ("clocks", overshoot),
    ("memory_available_bytes", memory), ("swap_bytes", swap), ("tracers", tracers), ("environment", environment),
    ("machine_lock", lock), ("folders", folders), ("pythons", pythons),
)  # fmt: skip


def check_hazards(seen: Mapping[str, Any]) -> list[Finding]:
    """The findings on all that was looked at, in a fixed order."""
    return [check(seen) for needed, check in CHECKS if needed in seen]


def summary(findings: Sequence[Finding]) -> str:
    """One line: what is dangerous, what is to be heeded; `nothing endangers the numbers` where all is well."""
    parts = []
    for which in (DANGER, WARNING):
        names = [finding.about for finding in findings if finding.level == which]
        if names:
            parts.append(f"{which}: {', '.join(names)}")
    return "; ".join(parts) or "nothing endangers the numbers"
