"""loky's reusable executor: the pool of processes that joblib stands on."""

from itertools import repeat

from concexp.trial.models import _engines, _shared_factories
from concexp.trial.models.process_pool import needs_counted
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.passes import Report


class Model(_engines.Engine):
    """A pool of processes: operations are tasks, handed to loky's reusable executor with `map`.

    Where time is given, each is submitted by itself. Workers start by fork and exec; a function that pickle refuses is
    pickled by cloudpickle.

    chunk: operations per task
    """

    chunk: "int >= 1" = 1
    packages = ("loky",)
    colour = "#44aa99"
    marker = "*"

    def refuses(self, workload, sync, workers, load):
        reason = super().refuses(workload, sync, workers, load)
        return reason or (needs_counted("a chunk", workload, load) if self.chunk > 1 else "")

    def set_up(self):
        _shared_factories.start_tracker("loky.backend.resource_tracker")

    def start(self, job):
        from loky import get_reusable_executor

        # Without a timeout no worker ends for having been idle.
        self.executor = get_reusable_executor(job.workers, timeout=None, reuse=False)

    def counted(self, ops):
        start = clock()
        total = sum(self.executor.map(self.call, repeat("task"), range(ops), chunksize=self.chunk))
        stop = clock()
        return Report(start, stop, 0, ops, total)

    def stop(self):
        self.executor.shutdown(wait=True, kill_workers=True)
