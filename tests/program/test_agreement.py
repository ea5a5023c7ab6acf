"""Whether a user's code returns the same in its cells: real trials, over every model of the standard library."""

import json

import pytest

from concexp import catalog, experiment
from concexp.plan.planner import make_plan
from concexp.run.agreement import VARY, Comparison, trials_of
from concexp.run.child.launch import launch
from concexp.run.interpreters.interpreter import current
from tests.helpers.children import staged
from tests.helpers.program import another_python, concexp, run_folder

CODE = """
import multiprocessing, os, random, threading, time

total = setups = made = 0
here = threading.local()
here.value = 1.0
started = os.getpid() if multiprocessing.parent_process() is None else None

def counts():
    global total
    total += 1
    return total

def races():
    global total
    total = 0
    for _ in range(20_000):
        total += 1
    return total

def thread_local():
    return {"all": [getattr(here, "value", 0.0)]}

def process_global():
    return os.getpid() == started

class Setup:
    def setup(self):
        global setups
        setups += 1
        time.sleep(0.05)  # all have been set up before the first operation
    def run(self):
        return setups

async def awaits():
    global total
    total += 1
    return total

class Own:
    def setup(self):
        self.done = 0
    def run(self):
        self.done += 1
        return {"done": self.done, "third": self.done * 0.1, "kinds": {"a", "b", str(self.done)}}

def pure():
    return [sum(0.1 for _ in range(10)), {"x": {3, "b"}}, float("nan"), object(), threading.Lock()]

def draws(): return random.random()
def clock(): return [time.time() % 100]
def day(): return int(time.time() * 20)
def pid(): return os.getpid()
def order(): return list({"a", "b", "c", "d", "e", "f"})
def path(): return os.getcwd()
def address(): return id(object())

def given(n): return [n]
def fails(): raise ValueError
def fails_in_threads(): return here.value
"""
# The ways of running workers, by what several of them have in common; whatever is missing here agrees with a plain loop.
SHARING = {"threads", "asyncio", "loops", "thread_pool", "to_thread", "hybrid", "hybrid_asyncio"}  # an interpreter
AT_ONCE = {
    "threads",
    "loops",
    "thread_pool",
    "to_thread",
    "hybrid",
}  # an interpreter, in which they interrupt each other
NOT_IN_MAIN_THREAD = {*AT_ONCE, "interpreters"}
NOT_IN_FIRST_PROCESS = {"processes", "process_pool", "mp_pool", "hybrid", "hybrid_asyncio", "spawned"}
MODELS = [
    name
    for name in catalog.names("model")
    if not catalog.load("model", name).packages and not catalog.load("model", name).simulated
]


WAYS = [*MODELS, "{processes: {start_method: spawn}, as: spawned}", "{hybrid: {inner: asyncio}, as: hybrid_asyncio}"]


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Returns a function (workload, models) that gives the agreement, and by model how its cell differs ("" if it agrees)."""
    python = current(staged())
    folder = tmp_path_factory.mktemp("code")
    (folder / "mine.py").write_text(CODE)

    def compared(workload, models=WAYS, more=""):
        text = f"workload: {workload}\nmodel: [{', '.join(models)}]\nload: {{ops: 4, scaling: weak}}\n"
        (folder / "x.yaml").write_text(text + (more or "sweep: {workers: 4}\n"))
        plan = make_plan(experiment.load(folder / "x.yaml"), 4, checks={"current": python.support(staged())})

        def start(cell, request, timeout):
            return launch(request, python.path, staged(), timeout, True, cell.runtime.variables())

        found = Comparison(start).of(plan.runnable)
        return found, {cell.model.label: found.differing.get(cell.id, "") for cell in plan.runnable}

    return compared


CAUGHT = {
    "counts": SHARING,
    "races": AT_ONCE,
    "thread_local": NOT_IN_MAIN_THREAD,
    "process_global": NOT_IN_FIRST_PROCESS,
    "Setup": SHARING,
    "awaits": SHARING,
    "Own": set(),
    "pure": set(),
}


@pytest.mark.parametrize(("name", "where"), CAUGHT.items())
def test_it_is_caught_under_every_model_that_can_differ(compared, name, where):
    """State of an interpreter, a thread or a process: where workers share it or lack it, and nowhere else."""
    found, differing = compared(f"mine.py:{name}")
    assert {model for model, reason in differing.items() if reason} == where & set(differing)
    assert found.compared == {
        f"mine.py:{name}": {"cells": len(differing), "differ": len(where & set(differing)), "unlike": ""}
    }
    assert len(differing) >= 9


def test_both_values_are_named(compared):
    """The reason has the operation, what it returned, and what it returns in a plain loop, in short."""
    _, differing = compared("mine.py:thread_local", ["threads"])
    assert (
        differing["threads"]
        == "answers differ: operation 1 of one worker returned {'all': [0.0]}, under serial {'all': [1.0]}"
    )


@pytest.mark.parametrize("name", ["draws", "clock", "day", "pid", "order", "path", "address"])
def test_what_varies_by_itself_is_not_held_against_a_model(compared, name):
    """Random numbers, times and ids differ from one serial trial to the next, and so may orders of hashes and paths."""
    found, differing = compared(f"mine.py:{name}", ["serial", "threads", "processes"])
    assert set(differing.values()) == {""}
    assert found.compared[f"mine.py:{name}"]["unlike"] in ("", VARY)
    if name not in ("path", "order"):  # the seed of hashing, and with luck the folder, are the same in all these trials
        assert found.compared[f"mine.py:{name}"] == {"cells": 0, "differ": 0, "unlike": VARY}


def test_returns_any_switches_it_off(compared):
    """Nothing is started, and nothing said."""
    for returns in ("any", "nothing"):
        found, differing = compared(f"{{call: {{target: mine.py:counts, returns: {returns}}}, as: c}}", ["threads"])
        assert (found.compared, set(differing.values())) == ({}, {""})


def test_arguments_are_part_of_the_work(compared):
    """Cells with other arguments are not compared with each other; those that differ in load and workers are."""
    more = "sweep: {p.n: [1, 2], workers: [1, 2], load.ops: [3, 4]}\n"
    found, differing = compared("{mine.py:given: {n: 1}, as: p}", ["threads"], more)
    assert set(differing.values()) == {""}
    assert found.compared == {"p": {"cells": 8, "differ": 0, "unlike": ""}}


def test_the_trials_are_known_beforehand(tmp_path):
    """As many are started as the forecast counts, where all agree."""
    (tmp_path / "mine.py").write_text("def same(): return 1\n")
    text = "workload: [mine.py:same, cpu_sum]\nmodel: [serial, threads, asyncio]\nload: {ops: 4, scaling: weak}\n"
    (tmp_path / "x.yaml").write_text(f"{text}sweep: {{workers: [2, 3], load.ops: [4, 5]}}\n")
    plan = make_plan(experiment.load(tmp_path / "x.yaml"), 2)
    python, started = current(staged()), []

    def start(cell, request, timeout):
        started.append(cell.id)
        return launch(request, python.path, staged(), timeout, True, cell.runtime.variables())

    assert Comparison(start).of(plan.runnable).differing == {}
    assert sorted(started) == sorted(cell.id for cell in trials_of(plan.runnable))
    assert len(started) == 1 + 2 + 2


VERSIONS = """
import decimal, pathlib, sys, collections, datetime, fractions, enum

class Colour(enum.Enum):
    red = 1

Place = collections.namedtuple("Place", "x y")

def version(): return sys.version_info[:2]
def same():
    return [pathlib.PurePosixPath("/a/b"), decimal.Decimal("1.10"), datetime.datetime(2020, 1, 2), fractions.Fraction(1, 3),
            collections.Counter("aab"), collections.OrderedDict(a=1), Colour.red, Place(1, 2.5), {"k": {1, 2}}, sum([0.1] * 10),
            2 ** 100, ValueError("x"), slice(1, 2), range(3), b"x", 1 + 2j]
"""


def test_a_function_that_differs_between_interpreters(tmp_path):
    """Where one version returns something else, its cells are invalid, with both values and the version; where not, none is."""
    name = another_python()
    (tmp_path / "mine.py").write_text(VERSIONS)
    (tmp_path / "x.yaml").write_text(
        f"workload: [mine.py:version, mine.py:same]\nmodel: [serial, threads]\nsweep: {{workers: 2, python: [current, '{name}']}}\n"
        "load: {duration: 20ms}\nmeasure: {repetitions: 3, control: off}\n"
    )
    done = concexp(tmp_path, "run", "x.yaml", "--yes")
    assert "mine.py:version returns something else than under serial in 2 of 4 cells" in done.stderr
    assert "mine.py:same returns" not in done.stderr
    trials = [json.loads(line) for line in (run_folder(tmp_path) / "journal.jsonl").read_text().splitlines()[1:]]
    for trial in (one for one in trials if one["role"] == "measured"):
        differs = trial["axes"]["workload"] == "mine.py:version" and trial["axes"]["python"] == name
        assert trial["status"] == ("invalid" if differs else "ok"), trial["reason"]
        if differs:
            assert ", under serial (python current) (3, " in trial["reason"]


def test_what_ends_badly_is_not_compared(compared):
    """A failure is told as one, by the trials that are measured."""
    found, differing = compared("mine.py:fails_in_threads", ["serial", "threads", "processes"])
    assert set(differing.values()) == {""}
    assert found.compared["mine.py:fails_in_threads"] == {"cells": 2, "differ": 0, "unlike": ""}
    found, _ = compared("mine.py:fails", ["threads"])
    assert found.compared["mine.py:fails"]["cells"] == 0
    assert "under serial" in found.compared["mine.py:fails"]["unlike"]


def test_a_run_calls_the_trials_of_a_cell_that_differs_invalid(tmp_path):
    """With both values as their reason, in the terminal, the journal and the page; exit code 1, and a rerun says the same."""
    (tmp_path / "mine.py").write_text(CODE)
    text = (
        "workload: [mine.py:thread_local, mine.py:pure, mine.py:draws]\nmodel: [serial, threads]\nsweep: {workers: 2}\n"
    )
    (tmp_path / "x.yaml").write_text(text + "load: {duration: 20ms}\nmeasure: {repetitions: 3, control: off}\n")
    done = concexp(tmp_path, "run", "x.yaml", "--yes")
    assert done.returncode == 1
    assert "mine.py:thread_local returns something else than under serial in 1 of 2 cells" in done.stderr
    trials = [json.loads(line) for line in (run_folder(tmp_path) / "journal.jsonl").read_text().splitlines()[1:]]
    measured = [trial for trial in trials if trial["role"] == "measured"]
    reason = "answers differ: operation 1 of one worker returned {'all': [0.0]}, under serial {'all': [1.0]}"
    for trial in measured:
        differs = (trial["axes"]["workload"], trial["axes"]["model"]) == ("mine.py:thread_local", "threads")
        assert (trial["status"], trial["reason"]) == (("invalid", reason) if differs else ("ok", ""))
        assert "answers" not in trial["answer"]["iterations"][0]["counts"]
    page = (tmp_path / "reports/x/README.md").read_text()
    assert "The same answers in all cells, compared operation by operation: `mine.py:pure`." in page
    assert (
        "Other answers than under serial in 1 of 2 cells, whose trials are invalid: `mine.py:thread_local` (threads: "
        in page
    )
    assert f"Answers not compared, because {VARY}: `mine.py:draws`." in page
    assert "Wrong outcome (†) (answers differ: operation 1 of one worker returned" in page
    assert page.replace("\\", "").count("returned {'all': [0.0]}, under serial {'all': [1.0]}") >= 2
    assert "answers differ: operation 1 of one worker" in done.stderr
