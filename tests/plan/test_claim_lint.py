"""Warnings about claims that no data can decide, or only by chance."""

import pytest

from concexp.experiment import parse_text
from concexp.plan import claim_lint
from concexp.plan.planner import make_plan

HEAD = """\
workload: [cpu_sum, sleep]
model: [serial, threads, processes]
sweep: {workers: [1, 2, 4]}
load: {ops: 64, scaling: strong}
measure: {timeout: 2s}
claims:
"""


def spec_of(*claims, head=HEAD):
    return parse_text(head + "".join(f"  - {claim}\n" for claim in claims), "x.yaml")


def planned(*claims, cpus=2, widths=None, head=HEAD):
    spec = spec_of(*claims, head=head)
    return claim_lint.as_planned(spec, make_plan(spec, cpus), widths or {})


CPU = "of: {workload: cpu_sum, model: processes}"


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("expect: throughput > 0", "is true of any data"),
        ("expect: wall_s >= 0", "is true of any data"),
        ("expect: throughput < 0", "is false of any data"),
        ("expect: fairness <= 1 and throughput > 0", "is true of any data"),
        ("expect: throughput > 0 or wall_s < 1ms", "is true of any data"),
        ("expect: not wall_s < 0", "is true of any data"),
        ("expect: spread(throughput over workers) >= 1", "is true of any data"),
        ("expect: throughput[threads] >= throughput[threads]", "is true of any data"),
        ("expect: throughput < throughput", "is false of any data"),
        ("expect: wall_s < 2s", "cannot be refuted: a trial is killed at its timeout of 2 s"),
        ("expect: 1000 * startup_s < 2001", "cannot be refuted: a trial is killed at its timeout of 2 s"),
        ("expect: wall_s > 3s", "cannot be supported: a trial is killed at its timeout of 2 s"),
    ],
)
def test_what_no_data_can_change(claim, message):
    """The YAML alone shows it, with its place and a cure."""
    (warning,) = claim_lint.as_written(spec_of(claim))
    assert message in warning.message
    assert (warning.file, warning.line, warning.path) == ("x.yaml", 7, "claims[0].expect")
    assert warning.column == 5 + len("expect: ")
    assert warning.hint


@pytest.mark.parametrize(
    "claim",
    [
        "expect: throughput > 1",
        "expect: run_queue_wait_s > 0",
        "expect: fairness < 0.9",
        "expect: throughput[threads] >= throughput[processes]",
        "expect: throughput >= 1.0 * throughput[threads]",
        "expect: wall_s < 1.9s",
        "expect: max(throughput over workers) > throughput[serial]",
        "expect: first(workers where speedup > 1) > 1",
        "expect: status == ok",
        "expect: workers > 2 or throughput > 1",
        "expect: throughput == 5 within 10%",
        f"{{{CPU}, expect: speedup < 1.1}}",
        f"{{{CPU}, when: workers > 1 and effective_cpus >= 1.8, expect: 'speedup >= 0.8 * min(workers, effective_cpus)'}}",
        f"{{{CPU}, when: cpus >= 8, expect: speedup > 3}}",
        "{of: {workload: sleep, model: threads, workers: 4}, expect: speedup > 3}",
    ],
)
def test_what_data_decide(claim):
    """A claim that a measurement on two CPUs can support and refute gets no warning."""
    assert claim_lint.as_written(spec_of(claim)) == planned(claim) == []


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (
            f"{{{CPU}, expect: 'speedup[workers=4] > 3'}}",
            "cannot be supported on this machine: CPU-bound work gains a factor of 2",
        ),
        (f"{{{CPU}, expect: speedup <= 2.1}}", "cannot be refuted on this machine"),
        (f"{{{CPU}, expect: efficiency <= 1}}", "cannot be refuted on this machine"),
        ("expect: cpus_used > 4", "cannot be supported on this machine"),
        ("{of: {model: serial}, expect: speedup <= 1.0}", "is true of any data"),
        ("{of: {model: serial}, expect: speedup == 1 within 5%}", "is true of any data"),
        ("{of: {model: serial}, expect: speedup == 3 within 2x}", "is false of any data"),
        ("{of: {model: threads}, expect: 'throughput[threads] <= throughput'}", "is true of any data"),
    ],
)
def test_what_this_machine_decides(claim, message):
    """Two CPUs bound what CPU-bound cells can gain; a baseline is as fast as itself."""
    (warning,) = planned(claim)
    assert message in warning.message


FOUR = "{of: {model: threads, workers: 4}, expect: speedup > 3}"


@pytest.mark.parametrize(
    ("workload", "more", "bound"),
    [
        ("cpu_sum", "", True),
        ("{cpu_sum: {}, wants: io}", "", False),  # the experiment says that it waits
        ("{sleep: {}, wants: cpu}", "", True),
        ("uneven_tasks", "", True),
        ("{uneven_tasks: {by: sleep}}", "", False),
        ("cpu_sum", "baseline: {workers: 1}\n", True),
        ("cpu_sum", "baseline: {model: process_pool, workers: 1}\n", False),  # its one worker waits for the next task
        ("counter", "sync: [none, lock]\nbaseline: {model: serial, sync: lock}\n", False),
        ("cpu_sum", "background: spin\n", False),  # it takes a larger share of the CPUs from one worker than from four
    ],
)
def test_only_work_that_keeps_a_cpu_busy_is_bound_by_cpus(workload, more, bound):
    """Four workers gain more than two CPUs where one worker waits, or has not a CPU to itself."""
    head = (
        f"workload: {workload}\nmodel: [serial, threads, process_pool]\nsweep: {{workers: [1, 4]}}\n"
        f"load: {{ops: 64, scaling: strong}}\n{more}claims:\n"
    )
    assert ["from 2 CPUs" in one.message for one in planned(FOUR, head=head)] == [True] * bound


def test_more_cpus_leave_it_to_the_data():
    """With eight CPUs four workers may gain more than 3."""
    claim = f"{{{CPU}, expect: 'speedup[workers=4] > 3'}}"
    assert planned(claim, cpus=8) == []
    assert planned(claim, cpus=2)


def test_arithmetic_in_most_cases_is_told_with_their_number():
    """Where the bound by Amdahl's law lies above the CPUs, it is these that keep it."""
    head = (
        "workload: critical_section\nmodel: processes\nsync: lock\nsweep:\n  workers: [1, 2]\n"
        "  zip: [{critical_section.inside: [10us, 25us, 100us], critical_section.outside: [90us, 75us, 0us]}]\n"
        "load: {duration: 1s}\nbaseline: {workers: 1}\nclaims:\n"
    )
    bound = "1.05 * (critical_section.inside + critical_section.outside) / critical_section.inside"
    (warning,) = planned(f"{{of: {{workers: 2}}, expect: speedup <= {bound}}}", head=head)
    assert warning.message.endswith("from 2 CPUs in 2 of 3 cases")


@pytest.mark.parametrize(
    ("expect", "warned"),
    [
        ("throughput[threads] == throughput[processes] within 3%", True),
        ("throughput[threads] == throughput[processes] within 1.03x", True),
        ("throughput[threads] == throughput[processes] within 10%", False),
        ("throughput[threads] > 1.02 * throughput[processes]", True),
        ("throughput[threads] > 2 * throughput[processes]", False),
        ("throughput[threads] > 1.02", False),  # a number of operations, not a margin
        ("throughput[threads] > throughput[processes]", False),
    ],
)
def test_a_margin_narrower_than_the_noise(expect, warned):
    """What the last run knew to 5 % only is not resolved to 3 % by the next one."""
    spec = spec_of(f"expect: {expect}")
    plan = make_plan(spec, 2)
    widths = {(cell.id, "throughput"): 0.05 for cell in plan.cells}
    found = claim_lint.as_planned(spec, plan, widths)
    assert [("narrower than ± 5 %" in one.message) for one in found] == [True] * warned
    assert claim_lint.as_planned(spec, plan, {}) == []


def test_warnings_as_data():
    """For other programs: the place in parts."""
    (one,) = claim_lint.listed(claim_lint.as_written(spec_of("expect: throughput > 0")))
    assert (one["file"], one["line"], one["key"]) == ("x.yaml", 7, "claims[0].expect")
    assert set(one) == {"file", "line", "column", "key", "message", "cure"}
