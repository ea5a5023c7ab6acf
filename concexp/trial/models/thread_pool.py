"""`concurrent.futures.ThreadPoolExecutor`: independent operations are handed over one by one."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

from concexp.trial import pools
from concexp.trial.models.threads import LENDS


class Model(pools.PoolModel):
    """A pool of threads: each operation is a task of its own, submitted to `ThreadPoolExecutor`."""

    parallel = "threads"
    colour = "#e69f00"
    marker = "P"

    def lends(self):
        return LENDS

    def start(self, job):
        here = threading.local()
        number = itertools.count()
        gate = threading.Barrier(job.workers) if job.workers > 1 else None

        def begin():
            here.me = job.me(next(number))

        def call(step, argument):
            return pools.act(job.workload, here.me, gate, step, argument)

        self.call = call
        self.executor = ThreadPoolExecutor(job.workers, initializer=begin)
