"""What the kernel tells of a pass: its files as they look, files that are not there, and the real ones of this system."""

import os

import pytest

from concexp.trial import runtime
from concexp.trial.probes import rusage, surroundings
from concexp.trial.verbs import clocks
from tests.helpers.children import trial

SCHED = "python3 (7, #threads: 1)\n-----\nse.exec_start : 12.5\nse.nr_migrations       :      {}\n"
STAT = (
    "cpu  1 2 3 4 5 6 7 300 9\ncpu0 1 2 3 4 5 6 7 100 9\ncpu1 1 2 3 4 5 6 7 200 9\ncpu10 1 2 3 4 5 6 7 900 0\nctxt 5\n"
)


@pytest.fixture
def process(tmp_path, monkeypatch):
    """Make up a process with such `sched` files, one per thread."""
    monkeypatch.setattr(rusage, "PROC", str(tmp_path))

    def process(pid, *texts):
        for number, text in enumerate(texts):
            folder = tmp_path / str(pid) / "task" / str(number)
            folder.mkdir(parents=True)
            if text is not None:
                (folder / "sched").write_text(text)
        return pid

    return process


def test_migrations_are_those_of_all_threads(process):
    """Each thread has a file with one number."""
    assert rusage.migrations(process(7, SCHED.format(3), SCHED.format(40))) == 43


@pytest.mark.parametrize("text", [None, "", SCHED.format("many"), "nr_switches : 3\n"])
def test_migrations_that_nobody_tells(process, text):
    """No file, as in a kernel without CONFIG_SCHED_DEBUG, or none such number, is None and not 0."""
    assert rusage.migrations(process(7, SCHED.format(3), text)) is None
    assert rusage.migrations(8) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("usage_usec 5\nnr_throttled 2\nthrottled_usec 1500000\n", 1.5),
        ("nr_periods 9\nnr_throttled 2\nthrottled_time 1500000000\n", 1.5),
        ("usage_usec 5\n", None),  # no limit can be set for the root of version 2
        ("throttled_usec lots\n", None),
    ],
)
def test_throttled_time_in_both_versions(tmp_path, text, seconds):
    """Version 2 of control groups counts microseconds, version 1 nanoseconds."""
    file = tmp_path / "cpu.stat"
    file.write_text(text)
    assert surroundings.throttled(str(file)) == seconds
    assert surroundings.throttled(str(tmp_path / "none")) is None


def test_all_groups_above_can_throttle(tmp_path):
    """Those of the group and all its parents, in whichever version has the CPU controller; what is not there is left out."""
    for name in ("cpu.stat", "a/cpu.stat", "a/b/cpu.stat", "cpu/cpu.stat", "cpu/x/cpu.stat", "memory/x/cpu.stat"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    membership = tmp_path / "membership"
    membership.write_text("7:memory:/x\n4:cpu,cpuacct:/x/gone\n0::/a/b\n")
    found = surroundings.groups(str(membership), str(tmp_path))
    assert [os.path.relpath(file, tmp_path) for file in found] == [
        "cpu/x/cpu.stat", "cpu/cpu.stat", "a/b/cpu.stat", "a/cpu.stat", "cpu.stat",
    ]  # fmt: skip
    assert surroundings.groups(str(tmp_path / "none"), str(tmp_path)) == []


def test_stolen_time_is_that_of_our_own_cpus(tmp_path):
    """Steal is the eighth number of a CPU's line, in ticks; CPUs beside the affinity mask do not count."""
    file = tmp_path / "stat"
    file.write_text(STAT)
    assert surroundings.stolen(str(file), [0, 1]) == 300 / surroundings.TICK
    assert surroundings.stolen(str(file), [1]) == 200 / surroundings.TICK
    file.write_text("cpu0 1 2 3\n")  # an old kernel
    assert surroundings.stolen(str(file), [0]) is None
    assert surroundings.stolen(str(tmp_path / "none"), [0]) is None


def test_swapped_in_pages(tmp_path):
    """One number of many."""
    file = tmp_path / "vmstat"
    file.write_text("nr_free_pages 5\npswpin 12\npswpout 13\n")
    assert surroundings.swapped_in(str(file)) == 12
    file.write_text("nr_free_pages 5\n")
    assert surroundings.swapped_in(str(file)) is None


def test_a_pass_is_the_difference_and_the_worst_group(monkeypatch):
    """Groups in each other are throttled at the same time: the largest tells; what is unknown on one side stays unknown."""
    seen = iter([([1.0, 2.0, None], 5.0, 7), ([1.5, 2.1, 4.0], 5.25, None)])
    probe = surroundings.Probe()
    monkeypatch.setattr(probe, "read", lambda: next(seen))
    probe.begin([], [])
    monkeypatch.setattr(surroundings, "continued", lambda: 2)
    assert probe.end([], []) == {"throttled_s": 0.5, "steal_s": 0.25, "swapped_in": None, "continued": 2}


def test_a_system_that_tells_nothing(monkeypatch):
    """Where there is no /proc all of it is None."""
    probe = surroundings.Probe()
    monkeypatch.setattr(probe, "read", lambda: ([], None, None))
    monkeypatch.delattr(os, "waitid")
    probe.begin([], [])
    assert set(probe.end([], []).values()) == {None}


@pytest.mark.parametrize("model", ["threads", "processes"])
def test_a_real_trial_has_what_its_system_tells(model):
    """Each fact of a real pass is None exactly where this system has no such file, and never negative."""
    (iteration,) = trial("cpu_sum", model).answer["iterations"]
    throttled = [surroundings.throttled(file) for file in surroundings.groups()]
    told = {
        "migrations": rusage.migrations(os.getpid()),
        "steal_s": surroundings.stolen(),
        "swapped_in": surroundings.swapped_in(),
        "throttled_s": max((one for one in throttled if one is not None), default=None),
    }
    for name, value in told.items():
        assert (iteration[name] is None) == (value is None), name
        assert value is None or iteration[name] >= 0


def test_threads_are_counted_before_a_fork():
    """A fork that finds other threads is recorded with their number; where nothing is forked there is none."""
    fork = ("processes", {"start_method": "fork"})
    beside = {
        "workload": {"name": "sleep", "parameters": {}},
        "model": {"name": "threads", "parameters": {}},
        "workers": 2,
    }
    assert trial("cpu_sum", fork).answer["threads_at_fork"] == 1
    assert trial("cpu_sum", fork, startup="each", background=beside).answer["threads_at_fork"] == 3
    assert trial("cpu_sum", ("processes", {"start_method": "spawn"})).answer["threads_at_fork"] is None
    assert trial("cpu_sum", "threads").answer["threads_at_fork"] is None
    assert runtime.count_threads() >= 1


def test_what_the_clock_costs():
    """Cost and step are positive and far below a millisecond on any clock that is worth its name; a sleep is never short."""
    found = clocks.answer({})
    assert 0 < found["timer_cost_s"] < 0.001
    assert 0 < found["timer_step_s"] < 0.001
    assert 0 <= found["sleep_overshoot_median_s"] <= found["sleep_overshoot_p99_s"]


def test_a_clock_that_stands_still_has_no_step(monkeypatch):
    """Readings that are all equal tell nothing of the step."""
    monkeypatch.setattr("concexp.trial.verbs.clocks.clock", lambda: 5)
    assert clocks.step() is None
