"""How much CPU each worker used: which of them did the work, and which only waited."""

from concexp.trial import tools
from concexp.trial.own_time import thread_time_ns


class Watcher(tools.Watcher):
    """Reads the CPU clock of the worker's own thread before and after a pass."""

    name = "workers"

    def around(self, work, me):
        self.before = thread_time_ns()
        return work

    def around_async(self, work, me):
        self.before = None  # coroutines share a thread: their times cannot be separated
        return work

    def seen(self):
        return None if self.before is None else thread_time_ns() - self.before


class Probe(tools.Probe):
    """CPU seconds of each worker, `worker_cpu_s`: a list in the workers' order, None for what shares a thread."""

    columns = {"worker_cpu_s": "numbers"}

    def watcher(self):
        return Watcher()

    def merged(self, seen):
        return {"worker_cpu_s": None if None in seen else [used / 1e9 for used in seen]} if seen else {}
