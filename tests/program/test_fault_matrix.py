"""Every fault in every model, in one sweep of a user's own code: right status, right reason, and the sweep goes on.

`make faults` runs all of it. The suite has a diagonal: each model with one fault or two, and of the faults those that
`test_faults` and `test_launch` do not try.
"""

import itertools
import os
import re
from pathlib import Path

import pytest

from concexp.analysis import results
from concexp.commands.run import RunRequest, run_experiment
from tests.helpers.processes import mine

# What happens is named by the function. Each tells first which named blocks and semaphores its process holds.
FAULTS = """\
import asyncio, os, re, signal, subprocess, sys, threading, time

def told():
    with open("/proc/self/maps") as maps, open({log!r}, "a") as log:
        log.write("".join(name + "\\n" for name in re.findall(r"/dev/shm/\\S+", maps.read())))

def raises():
    told()
    raise LookupError("as asked")

def exits():
    told()
    sys.exit("as asked")

def leaves():
    told()
    os._exit(3)

def segfaults():
    told()
    os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(3600)

def is_killed():
    told()
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(3600)

def hogs():
    told()
    held = []
    while True:
        held.append(bytearray(16 << 20))

def hangs():
    told()
    time.sleep(3600)

def one(mine, other, both):
    with mine:
        both.wait()
        with other:
            pass

def deadlocks():
    told()
    a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)
    pair = [threading.Thread(target=one, args=(*locks, both), daemon=True) for locks in ((a, b), (b, a))]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join()

def joins():
    told()
    writer = subprocess.Popen([sys.executable, "-S", "-c", "print('x' * 10_000_000)"], stdout=subprocess.PIPE)
    writer.wait()

def floods():
    told()
    for _ in range(100):
        os.write(2, b"x" * 1_000_000)
    os.write(2, b"the end")
    raise LookupError("as asked")

def multiplies():
    told()
    if os.fork() == 0:
        for _ in range(4):
            os.fork()
        time.sleep(3600)

def abandons():
    told()
    subprocess.Popen(["sleep", "3600"], start_new_session=True)
"""
# The same for an event loop. Locks and sleeps are its own there; the rest goes wrong in the same way.
AWAITED = """

async def hangs():
    told()
    await asyncio.sleep(3600)

async def one(mine, other, both):
    async with mine:
        both.append(1)
        while len(both) < 2:
            await asyncio.sleep(0)
        async with other:
            pass

async def deadlocks():
    told()
    a, b, both = asyncio.Lock(), asyncio.Lock(), []
    await asyncio.gather(one(a, b, both), one(b, a, both))
"""
# Not in a call, but when the trial's own process imports the file (the look at it before the run is another's).
BEHIND = """\
import multiprocessing, os, sys

if multiprocessing.parent_process() is None and "concexp.trial.measure" in sys.modules:
    answer = int(sys.argv[2])
    {then}

def {name}():
    pass
"""
CLOSES = "os.dup2(os.open(os.devnull, os.O_WRONLY), answer)"
GARBLES = "os.write(answer, b'0000000003)))')"

# fault -> (status, what its reason or its stacks must say)
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
    "closes": ("crashed", "ended with exit code 0 before it answered"),
    "garbles": ("crashed", "no Python literal"),
}
LATE = [fault for fault, (status, _) in EXPECTED.items() if status == "timeout"]
STARTED = {f"{method}ed": method for method in ("fork", "forkserver", "spawn")}
MODELS = ["threads", *STARTED, "process_pool", "asyncio"]
TRIED_ELSEWHERE = ("raises", "exits", "leaves", "segfaults", "is_killed", "hangs", "abandons")
DIAGONAL = zip((fault for fault in EXPECTED if fault not in TRIED_ELSEWHERE), itertools.cycle(MODELS))
CELLS = list(itertools.product(EXPECTED, MODELS) if os.environ.get("CONCEXP_FAULTS") == "all" else DIAGONAL)
HOMES = {"closes": "closes.py", "garbles": "garbles.py"}


def grid(fault, models, home):
    """The YAML of one fault in some models; `home` is the file that has it."""
    shown = [f"{{processes: {{start_method: {STARTED[m]}}}, as: {m}}}" if m in STARTED else m for m in models]
    timeout = ", measure.timeout: 3s" if fault in LATE else ""
    entry = f"{{{home}:{fault}: {{}}, as: {fault}{'_awaited' * (home == 'awaited.py')}}}"
    return f"  - {{workload: [{entry}], model: [{', '.join(shown)}], workers: 2{timeout}}}"


def grids():
    """A grid for each fault; where a loop has its own way to wait, a second one for that."""
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
    """(the run of the whole sweep, the file in which the workers noted what they held)."""
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
    """Status and reason are right; of a hang the stacks name the function, of the rest nobody waits for the deadline."""
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
        # With them stay the trackers and the fork server, whose pipes they hold.
        sure = [one for one in record["leaked"] if one["sure"]]
        assert record["left_behind"] == len(sure) >= {"multiplies": 16, "abandons": 1}[fault], record


def test_nothing_is_left_behind(swept):
    """When all is over there is no process with a marker, and no block or semaphore that any of them held."""
    _, log = swept
    assert mine() == []
    names = set(log.read_text().split())
    assert {name for name in names if Path(name).exists()} == set()
