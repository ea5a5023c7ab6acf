"""One pass of one worker: meet the others at the gate, do the operations, report when and how many.

Orders are a tuple (first, ops, duration): either `ops` operations numbered from `first`, or (ops is None) batches until
`duration` nanoseconds are over. Where all workers take from one source (`me.source`: a schedule, or the arrivals of an open
loop), the orders are (0, None, None). The answer to orders is a `Report`.
"""

from concexp.trial.collector import settle
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.placement import usable_cpus
from concexp.trial.reference import reference_s

# A look at the clock costs about 120 ns: with a batch of 1 ms it is lost in the fifth digit.
SHORTEST_BATCH = 1_000_000
# A worker notes its progress at most this often in a given time, for the cuts of the window: 512 notes are some 50 KB.
NOTES = 512
# Workers that measure the speed of their CPU, the first ones: it delays the gate by a millisecond each where they take turns.
REFERENCE_WORKERS = 8
NOTES_SHOWN = 300  # characters of an exception's notes in its summary; its traceback has all of them


class Report:
    """One worker's account of a pass; a pool makes one for all its workers. Built when the pass is over.

    start, stop   the clock (`time.perf_counter_ns`, the same for all processes of a machine) around the loop, ns
    first, done   the operations done were numbered first … first + done - 1
    total         the sum of what `work` returned
    progress      where time is given: [(clock, operations done by then), …] in ascending order, for `window.Window`
    seen          what the watchers saw, by the name of their probe: one dict for each worker that has any
    """

    __slots__ = ("done", "first", "progress", "seen", "start", "stop", "total")

    def __init__(self, start, stop, first, done, total, progress=(), seen=()):
        self.start = start
        self.stop = stop
        self.first = first
        self.done = done
        self.total = total
        self.progress = progress
        self.seen = seen

    def __reduce__(self):
        return Report, (self.start, self.stop, self.first, self.done, self.total, self.progress, self.seen)

    def __repr__(self):
        return "Report%r" % (self.__reduce__()[1],)

    def __eq__(self, other):
        return self.__reduce__() == other.__reduce__() if isinstance(other, Report) else NotImplemented

    __hash__ = None


def run_pass(workload, me, orders, gate):
    """Run one pass of a plain worker; returns its report. `gate` is a barrier of all workers, or None for one alone."""
    work = watched(workload.work, me)
    if gate is not None:
        gate.wait()
    return with_seen(loop(work, me, orders, first_start_of(gate)), me)


def first_start_of(gate):
    """How the first start of a pass is known to a worker that takes turns with the others, or None.

    A gate of such workers has `first_start(start)`, which returns the first start that it was called with since it opened.
    Their common deadline counts from there: the last to have a turn must not have a time of its own, for it would begin when
    the others' is over.
    """
    return getattr(gate, "first_start", None)


def watched(work, me):
    """`work` with the worker's watchers around it; `work` itself where there are none."""
    for watcher in me.watchers:
        work = watcher.around(work, me)
    return work


def with_seen(report, me):
    """The report, completed by what the worker's watchers saw."""
    if me.watchers:
        report.seen = [seen(me)]
    return report


def seen(me):
    """What the worker's watchers saw since the last time, by the name of their probe."""
    return {watcher.name: watcher.seen() for watcher in me.watchers}


def loop(work, me, orders, first_start=None):
    """The timed loop of a plain worker; returns its report. For `first_start` see `first_start_of`."""
    first, ops, duration = orders
    me.first = first
    if me.source is not None:
        return me.source.serve(work, me)
    if ops is not None:
        start = clock()
        total = work(me, ops)
        stop = clock()
        return Report(start, stop, first, ops, total)
    total = 0
    batch = me.batch
    progress, apart = [], duration // NOTES
    start = before = clock()
    note = start + apart
    deadline = duration + (start if first_start is None else first_start(start))
    while True:
        total += work(me, batch)
        me.first += batch
        now = clock()
        if now >= deadline:
            me.batch = batch
            progress.append((before, me.first - first - batch))
            return Report(start, now, first, me.first - first, total, progress)
        if now >= note:
            progress.append((now, me.first - first))
            note = now + apart
        if now - before < SHORTEST_BATCH:
            batch *= 2
        before = now


async def run_pass_async(workload, me, orders, gate):
    """As `run_pass`, for a coroutine.

    Work that has no `work_async` never awaits, and so blocks the event loop, as it would in real code.
    """
    if workload.work_async is None and me.source is None:
        if gate is not None:
            await gate.wait()
        # Only now do the watchers begin: until its turn comes, the thread is busy with other workers.
        return with_seen(loop(watched(workload.work, me), me, orders, first_start_of(gate)), me)
    work = watched_async(workload.work_async or blocking(workload.work), me)
    if gate is not None:
        await gate.wait()
    return with_seen(await loop_async(work, me, orders, first_start_of(gate)), me)


def watched_async(work, me):
    """As `watched`, for a coroutine function."""
    for watcher in me.watchers:
        work = watcher.around_async(work, me)
    return work


def blocking(work):
    """Wraps blocking work as a coroutine function. It never awaits, so it blocks the event loop, as it would in real code."""

    async def wrapped(me, n):
        return work(me, n)

    return wrapped


async def loop_async(work, me, orders, first_start=None):
    """The timed loop of a coroutine; returns its report. For `first_start` see `first_start_of`."""
    first, ops, duration = orders
    me.first = first
    if me.source is not None:
        return await me.source.serve_async(work, me)
    if ops is not None:
        start = clock()
        total = await work(me, ops)
        stop = clock()
        return Report(start, stop, first, ops, total)
    total = 0
    batch = me.batch
    progress, apart = [], duration // NOTES
    start = before = clock()
    note = start + apart
    deadline = duration + (start if first_start is None else first_start(start))
    while True:
        total += await work(me, batch)
        me.first += batch
        now = clock()
        if now >= deadline:
            me.batch = batch
            progress.append((before, me.first - first - batch))
            return Report(start, now, first, me.first - first, total, progress)
        if now >= note:
            progress.append((now, me.first - first))
            note = now + apart
        if now - before < SHORTEST_BATCH:
            batch *= 2
        before = now


def member(workload, me, gate, receive, send, alone):
    """The life of a persistent worker, in a thread or a process: enter, one report per orders, leave at None.

    `receive()` gives the next orders, `send((kind, value))` answers: ("ready", None), ("report", report), ("left",
    changes) or ("failed", (summary, traceback)). `alone` says that this worker has an interpreter to itself, and so a collector.
    """
    try:
        me.take_place()
        workload.enter(me)
        send(("ready", None))
        for number, orders in enumerate(iter(receive, None)):
            if alone:
                settle()
            # Not in its first pass: where start-up is timed, that would be part of it.
            measures = number and me.index < REFERENCE_WORKERS
            before = reference_s() if measures else None
            report = run_pass(workload, me, orders, gate)
            if measures:
                # After it only where that takes no CPU and no GIL from a worker that is not done yet.
                apart = alone and me.workers <= usable_cpus()
                report.seen = [*report.seen, {"reference": (before, reference_s() if apart else None)}]
            send(("report", report))
        changes = me.changes()
        workload.leave(me)
        send(("left", changes))
    except BaseException as error:  # SystemExit of user code too: the trial must learn of it, whatever it is
        send(("failed", explain(error)))


def explain(error):
    """(summary, traceback) of an exception, as text; the summary says how to give a trial what it lacked."""
    import traceback

    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return with_hint(error), "".join(lines)


def with_hint(error):
    """An exception in a line, with how to give a trial what it lacked."""
    from concexp.trial.diagnostics.hints import hint

    summary, more = summary_of(error), hint(error)
    return "%s (%s)" % (summary, more) if more else summary


def summary_of(error):
    """An exception in a line: its own text, then its notes; of a group also the first exception in it."""
    import traceback

    shown = traceback.TracebackException(type(error), error, None)
    notes, shown.__notes__ = getattr(shown, "__notes__", None), None
    text = list(shown.format_exception_only())[-1].strip()
    if isinstance(notes, (list, tuple)) and notes:
        text += " (note: %s)" % "; ".join(map(str, notes))[:NOTES_SHOWN]
    inner = getattr(error, "exceptions", None)
    if isinstance(inner, tuple) and inner and isinstance(inner[0], BaseException):
        text += ": %s" % summary_of(inner[0])
    return text


class WorkFailed(Exception):
    """An exception in a worker: (summary, traceback) as text, since the exception itself may not travel."""


class Outcome:
    """What a pass came to, for the workload's check.

    ranges   (first, n) of the operations done
    ops      their number
    total    the sum of what `work` returned for all of them
    wall_s   the time that they took, seconds: see `window.Window`
    """

    def __init__(self, reports, wall_s, workers, whole=False):
        self.ranges = [(report.first, report.done) for report in reports]
        if whole:  # from one source: together they did all of them, in whatever order
            self.ranges = [(0, sum(n for _, n in self.ranges))]
        self.ops = sum(n for _, n in self.ranges)
        self.total = sum(report.total for report in reports)
        self.wall_s = wall_s
        self.workers = workers

    def per_residue(self, modulus):
        """How many of the operations done have number % modulus == 0, 1, …: a list of `modulus` counts."""
        counts = [0] * modulus
        for first, n in self.ranges:
            whole, rest = divmod(n, modulus)
            for r in range(modulus):
                counts[r] += whole
            for k in range(rest):
                counts[(first + k) % modulus] += 1
        return counts
