"""`concurrent.futures.ProcessPoolExecutor`: independent operations are pickled and handed over one by one."""

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from concexp.trial import pools, tools
from concexp.trial.models.processes import lends, resolve, start_tracker

WORKER = []  # in a worker process: its workload, its Me and the gate


def begin(job, number, gate):
    """Give a worker process its own view. Primitives travel by inheritance here: as a task's argument they may not."""
    with number.get_lock():
        index = number.value
        number.value += 1
    WORKER[:] = [job.workload, job.me(index), gate]


def call(step, argument):
    """What a task runs."""
    return pools.act(*WORKER, step, argument)


class Model(pools.PoolModel):
    """A pool of processes: each operation is a task of its own, submitted to `ProcessPoolExecutor`.

    start_method: how a process comes into being; default is the interpreter's own choice, and what it was is recorded
    """

    start_method: "default | fork | forkserver | spawn" = "default"
    parallel = "processes"
    colour = "#56b4e9"
    marker = "v"
    call = staticmethod(call)

    def lends(self):
        return lends(resolve(self.start_method))

    def set_up(self):
        start_tracker(self.start_method)

    def start(self, job):
        context = resolve(self.start_method)
        gate = context.Barrier(job.workers) if job.workers > 1 else None
        self.executor = ProcessPoolExecutor(
            job.workers, mp_context=context, initializer=begin, initargs=(job, context.Value("i", 0), gate)
        )

    def fail(self, error):
        if isinstance(error, BrokenProcessPool):
            raise tools.WorkerDied("BrokenProcessPool: %s" % error)
        super().fail(error)

    def processes(self):
        return self.pids

    def facts(self):
        return {"start_method": resolve(self.start_method).get_start_method()}
