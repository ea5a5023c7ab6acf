"""Judges facts about a machine: what could distort measurements, one finding per hazard, each with its cure. Pure.

`seen` holds the manifest's `machine` facts and whatever else was examined: `clocks` (an interpreter's), `effective_cpus`,
`other_cpus`, `busiest`, `tracers`, `environment`, `machine_lock`, `folders`, `pythons`. A fact that was not examined gives no
finding; one that the system does not report (None) gives the level `unknown`. Limits are constants with their reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from concexp.run.machine import spinners


def warning_before_run(facts: Mapping[str, Any], clocks: Mapping[str, Any]) -> dict[str, Any]:
    """The `doctor` part of a manifest, from the manifest's own facts: a summary, and the warnings and dangers."""
    findings = check_hazards({**facts, "clocks": clocks})
    return {
        "summary": summary(findings),
        "findings": [asdict(finding) for finding in findings if finding.level in (WARNING, DANGER)],
    }


OK, UNKNOWN, WARNING, DANGER = LEVELS = ("ok", "unknown", "warning", "danger")
OTHER_PROGRAMS = "other programs"
# Warnings that a run says aloud before it begins; the other ones hold for a machine at any time, and stand on the page.
SAID_ALOUD = (OTHER_PROGRAMS, "CPU quota", "load", "waiting for resources", "governor")

# Load per logical CPU. Idle machines have a few hundredths; with a quarter of the CPUs busy, workers will have to share.
LOAD = (0.25, 0.75)
# Share of the usable CPUs that other programs use now: a program that computes on one of four CPUs is a danger.
OTHERS = (0.1, 0.24)
# Share of the last minute in which something waited for a CPU or the disk; for memory, where even a little is bad.
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
    """One hazard: what it is about, how bad it is, what was seen, and the cure ("" if none is needed)."""

    about: str
    level: str
    says: str
    cure: str = ""


Check = Callable[[Mapping[str, Any]], Finding]


def level(value: float, limits: tuple[float, float]) -> str:
    """The level of a value that is worse the larger it is. A value at a limit has the better level."""
    if value <= limits[0]:
        return OK
    return WARNING if value <= limits[1] else DANGER


def scarce(value: float, limits: tuple[float, float]) -> str:
    """The level of a value that is worse the smaller it is."""
    if value >= limits[0]:
        return OK
    return WARNING if value >= limits[1] else DANGER


def finding_with_cure(about: str, level: str, says: str, cure: str) -> Finding:
    """A finding; its cure is dropped if nothing is wrong."""
    return Finding(about, level, says, "" if level in (OK, UNKNOWN) else cure)


def not_reported(about: str) -> Finding:
    """The finding for a fact that the system does not report."""
    return Finding(about, UNKNOWN, "the system does not report it")


def check_effective_cpus(seen: Mapping[str, Any]) -> Finding:
    if seen["effective_cpus"] is None:
        return Finding("effective CPUs", UNKNOWN, seen.get("not_spun") or "could not be measured")
    cpus, gave = seen["cpus"], seen["effective_cpus"]
    enough = gave >= spinners.ENOUGH * cpus
    cure = "stop what else runs here, or take a machine of your own; verdicts on scaling will be withheld"
    return finding_with_cure(
        "effective CPUs", OK if enough else DANGER, f"spinners get {gave:.2f} of {cpus} usable CPUs now", cure
    )


def check_usable_cpus(seen: Mapping[str, Any]) -> Finding:
    says = f"{seen['cpus']} of {seen['logical_cpus']} (affinity {seen['affinity_cpus']})"
    cure = "give this process more CPUs: on a single one nothing that computes can scale"
    return finding_with_cure("usable CPUs", WARNING if seen["cpus"] == 1 else OK, says, cure)


def check_quota(seen: Mapping[str, Any]) -> Finding:
    limit = seen["quota_cpus"]
    if limit is None:
        return Finding("CPU quota", OK, "no limit")
    if limit >= seen["affinity_cpus"]:
        return Finding("CPU quota", OK, f"{limit:g} CPUs, no fewer than the affinity allows")
    cure = "give whole CPUs, and name them: docker run --cpuset-cpus 0-3, or cpuset.cpus; a quota stops all workers at once"
    if limit < 1:
        says = f"{limit:g} of a CPU: even a single worker will be stopped again and again"
        return finding_with_cure("CPU quota", DANGER, says, cure)
    says = f"{limit:g} CPUs on {seen['affinity_cpus']}: more workers than {int(limit)} will be stopped again and again"
    return finding_with_cure("CPU quota", WARNING, says, cure)


def check_governor(seen: Mapping[str, Any]) -> Finding:
    name = seen["governor"]
    if name is None:
        return not_reported("governor")
    cure = "sudo cpupower frequency-set -g performance"
    return finding_with_cure(
        "governor", OK if name == "performance" else WARNING, f"{name}: it sets the CPU's clock", cure
    )


def check_turbo(seen: Mapping[str, Any]) -> Finding:
    if seen["turbo"] is None:
        return not_reported("turbo")
    says = "on: one busy CPU runs faster than many, and the first minute than the next" if seen["turbo"] else "off"
    cure = "switch it off: echo 1 into /sys/devices/system/cpu/intel_pstate/no_turbo, or 0 into …/cpu/cpufreq/boost"
    return finding_with_cure("turbo", WARNING if seen["turbo"] else OK, says, cure)


def check_hyper_threads(seen: Mapping[str, Any]) -> Finding:
    if seen["siblings"] is None:
        return not_reported("hyper-threads")
    if not seen["siblings"]:
        return Finding("hyper-threads", OK, "no two usable CPUs share a core")
    shared = seen["siblings"]
    says = f"CPUs {' and '.join(map(str, shared[0]))} share a core" + (
        f", and so on: {len(shared)} cores" * (len(shared) > 1)
    )
    double = {cpu for core in shared for cpu in core[1:]}
    alone = ",".join(str(cpu) for cpu in seen["affinity"] or [core[0] for core in shared] if cpu not in double)
    cure = f"use one CPU of each core: taskset -c {alone} concexp run …; two on one core do the work of about 1.3"
    return finding_with_cure("hyper-threads", WARNING, says, cure)


def check_memory_nodes(seen: Mapping[str, Any]) -> Finding:
    if seen["numa_nodes"] is None:
        return not_reported("memory nodes")
    allowed = seen["affinity"]
    used = [number for number, cpus in enumerate(seen["numa_nodes"]) if allowed is None or set(cpus) & set(allowed)]
    says = f"usable CPUs lie on {len(used)} memory node{'' if len(used) == 1 else 's'}"
    cure = "stay on one: numactl --cpunodebind=0 --membind=0 concexp run …"
    return finding_with_cure("memory nodes", OK if len(used) <= 1 else WARNING, says, cure)


def check_virtual_machine(seen: Mapping[str, Any]) -> Finding:
    if not seen["virtual"]:
        return Finding("virtual machine", OK, "no sign of one")
    cure = "heed the effective CPUs, which are measured in every run; better take real hardware"
    return finding_with_cure("virtual machine", WARNING, "yes: its CPUs may be shared with others", cure)


def check_stolen_time(seen: Mapping[str, Any]) -> Finding:
    share = seen["steal_share"]
    if share is None:
        return not_reported("stolen CPU time")
    cure = "others use the same host: take a machine of your own, or another hour"
    return finding_with_cure(
        "stolen CPU time", level(share, STOLEN), f"{share:.2%} since the start of this machine", cure
    )


def check_load(seen: Mapping[str, Any]) -> Finding:
    cpus = seen["logical_cpus"] or 1
    cure = "find the process (ps -eo pcpu,pid,args --sort=-pcpu | head) and stop it, or wait a minute"
    says = f"{seen['load_1m']:.2f} over the last minute, on {cpus} CPU{'' if cpus == 1 else 's'}"
    return finding_with_cure("load", level(seen["load_1m"] / cpus, LOAD), says, cure)


def check_other_programs(seen: Mapping[str, Any]) -> Finding:
    cpus, used = seen["cpus"], seen["other_cpus"]
    if used is None:
        return not_reported(OTHER_PROGRAMS)
    busiest = f", above all {seen['busiest']}" if seen.get("busiest") and used > OTHERS[0] * cpus else ""
    says = f"they keep {used:.2f} of {cpus} usable CPU{'' if cpus == 1 else 's'} busy now{busiest}"
    cure = "stop what else runs here, or wait until it has ended"
    return finding_with_cure(OTHER_PROGRAMS, level(used / cpus, OTHERS), says, cure)


def check_pressure(seen: Mapping[str, Any]) -> Finding:
    shares = {kind: share for kind, share in seen["pressure"].items() if share is not None}
    if not shares:
        return not_reported("waiting for resources")
    limits = {kind: SHORT_OF_MEMORY if kind == "memory" else WAITED for kind in shares}
    worst = max((level(share, limits[kind]) for kind, share in shares.items()), key=LEVELS.index)
    says = ", ".join(f"{kind} {share:.1%}" for kind, share in shares.items()) + " of the last minute"
    return finding_with_cure(
        "waiting for resources", worst, says, "stop what else runs here; for memory: fewer workers, or more memory"
    )


def check_memory(seen: Mapping[str, Any]) -> Finding:
    left = seen["memory_available_bytes"]
    says = f"{left / 2**30:.1f} of {seen['memory_bytes'] / 2**30:.1f} GiB available"
    return finding_with_cure(
        "memory", scarce(left, MEMORY_LEFT), says, "end what holds memory: a machine that swaps measures its disk"
    )


def check_swap(seen: Mapping[str, Any]) -> Finding:
    if not seen["swap_bytes"]:
        return Finding("swap", OK, "there is none")
    says = f"{seen['swap_used_bytes'] / 2**20:.0f} of {seen['swap_bytes'] / 2**20:.0f} MiB used"
    cure = "bring it back into memory before measuring: sudo swapoff -a && sudo swapon -a"
    return finding_with_cure("swap", WARNING if seen["swap_used_bytes"] else OK, says, cure)


def check_clock_source(seen: Mapping[str, Any]) -> Finding:
    name = seen["clock_source"]
    if name is None:
        return not_reported("clock source")
    cure = "if the CPU's own counter is stable: echo tsc into …/clocksource/clocksource0/current_clocksource"
    return finding_with_cure("clock source", CLOCKS.get(name, WARNING), name, cure)


def check_clock(seen: Mapping[str, Any]) -> Finding:
    clocks = seen["clocks"] or {}
    if clocks.get("timer_cost_s") is None:
        return not_reported("clock")
    step = clocks.get("timer_step_s")
    says = f"a reading costs {clocks['timer_cost_s'] * 1e9:.0f} ns" + (
        f", its step is {step * 1e9:.0f} ns" if step else ""
    )
    worst = level(max(clocks["timer_cost_s"], step or 0.0), TIMER_COST)
    return finding_with_cure(
        "clock", worst, says, "see the clock source; operations of less than 20 readings can't be timed one by one"
    )


def check_sleep(seen: Mapping[str, Any]) -> Finding:
    clocks = seen["clocks"] or {}
    middle, high = clocks.get("sleep_overshoot_median_s"), clocks.get("sleep_overshoot_p99_s")
    if middle is None or high is None:
        return not_reported("sleeping")
    worst = max(level(middle, OVERSHOOT), level(high, OVERSHOOT_P99), key=LEVELS.index)
    says = f"1 ms lasts {middle * 1e3:.2f} ms too long (median; 99th percentile {high * 1e3:.2f} ms)"
    return finding_with_cure(
        "sleeping", worst, says, "latencies and waits below that are the timer's; stop what else runs here"
    )


def clocks_are_fine(clocks: Mapping[str, Any]) -> bool:
    """True if neither an interpreter's clock nor its sleeps are worse than they should be."""
    return all(check({"clocks": clocks}).level == OK for check in (check_clock, check_sleep))


def check_tracers(seen: Mapping[str, Any]) -> Finding:
    if not seen["tracers"]:
        return Finding("debugger or coverage", OK, "none in this process; a trial that has one is doubtful")
    says = f"{', '.join(seen['tracers'])}: it slows down what starts the trials"
    return finding_with_cure("debugger or coverage", WARNING, says, "start concexp without it")


def check_environment(seen: Mapping[str, Any]) -> Finding:
    names = ", ".join(seen["environment"])
    says = f"{names} set here; " if names else "nothing that changes Python is set here; "
    return Finding("environment", OK, f"{says}trials never see it: theirs is built from nothing")


def check_machine_lock(seen: Mapping[str, Any]) -> Finding:
    holder, problem = seen["machine_lock"]["holder"], seen["machine_lock"]["problem"]
    if problem:
        return finding_with_cure("machine-wide lock", DANGER, problem, "set CONCEXP_LOCK to a file that can be written")
    says = f"held: {holder}" if holder else "free"
    return finding_with_cure(
        "machine-wide lock", WARNING if holder else OK, says, "a run would wait for it, or refuse with --no-wait"
    )


def check_folders(seen: Mapping[str, Any]) -> Finding:
    shut = [name for name, left in seen["folders"].items() if left is None]
    if shut:
        return finding_with_cure(
            "folders", DANGER, f"cannot write to the {' and the '.join(shut)}", "give permission, or use --out, TMPDIR"
        )
    name, left = min(seen["folders"].items(), key=lambda pair: pair[1])
    says = f"all can be written; the least room is in the {name}: {left / 2**30:.1f} GiB"
    return finding_with_cure("folders", scarce(left, DISK_LEFT), says, "make room: every trial is kept")


def check_interpreters(seen: Mapping[str, Any]) -> Finding:
    return Finding(
        "Python interpreters", OK, f"on the PATH, none of them started: {', '.join(seen['pythons']) or 'not one'}"
    )


# The fact that each check needs; without it the check is left out.
CHECKS: Sequence[tuple[str, Check]] = (
    ("effective_cpus", check_effective_cpus),
    ("cpus", check_usable_cpus),
    ("quota_cpus", check_quota),
    ("other_cpus", check_other_programs),
    ("load_1m", check_load),
    ("pressure", check_pressure),
    ("virtual", check_virtual_machine),
    ("steal_share", check_stolen_time),
    ("siblings", check_hyper_threads),
    ("numa_nodes", check_memory_nodes),
    ("governor", check_governor),
    ("turbo", check_turbo),
    ("clock_source", check_clock_source),
    ("clocks", check_clock),
    ("clocks", check_sleep),
    ("memory_available_bytes", check_memory),
    ("swap_bytes", check_swap),
    ("tracers", check_tracers),
    ("environment", check_environment),
    ("machine_lock", check_machine_lock),
    ("folders", check_folders),
    ("pythons", check_interpreters),
)


def check_hazards(seen: Mapping[str, Any]) -> list[Finding]:
    """The findings on all examined facts, in a fixed order."""
    return [check(seen) for needed, check in CHECKS if needed in seen]


def said_before_run(findings: Sequence[Finding]) -> list[str]:
    """At most two lines with what a user should know before a run: all dangers, and the warnings of SAID_ALOUD.

    The load of the last minute may be that of an earlier run: it is left out where nothing computes now.
    """
    quiet = {finding.about for finding in findings if finding.level == OK}
    past = {"load"} if OTHER_PROGRAMS in quiet else set()
    lines = []
    for which in (DANGER, WARNING):
        said = [f for f in findings if f.level == which and (which == DANGER or f.about in SAID_ALOUD)]
        said = [f for f in said if f.about not in past]
        if said:
            lines.append(f"{which}: {'; '.join(f'{f.about}: {f.says}' for f in said)}")
    return [*lines[:-1], f"{lines[-1]} (cures: concexp doctor)"] if lines else []


def other_programs_disturb(findings: Sequence[Finding]) -> bool:
    """True if other programs are a danger that may pass by itself."""
    return any(finding.about == OTHER_PROGRAMS and finding.level == DANGER for finding in findings)


def summary(findings: Sequence[Finding]) -> str:
    """One line: the dangers, then the warnings; `nothing endangers the numbers` if there are none."""
    parts = []
    for which in (DANGER, WARNING):
        names = [finding.about for finding in findings if finding.level == which]
        if names:
            parts.append(f"{which}: {', '.join(names)}")
    return "; ".join(parts) or "nothing endangers the numbers"
