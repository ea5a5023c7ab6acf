"""`multiprocessing.Pool`: the older pool of processes, with its several ways to hand over operations."""

import contextlib
import signal
from concurrent.futures import Future
from multiprocessing import pool
from threading import Semaphore

from concexp.trial import passes, tools
from concexp.trial.diagnostics import notes
from concexp.trial.models import _pools
from concexp.trial.models.process_pool import begin, call, needs_counted
from concexp.trial.models.processes import primitives, resolve, start_tracker
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.passes import Report
from concexp.trial.window import pool_report

LOOK = 0.1  # seconds between two checks of the workers


def operate(number):
    """What a task runs."""
    return call("task", number)


class Recruiter:
    """A multiprocessing context that keeps all processes started with it, and writes a note when one had to be replaced."""

    def __init__(self, context, workers, folder):
        self.context = context
        self.workers = workers
        self.notes = notes.Notes(folder)
        self.crew = []

    def __getattr__(self, name):
        return getattr(self.context, name)

    def Process(self, *arguments, **named):
        process = self.context.Process(*arguments, **named)
        self.crew.append(process)
        if len(self.crew) == self.workers + 1:
            self.notes.write(
                "why the pool replaced a worker that had died, and waits for the task that was lost with it"
            )
        return process


class Submitter:
    """A pool with an executor's `submit`, for unmeasured steps and for the arrivals of an open loop.

    A future costs some microseconds more than the pool's own results.
    """

    def __init__(self, pool):
        self.pool = pool

    def submit(self, function, *arguments):
        future = Future()
        self.pool.apply_async(function, arguments, callback=future.set_result, error_callback=future.set_exception)
        return future

    def shutdown(self, wait):
        self.pool.close()
        self.pool.join()


class Model(_pools.PoolModel):
    """A pool of processes: operations are tasks, handed to `multiprocessing.Pool`.

    Where time is given or operations arrive by a rate, each is handed over by `apply_async`. The pool replaces a worker
    that died and waits for ever for the task that was lost with it: such a trial ends by its timeout, unless the workers are
    watched.

    start_method: how a process comes into being; default is the interpreter's own choice, and what it was is recorded
    how: the method that hands over counted operations
    chunk: operations per task
    watch: whether the workers are looked at ten times a second, so that the trial crashes as soon as one has died
    """

    start_method: "default | fork | forkserver | spawn" = "default"
    how: "map | imap | imap_unordered" = "map"
    chunk: "int >= 1" = 1
    watch: bool = False
    parallel = "processes"
    daemonic = True
    colour = "#332288"
    marker = "<"
    call = staticmethod(call)

    def primitives(self):
        return primitives(resolve(self.start_method))

    def refuses(self, workload, sync, workers, load):
        if self.how != "map":
            return needs_counted(self.how, workload, load)
        return needs_counted("a chunk", workload, load) if self.chunk > 1 else ""

    def set_up(self):
        start_tracker(self.start_method)

    def start(self, job):
        context = resolve(self.start_method)
        gate = context.Barrier(job.workers) if job.workers > 1 else None
        recruiter = Recruiter(context, job.workers, job.folder)
        self.crew = recruiter.crew
        self.pool = pool.Pool(job.workers, begin, (job, context.Value("i", 0), gate), context=recruiter)
        self.executor = Submitter(self.pool)

    @contextlib.contextmanager
    def looked_after(self):
        """Check the workers ten times a second and at the end, by a timer: the pool is used as in any other program."""
        if not self.watch:
            yield
            return
        before = signal.signal(signal.SIGALRM, self.look)
        signal.setitimer(signal.ITIMER_REAL, LOOK, LOOK)
        try:
            yield
            self.look()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def look(self, *_):
        """WorkerDied if the pool has started more workers than it was asked for."""
        if len(self.crew) > self.job.workers:
            # The pool has joined the workers that it replaced, so their exit codes are known.
            for index, process in enumerate(self.crew):
                if process.exitcode is not None:
                    raise tools.WorkerDied("worker %d %s" % (index, tools.how_it_ended(process.exitcode)))

    def open(self, job):
        self.job, self.crew = job, []
        with self.looked_after():
            super().open(job)

    def run(self, orders):
        with self.looked_after():
            return super().run(orders)

    def counted(self, ops):
        hand_over = getattr(self.pool, self.how)
        start = clock()
        total = sum(hand_over(operate, range(ops), self.chunk))
        stop = clock()
        return Report(start, stop, 0, ops, total)

    def timed(self, duration):
        # As in `PoolModel`, with the pool's own callbacks.
        free = Semaphore(2 * self.job.workers)
        ends, values, errors = [], [], []

        def ended(value):
            ends.append(clock())
            values.append(value)
            free.release()

        def failed(error):
            errors.append(error)
            free.release()

        apply_async, operation = self.pool.apply_async, operate
        number = 0
        start = clock()
        deadline = start + duration
        while clock() < deadline and not errors:
            free.acquire()
            apply_async(operation, (number,), callback=ended, error_callback=failed)
            number += 1
        for _ in range(2 * self.job.workers):
            free.acquire()
        if errors:
            raise errors[0]
        return pool_report(start, ends, sum(values), self.job.workers, duration)

    def fail(self, error):
        if self.watch:
            self.look()  # a worker that died may be why
        if isinstance(error, (passes.WorkFailed, tools.WorkerDied)):
            raise error
        super().fail(error)

    def close(self):
        with self.looked_after():
            return super().close()

    def processes(self):
        return self.pids

    def facts(self):
        return {"start_method": resolve(self.start_method).get_start_method()}
