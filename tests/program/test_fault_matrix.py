"""Every fault in every model, in one sweep of a user's code: the status and the reason are right, and the sweep goes on.

`make faults` runs all pairs. The suite runs a diagonal: each model with one or two faults, and only the faults that
tests/trial/workloads/test_faulty.py and tests/run/child/test_launch.py do not have.
"""

import itertools
import os
import re
from pathlib import Path

import pytest

from concexp.analysis import results
from concexp.commands.run import RunRequest, run_experiment
from tests.helpers.processes import mine

# Each function is named after its fault. It first logs the shared memory and semaphores that its process has mapped.
FAULTS = """\
import asyncio, os, re, signal, subprocess, sys, threading, time

def log_mapped():
    with open("/proc/self/maps") as maps, open({log!r}, "a") as log:
        log.write("".join(name + "\\n" for name in re.findall(r"/dev/shm/\\S+", maps.read())))

def raises():
    log_mapped()
    raise LookupError("as asked")

def exits():
    log_mapped()
    sys.exit("as asked")

def leaves():
    log_mapped()
    os._exit(3)

def segfaults():
    log_mapped()
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(3600)

def is_killed():
    log_mapped()
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(3600)

def hogs():
    log_mapped()
    held = []
    while True:
        held.append(bytearray(16 << 20))

def hangs():
    log_mapped()
    time.sleep(3600)

def one(mine, other, both):
    with mine:
        both.wait()
        with other:
            pass

def deadlocks():
    log_mapped()
    a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)
    pair = [threading.Thread(target=one, args=(*locks, both), daemon=True) for locks in ((a, b), (b, a))]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join()

def joins():
    log_mapped()
    writer = subprocess.Popen([sys.executable, "-S", "-c", "print('x' * 10_000_000)"], stdout=subprocess.PIPE)
    writer.wait()

def floods():
    log_mapped()
    for _ in range(100):
        os.write(2, b"x" * 1_000_000)
    os.write(2, b"the end")
    raise LookupError("as asked")

def multiplies():
    log_mapped()
    if os.fork() == 0:
        for _ in range(4):
            os.fork()
        time.sleep(3600)

def abandons():
    log_mapped()
    subprocess.Popen(["sleep", "3600"], start_new_session=True)
"""
# The same for an event loop, which has its own locks and sleeps; all other faults are the same there.
AWAITED = """

async def hangs():
    log_mapped()
    await asyncio.sleep(3600)

async def one(mine, other, both):
    async with mine:
        both.append(1)
        while len(both) < 2:
            await asyncio.sleep(0)
        async with other:
            pass

async def deadlocks():
    log_mapped()
    a, b, both = asyncio.Lock(), asyncio.Lock(), []
    await asyncio.gather(one(a, b, both), one(b, a, both))
"""
# Fails when the trial's process imports the file, not in a call (the preflight imports it in another process).
BEHIND = """\
import multiprocessing, os, sys

if multiprocessing.parent_process() is None and "concexp.trial.verbs.measure" in sys.modules:
    answer = int(sys.argv[2])
    {then}

def {name}():
    pass
"""
CLOSES = "os.dup2(os.open(os.devnull, os.O_WRONLY), answer)"
GARBLES = "os.write(answer, b'0000000003)))')"

# fault -> (status, pattern of its reason)
EXPECTED = {
    "raises": ("failed", "LookupError: as asked"),
    "exits": ("failed", "SystemExit: as asked"),
    "leaves": ("crashed", "exit code 3|BrokenProcessPool"),
    "segfaults": ("crashed", "SIGSEGV|BrokenProcessPool"),
    "is_killed": ("crashed", "SIGKILL|BrokenProcessPool"),
    "hogs": ("crashed", r"^memory limit: [\d.]+ [MG]iB of 400 MiB used by \d process"),
    "hangs": ("timeout", "^no answer after"),
    "deadlocks": ("timeout", "^no answer after"),
    "joins": ("timeout", "^no answer after"),
    "floods": ("failed", "LookupError: as asked"),
    "multiplies": ("ok", ""),
    "abandons": ("ok", ""),
    "closes": ("crashed", "closed the descriptor that the answer goes to"),
    "garbles": ("crashed", "the answer is no JSON"),
}
LATE = [fault for fault, (status, _) in EXPECTED.items() if status == "timeout"]
STARTED = {f"{method}ed": method for method in ("fork", "forkserver", "spawn")}
MODELS = ["threads", *STARTED, "process_pool", "asyncio"]
TRIED_ELSEWHERE = ("raises", "exits", "leaves", "segfaults", "is_killed", "hangs", "abandons")
DIAGONAL = zip((fault for fault in EXPECTED if fault not in TRIED_ELSEWHERE), itertools.cycle(MODELS))
CELLS = list(itertools.product(EXPECTED, MODELS) if os.environ.get("CONCEXP_FAULTS") == "all" else DIAGONAL)
HOMES = {"closes": "closes.py", "garbles": "garbles.py"}


def grid(fault, models, home):
    """The YAML of one fault in some models; `home` is the file that defines it."""
    shown = [f"{{processes: {{start_method: {STARTED[m]}}}, as: {m}}}" if m in STARTED else m for m in models]
    timeout = ", measure.timeout: 3s" if fault in LATE else ""
    entry = f"{{{home}:{fault}: {{}}, as: {fault}{'_awaited' * (home == 'awaited.py')}}}"
    return f"  - {{workload: [{entry}], model: [{', '.join(shown)}], workers: 2{timeout}}}"


def grids():
    """Yields a grid for each fault, and a second one where an event loop has its own way to wait."""
    for fault in EXPECTED:
        models = [model for own, model in CELLS if own == fault]
        awaited = [model for model in models if model == "asyncio" and fault in ("hangs", "deadlocks")]
        plain = [model for model in models if model not in awaited]
        if plain:
            yield grid(fault, plain, HOMES.get(fault, "faults.py"))
        if awaited:
            yield grid(fault, awaited, "awaited.py")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """(the run of the whole sweep, the log of what the workers had mapped)."""
    folder = tmp_path_factory.mktemp("faults")
    log = folder / "held"
    log.touch()
    code = FAULTS.format(log=str(log))
    (folder / "faults.py").write_text(code)
    (folder / "awaited.py").write_text(code + AWAITED)
    (folder / "closes.py").write_text(BEHIND.format(name="closes", then=CLOSES))
    (folder / "garbles.py").write_text(BEHIND.format(name="garbles", then=GARBLES))
    path = folder / "matrix.yaml"
    path.write_text(
        "load: {ops: 1, scaling: strong}\n"
        "measure: {repetitions: 1, iterations: 1, warmup: 0, memory: 400MiB}\n"
        "allow: [{status: [failed, crashed, timeout]}]\nsweep:\n" + "\n".join(grids()) + "\n"
    )
    done = run_experiment(RunRequest(path, (), "", folder / "out", False, False, False, "concexp run"), "none", True)
    assert done.bad == 0
    return results.load(folder / "out" / "matrix"), log


@pytest.mark.parametrize(("fault", "model"), CELLS)
def test_each_fault_ends_as_it_should(swept, fault, model):
    """Status and reason are right; the stacks of a hang name the function, and what does not hang ends before the deadline."""
    run, _ = swept
    names = (fault, f"{fault}_awaited")
    (record,) = [
        r
        for r in run.records
        if r["role"] == "measured" and r["axes"]["workload"] in names and r["axes"]["model"] == model
    ]
    status, reason = EXPECTED[fault]
    assert record["status"] == status, record
    assert re.search(reason, record["reason"]), record["reason"]
    if fault in LATE:
        assert f"in {fault}" in record["stacks"], record["stacks"]
        assert record["hang"]["kind"] == ("slow" if fault == "hangs" else "deadlock"), record["hang"]
        assert any(site.endswith((f"in {fault}", "in one")) for site in record["hang"]["sites"]), record["hang"]
    if fault == "floods":
        assert len(record["output"]) <= 4000
        assert "xxxxthe end" in record["output"]
    if fault in ("multiplies", "abandons"):
        # The resource trackers and the fork server stay as well, since these processes hold their pipes.
        sure = [one for one in record["leaked"] if one["sure"]]
        assert record["left_behind"] == len(sure) >= {"multiplies": 16, "abandons": 1}[fault], record


def test_nothing_is_left_behind(swept):
    """After the sweep no process with a trial's marker is left, and no shared memory or semaphore that one had mapped."""
    _, log = swept
    assert mine() == []
    names = set(log.read_text().split())
    assert {name for name in names if Path(name).exists()} == set()
