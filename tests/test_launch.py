"""A sealed child, whatever it does: the right status, the right reason, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from concexp import family
from tests.children import function, trial

CONCURRENT = ["threads", "thread_pool", "processes", "process_pool"]


def mine():
    """Processes that carry a trial's marker of this test process."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(family.MARKER, "").startswith(f"{os.getpid()}-"):
                found.append(process.pid)
        except psutil.Error:
            continue
    return [pid for pid in found if family.alive(pid)]


@pytest.mark.parametrize("model", ["serial", *CONCURRENT])
def test_a_raising_function_fails_with_its_traceback(model, write):
    """An exception in a worker is `failed`, and the traceback names the line."""
    path = write("mine.py", "def work():\n    raise LookupError('no such thing')\n")
    ending = trial(function(path), model)
    assert (ending.status, ending.reason) == ("failed", "LookupError: no such thing")
    assert "line 2, in work" in ending.answer["traceback"]
    assert mine() == []


@pytest.mark.parametrize("model", ["serial", *CONCURRENT])
@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("os._exit(3)", "exit code 3"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("os.kill(os.getpid(), 9)", "SIGKILL"),
    ],
)
def test_a_dying_worker_is_crashed(model, body, word, write):
    """A process that ends without answering is `crashed`, and the reason says how it ended."""
    path = write("mine.py", f"import os, signal\ndef work():\n    {body}\n")
    ending = trial(function(path), model)
    assert ending.status == "crashed"
    assert (word if model != "process_pool" else "BrokenProcessPool") in ending.reason
    assert mine() == []


@pytest.mark.parametrize("model", ["serial", *CONCURRENT])
def test_a_hanging_function_times_out_with_its_stacks(model, write):
    """A trial that does not end is ended at its deadline; the stacks name the function that hung."""
    path = write("mine.py", "import time\ndef stuck_here():\n    time.sleep(3600)\n")
    ending = trial(function(path, "stuck_here"), model, timeout=1.5)
    assert (ending.status, ending.reason) == ("timeout", "no answer after 1.5 s")
    assert "in stuck_here" in ending.stacks
    assert mine() == []


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_no_semaphore_is_left_behind(method, write):
    """Also after a timeout, what multiprocessing put into /dev/shm is gone."""
    path = write("mine.py", "import time\ndef work():\n    time.sleep(3600)\n")

    def shared():
        return {name for name in os.listdir("/dev/shm") if name.startswith(("sem.", "psm_"))}

    before = shared()
    assert trial(function(path), ("processes", {"start_method": method}), timeout=2).status == "timeout"
    assert trial("counter", ("processes", {"start_method": method}), "lock").status == "ok"
    assert shared() <= before
    assert mine() == []


def test_prints_of_user_code_do_not_reach_the_answer(write):
    """Whatever is printed, on whichever descriptor, the answer is read."""
    path = write("mine.py", "import os, sys\ndef work():\n    print('0000000001x')\n    os.write(2, b'\\xff\\0')\n")
    assert trial(function(path), load={"ops": 5, "scaling": "strong"}).status == "ok"


def test_much_output_is_bounded(write):
    """Twenty megabytes of output neither block the child nor fill the parent; the end is kept."""
    path = write("mine.py", "def work():\n    print('x' * 20_000_000)\n    print('the end')\n    raise SystemExit(1)\n")
    ending = trial(function(path))
    assert (ending.status, len(ending.output) < 200_000) == ("failed", True)
    assert ending.output.rstrip().endswith("the end")


def test_a_daemon_that_left_the_session_is_found(write):
    """A grandchild in a session of its own is found by its marker, ended, and counted."""
    body = "import subprocess\ndef work():\n    subprocess.Popen(['sleep', '3600'], start_new_session=True)\n"
    ending = trial(function(write("mine.py", body)), load={"ops": 1, "scaling": "strong"}, warmup=0)
    assert (ending.status, ending.left_behind) == ("ok", 1)
    assert mine() == []


def test_the_environment_is_built_from_nothing(write, monkeypatch):
    """What the caller's shell holds does not reach the child."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("SOME_SECRET", "x")
    body = "import os\ndef work():\n    raise KeyError(sorted(os.environ))\n"
    names = trial(function(write("mine.py", body))).reason
    assert "SOME_SECRET" not in names
    assert "PYTHONDONTWRITEBYTECODE" not in names
    assert "PYTHONHASHSEED" in names


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_the_child_dies_with_its_parent(method, write):
    """When the parent is killed, the kernel ends the whole tree of the trial."""
    path = write("mine.py", "import time\ndef work():\n    time.sleep(3600)\n")
    script = (
        "from tests.children import function, trial\n"
        f"trial(function({str(path)!r}), ('processes', {{'start_method': {method!r}}}), timeout=3600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)

    def tree():
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(family.MARKER, "").startswith(f"{parent.pid}-") and family.alive(process.pid):
                    found.append(process.pid)
            except psutil.Error:
                continue
        return found

    assert eventually(lambda: len(tree()) >= 3)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert eventually(lambda: tree() == [])


def eventually(holds, seconds=30):
    """Whether something comes true; the bound only keeps a broken product from hanging the suite."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False
