"""Functions as users bring them, really run: what they want, whether they block their loop, and no impossible figure."""

import pytest

from concexp.analysis import results
from tests.helpers import program

CODE = """
import asyncio, hashlib, json, threading, time, zlib
TEXT = json.dumps([{"id": i, "tags": ["a", "b"]} for i in range(1500)])
DATA = bytes(range(256)) * 400
LOCK = threading.Lock()
def parse(): return len(json.loads(TEXT))
def squeeze(): return len(zlib.compress(DATA))
def digest(): return len(hashlib.sha256(DATA).hexdigest())
def nap(): time.sleep(0.02)
def in_turns():
    with LOCK:
        time.sleep(0.02)
async def anap(): await asyncio.sleep(0.02)
async def rude(): time.sleep(0.02)
async def late():
    await asyncio.sleep(0)
    time.sleep(0.02)
"""
YAML = """
workload: [mine.py:parse, mine.py:squeeze, mine.py:digest, mine.py:nap, mine.py:in_turns, mine.py:anap, mine.py:rude, mine.py:late]
model: [serial, threads, asyncio]
sweep: {workers: 16}
load: {duration: 300ms}
measure: {repetitions: 1, iterations: 1, control: off}
"""
WANTS = dict.fromkeys(("parse", "squeeze", "digest"), "cpu") | dict.fromkeys(
    ("nap", "in_turns", "anap", "rude", "late"), "io"
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The finished process, and the run."""
    folder = tmp_path_factory.mktemp("truth")
    (folder / "mine.py").write_text(CODE)
    (folder / "x.yaml").write_text(YAML)
    done = program.concexp(folder, "run", "x.yaml", "--yes")
    assert done.returncode == 0, done.stderr
    return done, results.load(program.run_folder(folder))


def test_what_each_function_wants_is_measured(ran):
    """Whatever else runs on this machine: those that compute want a CPU, those that wait do not."""
    firsts = ran[1].firsts
    assert dict(zip(firsts["workload"].str.partition(":")[2], firsts["wants"], strict=True)) == WANTS


def test_blocked_loops_are_told_and_others_are_not(ran):
    """In the terminal, with the cure; a plain function and two coroutine functions block it."""
    (line,) = [line for line in ran[0].stdout.splitlines() if "one call at a time" in line]
    assert "asyncio.to_thread" in line
    named = {name for name in WANTS if f":{name}" in line}
    assert named == {"nap", "in_turns", "rude", "late"}


def test_no_figure_is_beyond_what_is_possible(ran):
    """A loop or a lock that lets one call of 20 ms through at a time lets through 50 a second, 16 threads 800."""
    cells = ran[1].cells.set_index(["workload", "model"])["throughput"]
    for name, model, most in (
        *((name, "asyncio", 50) for name in ("nap", "in_turns", "rude", "late")),
        ("in_turns", "threads", 50),
        ("nap", "threads", 800),
        ("anap", "asyncio", 800),
    ):
        assert cells[f"mine.py:{name}", model] <= 1.01 * most
    assert (ran[1].cells["cpus_used"].dropna() <= ran[1].cpus).all()
