"""What workers allocate: how much at once and at which lines, and what the garbage collector does meanwhile."""

import gc
import linecache
import os
import threading

from concexp.trial import probes, tools
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.probes.profile import TEXT, shown

INTERVAL = 0.01  # seconds between two looks at how much is held
FRAMES = 6  # of a place: the line that allocates may lie in a library, and the one that calls it is the measured code
LINES = 10  # of a process: those that hold the most
GROWTH = 1.1  # a heap that has grown by less since the lines were last taken is not worth another look
# ns: loops over numbers become 40 times slower while each number is followed, so it is not done for longer. A trial has a timeout.
LIMIT = 2_000_000_000
SLOW = 1_000_000_000  # ns: a heap that takes this long to look through is not looked through again
SECOND = 1e9


def missing():
    """Why this interpreter cannot be observed, as a code; "" if it can."""
    try:
        import tracemalloc
    except ImportError:  # PyPy has none
        return "no_tracemalloc"
    if in_sub_interpreter():
        return "sub_interpreter"
    return "in_use" if tracemalloc.is_tracing() else ""


def in_sub_interpreter():
    """True in an interpreter beside others of its process, which share one tracer."""
    from importlib import import_module

    try:
        current = import_module("_interpreters").get_current()
    except ImportError:  # no model has some there
        return False
    return (current[0] if isinstance(current, tuple) else current) != 0


class Observation:
    """What one process allocates, from when this is made until its `end`."""

    def __init__(self):
        self.missing = missing()
        if self.missing:
            return
        import tracemalloc

        self.tracer = tracemalloc
        self.peak = self.largest = self.cost = 0
        self.lines, self.kept = [], None
        self.collections, self.collected, self.collecting, self.since = [0, 0, 0], 0, 0, None
        gc.callbacks.append(self.collect)
        self.started, self.stop = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()
        self.started.wait()

    def collect(self, phase, info):
        """The collector calls this before and after each collection."""
        if phase == "start":
            self.since = clock()
        elif self.since is not None:
            self.collections[info["generation"]] += 1
            self.collected += info["collected"]
            self.collecting += clock() - self.since

    def look(self):
        """Take the lines whenever more is held than before; in a tenth of the time at most."""
        self.tracer.start(FRAMES)  # here, so that what this thread itself was made of is not followed
        self.begun = clock()
        self.started.set()
        pause = INTERVAL
        while not self.stop.wait(pause):
            if clock() - self.begun > LIMIT:
                self.take()
                self.tracer.stop()
                return
            self.take()
            pause = max(INTERVAL, 9 * self.cost / SECOND)

    def take(self):
        """Take the lines if much more is held now than when they were taken last."""
        held, peak = self.tracer.get_traced_memory()
        self.peak = max(self.peak, peak)
        if held <= GROWTH * self.largest or self.cost > SLOW:
            return
        begin = clock()
        self.largest, self.lines = largest(self.tracer.take_snapshot())
        self.tracer.reset_peak()  # what the look itself has allocated is no one's
        self.cost = clock() - begin

    def end(self):
        """What was seen: see `Probe`."""
        if self.missing:
            return {"missing": self.missing}
        self.stop.set()
        self.thread.join()
        if self.tracer.is_tracing():
            self.kept = self.tracer.get_traced_memory()[0]
            self.take()
            self.tracer.stop()
        gc.callbacks.remove(self.collect)
        return {
            "pid": os.getpid(),
            "peak": self.peak,
            "kept": self.kept,
            "seen": self.largest,
            "lines": [described(*line) for line in self.lines],
            "collections": self.collections,
            "collected": self.collected,
            "collecting_s": self.collecting / SECOND,
        }


def largest(snapshot):
    """(bytes that are held in all, the places that hold the most of them); what this observation holds is left out."""
    total, found = 0, []
    for one in snapshot.statistics("traceback"):
        frames = [(frame.filename, frame.lineno) for frame in reversed(list(one.traceback))]
        if all(file != __file__ for file, _ in frames):
            total += one.size
            if len(found) < LINES:
                found.append((one.size, one.count, frames))
    return total, found


def described(size, count, frames):
    """A place as the fact has it."""
    texts = [linecache.getline(file, line).strip()[:TEXT] for file, line in frames]
    return [size, count, [[shown(file), line, ""] for file, line in frames], texts]


def joined(one, other):
    """What was seen of one process in two stretches of a pass: coroutines that never await work one after the other."""
    if other is None or "missing" in one:
        return one
    more, less = (one, other) if one["seen"] >= other["seen"] else (other, one)
    sums = {name: one[name] + other[name] for name in ("collected", "collecting_s")}
    sums["kept"] = None if None in (one["kept"], other["kept"]) else one["kept"] + other["kept"]
    collections = [count + further for count, further in zip(one["collections"], other["collections"])]
    return dict(more, peak=max(more["peak"], less["peak"]), collections=collections, **sums)


class OfProcess:
    """The observation of this process: the first worker of a pass begins it, and the last one to end has what was seen."""

    def __init__(self):
        self.lock = threading.Lock()
        self.pid, self.workers, self.current = None, 0, None

    def open(self):
        """A worker begins a pass."""
        with self.lock:
            if self.pid != os.getpid():  # a fork has the object, and not its thread
                self.pid, self.workers, self.current = os.getpid(), 0, None
            self.workers += 1
            if self.workers == 1:
                self.current = Observation()

    def close(self):
        """A worker has ended its pass: what was seen if it was the last, else None."""
        with self.lock:
            self.workers -= 1
            if self.workers:
                return None
            current, self.current = self.current, None
        return current.end()


OF_PROCESS = OfProcess()


class Watcher(tools.Watcher):
    """Has its process observed for the time of its pass."""

    name = "allocations"

    def __init__(self):
        self.opened = False

    def around(self, work, me):
        self.opened = True
        OF_PROCESS.open()
        return work

    around_async = around

    def seen(self):
        if not self.opened:
            return None
        self.opened = False
        return OF_PROCESS.close()


class Probe(probes.SeparateProbe):
    """How much memory Python holds for the workers at once, which lines hold it, and the garbage collections.

    `tracemalloc` follows each block of Python's allocators, and of libraries that report theirs, from the beginning of the
    pass, for 2 s at most: loops over numbers become 40 times slower meanwhile. What is freed at once leaves no trace, so
    allocations are not counted. The lines are those of the largest heap that a look every 10 ms met.

    Fact: allocations, for each process a dict of its `pid`, `peak` and `kept` (bytes held at most, and at the end; None if it
    was not followed to the end), `seen` (bytes held when the lines were taken), `lines` ([bytes, blocks, frames from the
    innermost out as [file, line, ""], the texts of their lines]), `collections` (their number by generation), `collected`
    (objects) and `collecting_s`; or of `missing`, why not: no_tracemalloc, sub_interpreter, in_use.
    """

    known_as = ("memory", "tracemalloc", "gc", "garbage")
    once = True
    diagnoses = True
    columns = {"allocations": "list"}

    def watcher(self):
        return Watcher()

    def merged(self, seen):
        by_process = {}
        for one in filter(None, seen):
            pid = one.get("pid")
            by_process[pid] = joined(one, by_process.get(pid))
        return {"allocations": list(by_process.values())}
