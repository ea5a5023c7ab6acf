"""`concurrent.futures.ThreadPoolExecutor`: independent operations are handed over one by one."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

from concexp.trial.models import _pools
from concexp.trial.models.threads import LENDS
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.passes import Report


class Model(_pools.PoolModel):
    """A pool of threads: each operation is a task of its own, submitted to `ThreadPoolExecutor`."""

    parallel = "threads"
    threaded = True
    colour = "#e69f00"
    marker = "P"

    def primitives(self):
        return LENDS

    def start(self, job):
        here = threading.local()
        number = itertools.count()
        gate = threading.Barrier(job.workers) if job.workers > 1 else None

        def begin():
            here.me = job.me(next(number))

        def call(step, argument):
            return _pools.act(job.workload, here.me, gate, step, argument)

        def operate(number):
            me = here.me
            me.first = number
            return me.task(me, 1)

        self.call, self.operate = call, operate
        self.executor = ThreadPoolExecutor(job.workers, initializer=begin)

    def counted(self, ops):
        # A thread's task costs about 12 us, so little that a second argument and a choice of steps would be seen.
        start = clock()
        total = sum(self.executor.map(self.operate, range(ops)))
        stop = clock()
        return Report(start, stop, 0, ops, total)
