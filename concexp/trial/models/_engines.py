"""Base of models over engines that have to be installed: tasks are handed over, and each worker makes its own view.

An engine starts its workers in its own way and gives them no number. So the job lies in a file of the trial's folder; a
worker reads it at its first task and makes its view (`WorkerView`) of it. A step that all workers do at the same time is
a task that ends only when all have come.
"""

import contextlib
import itertools
import mmap
import os
import pickle
import tempfile
import threading
import time
from concurrent.futures import BrokenExecutor
from functools import partial

from concexp.trial import passes, tools
from concexp.trial.models import _pools
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.passes import Report
from concexp.trial.window import pool_report

CURRENT = threading.local()  # in a worker: its `Slot` of the current job
ARRAY_FILES = {}  # id of the memory of a shared array -> its file


def array(n):
    """`n` 64-bit integers in a file of the trial's folder, which every process of this machine can map."""
    descriptor, path = tempfile.mkstemp(prefix="array-")
    os.truncate(descriptor, 8 * max(1, n))
    os.close(descriptor)
    return map_file(path, n)


def map_file(path, n):
    """The array of `n` integers in a file."""
    with open(path, "r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
    ARRAY_FILES[id(memory)] = path
    return memoryview(memory).cast("q")[:n]


class Packer(pickle.Pickler):
    """Pickles a job; a shared array as the path of its file."""

    def reducer_override(self, value):
        if isinstance(value, memoryview):
            return map_file, (ARRAY_FILES[id(value.obj)], len(value))
        return NotImplemented


def write_job(job):
    """Write the job to a new folder in the trial's folder; returns its path."""
    folder = tempfile.mkdtemp(prefix="job-", dir=job.folder)
    with open(os.path.join(folder, "job"), "wb") as file:
        Packer(file).dump(job)
    return folder


def read_job(folder):
    """The job that `write_job` wrote to a folder."""
    with open(os.path.join(folder, "job"), "rb") as file:
        return pickle.load(file)


class Slot:
    """A worker's place in a job: its view, and the folder where it meets the others."""

    def __init__(self, folder):
        self.folder = folder
        job = read_job(folder)
        self.workload = job.workload
        self.workers = job.workers
        # An engine that replaces a worker has more of them in the course of time than the job has places.
        self.me = job.me(self.number() % job.workers)

    def number(self):
        """The number of workers that took a slot in this job before."""
        for number in itertools.count():
            with contextlib.suppress(FileExistsError):
                os.close(os.open(os.path.join(self.folder, "worker-%d" % number), os.O_CREAT | os.O_EXCL))
                break
        return number

    def meet(self, meeting):
        """Return when every worker has come to the meeting of this number. Nothing is measured meanwhile."""
        path = os.path.join(self.folder, "meeting-%d" % meeting)
        with open(path, "ab") as file:
            file.write(b".")
        while os.path.getsize(path) < self.workers:
            time.sleep(0.001)


def call(folder, step, argument):
    """What a task runs in a worker: an operation, `argument` its number; or a step for all, `argument` that of the meeting.

    An exception comes back as text: another process may be unable to build it again.
    """
    try:
        if getattr(CURRENT, "slot", None) is None or CURRENT.slot.folder != folder:
            CURRENT.slot = Slot(folder)
        slot = CURRENT.slot
        if step == "task":
            if slot.me.task is None:  # a worker that came later, for another
                _pools.act(slot.workload, slot.me, None, "enter", None)
        else:
            slot.meet(argument)
        return _pools.act(slot.workload, slot.me, None, step, argument)
    except BaseException as error:
        raise passes.WorkFailed(*passes.explain(error)) from None


class Engine(_pools.PoolModel):
    """A model over an engine that takes tasks. Subclasses start `self.executor` in `start(job)` and end it in `stop()`."""

    parallel = "processes"
    opens = False
    deaths = BrokenExecutor  # what the engine raises when a worker has died

    def primitives(self):
        return tools.name_of(self), {}, array

    def refuses(self, workload, sync, workers, load):
        if workload.shape == "workers":
            return "%s hands out independent operations, and the workers of %s share state" % (
                tools.name_of(self),
                tools.name_of(workload).lstrip("_"),
            )
        return ""

    def open(self, job):
        folder = write_job(job)
        self.call = partial(call, folder)
        self.meetings = itertools.count()
        super().open(job)

    def on_every_worker(self, step, arguments=None):
        return super().on_every_worker(step, [next(self.meetings)] * self.job.workers)

    def fail(self, error):
        if isinstance(error, passes.WorkFailed):
            raise error
        if isinstance(error, self.deaths):
            raise tools.WorkerDied("%s: %s" % (type(error).__name__, " ".join(str(error).split())))
        super().fail(error)

    def close(self):
        changes = self.on_every_worker("leave")
        self.stop()
        return changes

    def stop(self):
        """End the engine and all its processes."""
        raise NotImplementedError

    def processes(self):
        return [pid for pid in self.pids if pid != os.getpid()]


class Streaming(Engine):
    """Base for an engine that has no executor, but its own ways to hand over tasks and to wait for them."""

    def on_every_worker(self, step, arguments=None):
        try:
            return self.run_step(step, next(self.meetings))
        except BaseException as error:
            return self.fail(error)

    def run_step(self, step, meeting):
        """The answers of all workers to one step; sets `created` when it has been handed over to all."""
        raise NotImplementedError

    def counted(self, ops):
        start = clock()
        total = sum(self.values(ops))
        stop = clock()
        return Report(start, stop, 0, ops, total)

    def values(self, ops):
        """The values of `ops` operations, handed over in the way that is usual with this engine."""
        raise NotImplementedError

    def timed(self, duration):
        ends, total = [], 0
        start = clock()
        deadline = start + duration
        for value in self.stream(itertools.takewhile(lambda _: clock() < deadline, itertools.count())):
            ends.append(clock())
            total += value
        return pool_report(start, ends, total, self.job.workers, duration)

    def stream(self, numbers):
        """Yields the values of the operations of these numbers as they end; two per worker are in flight."""
        raise NotImplementedError
