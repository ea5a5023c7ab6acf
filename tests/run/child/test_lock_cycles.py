"""Who waits for whom in a circle: what processes told is put together, and a real deadlock is named on the page."""

import sys

import pytest

from concexp.analysis import results
from concexp.commands.run import RunRequest, run_experiment
from concexp.run.child.launch import launch
from concexp.run.child.lock_cycles import describe_cycle, together
from concexp.run.child.stage import stage_child_code
from concexp.run.storage import journal
from concexp.trial.diagnostics import LOCK_WATCH
from tests.helpers.children import function, request

A, B = "Lock made at mine.py:1 in <module> #1|7", "Lock made at mine.py:1 in <module> #2|7"
SHARED = "shared Semaphore made at mine.py:3 in work #1|7"


def file(pid=7, held=None, waiting=None, released=None, names=None, threads=("thread 1", "thread 2")):
    """What one process told."""
    return {"pid": pid, "held": held or {}, "waiting": waiting or {}, "released": released or {}, "names": names or {},
            "alive": list(threads)}  # fmt: skip


def test_a_circle_of_two():
    """Each holds what the other waits for: both are named, with what they hold, since where, and where they wait."""
    one = file(
        held={A: [("thread 1", "mine.py:5 in work")], B: [("thread 2", "mine.py:8 in work")]},
        waiting={"thread 1": (B, "mine.py:6 in work"), "thread 2": (A, "mine.py:9 in work")},
        names={"thread 1": 0},
    )
    found = describe_cycle(together([one]))
    assert found["circle"] == [
        "worker 0 holds Lock #1 made at mine.py:1 in <module>, taken at mine.py:5 in work, and waits at mine.py:6 in work "
        "for Lock #2 made at mine.py:1 in <module>, which thread 1 holds",
        "thread 1 holds Lock #2 made at mine.py:1 in <module>, taken at mine.py:8 in work, and waits at mine.py:9 in work "
        "for Lock #1 made at mine.py:1 in <module>, which worker 0 holds",
    ]
    assert found["waits"] == []


def test_a_copy_of_a_lock_is_another_lock():
    """After a fork both processes have a lock of the same key: who holds one of them does not hold up the other."""
    one = file(held={A: [("thread 1", "mine.py:5 in work")]}, waiting={"thread 1": (B, "mine.py:6 in work")})
    two = file(8, held={B: [("thread 1", "mine.py:5 in work")]}, waiting={"thread 1": (A, "mine.py:6 in work")})
    assert describe_cycle(together([one, two]))["circle"] == []
    both = [{**f, "held": {f"shared {k}": v for k, v in f["held"].items()},
             "waiting": {w: (f"shared {k}", p) for w, (k, p) in f["waiting"].items()}} for f in (one, two)]  # fmt: skip
    assert len(describe_cycle(together(both))["circle"]) == 2


@pytest.mark.parametrize(
    ("told_of", "words"),
    [
        (file(held={A: [("lost", "mine.py:5 in work")]}, waiting={"thread 1": (A, "x.py:6 in f")}), "come along in the fork"),
        (file(held={A: [("thread 9", "mine.py:5 in work")]}, waiting={"thread 1": (A, "x.py:6 in f")}), "a thread that has ended"),
        (file(waiting={"thread 1": (A, "x.py:6 in f")}), "whose holder is not known"),
        (file(held={SHARED: [("thread 2", "p.py:1 in put")]}, waiting={"thread 1": (SHARED, "x.py:6 in f")}, released={SHARED: 3}),
         "whose holder is not known"),
    ],
)  # fmt: skip
def test_a_wait_without_a_circle(told_of, words):
    """Who waits for a lost lock is no circle, and why it is lost is said; a semaphore that counts items has no holder."""
    found = describe_cycle(together([told_of]))
    assert found["circle"] == []
    assert len(found["waits"]) == 1
    assert words in found["waits"][0]
    assert found.get("forked", []) == (found["waits"] if "fork" in words else [])


def test_three_in_a_circle_and_one_beside():
    """Who only waits for one of the circle is not part of it."""
    held = {f"Lock made at m.py:1 in f #{n}|7": [(f"thread {n}", "m.py:2 in f")] for n in (1, 2, 3)}
    keys = list(held)
    waiting = {f"thread {n}": (keys[n % 3], "m.py:3 in f") for n in (1, 2, 3)} | {"thread 4": (keys[0], "m.py:3 in f")}
    found = describe_cycle(together([file(held=held, waiting=dict(sorted(waiting.items(), reverse=True)))]))
    assert len(found["circle"]) == 3
    assert len(found["waits"]) == 1


MODELS = [("processes", {"start_method": "spawn"}), ("asyncio", {})]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model[0])
def test_philosophers_are_named(model):
    """Philosophers who each hold their left fork are found in a circle, in processes that were started anew and in a loop."""
    asked = request(
        ("philosophers", {"strategy": "unordered", "reach": 0.05}), model, "lock", load={"ops": 40, "scaling": "strong"},
        warmup=0, probes=["holders"],
    )  # fmt: skip
    ending = launch(asked, sys.executable, stage_child_code(), 4, variables={LOCK_WATCH: "1"})
    assert ending.status == "timeout"
    circle = ending.hang["circle"]
    assert len(circle) == 2, ending.hang
    for one, other in ((0, 1), (1, 0)):
        (said,) = [sentence for sentence in circle if sentence.startswith(f"worker {one} holds Lock #1 made at ")]
        assert said.endswith(f"which worker {other} holds")
        assert "taken at philosophers.py:" in said


FORKED = """\
import multiprocessing, threading
LOCK, held = threading.Lock(), threading.Event()

def hold():
    with LOCK:
        held.set()
        threading.Event().wait()

def child():
    with LOCK:
        pass

def work():
    threading.Thread(target=hold, daemon=True).start()
    held.wait()
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join()
"""


def test_a_fork_beside_a_held_lock_is_named(write):
    """User code forks while a thread of its own holds a lock: the wait of the new process says so, with both places."""
    asked = request(function(write("mine.py", FORKED)), "serial", load={"ops": 1, "scaling": "strong"}, warmup=0,
                    probes=["holders"])  # fmt: skip
    ending = launch(asked, sys.executable, stage_child_code(), 3, site=True, variables={LOCK_WATCH: "1"})
    (said,) = ending.hang["forked"]
    assert "waits at mine.py:10 in child for Lock #1 made at mine.py:2 in <module>" in said
    assert said.endswith("which a thread that did not come along in the fork holds, taken at mine.py:5 in hold")


CROSSED = """\
import threading, time
A, B = threading.Lock(), threading.Lock()
turn = threading.Barrier(2)

def crossed():
    first, second = (A, B) if turn.wait() == 0 else (B, A)
    with first:
        turn.wait()
        with second:
            pass
"""


@pytest.fixture(scope="module")
def crossed(tmp_path_factory):
    """(outcome, run, page) of user code that takes two locks in two orders, measured twice."""
    folder = tmp_path_factory.mktemp("crossed")
    (folder / "mine.py").write_text(CROSSED)
    path = folder / "crossed.yaml"
    path.write_text(
        "workload: mine.py:crossed\nmodel: threads\nsweep: {workers: 2}\nload: {ops: 2, scaling: strong}\n"
        "measure: {repetitions: 2, iterations: 1, warmup: 0, timeout: 1.5s, control: off}\n"
    )
    done = run_experiment(RunRequest(path, (), "", folder / "out", False, False, True, "concexp run"), "none", True)
    return done, results.load(folder / "out" / "crossed"), (folder / "out" / "crossed" / "README.md").read_text()


def test_one_diagnostic_trial_per_cell(crossed):
    """The first timeout brings one trial more, which is in no count of what ended badly, and in no cell."""
    done, run, _ = crossed
    roles = [
        record["role"] for record in journal.read(run.folder / journal.NAME).records if record["role"] != "machine"
    ]
    assert sorted(roles) == ["diagnostic", "measured", "measured"]
    assert roles[0] == "measured"
    assert done.bad == 2
    assert run.cells["trials"].tolist() == [2]


def test_the_page_names_the_circle(crossed):
    """The page says what kind of hang it was, who holds what, and who waits for it, with the lines of the user's file."""
    _, _, page = crossed
    assert "It looks like a deadlock: no thread ran" in page
    assert "shows workers that wait for each other in a circle" in page
    for worker in (0, 1):
        assert f"- worker {worker} holds Lock" in page
        assert f"which worker {worker} holds" in page
    assert "taken at `mine.py:7 in crossed`, and waits at `mine.py:9 in crossed` for Lock" in page
