"""Where each worker ran, and how its interpreter was set, as the worker itself sees it after a pass."""

import os

from concexp.trial import runtime, tools


class Watcher(tools.Watcher):
    """Looks at the worker's own thread and interpreter."""

    name = "placement"

    def seen(self):
        cpus = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
        return cpus, runtime.switch_interval()


class Probe(tools.Probe):
    """The CPUs that each worker might use, and its switch interval: `worker_cpus`, `worker_switch_interval` (seconds).

    Both in the order of the workers' answers.
    """

    columns = {"worker_cpus": "list", "worker_switch_interval": "numbers"}

    def watcher(self):
        return Watcher()

    def merged(self, seen):
        if not seen:
            return {}
        cpus, intervals = zip(*seen)
        return {"worker_cpus": list(cpus), "worker_switch_interval": list(intervals)}
