"""Hardware counters and energy: what is there is counted from begin to end, and what is not says why."""

import os
import signal
import stat

import pytest

from concexp.trial.probes import counters
from tests.helpers.children import trial

PERF = """\
#!/bin/sh
# As much of `perf stat --control fd:ORDERS,ANSWERS` as the probe uses.
for last; do :; done
fds=${last#fd:}
orders=/proc/self/fd/${fds%,*} answers=/proc/self/fd/${fds#*,}
count() {
    echo "1000;;instructions:u;5;100.00;;"
    echo "<not supported>;;cycles:u;0;100.00;;"
    echo "<not counted>;;branches;0;0.00;;"
    exit 0
}
trap 'count >&2' INT
read word < $orders && [ "$word" = enable ] && echo ack > $answers
read word < $orders && [ "$word" = disable ] && echo ack > $answers
while :; do sleep 0.01; done
"""
REFUSES = """\
#!/bin/sh
echo "Error:" >&2
echo "No permission to enable instructions event." >&2
exit 255
"""
FAILS = """\
#!/bin/sh
echo "WARNING: perf not found for kernel 6.18" >&2
exit 2
"""


@pytest.fixture
def perf(tmp_path, monkeypatch):
    """Function: put a program called perf on the PATH. Where tests run in the background, a shell could not trap SIGINT."""

    def put(text):
        path = tmp_path / "perf"
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield put
    signal.signal(signal.SIGINT, before)


def rows(probe):
    """What a probe records of a pass: {event: (count, why there is none)}."""
    probe.begin([], [])
    facts = probe.end([], [])["counters"]
    assert [name for name, _, _ in facts] == [*counters.EVENTS, "energy"]
    return {name: (count, why) for name, count, why in facts}


def test_what_perf_counts_and_what_it_does_not(perf):
    """An event may be counted in user space alone, not be supported, or not have had its turn."""
    perf(PERF)
    found = rows(counters.Probe())
    assert found["instructions"] == (1000, "")
    assert found["cycles"] == (None, "not_supported")
    assert found["branches"] == found["page-faults"] == (None, "not_counted")


@pytest.mark.parametrize(
    ("program", "why"), [(REFUSES, "not_permitted"), (FAILS, "WARNING: perf not found for kernel 6.18")]
)
def test_a_perf_that_does_not_count_says_why(perf, program, why):
    """All its events are missing for that reason."""
    perf(program)
    found = rows(counters.Probe())
    assert {found[event] for event in counters.EVENTS} == {(None, why)}


def test_without_perf(monkeypatch, tmp_path):
    """Nothing is started."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert rows(counters.Probe())["instructions"] == (None, "no_perf")


def zone(root, name, called, used, most=1000):
    """A made-up zone of the kernel's accounts of energy."""
    folder = root / name
    folder.mkdir(parents=True)
    for file, value in (("name", called), ("energy_uj", used), ("max_energy_range_uj", most)):
        (folder / file).write_text(f"{value}\n")


def test_the_energy_of_all_packages(tmp_path):
    """Their parts are not counted twice, nor are what holds them, or another view of one; a count that began anew goes on."""
    zone(tmp_path, "intel-rapl:0", "package-0", 100)
    zone(tmp_path, "intel-rapl:1", "package-1", 990)
    zone(tmp_path, "intel-rapl:0:0", "core", 50)
    zone(tmp_path, "intel-rapl:2", "psys", 5000)
    (tmp_path / "intel-rapl").mkdir()
    before = counters.energies(tmp_path)
    assert before == {"package-0": (100, 1000), "package-1": (990, 1000)}
    after = {"package-0": (300, 1000), "package-1": (40, 1000)}
    assert counters.joules(before, after) == (200 + 50) / 1e6


def test_without_accounts_of_energy(tmp_path):
    """As in most virtual machines."""
    with pytest.raises(counters.Failed, match=r"^no_energy$"):
        counters.energies(tmp_path / "powercap")


@pytest.mark.parametrize("model", ["threads", "processes"])
def test_a_real_trial_has_each_counter_or_its_reason(model):
    """Whatever this machine shows: nothing is neither counted nor explained, and nothing is left running."""
    ending = trial("cpu_sum", model, load={"ops": 20, "scaling": "strong"}, probes=["counters"], warmup=0)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    found = ending.answer["iterations"][0]["counters"]
    assert all((count is None) == bool(why) for _, count, why in found), found
