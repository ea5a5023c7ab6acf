"""One pass of one worker: meet the others at the gate, do the operations, tell when and how many.

Orders are a tuple (first, ops, duration): either `ops` operations numbered from `first`, or (ops is None) batches until
`duration` nanoseconds are over. Where all workers take from one source (`me.source`: a schedule, or the arrivals of an open
loop), the orders are (0, None, None). A report is a tuple

    (start, stop, first, done, late, after, total[, seen])

start, stop   the clock (`time.perf_counter_ns`, the same for all processes of a machine) around the loop, ns
first, done   the operations done were numbered first … first + done - 1
late          how many of them belong to the last batch, which ended when the time was already over (0 for counted ops)
after         how many of them ended after `stop` even so: tasks of a pool that were under way (0 for all others)
total         the sum of what `work` returned
seen          for each worker that it speaks of, what its watchers saw, by the name of their probe; only if there are any
"""

import gc
from time import perf_counter_ns as clock

# A look at the clock costs about 120 ns: with a batch of 1 ms it is lost in the fifth digit.
SHORTEST_BATCH = 1_000_000


def settle():
    """Collect what there is and keep the survivors out of the collector's sight, so that no pass pays for the last one.

    The collector stays on: its cost belongs to the work.
    """
    gc.collect()
    if hasattr(gc, "freeze"):  # PyPy has none
        gc.freeze()


def run_pass(workload, me, orders, gate, begun=None):
    """One pass of a plain worker; `gate` is a barrier of all workers, or None for one alone.

    `begun` is the clock when the pass began for all, where workers take turns: the last must not have a time of its own.
    A gate of such workers tells it as `opened`.
    """
    work = watched(workload.work, me)
    if gate is not None:
        gate.wait()
        begun = getattr(gate, "opened", begun)
    return with_seen(loop(work, me, orders, begun), me)


def watched(work, me):
    """`work` with the worker's watchers around it: `work` itself where there are none, as always when nobody asked."""
    for watcher in me.watchers:
        work = watcher.around(work, me)
    return work


def with_seen(report, me):
    """The report, with what the watchers saw."""
    return (*report, [seen(me)]) if me.watchers else report


def seen(me):
    """What the worker's watchers saw since the last time, by the name of their probe."""
    return {watcher.name: watcher.seen() for watcher in me.watchers}


def loop(work, me, orders, begun=None):
    """The timed loop of a plain worker: its report."""
    first, ops, duration = orders
    me.first = first
    if me.source is not None:
        return me.source.serve(work, me)
    if ops is not None:
        start = clock()
        total = work(me, ops)
        return start, clock(), first, ops, 0, 0, total
    total = 0
    batch = me.batch
    start = before = clock()
    deadline = (begun or start) + duration
    while True:
        total += work(me, batch)
        me.first += batch
        now = clock()
        if now >= deadline:
            me.batch = batch
            return start, now, first, me.first - first, batch, 0, total
        if now - before < SHORTEST_BATCH:
            batch *= 2
        before = now


async def run_pass_async(workload, me, orders, gate):
    """The same for a coroutine. Work that has no `work_async` never awaits, and so blocks the loop: as it would for real."""
    if workload.work_async is None and me.source is None:
        return run_pass(workload, me, orders, None, None if gate is None else await gate.wait())
    work = workload.work_async or blocking(workload.work)
    for watcher in me.watchers:
        work = watcher.around_async(work, me)
    begun = None if gate is None else await gate.wait()
    return with_seen(await loop_async(work, me, orders, begun), me)


def blocking(work):
    """Plain work in the dress of a coroutine: nobody else runs meanwhile."""

    async def dressed(me, n):
        return work(me, n)

    return dressed


async def loop_async(work, me, orders, begun):
    """The timed loop of a coroutine: its report."""
    first, ops, duration = orders
    me.first = first
    if me.source is not None:
        return await me.source.serve_async(work, me)
    if ops is not None:
        start = clock()
        total = await work(me, ops)
        return start, clock(), first, ops, 0, 0, total
    total = 0
    batch = me.batch
    start = before = clock()
    deadline = (begun or start) + duration
    while True:
        total += await work(me, batch)
        me.first += batch
        now = clock()
        if now >= deadline:
            me.batch = batch
            return start, now, first, me.first - first, batch, 0, total
        if now - before < SHORTEST_BATCH:
            batch *= 2
        before = now


def member(workload, me, gate, receive, send, alone):
    """The life of a persistent worker, in a thread or a process: enter, one report per orders, leave at None.

    `receive()` gives the next orders, `send((kind, value))` answers: ("ready", None), ("report", report) or
    ("failed", (summary, traceback)). `alone` says that this worker has an interpreter to itself, and so a collector.
    """
    try:
        me.take_place()
        workload.enter(me)
        send(("ready", None))
        for orders in iter(receive, None):
            if alone:
                settle()
            send(("report", run_pass(workload, me, orders, gate)))
        workload.leave(me)
        send(("left", None))
    except BaseException as error:  # SystemExit of user code too: the trial must learn of it, whatever it is
        send(("failed", explain(error)))


def explain(error):
    """(summary, traceback) of an exception, as text."""
    import traceback

    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return traceback.format_exception_only(type(error), error)[-1].strip(), "".join(lines)


class WorkFailed(Exception):
    """An exception in a worker: (summary, traceback) as text, since the exception itself may not travel."""


class Outcome:
    """What a pass came to, for the workload's check.

    ranges   (first, n) of the operations done, those included that the window does not count
    ops      their number
    late     how many of them the window may leave out
    total    the sum of what `work` returned for all of them
    wall_s   the window, seconds
    """

    def __init__(self, reports, wall_s, workers, whole=False):
        self.ranges = [(report[2], report[3]) for report in reports]
        if whole:  # from one source: together they did all of them, in whatever order
            self.ranges = [(0, sum(n for _, n in self.ranges))]
        self.ops = sum(n for _, n in self.ranges)
        self.late = sum(report[4] + report[5] for report in reports)
        self.total = sum(report[6] for report in reports)
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
