"""A sealed child, fresh or forked, whatever it does: the right status, the right reason, and nothing left behind."""

import ast
import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

from concexp.run.child import process_tree
from concexp.run.child.launch import launch
from concexp.run.child.stage import stage_child_code
from tests.helpers.children import function, request, trial
from tests.helpers.processes import mine

pytestmark = pytest.mark.usefixtures("isolation")

CONCURRENT = ["threads", "thread_pool", "processes", "process_pool"]


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


# Tells which named semaphores and blocks of shared memory its process holds, makes a block that nobody unlinks, hangs.
# By name, and not by looking at all of /dev/shm, since other tests run at the same time.
HOLDER = """\
import re, time
from multiprocessing import shared_memory

def work():
    block = shared_memory.SharedMemory(create=True, size=64)
    with open("/proc/self/maps") as maps, open({log!r}, "a") as log:
        log.write("".join(name + "\\n" for name in re.findall(r"/dev/shm/\\S+", maps.read())))
        log.write("whole\\n")
    while open({log!r}).read().count("whole") < 2:  # whoever comes first must not end the trial for the other
        time.sleep(0.001)
    {then}
"""


def held(log):
    """The names of shared things that both workers held."""
    names = log.read_text().split()
    assert names.count("whole") >= 2
    return {name for name in names if name.startswith("/dev/shm/")}


@pytest.mark.parametrize(
    ("then", "status", "timeout"),
    [("time.sleep(3600)", "timeout", 3), ("raise ValueError", "failed", 60), ("import os; os._exit(3)", "crashed", 60)],
)
@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
@pytest.mark.parametrize("model", ["processes", "process_pool"])
def test_no_shared_memory_is_left_behind(model, method, then, status, timeout, write, tmp_path):
    """However a trial goes wrong, the semaphores and shared memory of its processes are removed from /dev/shm."""
    path = write("mine.py", HOLDER.format(log=str(tmp_path / "log"), then=then))
    ending = trial(function(path), (model, {"start_method": method}), timeout=timeout)
    assert ending.status == status
    names = held(tmp_path / "log")
    assert any("/psm_" in name for name in names)
    assert any("/sem." in name for name in names) or method == "fork"
    assert {name for name in names if os.path.exists(name)} == set()
    assert mine() == []


def test_prints_of_user_code_do_not_reach_the_answer(write):
    """Whatever is printed, as text or as bytes, on output or errors, the answer is read."""
    body = "    print('0000000001x')\n    os.write(1, b'\\xff\\0')\n    os.write(2, b'\\xff\\0')\n"
    path = write("mine.py", "import os\ndef work():\n" + body)
    assert trial(function(path), load={"ops": 5, "scaling": "strong"}).status == "ok"


def test_much_output_is_bounded(write):
    """Twenty megabytes of output neither block the child nor fill the parent; the end is kept."""
    path = write("mine.py", "def work():\n    print('x' * 20_000_000)\n    print('the end')\n    raise SystemExit(1)\n")
    ending = trial(function(path))
    assert (ending.status, len(ending.output) < 200_000) == ("failed", True)
    assert ending.output.rstrip().endswith("the end")


def test_stacks_survive_much_output(write):
    """A hanging function that had printed more than is kept still shows where it hangs, after the end of its output."""
    body = "import time\ndef stuck_here():\n    print('x' * 131_000 + 'the end', flush=True)\n    time.sleep(3600)\n"
    ending = trial(function(write("mine.py", body), "stuck_here"), timeout=1)
    assert (ending.status, "in stuck_here" in ending.stacks, "xx" in ending.stacks) == ("timeout", True, False)
    assert "the end\n" in ending.output


@pytest.mark.parametrize("model", ["asyncio", "threads"])
def test_tasks_of_a_hanging_loop_are_told(model, write):
    """Where each asyncio task waits is among the stacks, down through all that it awaits; also of a loop in a thread."""
    body = "import asyncio\nasync def stuck_there():\n    await asyncio.sleep(3600)\nasync def work():\n    await stuck_there()\n"
    ending = trial(function(write("mine.py", body)), model, timeout=2)
    assert ending.status == "timeout"
    assert re.search(
        r"Task \S+ of process \d+.*\n(  File .*\n)*  File .* line 5 in work\n  File .* line 3 in stuck_there\n",
        ending.stacks,
    )
    assert mine() == []


def test_a_segmentation_fault_in_c_is_crashed(write):
    """A null pointer in C code is `crashed` by SIGSEGV, and the output tells in which function."""
    body = "import ctypes\ndef falls_here():\n    ctypes.string_at(0)\n"
    ending = trial(function(write("mine.py", body), "falls_here"))
    assert (ending.status, "SIGSEGV" in ending.reason) == ("crashed", True)
    assert "in falls_here" in ending.output


def test_an_interpreter_that_is_not_there_costs_nothing(tmp_path):
    """Where the child cannot be started, the error says so, and no descriptor stays open."""
    before = os.listdir("/proc/self/fd")
    with pytest.raises(FileNotFoundError):
        launch(request(), str(tmp_path / "python"), stage_child_code(), 1)
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_the_folder_of_a_trial_is_removed(write):
    """A trial works in a temporary folder of its own, which is gone afterwards with what was written there."""
    body = "import os\ndef work():\n    open('mine.txt', 'w').close()\n    raise KeyError(os.getcwd())\n"
    folder = ast.literal_eval(trial(function(write("mine.py", body))).reason.partition(": ")[2])
    assert os.path.basename(os.path.dirname(folder)).startswith("concexp-trial-")
    assert not os.path.exists(os.path.dirname(folder))


def test_a_daemon_that_left_the_session_is_found(write):
    """A grandchild in a session of its own is found by its marker, ended, and counted, though it never stops printing."""
    body = "import subprocess\ndef work():\n    subprocess.Popen(['yes'], start_new_session=True)\n"
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
def test_the_child_dies_with_its_parent(method, write, tmp_path):
    """When the parent is killed, the kernel ends the whole tree of the trial, and no semaphore stays behind."""
    log = tmp_path / "log"
    body = HOLDER.format(log=str(log), then="time.sleep(3600)")
    if method == "fork":  # a user's own block would start a tracker that is not ours, and which dies with the rest
        body = body.replace("    block =", "    # block =")
    path = write("mine.py", body)
    script = (
        "from tests.helpers.children import function, trial\n"
        f"trial(function({str(path)!r}), ('processes', {{'start_method': {method!r}}}), timeout=3600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)

    def tree():
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(process_tree.MARKER, "").startswith(f"{parent.pid}-") and process_tree.alive(
                    process.pid
                ):
                    found.append(process.pid)
            except psutil.Error:
                continue
        return found

    try:
        assert eventually(lambda: log.exists() and log.read_text().count("whole") >= 2)
        assert len(tree()) >= 3
        names = held(log)
        assert names or method == "fork"
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert eventually(lambda: tree() == [])
        assert {name for name in names if os.path.exists(name)} == set()
    finally:
        parent.kill()
        parent.wait()
        for pid in tree():
            os.kill(pid, signal.SIGKILL)


def eventually(holds, seconds=30):
    """Whether something comes true; the bound only keeps a broken product from hanging the suite."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


OWN_POOLS = """\
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

def work():
    fork = multiprocessing.get_context("fork")
    with fork.Pool(2) as pool:
        assert pool.map(abs, [-1, -2]) == [1, 2]
    with ProcessPoolExecutor(1, mp_context=fork) as executor:
        assert executor.submit(abs, -3).result() == 3
"""


@pytest.mark.parametrize("model", ["processes", ("processes", {"start_method": "spawn"}), "process_pool", "hybrid"])
def test_a_worker_may_have_processes_of_its_own(model, write):
    """As in the standard library, where `Process` is no daemon unless that is asked for."""
    ending = trial(function(write("pools.py", OWN_POOLS)), model, load={"ops": 2, "scaling": "strong"}, warmup=0)
    surely = [leak for leak in ending.leaked if leak["sure"]]  # other tests make semaphores at the same time
    assert (ending.status, ending.reason, ending.left_behind, surely) == ("ok", "", 0, [])
    assert mine() == []


HEIRS = "import multiprocessing, os, subprocess, time\nfork = multiprocessing.get_context('fork')\ndef work():\n    "
FOREVER = "fork.Process(target=time.sleep, args=(3600,)).start()"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("subprocess.Popen(['sleep', '3600'])", "ok"),
        (FOREVER, "timeout"),  # the worker waits for it when it ends, as Python does
        (f"{FOREVER}; time.sleep(0.1); os._exit(3)", "crashed"),
        (f"{FOREVER}; raise KeyError", "failed"),
    ],
)
@pytest.mark.parametrize("model", ["processes", "hybrid"])
def test_grandchildren_of_a_trial_end_with_it(model, body, status, write):
    """However the trial ends; those that outlive a good one are reported."""
    ending = trial(
        function(write("heirs.py", HEIRS + body)), model, load={"ops": 2, "scaling": "strong"}, warmup=0, timeout=3
    )
    assert ending.status == status, ending
    assert mine() == []
    if status == "ok":
        assert ending.left_behind == 2
        assert [leak["name"] for leak in ending.leaked if leak["sure"]] == ["sleep 3600"] * 2


STOPPED = """
import atexit, os, signal, subprocess, time
COORDINATOR = os.getpid()
def late():
    if os.getpid() == COORDINATOR:
        time.sleep(0.5)  # the parent has time to ask before the process is gone, on any machine
atexit.register(late)
def work():
    me = os.getpid()
    continues = subprocess.Popen(["sh", "-c", f"sleep 0.1; kill -CONT {me}"])
    os.kill(me, signal.SIGSTOP)
    continues.wait()
"""


@pytest.mark.parametrize(
    ("model", "itself", "workers"), [("serial", True, 0), ("threads", True, 0), ("processes", False, 1)]
)
def test_a_trial_that_a_signal_stopped_has_it_on_record(model, itself, workers, write):
    """The child's own stop is seen by its parent, that of its workers by the child."""
    load = {"ops": 1, "scaling": "strong"}
    ending = trial(function(write("halts.py", STOPPED)), model, workers=1, load=load, warmup=0)
    assert ending.status == "ok"
    assert ending.stopped == itself
    assert ending.answer["iterations"][0]["continued"] == workers
    assert not trial("cpu_sum", model, load=load, warmup=0).stopped
