"""Where the workers stand: a sampling profile of their own threads, line by line."""

import linecache
import os
import sys
import threading

from concexp.trial import probes, tools
from concexp.trial.own_time import clock_gettime_ns, perf_counter_ns, pthread_getcpuclockid

INTERVAL = 0.002  # seconds between two looks; beside threads that compute, each look waits for the GIL as well
DEPTH = 8  # frames of a place, from the innermost out
PLACES = 20  # of a worker: those with the most samples
TEXT = 100  # characters of a line
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
LIBRARY = os.path.dirname(os.path.abspath(os.__file__))
OF_LIBRARY = "<library>/"  # in front of a file of the standard library


def shown(path):
    """A file without the folders of this machine: below the code of trials, in the standard library, or with its own folder."""
    for root, prefix in ((ROOT, ""), (LIBRARY, OF_LIBRARY)):
        if path.startswith(root + os.sep) and "site-packages" not in path:
            return prefix + path[len(root) + 1 :].replace(os.sep, "/")
    return "/".join(path.split(os.sep)[-2:])


def cpu_clock():
    """The CPU clock of this thread, for other threads to read; None where there is none."""
    try:
        return None if pthread_getcpuclockid is None else pthread_getcpuclockid(threading.get_ident())
    except OSError:
        return None


class Sampler:
    """Looks at the workers' threads of this process; its own thread lives from the first worker's pass to the last's."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.pid = os.getpid()
        self.lock = threading.Lock()
        self.workers = {}  # thread -> [watcher, its CPU clock, when it was read, what it read]
        self.passes = 0
        self.thread = self.stop = None

    def open(self):
        """A worker begins a pass."""
        if self.pid != os.getpid():  # a fork has the object, and not its thread
            self.reset()
        with self.lock:
            self.passes += 1
            if self.thread is None:
                self.stop = threading.Event()
                self.thread = threading.Thread(target=self.run, args=(self.stop,), daemon=True)
                self.thread.start()

    def close(self):
        """A worker has ended its pass."""
        with self.lock:
            self.passes -= 1
            if self.passes > 0 or self.thread is None:
                return
            thread, self.thread = self.thread, None
            self.stop.set()
            self.workers.clear()
        thread.join()

    def watch(self, watcher):
        """This thread works for a worker; of coroutines that share one, the first gets what is seen."""
        clock = cpu_clock()
        with self.lock:
            self.workers.setdefault(threading.get_ident(), [watcher, clock, perf_counter_ns(), used(clock)])

    def run(self, stop):
        while not stop.wait(INTERVAL):
            frames = sys._current_frames()
            with self.lock:
                workers = list(self.workers.items())
            for ident, known in workers:
                frame = frames.get(ident)
                if frame is not None:
                    known[0].take(frame, self.on_cpu(known))
            frames = frame = None  # else they would live until the next look

    def on_cpu(self, known):
        """True if a thread has used a CPU for most of the time since the last look; None where that is not known."""
        _, clock, before, used_before = known
        now, used_now = perf_counter_ns(), used(clock)
        known[2:] = now, used_now
        if used_now is None or used_before is None:
            return None
        return 2 * (used_now - used_before) > now - before


def used(clock):
    """ns of CPU time on a thread's clock; None where that is not known, or the thread has ended."""
    try:
        return None if clock is None else clock_gettime_ns(clock)
    except OSError:
        return None


SAMPLER = Sampler()


class Watcher(tools.Watcher):
    """Counts the places at which one worker was seen at work: {frames: [samples, of these on a CPU]}."""

    name = "profile"

    def __init__(self):
        self.opened = False

    def begin(self):
        self.places, self.elsewhere, self.thread = {}, 0, None
        self.opened = True
        SAMPLER.open()

    def here(self):
        """This thread is at work for the worker."""
        if self.thread != threading.get_ident():
            self.thread = threading.get_ident()
            SAMPLER.watch(self)

    def around(self, work, me):
        self.begin()

        def watched(me, n):
            self.here()
            return work(me, n)

        self.outermost = watched.__code__
        return watched

    def around_async(self, work, me):
        self.begin()

        async def watched(me, n):
            self.here()
            return await work(me, n)

        self.outermost = watched.__code__
        return watched

    def take(self, frame, on_cpu):
        """Count where a thread stands: the innermost DEPTH frames of the work, if it is at work."""
        place = []
        while frame is not None and frame.f_code is not self.outermost:
            place.append(
                (frame.f_code.co_filename, frame.f_lineno or frame.f_code.co_firstlineno, frame.f_code.co_name)
            )
            frame = frame.f_back
        if frame is None or not place:
            self.elsewhere += 1
            return
        known = self.places.setdefault(tuple(place[:DEPTH]), [0, 0])
        known[0] += 1
        known[1] += bool(on_cpu)

    def seen(self):
        if not self.opened:
            return None
        self.opened = False
        SAMPLER.close()
        most = sorted(self.places.items(), key=lambda item: (-item[1][0], item[0]))
        found = [
            [samples, on_cpu, [[shown(file), line, name] for file, line, name in place], text_of(place)]
            for place, (samples, on_cpu) in most[:PLACES]
        ]
        samples = sum(samples for _, (samples, _) in most)
        return {"samples": samples, "elsewhere": self.elsewhere, "places": found}


def text_of(place):
    """The source lines of a place's frames."""
    return [linecache.getline(file, line).strip()[:TEXT] for file, line, _ in place]


class Probe(probes.SeparateProbe):
    """Where each worker stands, as a thread of its process sees it every 2 ms, in one trial of its own per cell.

    A worker that waits shows the line at which it waits, one that computes the line that it computes. Whether it had a CPU since
    the last look is read from its own clock, where the system has one. Looking needs the GIL: beside threads that compute, a look
    comes where one of them gives it up. Coroutines that wait do not show, only the one whose turn it is, or their loop.

    Fact: profile, for each worker None or a dict of `samples`, how often it was seen at work, `elsewhere`, how often its thread was
    seen at something else, and its most frequent `places`: [samples, of these on a CPU, frames from the innermost out as [file,
    line, function], the texts of their lines].
    """

    known_as = ("stacks", "profiler", "sampling", "cprofile")
    once = True
    diagnoses = True
    columns = {"profile": "list"}

    def watcher(self):
        return Watcher()

    def merged(self, seen):
        return {"profile": list(seen)}
