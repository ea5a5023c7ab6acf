"""What other programs use: a process that computes is seen, and this one is not."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import psutil
import pytest

from concexp.run.machine import neighbours


@pytest.fixture
def ticks(monkeypatch):
    """A machine of two CPUs whose clocks a test sets: seconds that passed, that the CPUs were busy, and of these our own."""
    clock = SimpleNamespace(now=0.0, busy=[100.0, 200.0], own=7.0)

    def cpu_times(percpu):
        return [SimpleNamespace(user=busy - 1, nice=0.0, system=1.0, idle=1e6, iowait=1e6) for busy in clock.busy]

    def sleep(seconds):
        clock.now += seconds

    monkeypatch.setattr(neighbours.psutil, "cpu_times", cpu_times)
    monkeypatch.setattr(neighbours.topology, "affinity", lambda: [1])
    monkeypatch.setattr(neighbours.time, "monotonic", lambda: clock.now)
    monkeypatch.setattr(neighbours.time, "sleep", sleep)
    own = SimpleNamespace(user=0.0, system=0.0, children_user=0.0, children_system=0.0)
    monkeypatch.setattr(
        neighbours.os, "times", lambda: SimpleNamespace(**{**vars(own), "user": clock.own, "children_user": 1.0})
    )
    return clock


def test_only_others_on_usable_cpus_count(ticks):
    """CPU 1 alone is usable: what it did, less what this process and its children did."""
    watch = neighbours.Watch()
    ticks.now, ticks.busy, ticks.own = 2.0, [900.0, 201.5], 7.5
    assert watch.cpus() == 0.5
    ticks.own = 99.0  # ticks of the kernel are coarser than our own clock
    assert watch.cpus() == 0.0


def test_a_moment_is_too_short(ticks):
    """It waits until the kernel's ticks can tell."""
    neighbours.Watch().cpus()
    assert ticks.now == neighbours.SHORTEST_S


def test_a_program_that_computes_is_found():
    """It keeps a good part of a CPU busy, and is named."""
    code = "import time; end = time.monotonic() + 30\nwhile time.monotonic() < end: pass"
    with subprocess.Popen([sys.executable, "-c", code]) as hog:
        try:
            while psutil.Process(hog.pid).cpu_times().user < 0.05:
                time.sleep(0.01)
            watch = neighbours.Watch()
            assert watch.cpus() > 0.1
            assert neighbours.busiest()
        finally:
            hog.kill()
    assert f"process {os.getpid()}" not in neighbours.busiest()
