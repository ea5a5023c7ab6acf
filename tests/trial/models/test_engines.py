"""Models over engines that have to be installed: without them unsupported, with them real workers and a clean end.

What needs them runs under the interpreter that CONCEXP_ENGINES_PYTHON names: `make engines` makes one.
"""

import os
from pathlib import Path

import pytest

from concexp import catalog, experiment
from concexp.plan.planner import make_plan
from concexp.trial import placement, plugin, tools
from concexp.trial.models import mpi
from tests.helpers.children import function, trial
from tests.helpers.interpreters import ROLL_CALL
from tests.helpers.plugins import build

PIP = {
    "dask": 'pip install "dask[distributed]"',
    "gevent": "pip install gevent",
    "joblib": "pip install joblib",
    "loky": "pip install loky",
    "mpi": "pip install mpi4py mpich",
    "ray": "pip install ray",
    "trio": "pip install trio",
    "uvloop": "pip install uvloop",
}
# Each in its forms, with (processes, threads or greenlets) that two workers are; coroutines take turns in one.
FORMS = [
    ("dask", {}, (2, 2)),
    ("gevent", {}, (1, 2)),
    ("joblib", {}, (2, 2)),
    ("joblib", {"backend": "multiprocessing"}, (2, 2)),
    ("joblib", {"backend": "threading"}, (1, 2)),
    ("loky", {}, (2, 2)),
    ("mpi", {}, (2, 2)),
    ("ray", {}, (2, 2)),
    ("trio", {}, (1, 1)),
    ("trio", {"offload": True}, (1, 2)),
    ("uvloop", {}, (1, 1)),
]
EVERY_FORM = pytest.mark.parametrize("form", [form[:2] for form in FORMS], ids=str)
COUNTED = {"ops": 20, "scaling": "strong"}
TIMED = {"duration": 0.02}
# Ray takes 4 s to start, and on a busy machine several times that.
PATIENCE = 180


@pytest.fixture(scope="session")
def python():
    """The path of the interpreter that has all engines."""
    path = os.environ.get("CONCEXP_ENGINES_PYTHON")
    if not path:
        pytest.skip("CONCEXP_ENGINES_PYTHON names no interpreter that has the engines: see `make engines`")
    return path


@pytest.fixture
def traces():
    """What this test's trials have left: processes and names in shared memory. Nothing, whatever became of a trial."""

    def processes():
        marker = f"CONCEXP_TRIAL={os.getpid()}-".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                ours = marker in (folder / "environ").read_bytes() and (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if ours:
                yield folder.name

    def names():
        return {path.name for pattern in ("mpich*", "sem.loky*", "*joblib*") for path in Path("/dev/shm").glob(pattern)}

    before = names()
    return lambda: (list(processes()), sorted(names() - before))


def test_every_engine_is_tested():
    """A model that needs something installed has its pip command here, and is tried in at least one form."""
    needing = {name for name in catalog.names("model") if catalog.load("model", name).packages}
    assert needing == set(PIP) == {name for name, _, _ in FORMS}


@pytest.mark.parametrize("name", PIP)
def test_without_it_a_trial_is_unsupported(name):
    """An interpreter that has nothing installed tells which command installs the engine, and starts nothing."""
    ending = trial("noop", name, site=False)
    assert (ending.status, ending.left_behind) == ("unsupported", 0), ending
    assert ending.reason.endswith(f"is not installed for this interpreter: {PIP[name]}")


@pytest.mark.parametrize("name", PIP)
def test_without_it_a_cell_is_kept_with_the_reason(name, write, monkeypatch):
    """A plan under such an interpreter runs the others, and says why not this one."""
    packages = catalog.load("model", name).packages
    monkeypatch.setattr(plugin, "FOUND", dict.fromkeys(packages, False))
    plan = make_plan(experiment.load(write("x.yaml", f"workload: noop\nmodel: [threads, {name}]\n")), 2)
    (cell,) = plan.unsupported
    assert cell.axes["model"] == name
    assert cell.reason == f"{packages[0]} is not installed for this interpreter: {PIP[name]}"


def test_mpi_needs_its_launcher(monkeypatch):
    """mpi4py alone is not enough."""
    monkeypatch.setattr(mpi.Model, "packages", ())
    monkeypatch.setattr(mpi, "launcher", lambda: None)
    assert build("model", "mpi").missing().endswith("pip install mpich")


@pytest.mark.parametrize("name", PIP)
def test_its_trials_see_what_is_installed(name, write):
    """A cell that needs an engine needs the interpreter's packages; others start faster without."""
    text = f"workload: noop\nmodel: [threads, {name}]\n"
    cells = make_plan(experiment.load(write("x.yaml", text)), 2).cells
    assert {cell.axes["model"]: cell.needs_site for cell in cells} == {"threads": False, name: True}


@pytest.mark.parametrize("name", ["dask", "joblib", "loky", "mpi", "ray"])
def test_who_hands_out_tasks_refuses_bodies(name):
    """Workers that share state need a worker each, and no engine for tasks promises that."""
    model = build("model", name)
    model.missing = lambda: ""
    reason = tools.unsupported(build("workload", "counter"), model, build("sync", "none"), 2, COUNTED)
    assert reason == f"{name} hands out independent operations, and the workers of counter share state"
    assert tools.unsupported(build("workload", "noop"), model, build("sync", "none"), 2, {"rate": 9.0, "duration": 1})


def test_trio_refuses_what_is_written_for_asyncio():
    """Coroutines that name asyncio cannot run in trio's loop; the same work in threads can."""
    for name in ("sleep", "echo", "http_get", "fanout"):
        for offload in (False, True):
            reason = build("model", "trio", offload=offload).refuses(build("workload", name), None, 2, COUNTED)
            assert bool(reason) != offload, (name, reason)
            assert offload or reason.startswith(f"{name} is written for asyncio where it awaits")
    assert "blocking calls" in build("model", "trio").refuses(build("workload", "file_io"), None, 2, COUNTED)
    assert build("model", "trio").refuses(build("workload", "counter"), build("sync", "lock"), 2, COUNTED) == ""


@pytest.mark.parametrize("load", [{"ops": 400, "scaling": "strong"}, {"duration": 0.2}], ids=["counted", "timed"])
def test_trio_has_a_thread_for_each_of_many_workers(load, python):
    """More workers than trio has threads by default wait for a server at the same time, and all answers come at once."""
    workload, model = ("echo", {"delay": 0.02}), ("trio", {"offload": True})
    ending = trial(workload, model, python=python, timeout=PATIENCE, workers=100, load=load, iterations=2)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    assert all(iteration["ops"] >= 100 for iteration in ending.answer["iterations"])


@pytest.mark.parametrize("load", [COUNTED, TIMED], ids=["counted", "timed"])
@pytest.mark.parametrize("workload", ["noop", ("cpu_sum", {"size": 10})], ids=str)
@EVERY_FORM
def test_it_runs_and_stops_without_a_trace(form, workload, load, python, traces):
    """Two workers do what was asked, the check agrees, and nothing of the engine is left."""
    ending = trial(workload, form, python=python, timeout=PATIENCE, load=load, iterations=2)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    for iteration in ending.answer["iterations"]:
        assert iteration["ops"] == load.get("ops", iteration["ops"]) >= 1
        assert iteration["wall_s"] >= load.get("duration", 0)
        assert iteration["cpu_s"] > 0
        assert sum(count for _, count in iteration["service_time"]) >= iteration["ops"]
    assert traces() == ([], [])


@pytest.mark.parametrize("form", [form for form in FORMS if form[2] != (1, 1)], ids=str)
def test_its_workers_are_real(form, python, write, tmp_path):
    """Two operations that wait for each other are done by two processes, threads or greenlets at the same time."""
    name, parameters, expected = form
    path, log = write("mine.py", ROLL_CALL), tmp_path / "log"
    ending = trial(
        function(path, log=str(log), expected=2),
        (name, parameters),
        python=python,
        timeout=PATIENCE,
        warmup=0,
        load={"ops": 2, "scaling": "strong"},
    )
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    calls = {tuple(line.split("/")) for line in log.read_text().split()}
    assert (len({pid for pid, _ in calls}), len(calls)) == expected


@pytest.mark.parametrize("form", [("joblib", {"batch": 3}), ("loky", {"chunk": 3}), ("mpi", {"chunk": 3})], ids=str)
def test_several_operations_can_be_one_task(form, python):
    """In chunks or batches, the last of which is smaller, every operation is done once; where time is given there are none."""
    ending = trial("noop", form, python=python, timeout=PATIENCE, load=COUNTED)
    assert (ending.status, ending.answer["iterations"][0]["ops"]) == ("ok", 20), ending
    assert "needs a known number of operations" in trial("noop", form, python=python, load=TIMED).reason


@EVERY_FORM
def test_it_starts_anew_for_each_pass(form, python, traces):
    """An engine that was stopped can be started again in the same trial."""
    load = {"ops": 7, "scaling": "weak"}
    ending = trial("noop", form, python=python, timeout=PATIENCE, load=load, startup="each", warmup=0, iterations=2)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    assert [iteration["ops"] for iteration in ending.answer["iterations"]] == [14, 14]
    assert traces() == ([], [])


@pytest.mark.parametrize("load", [COUNTED, TIMED], ids=["counted", "timed"])
@EVERY_FORM
def test_an_exception_is_told_and_leaves_no_trace(form, load, python, write, traces):
    """What the user's code raises comes back with its own traceback, from whatever process; nothing is left."""
    path = write("mine.py", "def falls_here():\n    raise LookupError('no such thing')\n")
    ending = trial(function(path, "falls_here"), form, python=python, timeout=PATIENCE, load=load)
    assert (ending.status, ending.reason) == ("failed", "LookupError: no such thing"), ending
    assert "line 2, in falls_here" in ending.answer["traceback"]
    assert traces() == ([], [])


@pytest.mark.parametrize("form", [form[:2] for form in FORMS if form[1].get("backend") != "multiprocessing"], ids=str)
def test_a_worker_that_dies_is_crashed(form, python, write, traces):
    """The end of a worker is the end of the trial, and no engine tries again behind our back."""
    path = write("mine.py", "import os\ndef work():\n    os.kill(os.getpid(), 9)\n")
    ending = trial(function(path), form, python=python, timeout=PATIENCE, load=COUNTED)
    assert ending.status == "crashed", ending
    assert traces() == ([], [])


@EVERY_FORM
def test_a_timeout_leaves_no_trace(form, python, write, traces, tmp_path):
    """Workers that wait for ever are ended, with all that the engine has started, and what it has in shared memory."""
    path = write("mine.py", "import time\ndef work():\n    time.sleep(3600)\n")
    ending = trial(function(path), form, python=python, timeout=40 if form[0] == "ray" else 10, load=COUNTED)
    assert ending.status == "timeout", ending
    assert traces() == ([], [])


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot pin threads")
@pytest.mark.parametrize("form", [form for form in FORMS if form[1] != {"offload": True}], ids=str)
def test_its_workers_can_be_pinned(form, python):
    """Each worker has its CPU, round robin; who shares a thread shares its CPU."""
    name, parameters, _ = form
    order = placement.spread(os.sched_getaffinity(0))
    ending = trial("noop", (name, parameters), python=python, timeout=PATIENCE, load=COUNTED, pin="spread")
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    places = [0, 0] if build("model", name, **parameters).parallel == "one" else [0, 1]
    assert sorted(ending.answer["iterations"][0]["worker_cpus"]) == sorted([order[k % len(order)]] for k in places)


@pytest.mark.parametrize("sync", ["lock", "rlock", "ticket_lock", "rw_lock", "try_lock", "sharded_lock", "semaphore"])
@pytest.mark.parametrize("model", ["gevent", "trio", "uvloop"])
def test_its_guards_guard(model, sync, python):
    """Behind a guard of the engine's own every increment arrives; who lacks one says so."""
    ending = trial(("counter", {"form": "call"}), model, sync, python, load={"ops": 2000, "scaling": "strong"})
    lacking = {("trio", "rlock"), ("uvloop", "rlock"), ("trio", "try_lock")}
    assert ending.status == ("unsupported" if (model, sync) in lacking else "ok"), ending
    assert (model, sync) in lacking or ending.answer["iterations"][0]["counts"] == {"lost_updates": 0}


@pytest.mark.parametrize("sync", ["socketpair", "queue", "simple_queue"])
def test_greenlets_wait_in_turns(sync, python):
    """Two that send each other what the other waits for come to an end only if no wait stops both."""
    ending = trial("ping_pong", "gevent", sync, python, load={"ops": 20, "scaling": "strong"})
    assert (ending.status, ending.left_behind) == ("ok", 0), ending


PATCHED = "import gevent.monkey\ngevent.monkey.patch_all()\ndef work(): pass\n"


@pytest.mark.parametrize("model", ["threads", "thread_pool", "to_thread"])
def test_threads_that_gevent_has_replaced_are_no_threads(model, python, write):
    """A user's file that patches the standard library: the model's name would not be true of what was measured."""
    ending = trial(function(write("patched.py", PATCHED)), model, python=python, site=True)
    assert ending.status == "invalid", ending
    assert ending.reason.startswith(
        "the workers were not threads: the code under test replaced _thread.start_new_thread"
    )
    assert "gevent" in ending.reason


@pytest.mark.parametrize(("model", "what"), [("gevent", []), ("serial", ["start of threads"])])
def test_where_gevent_takes_no_threads_away_the_trial_counts(model, what, python, write):
    """The model gevent patches by itself; where there are no threads, what was changed is recorded."""
    ending = trial(function(write("patched.py", PATCHED)), model, python=python, site=True)
    assert ending.status == "ok", ending
    assert [one["what"] for one in ending.answer["changed"]] == what


CHANGING = "import sys\ndef work():\n    sys.setswitchinterval(0.001)\n"


@EVERY_FORM
def test_what_code_changes_is_noticed_in_every_engine(form, python, write):
    """And nothing that the engine itself changes is taken for it."""
    for code, expected in ((CHANGING, {("switch interval", "0.005 s", "0.001 s")}), ("def work(): pass\n", set())):
        ending = trial(function(write("mine.py", code)), form, python=python, site=True, timeout=PATIENCE, load=COUNTED)
        assert ending.status == "ok", ending
        assert {(one["what"], one["before"], one["after"]) for one in ending.answer["changed"]} == expected


FROZEN = """\
import time

class Work:
    def setup(self):
        import freezegun
        freezegun.freeze_time("2020-01-01", real_asyncio=True).start()
    def run(self):
        time.sleep(0.005)
"""


@EVERY_FORM
def test_a_frozen_time_freezes_no_window(form, python, write):
    """The clocks of engines' workers and of those who hand out tasks are out of reach, too."""
    ending = trial(
        function(write("mine.py", FROZEN), "Work"), form, python=python, site=True, timeout=PATIENCE, load=COUNTED
    )
    assert ending.status == "ok", ending
    (iteration,) = ending.answer["iterations"]
    assert 0.005 * COUNTED["ops"] / 2 <= iteration["wall_s"] < PATIENCE
