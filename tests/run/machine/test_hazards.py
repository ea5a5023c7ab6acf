"""What endangers numbers: each hazard from both sides of its limits, unknown where nobody tells, with a cure where it matters."""

import pytest

from concexp.run.machine import hazards
from tests.helpers.machines import QUIET


def clocks(**more):
    return {"clocks": {**QUIET["clocks"], **more}}


def waits(kind, share):
    return {"pressure": {**QUIET["pressure"], kind: share}}


def levels(**more):
    """The level of each finding that is not ok, by what it is about."""
    return {f.about: f.level for f in hazards.check_hazards({**QUIET, **more}) if f.level != "ok"}


def test_a_quiet_machine_endangers_nothing():
    """All is ok, each line says what was seen, and the summary says so."""
    findings = hazards.check_hazards(QUIET)
    assert {finding.level for finding in findings} == {"ok"}
    assert all(finding.says and not finding.cure for finding in findings)
    assert hazards.summary(findings) == "nothing endangers the numbers"


@pytest.mark.parametrize(
    ("about", "level", "given"),
    [
        ("effective CPUs", "danger", {"effective_cpus": 3.59}),
        ("effective CPUs", "", {"effective_cpus": 3.6}),
        ("effective CPUs", "unknown", {"effective_cpus": None}),
        ("usable CPUs", "warning", {"cpus": 1, "effective_cpus": 1.0}),
        ("CPU quota", "danger", {"quota_cpus": 0.5}),
        ("CPU quota", "warning", {"quota_cpus": 2.5}),
        ("CPU quota", "warning", {"quota_cpus": 2.0}),
        ("CPU quota", "", {"quota_cpus": 4.0}),
        ("CPU quota", "", {"quota_cpus": 4.5}),
        ("other programs", "", {"other_cpus": 0.4}),
        ("other programs", "warning", {"other_cpus": 0.5}),
        ("other programs", "danger", {"other_cpus": 1.0}),
        ("other programs", "unknown", {"other_cpus": None}),
        ("load", "", {"load_1m": 1.0}),
        ("load", "warning", {"load_1m": 1.01}),
        ("load", "warning", {"load_1m": 3.0}),
        ("load", "danger", {"load_1m": 3.01}),
        ("waiting for resources", "warning", waits("cpu", 0.06)),
        ("waiting for resources", "danger", waits("cpu", 0.26)),
        ("waiting for resources", "", waits("io", 0.05)),
        ("waiting for resources", "danger", waits("memory", 0.02)),  # of memory even little is bad
        ("waiting for resources", "", waits("cpu", None)),
        ("waiting for resources", "unknown", {"pressure": dict.fromkeys(("cpu", "io", "memory"))}),
        ("virtual machine", "warning", {"virtual": "hypervisor"}),
        ("stolen CPU time", "warning", {"steal_share": 0.006}),
        ("stolen CPU time", "danger", {"steal_share": 0.06}),
        ("stolen CPU time", "unknown", {"steal_share": None}),
        ("hyper-threads", "warning", {"siblings": [[0, 2], [1, 3]]}),
        ("hyper-threads", "unknown", {"siblings": None}),
        ("memory nodes", "warning", {"numa_nodes": [[0, 1], [2, 3]]}),
        ("memory nodes", "", {"numa_nodes": [[0, 1], [2, 3]], "affinity": [2, 3]}),
        ("memory nodes", "unknown", {"numa_nodes": None}),
        ("governor", "warning", {"governor": "powersave"}),
        ("governor", "unknown", {"governor": None}),
        ("turbo", "warning", {"turbo": True}),
        ("turbo", "unknown", {"turbo": None}),
        ("clock source", "danger", {"clock_source": "hpet"}),
        ("clock source", "warning", {"clock_source": "kvm-clock"}),
        ("clock source", "unknown", {"clock_source": None}),
        ("clock", "", clocks(timer_cost_s=0.5e-6)),
        ("clock", "warning", clocks(timer_cost_s=0.6e-6)),
        ("clock", "danger", clocks(timer_step_s=1e-3)),
        ("clock", "", clocks(timer_step_s=None)),
        ("clock", "unknown", clocks(timer_cost_s=None)),
        ("sleeping", "warning", clocks(sleep_overshoot_median_s=0.0004)),
        ("sleeping", "warning", clocks(sleep_overshoot_p99_s=0.003)),
        ("sleeping", "danger", clocks(sleep_overshoot_median_s=0.0004, sleep_overshoot_p99_s=0.03)),
        ("memory", "warning", {"memory_available_bytes": 1 << 30}),
        ("memory", "danger", {"memory_available_bytes": 1 << 20}),
        ("swap", "", {"swap_bytes": 1 << 30}),
        ("swap", "warning", {"swap_bytes": 1 << 30, "swap_used_bytes": 1 << 20}),
        ("debugger or coverage", "warning", {"tracers": ["coverage"]}),
        ("environment", "", {"environment": ["PYTHONDONTWRITEBYTECODE"]}),
        ("machine-wide lock", "warning", {"machine_lock": {"holder": "concexp run of x, process 7", "problem": ""}}),
        ("machine-wide lock", "danger", {"machine_lock": {"holder": "", "problem": "cannot open"}}),
        ("folders", "warning", {"folders": {"cache": 1 << 30, "temporary folder": (1 << 30) - 1}}),
        ("folders", "danger", {"folders": {"cache": 1 << 20}}),
        ("folders", "danger", {"folders": {"cache": None, "temporary folder": 9 << 30}}),
    ],
)  # fmt: skip
def test_each_hazard(about, level, given):
    """A fact beyond its limit is its own hazard and no other; at the limit it is none. A bad one comes with a cure."""
    assert levels(**given) == ({about: level} if level else {})
    for finding in hazards.check_hazards({**QUIET, **given}):
        assert bool(finding.cure) == (finding.level in ("warning", "danger"))


def test_no_clocks_at_all():
    """An interpreter that could not be asked leaves clock and sleep unknown."""
    assert levels(clocks={}) == {"clock": "unknown", "sleeping": "unknown"}


def test_what_was_not_looked_at_gives_no_finding():
    """A run looks at less than `doctor`: no line pretends otherwise."""
    few = {name: QUIET[name] for name in ("governor", "clock_source")}
    assert [finding.about for finding in hazards.check_hazards(few)] == ["governor", "clock source"]


def test_the_cure_for_shared_cores_names_one_cpu_of_each():
    """CPUs 0 and 2, 1 and 3 share a core: 0 and 1 are to be used."""
    (finding,) = [
        f for f in hazards.check_hazards({**QUIET, "siblings": [[0, 2], [1, 3]]}) if f.about == "hyper-threads"
    ]
    assert "CPUs 0 and 2 share a core" in finding.says
    assert "taskset -c 0,1 " in finding.cure


def test_the_summary_tells_the_worst_first():
    """Dangers before warnings, both by name; what is unknown is no hazard."""
    findings = hazards.check_hazards(
        {**QUIET, "governor": "powersave", "quota_cpus": 0.5, "turbo": None, "effective_cpus": 1.0}
    )
    assert hazards.summary(findings) == "danger: effective CPUs, CPU quota; warning: governor"


def test_what_is_said_before_a_run():
    """One line for all dangers, one for the warnings that concern this moment, and where the cures are; nothing if all is well."""
    assert hazards.said_before_run(hazards.check_hazards(QUIET)) == []
    busy = {"other_cpus": 1.0, "busiest": "python3 (process 4711)", "quota_cpus": 0.5, "governor": "powersave"}
    lines = hazards.said_before_run(hazards.check_hazards({**QUIET, **busy, "turbo": True, "load_1m": 2.0}))
    assert lines == [
        "danger: CPU quota: 0.5 of a CPU: even a single worker will be stopped again and again; "
        "other programs: they keep 1.00 of 4 usable CPUs busy now, above all python3 (process 4711)",
        "warning: load: 2.00 over the last minute, on 4 CPUs; governor: powersave: it sets the CPU's clock "
        "(cures: concexp doctor)",
    ]
    assert hazards.other_programs_disturb(hazards.check_hazards({**QUIET, **busy}))
    assert not hazards.other_programs_disturb(hazards.check_hazards({**QUIET, "other_cpus": 0.5, "quota_cpus": 0.5}))


def test_the_load_of_an_earlier_run_is_not_said():
    """The load is that of a minute: where nothing computes now, it is over."""
    assert hazards.said_before_run(hazards.check_hazards({**QUIET, "load_1m": 3.5})) == []
    assert "load" in hazards.said_before_run(hazards.check_hazards({**QUIET, "load_1m": 3.5, "other_cpus": None}))[0]
