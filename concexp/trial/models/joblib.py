"""`joblib.Parallel`: the loop over `delayed` calls that scikit-learn and others are parallel with."""

from itertools import count, takewhile

from concexp.trial.models import _engines, _shared_factories
from concexp.trial.models.process_pool import needs_counted
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.window import pool_report


def clocked(call, number):
    """An operation with the clock at its end: joblib itself reports the ends only when all tasks are done."""
    return call("task", number), clock()


class Model(_engines.Streaming):
    """The `Parallel` of joblib: operations are delayed calls, handed to one `Parallel` that stays as long as the workers.

    Where time is given they are handed over one by one. One worker is the calling process itself, whatever the back end.
    A worker that dies ends the trial with the back end loky; with multiprocessing it is waited for until the timeout.

    backend: what does the work
    batch: operations per task; 0 lets joblib choose as it goes, from how long they take
    """

    known_as = ("joblib.Parallel", "joblib.delayed")
    suits = "loops of scikit-learn's kind over arrays and estimators"
    price = "a package to install; tasks are pickled, in batches; large arrays go through memory-mapped files"

    backend: "loky | threading | multiprocessing" = "loky"
    batch: "int >= 0" = 0
    packages = ("joblib",)
    colour = "#88ccee"
    marker = "H"

    def __init__(self, **parameters):
        super().__init__(**parameters)
        if self.backend == "threading":
            self.parallel = "threads"
        self.daemonic = self.backend == "multiprocessing"

    def refuses(self, workload, sync, workers, load):
        reason = super().refuses(workload, sync, workers, load)
        return reason or (needs_counted("a batch", workload, load) if self.batch else "")

    def set_up(self):
        if self.backend == "loky":
            _shared_factories.start_tracker("joblib.externals.loky.backend.resource_tracker")

    def start(self, job):
        from joblib import Parallel

        # What it would put into shared memory goes into the trial's folder, and is removed with it.
        self.pool = Parallel(job.workers, backend=self.backend, temp_folder=job.folder)
        self.pool.__enter__()

    def hand_over(self, size, function, tuples):
        """The values of `function` for each tuple of arguments, as a list, in tasks of `size` calls."""
        from joblib import delayed

        self.pool.batch_size = size
        return self.pool(delayed(function)(*arguments) for arguments in tuples)

    def run_step(self, step, meeting):
        self.created = clock()
        return self.hand_over(1, self.call, [(step, meeting)] * self.job.workers)

    def values(self, ops):
        return self.hand_over(self.batch or "auto", self.call, (("task", number) for number in range(ops)))

    def timed(self, duration):
        start = clock()
        deadline = start + duration
        numbers = takewhile(lambda _: clock() < deadline, count())
        done = self.hand_over(1, clocked, ((self.call, number) for number in numbers))
        ends = [end for _, end in done]
        return pool_report(start, ends, sum(value for value, _ in done), self.job.workers, duration)

    def stop(self):
        self.pool.__exit__(None, None, None)
        if self.backend == "loky" and self.job.workers > 1:
            from joblib.externals.loky import get_reusable_executor

            get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)
