"""How often each worker gives up its CPU, is put off it, and finds a lock taken."""

import os
import threading
from _thread import get_native_id

from concexp.trial import probes, tools
from concexp.trial.probes import rusage, waits


def note(label, taken):
    """Record with this worker's watcher that it asked for a primitive, and whether that was taken."""
    watcher = waits.WATCHER.get()
    if watcher is not None:
        watcher.tried(label, taken)


def may_wait(arguments, named):
    """Whether a call of `acquire` with these arguments may wait; it is `blocking` in threading, `block` in multiprocessing."""
    return arguments[0] if arguments else named.get("blocking", named.get("block", True))


def trying(acquire, label):
    """`acquire`, which first tries without waiting, and notes whether that failed."""

    def tried(*arguments, **named):
        if not may_wait(arguments, named):
            got = acquire(*arguments, **named)
            note(label, not got)
            return got
        if acquire(False):
            note(label, False)
            return True
        note(label, True)
        return acquire(*arguments, **named)

    return tried


def looking(acquire, label):
    """The same for a coroutine function: coroutines take turns, so whether it is taken is known before."""
    locked = getattr(getattr(acquire, "__self__", None), "locked", None)

    async def tried(*arguments, **named):
        if locked is not None:
            note(label, locked())
        return await acquire(*arguments, **named)

    return tried


class Plain(waits.Plain):
    """A primitive of threads, processes or interpreters; one that cannot be tried is used as it is."""

    methods = ("acquire",)
    timed = staticmethod(trying)

    def __enter__(self):
        acquire = getattr(self.primitive, "acquire", None)
        if acquire is None:
            return self.primitive.__enter__()
        free = acquire(False)
        note(self.name + ".acquire", not free)
        return free or self.primitive.__enter__()


class Awaited(waits.Awaited):
    """A primitive of coroutines; one that does not say whether it is taken is used as it is."""

    methods = ("acquire",)
    timed = staticmethod(looking)

    async def __aenter__(self):
        locked = getattr(self.primitive, "locked", None)
        if locked is not None:
            note(self.name + ".acquire", locked())
        return await self.primitive.__aenter__()


class Threads:
    """The threads of this process that are at work, each with its switches since they were last counted for a worker."""

    def __init__(self):
        self.lock = threading.Lock()
        self.pid, self.known = None, {}

    def come(self, tid):
        """A worker is at work in this thread."""
        with self.lock:
            if self.pid != os.getpid():
                self.pid, self.known = os.getpid(), {}
            if tid in self.known:
                self.known[tid][0] += 1
            else:
                self.known[tid] = [1, rusage.thread_switches("self", tid)]

    def go(self, tids):
        """A worker has ended: the [voluntary, involuntary] switches of its threads that count for it; None if not reported.

        Coroutines share a thread: what was counted for one of them is not counted for the next.
        """
        found = [0, 0]
        with self.lock:
            for tid in tids:
                before, now = self.known[tid][1], rusage.thread_switches("self", tid)
                self.known[tid][0] -= 1
                self.known[tid][1] = now
                if not self.known[tid][0]:
                    del self.known[tid]
                if before is None or now is None:  # or the thread has ended
                    return None
                found = [count + new - old for count, new, old in zip(found, now, before)]
        return found


THREADS = Threads()


class Watcher(tools.Watcher):
    """Counts the switches of one worker's threads, and how often it found a primitive taken."""

    name = "switches"

    def __init__(self):
        self.clear()

    def clear(self):
        self.tids, self.asked = set(), {}

    def tried(self, label, taken):
        counts = self.asked.setdefault(label, [0, 0])
        counts[0] += 1
        counts[1] += bool(taken)

    def here(self):
        """This thread is at work for the worker."""
        tid = get_native_id()
        if tid not in self.tids:
            self.tids.add(tid)
            THREADS.come(tid)

    def around(self, work, me):
        def watched(me, n):
            before = waits.WATCHER.set(self)
            self.here()
            try:
                return work(me, n)
            finally:
                waits.WATCHER.reset(before)

        return watched

    def around_async(self, work, me):
        async def watched(me, n):
            waits.WATCHER.set(self)  # in the context of this task alone
            self.here()
            return await work(me, n)

        return watched

    def seen(self):
        if not self.tids:
            return None
        counts = THREADS.go(self.tids)
        voluntary, involuntary = (None, None) if counts is None else counts
        found = {"voluntary": voluntary, "involuntary": involuntary, "asked": self.asked}
        self.clear()
        return found


class Probe(probes.SeparateProbe):
    """Context switches of each worker, and how often it found a lock taken that it asked for.

    A switch is voluntary where a thread begins to wait, for a lock, the GIL, or data, and involuntary where the kernel gives its
    CPU to another. Before a worker waits for a primitive it tries to have it without waiting; where that fails, another holds
    it. Only what has `acquire` can be tried: queues, barriers and locks made of several parts cannot, nor what a model hands
    operations out with.

    Fact: switches, for each worker None or a dict of `voluntary` and `involuntary` (None where the system does not report them)
    and of `asked`: what was asked for -> [how often, how often it was taken].
    """

    known_as = ("contention", "contentions", "context_switches", "locks")
    once = True
    diagnoses = True
    columns = {"switches": "list"}

    def kit(self, kit, workload):
        return waits.Kit(kit, (Plain, Awaited))

    def watcher(self):
        return Watcher()

    def merged(self, seen):
        return {"switches": list(seen)}
