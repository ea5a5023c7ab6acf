"""What keeps each worker from computing: the GIL, the lack of a CPU, or something else."""

import os
import sys
from _thread import get_native_id

from concexp.trial import probes, runtime, tools
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.probes import rusage
from concexp.trial.probes._gil_sampler import GIL

SCOPE = "/proc/sys/kernel/yama/ptrace_scope"
# prctl(2): who may look at this process, and that any process of this user's may.
SET_PTRACER, ANY = 0x59616D61, -1


def let_look():
    """Let the sampler look at this process where the kernel else lets only its ancestors (Yama, as on Ubuntu)."""
    try:
        with open(SCOPE) as file:
            if file.read().strip() != "1":
                return
        import ctypes

        ctypes.CDLL(None).prctl(SET_PTRACER, ctypes.c_ulong(ANY), 0, 0, 0)
    except (OSError, ImportError, AttributeError):
        pass


def no_one_gil():
    """Why workers of this interpreter do not wait for one GIL, as a code; "" if they may."""
    if sys.implementation.name != "cpython":
        return "not_cpython"
    return "" if runtime.gil_enabled() else "no_gil"


AT_WORK = {}  # thread -> the watcher of the worker that is at work there; of coroutines that share it, the first


class Watcher(tools.Watcher):
    """Keeps when one worker was at work in which threads, and how long these had a CPU, and waited for one."""

    name = "gil"

    def __init__(self):
        self.threads = {}  # thread -> (clock, CPU time, wait for a CPU), ns

    def here(self):
        """This thread is at work for the worker."""
        key = os.getpid(), get_native_id()
        if AT_WORK.setdefault(key, self) is self and key not in self.threads:
            self.threads[key] = (clock(), *rusage.own_thread())

    def around(self, work, me):
        let_look()

        def watched(me, n):
            self.here()
            return work(me, n)

        return watched

    def around_async(self, work, me):
        let_look()

        async def watched(me, n):
            self.here()
            return await work(me, n)

        return watched

    def seen(self):
        found = []
        for (pid, tid), (begin, cpu, queued) in self.threads.items():
            AT_WORK.pop((pid, tid), None)
            end, cpu_now, queued_now = (clock(), *times_of(tid))
            if None not in (cpu, cpu_now):
                waited = None if None in (queued, queued_now) else queued_now - queued
                found.append((tid, begin, end, cpu_now - cpu, waited))
        self.threads = {}
        return found


def times_of(tid):
    """(CPU ns, wait for a CPU, ns) of a thread of this process; None where not reported."""
    if tid == get_native_id():
        return rusage.own_thread()
    try:
        with open("/proc/self/task/%d/schedstat" % tid) as file:
            used, waited, _ = file.read().split()
    except (OSError, ValueError):
        return None, None
    return int(used), int(waited)


class Probe(probes.SeparateProbe):
    """The shares of each worker's time: on a CPU, waiting for a CPU, waiting for the GIL, and waiting for anything else.

    The kernel reports how long a thread had a CPU and how long it could have run and had none. What it waits for while it
    sleeps is sampled every 2 ms by a process of its own, from outside, so that it does not need the GIL: the interpreter
    may be any CPython. Of coroutines that share a thread the first is seen, for all of them.

    Fact: gil_waits, for each worker a dict, None for one that shares another's thread: `wall_s`, `cpu_s` and `queue_s` (waited for
    a CPU; None where not reported), `samples`, and of these `gil`; or `missing` in place of these two, why: no_gil, not_cpython,
    not_permitted, not_reported.
    """

    known_as = ("py-spy", "pyspy", "gilknocker")
    once = True
    diagnoses = True
    columns = {"gil_waits": "list"}

    def begin(self, processes, servers):
        self.missing, self.sampler = no_one_gil(), None
        if not self.missing:
            from concexp.trial.servers import spawn  # late: it brings sockets

            let_look()
            pids = repr([os.getpid(), *processes])
            self.sampler, _ = spawn("the sampler of the GIL", "probes/_gil_sampler.py", pids)

    def end(self, processes, servers):
        self.states = {}  # thread -> [(clock, state)]
        if self.sampler is not None:
            self.sampler.terminate()
            lines = self.sampler.stdout.read().decode().split("\n")  # some of it may have come with the first line
            self.sampler.communicate()
            if not lines[0][:1].isdigit():
                self.missing = lines[0] or "not_reported"
                return {}
            for when, *states in map(str.split, lines):
                for one in states:
                    tid, _, state = one.partition(":")
                    self.states.setdefault(int(tid), []).append((int(when), state))
        return {}

    def watcher(self):
        return Watcher()

    def merged(self, seen):
        return {"gil_waits": [self.row(threads) for threads in seen]}

    def row(self, threads):
        """One worker's entry of the fact, from what its watcher saw."""
        if not threads:
            return None
        queued = [waited for *_, waited in threads]
        return {
            "wall_s": sum(end - begin for _, begin, end, _, _ in threads) / 1e9,
            "cpu_s": sum(used for *_, used, _ in threads) / 1e9,
            "queue_s": None if None in queued else sum(queued) / 1e9,
            **self.sampled(threads),
        }

    def sampled(self, threads):
        """How often these threads were seen at work, and of that waiting for the GIL; or why that is not known."""
        if self.missing:
            return {"missing": self.missing}
        states = [
            state
            for tid, begin, end, _, _ in threads
            for when, state in self.states.get(tid, ())
            if begin <= when <= end
        ]
        return {"samples": len(states), "gil": states.count(GIL)}
