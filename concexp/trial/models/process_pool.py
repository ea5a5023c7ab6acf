"""`concurrent.futures.ProcessPoolExecutor`: independent operations are pickled and handed over, one by one or in chunks."""

import sys
from concurrent.futures import ProcessPoolExecutor, process
from concurrent.futures.process import BrokenProcessPool
from itertools import repeat
from multiprocessing import util
from time import sleep

from concexp.trial import passes, tools
from concexp.trial.models import _pools
from concexp.trial.models.processes import primitives, resolve, start_tracker
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.passes import Report

WORKER = []  # in a worker process: its workload, its WorkerView and the gate


def begin(job, number, gate):
    """Give a worker process its own view. Primitives travel by inheritance here: as a task's argument they may not."""
    with number.get_lock():
        index = number.value
        number.value += 1
    WORKER[:] = [job.workload, job.me(index), gate]


def call(step, argument):
    """Runs one step of a task. Its exception comes back as text: another process may be unable to build it again."""
    try:
        return _pools.act(*WORKER, step, argument)
    except BaseException as error:
        raise passes.WorkFailed(*passes.explain(error)) from None


def begin_anew(job, taken, gate):
    """As `begin`, in a pool that replaces its workers: take a free place, and leave it at the end."""
    while True:
        with taken.get_lock():
            index = next((i for i in range(job.workers) if not taken[i]), None)
            if index is not None:
                taken[index] = 1
                break
        sleep(0.001)  # the worker that this one replaces has answered, but has not quite ended
    me = job.me(index)
    WORKER[:] = [job.workload, me, gate]
    util.Finalize(None, end, (job.workload, me, taken), exitpriority=1)


def end(workload, me, taken):
    """The end of a worker that is replaced. What `leave` raises here is only printed: the pool no longer listens."""
    try:
        if me.task is not None:
            workload.leave(me)
    finally:
        taken[me.index] = 0


def call_anew(step, argument):
    """As `call`, in a pool that replaces its workers: each enters before its first operation."""
    workload, me, _ = WORKER
    if me.task is None and step == "task":
        try:
            _pools.act(workload, me, None, "enter", None)
        except BaseException as error:
            raise passes.WorkFailed(*passes.explain(error)) from None
    return call(step, argument)


def replaces():
    """Whether this interpreter's pool replaces workers that have done all their tasks, also while others are queued."""
    # The name that the correction brought (CPython issue 115634, in 3.13 and 3.14 after their first releases).
    homes = ProcessPoolExecutor, process._ExecutorManagerThread
    return any(hasattr(home, "_replace_dead_worker") for home in homes)


def needs_counted(what, workload, load):
    """Why `what` does not apply to this load, or an empty text: it needs a known number of operations to hand out."""
    if workload.shape == "workers":
        return "%s is for operations, and the workers of %s do theirs in one go" % (
            what,
            tools.name_of(workload).lstrip("_"),
        )
    if "ops" not in load:
        return "%s needs a known number of operations: give load.ops" % what
    return ""


class Model(_pools.PoolModel):
    """A pool of processes: operations are tasks, handed to `ProcessPoolExecutor` with `map`.

    Where time is given or operations arrive by a rate, each is submitted by itself. A worker that has done
    `max_tasks_per_child` tasks, that by which it entered among them, ends, and another takes its place: what that costs is
    in the window, and CPU time is not recorded once a worker was replaced.

    start_method: how a process comes into being; default is the interpreter's own choice, and what it was is recorded
    chunk: operations per task
    max_tasks_per_child: tasks after which a worker process is replaced by a new one; 0 means never
    """

    start_method: "default | fork | forkserver | spawn" = "default"
    chunk: "int >= 1" = 1
    max_tasks_per_child: "int >= 0" = 0
    parallel = "processes"
    colour = "#56b4e9"
    marker = "v"

    def primitives(self):
        return primitives(resolve(self.start_method))

    def refuses(self, workload, sync, workers, load):
        if self.max_tasks_per_child:
            reason = self.refuses_to_replace() or needs_counted("max_tasks_per_child", workload, load)
            if reason:
                return reason
        return needs_counted("a chunk", workload, load) if self.chunk > 1 else ""

    def refuses_to_replace(self):
        """Why the workers cannot be replaced here, or an empty text."""
        if sys.version_info < (3, 11):
            return "max_tasks_per_child came with Python 3.11; this is %d.%d" % sys.version_info[:2]
        if resolve(self.start_method).get_start_method() == "fork":
            return "max_tasks_per_child needs the start method spawn or forkserver, not fork"
        if self.max_tasks_per_child > 1 and not replaces():
            return "with max_tasks_per_child over 1 this interpreter's pool waits for ever (CPython issue 115634)"
        return ""

    def set_up(self):
        start_tracker(self.start_method)

    def start(self, job):
        context = resolve(self.start_method)
        gate = context.Barrier(job.workers) if job.workers > 1 else None
        if self.max_tasks_per_child:
            self.call = call_anew
            self.executor = ProcessPoolExecutor(
                job.workers,
                mp_context=context,
                initializer=begin_anew,
                initargs=(job, context.Array("b", job.workers), gate),
                max_tasks_per_child=self.max_tasks_per_child,
            )
        else:
            self.call = call
            self.executor = ProcessPoolExecutor(
                job.workers, mp_context=context, initializer=begin, initargs=(job, context.Value("i", 0), gate)
            )

    def on_every_worker(self, step, arguments=None):
        # Only a new pool is sure to have all its workers at once: later ones settle and leave by themselves.
        if not self.max_tasks_per_child or step == "enter":
            return super().on_every_worker(step, arguments)
        if step in ("watch", "seen"):
            raise tools.Unsupported("a worker that was replaced cannot be asked what it saw")
        return []

    def counted(self, ops):
        start = clock()
        total = sum(self.executor.map(self.call, repeat("task"), range(ops), chunksize=self.chunk))
        stop = clock()
        return Report(start, stop, 0, ops, total)

    def fail(self, error):
        if isinstance(error, BrokenProcessPool):
            raise tools.WorkerDied("BrokenProcessPool: %s" % error)
        if isinstance(error, passes.WorkFailed):
            raise error
        super().fail(error)

    def processes(self):
        # The first ones: once one of them is gone, its CPU time cannot be read, and the record says so.
        return self.pids

    def facts(self):
        return {"start_method": resolve(self.start_method).get_start_method()}
