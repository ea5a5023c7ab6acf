"""`concurrent.futures.InterpreterPoolExecutor`: independent operations are pickled and handed to interpreters one by one."""

import copy
import os
import struct
import sys

from concexp.trial import passes
from concexp.trial.models import _pools
from concexp.trial.models.interpreters import Gate, missing, packed, primitives, refuse_one_only, unpacked

INDEX = struct.Struct("=I")
WORKER = []  # in a worker's interpreter: its workload, its WorkerView and the gate
PLACE = []  # in a worker's interpreter, before it enters: its index and the gate
# What each interpreter runs first, as source: it cannot import anything of the trial before it has the trial's path. `exec` is
# what a new interpreter finds without it.
BEGIN = """\
import sys

sys.path[:] = {path!r}
from concexp.trial.models import interpreter_pool

interpreter_pool.begin({places!r}, {tickets!r}, {doors!r})
"""


def begin(places, tickets, doors):
    """Take a place, in a new interpreter. All arguments are descriptors: a process has them in common."""
    (index,) = INDEX.unpack(os.read(places, INDEX.size))
    PLACE[:] = [index, Gate(tickets, doors, index) if len(doors) > 1 else None]


def call(step, argument):
    """Runs one step of a task. To enter, a worker is given the job. An exception comes back as text."""
    try:
        if step == "enter":
            job, (index, gate) = unpacked(*argument), PLACE
            WORKER[:] = [job.workload, job.me(index), gate]
        return _pools.act(*WORKER, step, argument)
    except BaseException as error:
        raise passes.WorkFailed(*passes.explain(error)) from None


class Model(_pools.PoolModel):
    """A pool of interpreters in one process: operations are tasks, handed to `InterpreterPoolExecutor` with `map`.

    Where time is given or operations arrive by a rate, each is submitted by itself.
    """

    known_as = ("concurrent.futures.InterpreterPoolExecutor", "interpreter pool", "executor")
    suits = "many independent CPU-bound tasks in one process, with code that an interpreter of its own can import"
    price = (
        "an interpreter for each worker; each task and each result is pickled; many C extensions refuse to be imported"
    )

    parallel = "interpreters"
    may_be_forked = False  # CPython makes no promise about interpreters in a process that was forked
    threaded = True
    colour = "#c2185b"
    marker = (5, 1, 180)

    def primitives(self):
        return primitives()

    def missing(self):
        return missing()

    def start(self, job):
        from concurrent.futures import InterpreterPoolExecutor

        self.call = call
        self.pipes = [os.pipe() for _ in range(2 + job.workers)]
        (places, way_in), tickets, *doors = self.pipes
        for index in range(job.workers):
            os.write(way_in, INDEX.pack(index))
        if job.workers > 1:
            Gate(tickets, doors, 0).fill()
        source = BEGIN.format(path=list(sys.path), places=places, tickets=tickets, doors=doors)
        self.executor = InterpreterPoolExecutor(job.workers, initializer=exec, initargs=(source, {}))

    def on_every_worker(self, step, arguments=None):
        if step == "enter":
            job = copy.copy(self.job)
            job.source = None  # the coordinator takes from it
            arguments = [packed(job)] * job.workers
        return super().on_every_worker(step, arguments)

    def fail(self, error):
        failure = error if isinstance(error, passes.WorkFailed) else passes.WorkFailed(*passes.explain(error))
        refuse_one_only(failure.args[1])
        raise failure

    def close(self):
        changes = super().close()
        for descriptors in self.pipes:
            for descriptor in descriptors:
                os.close(descriptor)
        return changes
