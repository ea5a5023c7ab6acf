"""What code under test changes of its interpreter: noticed in every model, and named with both values."""

import gc
import signal
import sys
import threading
import tracemalloc

import pytest

from concexp.trial import interpreter_state
from concexp.trial.interpreter_state import differences, take
from tests.helpers.children import function, trial


def changed_by(change):
    """The changes that are noticed after `change()`."""
    before = take()
    change()
    return differences(before, take())


def tracer(*arguments):
    """Traces nothing."""


def test_nothing_changes_by_itself():
    """Two looks at the same interpreter agree."""
    assert changed_by(lambda: None) == []


def test_settings_are_named_with_both_values(monkeypatch):
    """As a reader knows them."""
    interval = sys.getswitchinterval()
    try:
        assert changed_by(lambda: sys.setswitchinterval(0.25)) == [("switch interval", f"{interval:g} s", "0.25 s")]
    finally:
        sys.setswitchinterval(interval)
    try:
        ((what, before, after),) = changed_by(gc.disable)
    finally:
        gc.enable()
    assert (what, before.split()[0], after.split()[0]) == ("garbage collection", "on,", "off,")
    try:
        assert changed_by(lambda: sys.setprofile(tracer)) == [
            ("trace and profile functions", "no function", f"{__name__}.tracer")
        ]
    finally:
        sys.setprofile(None)
    before = signal.signal(signal.SIGUSR2, signal.SIG_DFL)
    try:
        ((_, _, ignored),) = changed_by(lambda: signal.signal(signal.SIGUSR2, signal.SIG_IGN))
        ((what, _, traced),) = changed_by(lambda: signal.signal(signal.SIGUSR2, tracer))
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert (what, "SIGUSR2: ignored" in ignored, f"SIGUSR2: {__name__}.tracer" in traced) == (
        "signal handlers",
        True,
        True,
    )
    try:
        ((what, _, now),) = changed_by(lambda: signal.setitimer(signal.ITIMER_PROF, 1000))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    assert (what, "ITIMER_PROF" in now) == ("timers", True)
    try:
        assert changed_by(tracemalloc.start) == [("tracemalloc", "off", "on")]
    finally:
        tracemalloc.stop()


def test_replaced_threads_are_noticed(monkeypatch):
    """Whatever starts them instead is named."""
    name = "_" + interpreter_state.STARTERS[-1]
    watch = interpreter_state.Watch()
    watch.note()
    assert watch.lost_threads() == ""
    monkeypatch.setattr(threading, name, tracer)
    watch.note()
    watch.note()
    assert watch.lost_threads().startswith("the workers were not threads: the code under test replaced _thread.")
    assert watch.lost_threads().endswith(f"{__name__}.tracer")
    assert len(watch.facts()) == 1


CHANGES = {
    "switch interval": "sys.setswitchinterval(0.001)",
    "garbage collection": "gc.disable()",
    "trace and profile functions": "sys.setprofile(lambda *_: None)",
    "usable CPUs": "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})",
    "priority (nice)": "os.nice(1)",
    "signal handlers": "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "timers": "signal.setitimer(signal.ITIMER_VIRTUAL, 1000)",
    "scheduling policy": "os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))",
}
PLACES = {
    "import": "{change}\ndef work(): pass\n",
    "set-up": "class work:\n    def setup(self): {change}\n    def run(self): pass\n",
    "operation": "def work(): {change}\n",
}
MODELS = [
    "serial",
    "threads",
    "thread_pool",
    "to_thread",
    "asyncio",
    "processes",
    "process_pool",
    "mp_pool",
    "hybrid",
    "loops",
]


def changed(write, code, model, **more):
    """The changes in the record of a trial of this code, by what was changed."""
    path = write("mine.py", "import gc, os, signal, sys\n" + code)
    ended = trial(function(path), model, load={"ops": 4, "scaling": "strong"}, warmup=0, **more)
    assert ended.status == "ok", ended
    return {one["what"]: (one["before"], one["after"]) for one in ended.answer["changed"]}


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("model", MODELS)
def test_a_change_is_noticed_wherever_it_happens(write, model, place):
    """In every model, when the file is imported, in a set-up and in an operation."""
    found = changed(write, PLACES[place].format(change="sys.setswitchinterval(0.001)"), model)
    assert found == {"switch interval": ("0.005 s", "0.001 s")}


@pytest.mark.slow
@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("model", ["serial", "threads", "processes"])
def test_each_setting_is_looked_at(write, model, what):
    """By the worker whose thread it belongs to."""
    if what == "usable CPUs" and len(__import__("os").sched_getaffinity(0)) < 2:
        pytest.skip("with one CPU there is none to give up")
    if (what, model) == ("signal handlers", "threads"):
        pytest.skip("only the main thread may change them")
    assert what in changed(write, PLACES["set-up"].format(change=CHANGES[what]), model)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("more", [{}, {"switch_interval": 0.0003, "pin": "compact"}], ids=["as it comes", "set"])
def test_what_the_experiment_asks_for_is_no_change(write, model, more):
    """Nor what a model itself does: a function that changes nothing has an empty list."""
    assert changed(write, "def work(): pass\n", model, iterations=3, **more) == {}


GREENLETS = """\
import _thread, threading

real = _thread.start_new_thread

def start_new_thread(function, *arguments, **named):
    "Another library's thread."
    return real(function, *arguments, **named)

_thread.start_new_thread = start_new_thread
for name in ("_start_new_thread", "_start_joinable_thread"):
    if hasattr(threading, name):
        setattr(threading, name, start_new_thread if name == "_start_new_thread" else getattr(threading, name))

def work(): pass
"""


@pytest.mark.slow
@pytest.mark.parametrize("model", ["threads", "thread_pool", "to_thread", "hybrid"])
def test_a_model_of_threads_without_threads_is_invalid(write, model):
    """The standard library was patched, as gevent and eventlet do it: threads are no longer what they are called."""
    ended = trial(function(write("mine.py", GREENLETS)), model, warmup=0)
    assert ended.status == "invalid"
    assert ended.reason.startswith("the workers were not threads: the code under test replaced _thread.start_new")
    assert "mine.start_new_thread" in ended.reason


@pytest.mark.slow
def test_processes_stay_processes(write):
    """There the same patch is a change like others."""
    found = changed(write, GREENLETS, "processes")
    assert list(found) == [interpreter_state.THREAD_START]
