"""What keeps workers from computing: the GIL is told from a lack of CPUs, from locks and from sleep, from outside."""

import os
import subprocess
import sys
import threading
import time

import pytest

from concexp.trial.probes import _gil_sampler, gil
from tests.helpers.children import trial

LOAD = {"duration": 0.4}


def shares(*what, **asked):
    """(on a CPU, waiting for a CPU, waiting for the GIL) of the time of all workers of one real trial."""
    ending = trial(*what, probes=["gil"], load=LOAD, warmup=0, **asked)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    workers = [one for one in ending.answer["iterations"][0]["gil_waits"] if one]
    assert not [one for one in workers if "missing" in one], workers
    whole, samples = sum(one["wall_s"] for one in workers), sum(one["samples"] for one in workers)
    assert samples > 10
    cpu, queue = (sum(one[name] for one in workers) / whole for name in ("cpu_s", "queue_s"))
    return cpu, queue, sum(one["gil"] for one in workers) / samples


@pytest.mark.parametrize("model", ["threads", "thread_pool"])
def test_threads_that_compute_wait_for_the_gil(model):
    """Two of them have it in turns: who neither has a CPU nor waits for one waits for the GIL."""
    cpu, queue, waits = shares("cpu_sum", model)
    assert waits > (1 - cpu - queue) / 2, (cpu, queue)  # on a busy machine they wait for a CPU in its place
    assert waits > 0


@pytest.mark.parametrize("model", ["serial", "processes", "asyncio"])
def test_who_has_a_gil_alone_does_not_wait_for_it(model):
    """However busy the machine is."""
    _, _, waits = shares("cpu_sum", model)
    assert waits < 0.05


def test_threads_that_sleep_do_not_wait_for_the_gil():
    """A sleep is something else, and so is no time on a CPU."""
    cpu, _, waits = shares(("sleep", {"delay": 0.005}), "threads")
    assert waits < 0.2
    assert cpu < 0.5


def test_threads_that_wait_for_a_lock_do_not_wait_for_the_gil():
    """The lock is held over a sleep: the GIL is free."""
    begun, hold = threading.Event(), threading.Lock()

    def wait():
        begun.set()
        with hold:
            pass

    with hold:
        thread = threading.Thread(target=wait)
        thread.start()
        begun.wait()
        time.sleep(0.02)
        process = _gil_sampler.Process(os.getpid())
        states = dict(process.states(_gil_sampler.FUTEX[os.uname().machine]))
        assert states[str(thread.native_id)] == _gil_sampler.SLEEPS
    thread.join()


SPINNERS = """
import threading, sys
def spin():
    while True:
        pass
for _ in range(3):
    threading.Thread(target=spin, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
"""


def test_another_process_is_seen_from_outside():
    """Of four threads three compute in turns, and one has nothing to do: two of them wait at any moment, nearly."""
    process = subprocess.Popen([sys.executable, "-c", SPINNERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        watched = _gil_sampler.Process(process.pid)
        seen = []
        for _ in range(100):
            seen += [state for _, state in watched.states(_gil_sampler.FUTEX[os.uname().machine])]
            time.sleep(0.002)
    finally:
        process.kill()
        process.communicate()
    assert 1.2 < seen.count(_gil_sampler.GIL) / 100 < 2.3


MAPS = """\
00400000-00420000 r--p 00000000 fe:00 12 /usr/bin/python3.11
00a00000-00b00000 rw-p 00600000 fe:00 12 /usr/bin/python3.11
00b00000-00b43000 rw-p 00000000 00:00 0
01f00000-02000000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f0000100000 rw-p 00000000 00:00 0
7f0000100000-7f0000200000 rw-p 00001000 fe:00 13 /usr/lib/python3.11/lib-dynload/_json.cpython-311-x86_64-linux-gnu.so
7f0000200000-7f0000300000 rw-p 00000000 00:00 0
7f0000400000-7f0000500000 rw-p 00001000 fe:00 14 /opt/py/lib/libpython3.13t.so.1.0
7f0000500000-7f0000600000 rw-p 00000000 00:00 0
""".splitlines()


def test_the_data_of_the_interpreter_is_found():
    """The program's own, the library's, and what follows each at once; neither the heap nor extension modules."""
    assert [hex(begin) for begin, _ in _gil_sampler.data_of_interpreter(MAPS)] == [
        "0xa00000",
        "0xb00000",
        "0x7f0000400000",
        "0x7f0000500000",
    ]


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("running", "r"),
        ("202 0xb00010 0x189 0x0", "g"),
        ("202 0x1f00010 0x80 0x0", "s"),
        ("0 0xb00010 0x1", "s"),
        ("-1 0x7ff 0x7f", "s"),
    ],
)
def test_what_a_thread_does(line, state):
    """Only a futex within the interpreter's data is the GIL."""
    assert _gil_sampler.state(line.split(), "202", _gil_sampler.data_of_interpreter(MAPS)) == state


@pytest.mark.parametrize("why", ["not_permitted", "not_reported"])
def test_what_the_sampler_may_not_see_is_missing_with_the_reason(why):
    """The times that the kernel reports are there all the same."""
    probe = gil.Probe()
    probe.missing, probe.states = why, {}
    assert probe.row([(1, 0, 10**9, 5 * 10**8, None)]) == {
        "wall_s": 1.0,
        "cpu_s": 0.5,
        "queue_s": None,
        "missing": why,
    }


def test_a_sampler_that_may_not_look_says_so():
    """A process that is not there shows as one that the system does not report."""
    source = [sys.executable, "-s", "-S", _gil_sampler.__file__, "[999999999]"]
    process = subprocess.run(source, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    assert process.stdout == "ready\nnot_reported"
