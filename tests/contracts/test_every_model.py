"""What holds for every model: its workers are what it says, and however they end is noticed."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from concexp import catalog
from concexp.testing.described import assert_described
from concexp.trial import tools
from concexp.trial.models._pools import PoolModel
from tests.helpers.children import function, request, trial
from tests.helpers.interpreters import ROLL_CALL, for_this_interpreter_only, tried
from tests.helpers.plugins import REAL_MODELS, SMALL, build

NAMES = catalog.names("model")
PROCESS_MODELS = [name for name in REAL_MODELS if build("model", name).parallel == "processes"]
METHODS = [
    (name, {"start_method": method})
    for name in PROCESS_MODELS
    for method in ("fork", "forkserver", "spawn")
    if "start_method" in catalog.parameters(catalog.load("model", name))
]
# The other choices that a model offers, except schedules, which models share.
VARIANTS = [
    (name, {parameter.name: choice})
    for name in REAL_MODELS
    for parameter in catalog.parameters(catalog.load("model", name)).values()
    for choice in parameter.choices
    if parameter.name not in ("start_method", "schedule") and choice != parameter.default
]
TIMED = {"duration": 0.02}
OPEN = {"rate": 1000.0, "duration": 0.02, "arrivals": "constant"}
KINDS = {"counted": SMALL, "timed": TIMED, "open": OPEN}


def plain(model):
    """A model object from its name, or from (name, parameters)."""
    name, parameters = model if isinstance(model, tuple) else (model, {})
    return build("model", name, **parameters)


def lasting(model):
    """True if its workers run at the same time and each reports its own result."""
    return plain(model).parallel != "one" and not isinstance(plain(model), PoolModel)


def loads(model):
    """The kinds of load that a model supports: counted, timed, open, or several of them."""
    reasons = {
        name: tools.unsupported(build("workload", "cpu_sum"), plain(model), build("sync", "none"), 2, load)
        for name, load in KINDS.items()
    }
    return [name for name, reason in reasons.items() if not reason or for_this_interpreter_only(reason)]


# Each model in each of its forms, and each form with each kind of load that it supports.
FORMS = [*REAL_MODELS, *METHODS, *VARIANTS]
LOADED = [pytest.param(model, KINDS[kind], id=f"{model}-{kind}") for model in FORMS for kind in loads(model)]


def needed(load):
    """The probe without which an open loop does not run."""
    return ["latency"] if "rate" in load else []


def crew(model, workers):
    """(processes, threads) in which that many workers run."""
    model = plain(model)
    if model.parallel == "one":
        return 1, 1
    if model.parallel != "processes":
        return 1, workers
    processes = min(workers, getattr(model, "process_count", workers))
    return processes, processes if model.asynchronous else workers


@pytest.mark.parametrize("name", NAMES)
def test_it_is_described(name):
    """Its docstring explains what it is and what each of its parameters means."""
    assert_described("model", name)


@pytest.mark.parametrize("name", NAMES)
def test_it_declares_itself(name):
    """What of it runs in parallel is one of the known words, and it has a colour and a marker for pictures."""
    model = build("model", name)
    assert model.parallel in ("one", "threads", "interpreters", "processes")
    assert model.colour.startswith("#")
    assert len(model.colour) == 7
    assert model.marker


def test_pictures_can_tell_them_apart():
    """No two models share a colour or a marker."""
    models = [build("model", name) for name in NAMES]
    assert len({model.colour for model in models}) == len({model.marker for model in models}) == len(models)


@pytest.mark.parametrize("model", FORMS, ids=str)
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_its_workers_are_what_it_says(model, workers, write, tmp_path):
    """The work is done by one thread or process per worker, and each does only its own share."""
    log = tmp_path / "log"
    workers = workers if plain(model).needs_workers else 1
    expected_processes, expected = crew(model, workers)
    path = write("mine.py", ROLL_CALL)
    load = {"ops": workers, "scaling": "strong"}
    ending = tried(function(path, log=str(log), expected=expected), model, workers=workers, load=load, warmup=0)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    calls = [line.split("/") for line in log.read_text().split()]
    assert len(calls) == workers
    processes, threads = {pid for pid, _ in calls}, {(pid, thread) for pid, thread in calls}
    assert (len(processes), len(threads)) == (expected_processes, expected)


@pytest.mark.parametrize("model", FORMS, ids=str)
@pytest.mark.parametrize("startup", ["once", "each", "timed"])
def test_it_starts_in_every_way(model, startup):
    """Workers that stay, workers made anew for each pass, and workers whose start is measured all do the work."""
    ending = tried(("cpu_sum", {"size": 10}), model, startup=startup, iterations=2, load={"ops": 7, "scaling": "weak"})
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    workers = 2 if plain(model).needs_workers else 1
    assert [iteration["ops"] for iteration in ending.answer["iterations"]] == [7 * workers] * 2
    assert all(iteration["startup_s"] > 0 for iteration in ending.answer["iterations"])


@pytest.mark.parametrize("probes", [[], ["rusage"], ["latency", "workers"]], ids=",".join)
@pytest.mark.parametrize(("model", "load"), LOADED)
def test_it_works_observed_or_not(model, load, probes):
    """With or without probes the operations are done, and each probe has recorded something."""
    ending = tried(("cpu_sum", {"size": 10}), model, load=load, probes=[*probes, *needed(load)])
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    (iteration,) = ending.answer["iterations"]
    assert iteration["ops"] == load.get("ops", iteration["ops"]) >= 1
    if "rusage" in probes:
        assert iteration["cpu_s"] > 0
    if "latency" in probes:
        assert sum(count for _, count in iteration["service_time"]) >= iteration["ops"]


@pytest.mark.parametrize(("model", "load"), LOADED)
def test_an_exception_in_a_worker_is_failed(model, load, write):
    """An exception of the user's code is reported with its own traceback, whatever process it was raised in."""
    path = write("mine.py", "def falls_here():\n    raise LookupError('no such thing')\n")
    ending = tried(function(path, "falls_here"), model, load=load, probes=needed(load))
    assert (ending.status, ending.reason) == ("failed", "LookupError: no such thing")
    assert "line 2, in falls_here" in ending.answer["traceback"]


# Not for a pool, which collects its results in order, nor where a blocking call stops all workers.
@pytest.mark.parametrize("model", [model for model in FORMS if lasting(model)], ids=str)
def test_an_exception_while_the_others_wait_is_failed(model, write, tmp_path):
    """One worker's exception ends the trial, though all others would wait for ever."""
    body = (
        "import os, threading, time\n"
        "def work(flag):\n"
        "    try:\n"
        "        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))\n"
        "    except FileExistsError:\n"
        "        time.sleep(3600)\n"
        "    raise LookupError('the first')\n"
    )
    ending = tried(function(write("mine.py", body), flag=str(tmp_path / "flag")), model)
    assert (ending.status, ending.reason) == ("failed", "LookupError: the first")


@pytest.mark.parametrize(("model", "load"), LOADED)
@pytest.mark.parametrize(("how", "words"), [("os._exit(3)", "exit code 3"), ("os.kill(os.getpid(), 9)", "SIGKILL")])
def test_a_worker_that_dies_is_crashed(model, load, how, words, write):
    """A worker that ends without an answer is `crashed`, with its exit code or signal where the model can know it.

    A pool that does not notice by itself is asked to watch its workers.
    """
    model = watching(model)
    ending = tried(
        function(write("mine.py", f"import os\ndef work():\n    {how}\n")), model, load=load, probes=needed(load)
    )
    assert ending.status == "crashed"
    assert words in ending.reason or "BrokenProcessPool" in ending.reason
    assert ending.answer is None or "iterations" not in ending.answer


def watching(model):
    """(name, parameters) of a model, with `watch` on where it is a choice."""
    name, parameters = model if isinstance(model, tuple) else (model, {})
    watched = {"watch": True} if "watch" in catalog.parameters(catalog.load("model", name)) else {}
    return name, {**parameters, **watched}


# Runs in a process of its own: a pool that has lost a worker may never shut down.
BETWEEN = """\
import ast, os, signal, sys, time
from concexp import catalog
from concexp.run.child import process_tree
from concexp.trial import tools

model = catalog.load("model", sys.argv[1])(**ast.literal_eval(sys.argv[2]))
model.open(tools.Job(catalog.load("workload", "cpu_sum")(size=10), 2, None, None, sys.argv[3]))
victim = model.processes()[0]
os.kill(victim, signal.SIGKILL)
while process_tree.alive(victim):
    time.sleep(0.001)
try:
    model.run([(0, 1, None), (1, 1, None)])
except BaseException as error:
    print(type(error).__name__, error, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("method", ["fork", "forkserver"])
@pytest.mark.parametrize("name", PROCESS_MODELS)
def test_a_worker_that_died_between_two_passes_is_noticed(name, method, tmp_path):
    """A worker that dies while it is idle is reported at the next pass, instead of being waited for."""
    _, parameters = watching((name, {"start_method": method}))
    command = [sys.executable, "-c", BETWEEN, name, repr(parameters), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            line = process.stdout.readline()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert line.startswith("WorkerDied "), line
    assert "SIGKILL" in line or "BrokenProcessPool" in line


@pytest.mark.parametrize("model", [*PROCESS_MODELS, *METHODS], ids=str)
def test_how_processes_were_started_is_recorded(model):
    """The answer has the start method that was used, which is the one that was asked for, if any."""
    name, parameters = model if isinstance(model, tuple) else (model, {})
    answer = trial(("cpu_sum", {"size": 10}), (name, parameters), load={"ops": 2, "scaling": "strong"}).answer
    assert answer["start_method"] in ("fork", "forkserver", "spawn")
    assert answer["start_method"] == parameters.get("start_method", answer["start_method"])


@pytest.mark.parametrize("status", ["ok", "invalid", "failed", "crashed", "timeout"])
def test_a_simulated_trial_answers_like_a_real_one(status):
    """A simulated answer has the status that was asked for and the same fields as a real one."""
    load = {"ops": 2, "scaling": "strong"}
    usual = [name for name in catalog.names("probe") if catalog.load("probe", name).always_on(load)]
    real = trial("cpu_sum", "threads", load=load, probes=usual).answer
    made_up = build("model", "simulated", outcome=status).answer(request(load=load, probes=usual))
    assert made_up["status"] == status
    assert bool(made_up["reason"]) == (status != "ok")
    if status in ("ok", "invalid"):
        assert set(made_up) == set(real)
        assert set(made_up["phases"]) == set(real["phases"])
        assert set(made_up["iterations"][0]) == set(real["iterations"][0])


def test_a_simulation_can_be_repeated():
    """The same seed gives the same numbers, and another seed gives different ones."""
    model = build("model", "simulated")
    assert model.answer(request(seed=1)) == model.answer(request(seed=1)) != model.answer(request(seed=2))
