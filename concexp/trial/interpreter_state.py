"""How this interpreter and the calling thread are set, as far as times depend on it, and what was changed of that.

Code under test may change the settings of the interpreter that it shares with the workers: by `gevent.monkey.patch_all()`, which
turns threads into greenlets, by `sys.setswitchinterval`, `gc.disable`, `os.sched_setaffinity` … They are read before such code is
imported, and again after the passes. That takes some microseconds.
"""

import _signal  # `signal` itself imports enum, which is half as slow to start as all the rest
import _thread
import gc
import os
import sys

from concexp.trial.runtime import switch_interval

THREAD_START = "start of threads"
STARTERS = [name for name in ("start_new_thread", "start_joinable_thread") if hasattr(_thread, name)]
NATIVE = [getattr(_thread, name) for name in STARTERS]
TIMERS = ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")  # they interrupt whatever runs
SHOWS_STACKS = getattr(_signal, "SIGUSR1", None)  # it shows where a trial hangs; it is not the code's
SIGNALS = [number for number in range(1, _signal.NSIG) if number != SHOWS_STACKS]
HANDLERS = [_signal.getsignal(number) for number in SIGNALS]


def starters():
    """The functions that start threads: that of `_thread`, and those of `threading`, once it is imported, that are not native."""
    threading = sys.modules.get("threading")  # to import it would make a bare trial start later
    used = [getattr(threading, "_" + name, None) for name in STARTERS]
    return (
        _thread.start_new_thread,
        *[function for function in used if function is not None and function not in NATIVE],
    )


def cpus():
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None


def priority():
    return os.getpriority(os.PRIO_PROCESS, 0)


def policy():
    return os.sched_getscheduler(0) if hasattr(os, "sched_getscheduler") else None


def policy_name(number):
    return next((name for name in dir(os) if name.startswith("SCHED_") and getattr(os, name) == number), str(number))


def handlers():
    """What Python calls for which signal: of those that were changed since this module was imported."""
    found = [(number, _signal.getsignal(number)) for number in SIGNALS]
    return [pair for pair, first in zip(found, HANDLERS) if pair[1] != first]


def handlers_text(pairs):
    names = {getattr(_signal, name): name for name in dir(_signal) if name.startswith("SIG") and "_" not in name}
    return (
        ", ".join("%s: %s" % (names.get(number, number), handler_text(one)) for number, one in pairs)
        or "as at the start"
    )


def handler_text(handler):
    if callable(handler):
        return name_of(handler)
    return {_signal.SIG_DFL: "default", _signal.SIG_IGN: "ignored"}.get(handler, "unknown")


def timers():
    return [name for name in TIMERS if hasattr(_signal, name) and any(_signal.getitimer(getattr(_signal, name)))]


def collector():
    return (gc.isenabled(), *(gc.get_threshold() if hasattr(gc, "get_threshold") else ()))


def tracers():
    """What is called as code runs: the functions of the calling thread, and the tools of the interpreter."""
    monitoring = getattr(sys, "monitoring", None)
    tools = () if monitoring is None else tuple(monitoring.get_tool(number) for number in range(6))
    return (sys.gettrace(), sys.getprofile(), *tools)


def memory_tracer():
    module = sys.modules.get("_tracemalloc")
    return module is not None and module.is_tracing()


def name_of(function):
    """A function as a reader knows it: module and name."""
    if isinstance(function, str):  # a tool of sys.monitoring
        return function
    return "%s.%s" % (getattr(function, "__module__", "?"), getattr(function, "__qualname__", type(function).__name__))


def names_of(functions):
    """Several functions, each once; some may be None."""
    names = [name_of(function) for function in functions if function is not None]
    return ", ".join(dict.fromkeys(names)) or "no function"


# Each part of a state: what it is called, what reads it, and how its value is written.
PARTS = (
    (THREAD_START, starters, names_of),
    ("switch interval", switch_interval, "{:g} s".format),
    ("usable CPUs", cpus, lambda cpus: ", ".join(map(str, sorted(cpus)))),
    ("priority (nice)", priority, str),
    ("scheduling policy", policy, policy_name),
    ("signal handlers", handlers, handlers_text),
    ("timers", timers, lambda names: ", ".join(names) or "no timer"),
    ("garbage collection", collector, lambda value: "%s, thresholds %s" % ("on" if value[0] else "off", value[1:])),
    ("trace and profile functions", tracers, names_of),
    ("tracemalloc", memory_tracer, lambda on: "on" if on else "off"),
)


def take():
    """The state now: the value of each part."""
    return [read() for _, read, _ in PARTS]


def differences(before, after):
    """What differs between two states: (what, its value before, its value after), as texts."""
    return [(what, text(old), text(new)) for (what, _, text), old, new in zip(PARTS, before, after) if old != new]


class Watch:
    """Collects what code under test changes in this process: `found` holds each change once.

    It looks away while a model starts or ends its workers: what the model's own library changes then is not the code's.
    """

    def __init__(self):
        self.found = {}
        self.look()

    def look(self):
        """From now on."""
        self.noted = take()

    def note(self):
        """Keep what has changed since the last look."""
        self.add(differences(self.noted, take()))

    def add(self, changes):
        """Keep changes that were noticed here or by a worker."""
        self.found.update((tuple(change), True) for change in changes)

    def lost_threads(self):
        """Why threads that were started since are none, or an empty text."""
        replaced = [(before, after) for what, before, after in self.found if what == THREAD_START]
        return "the workers were not threads: the code under test replaced %s by %s" % replaced[0] if replaced else ""

    def facts(self):
        """The changes for the record."""
        return [{"what": what, "before": before, "after": after} for what, before, after in self.found]


def seed(request):
    """Let code that is not our own draw what a trial's luck decides."""
    if may_draw(request):
        import random

        random.seed(request["luck"])


def may_draw(request):
    """Whether code may draw from `random` that is not concexp's own: user code, or a plug-in of another package."""
    entries = [request[kind] for kind in ("workload", "model", "sync")]
    background = request.get("background")
    if background:
        entries += [background["workload"], background["model"]]
    return any("reference" in entry or entry["name"].startswith("_") for entry in entries)
