"""How long workers waited at each primitive: the primitives that the work uses are wrapped, and record their waits."""

from array import array
from contextvars import ContextVar

from concexp.trial import probes, tools
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.probes.latency import added, histogram
from concexp.trial.sync._state import Held

# The methods in which a worker may have to wait. Releasing is not among them.
WAITING = ("acquire", "get", "join", "put", "wait", "wait_for")
# The watcher of the worker that runs: threads, processes, coroutines and interpreters each have their own context.
WATCHER = ContextVar("watcher", default=None)


def note(label, begin):
    """Record a wait that began at `begin` (the clock, ns) with this worker's watcher; outside a pass there is none."""
    watcher = WATCHER.get()
    if watcher is not None:
        watcher.note(label, begin, clock())


def timed(wait, label):
    """`wait`, which notes how long it took; so does one that gave up."""

    def waiting(*arguments, **named):
        begin = clock()
        try:
            return wait(*arguments, **named)
        finally:
            note(label, begin)

    return waiting


def timed_async(wait, label):
    """As `timed`, for a coroutine function."""

    async def waiting(*arguments, **named):
        begin = clock()
        try:
            return await wait(*arguments, **named)
        finally:
            note(label, begin)

    return waiting


class Observed:
    """A primitive in a wrapper; subclasses define how it is entered. All other attributes are the primitive's own.

    methods   those that are observed
    timed     (method, label) -> the observed method
    """

    methods = WAITING
    timed = staticmethod(timed)

    def __init__(self, primitive, name):
        self.primitive = primitive
        self.name = name

    def __reduce__(self):
        return type(self), (self.primitive, self.name)

    def __getattr__(self, attribute):
        value = getattr(self.primitive, attribute)
        if attribute in self.methods:
            value = self.timed(value, "%s.%s" % (self.name, attribute))
        elif hasattr(value, "__enter__") or hasattr(value, "__aenter__"):  # one side of a lock that has several
            value = type(self)(value, "%s.%s" % (self.name, attribute))
        else:
            return value
        setattr(self, attribute, value)  # the next time it is there at once
        return value


class Plain(Observed):
    """A primitive of threads, processes or interpreters."""

    def __enter__(self):
        begin = clock()
        try:
            return self.primitive.__enter__()
        finally:
            note(self.name + ".acquire", begin)

    def __exit__(self, *error):
        return self.primitive.__exit__(*error)


class Awaited(Observed):
    """A primitive of coroutines."""

    timed = staticmethod(timed_async)

    async def __aenter__(self):
        begin = clock()
        try:
            return await self.primitive.__aenter__()
        finally:
            note(self.name + ".acquire", begin)

    async def __aexit__(self, *error):
        return await self.primitive.__aexit__(*error)


def observed(primitive, name, wrapper):
    """A primitive, or each of several, in its wrapper; None stays None."""
    if primitive is None:
        return None
    if isinstance(primitive, (tuple, list)):
        return tuple(observed(one, name, wrapper) for one in primitive)
    if isinstance(primitive, Held):  # an update waits for the guard, and for nothing else
        return Held(primitive.holder, observed(primitive.guard, name, wrapper))
    return wrapper(primitive, name)


class Tools(tools.Tools):
    """Tools whose products are observed."""

    def __init__(self, native, wrapper):
        super().__init__(
            native.owner, native.factories, native.array, native.asynchronous, native.folder, native.workers
        )
        self.ending, self.pids = native.ending, native.pids  # there is one end of the trial
        self.wrapper = wrapper

    def make(self, name, *arguments, **named):
        return observed(super().make(name, *arguments, **named), name, self.wrapper)


class Kit(tools.Kit):
    """The same kit. A primitive of the experiment's is made of native parts and observed as a whole, however it waits: at
    a condition, by naps, or in the kernel. So one acquisition is one wait, whatever the lock is made of.

    wrappers   the class for primitives that block, and the one for those of coroutines
    """

    def __init__(self, kit, wrappers=(Plain, Awaited)):
        self.native, self.wrapper = kit, wrappers[kit.tools.asynchronous]
        lent = Tools(kit.tools, self.wrapper)
        super().__init__(lent, kit.sync, kit.primitive, kit.workers, kit.folder, kit.ops, kit.pace)

    def new_primitive(self, capacity=0):
        return observed(self.native.new_primitive(capacity), tools.name_of(self.sync), self.wrapper)

    def pair(self):
        return observed(self.native.pair(), tools.name_of(self.sync), self.wrapper)


class Watcher(tools.Watcher):
    """Keeps the waits of one worker, and the time of its work in all."""

    name = "waits"

    def __init__(self):
        self.worked = 0
        self.waits = {}

    def note(self, label, begin, end):
        waits = self.waits.get(label)
        if waits is None:
            waits = self.waits[label] = array("q")
        waits.append(end - begin)

    def around(self, work, me):
        def watched(me, n):
            # Put back afterwards: a worker may be the trial's own thread, which also prepares and checks.
            before = WATCHER.set(self)
            begin = clock()
            try:
                return work(me, n)
            finally:
                self.worked += clock() - begin
                WATCHER.reset(before)

        return watched

    def around_async(self, work, me):
        async def watched(me, n):
            WATCHER.set(self)  # in the context of this task alone
            begin = clock()
            try:
                return await work(me, n)
            finally:
                self.worked += clock() - begin

        return watched

    def seen(self):
        found = self.worked, {label: (len(w), sum(w), histogram(w)) for label, w in self.waits.items()}
        self.worked = 0
        self.waits = {}
        return found


class Probe(probes.SeparateProbe):
    """How often and how long each worker waited at each primitive, in trials of their own with wrapped primitives.

    A wait is the time from asking to having: in `with`, `acquire`, `wait`, `wait_for`, `put`, `get` and `join`, of the
    experiment's primitive as a whole and of those that the workload makes. It holds the call itself and a look at the
    clock: a free lock shows about 0.3 us. Not in it: giving back, though some locks may have to wait
    there as well; and the ways in which a model hands out operations.

    Facts: waits (their number), waited_s and worked_s (seconds of all workers together), wait_time (a list of
    (class, count); see `latency.histogram`), worker_waits (of each worker: what it waited in -> (count, seconds)).
    """

    columns = {
        "waits": "number",
        "waited_s": "number",
        "worked_s": "number",
        "wait_time": "histogram",
        "worker_waits": "list",
    }

    @classmethod
    def applies_to(cls, sync):
        return sync.interface != "none"

    def kit(self, kit, workload):
        return Kit(kit)

    def watcher(self):
        return Watcher()

    def merged(self, seen):
        every = [wait for _, waits in seen for wait in waits.values()]
        return {
            "waits": sum(count for count, _, _ in every),
            "waited_s": sum(ns for _, ns, _ in every) / 1e9,
            "worked_s": sum(worked for worked, _ in seen) / 1e9,
            "wait_time": added(times for _, _, times in every),
            "worker_waits": [
                {label: (count, ns / 1e9) for label, (count, ns, _) in sorted(waits.items())} for _, waits in seen
            ],
        }
