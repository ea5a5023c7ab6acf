"""Ray: a node of its own for the trial, and operations as remote functions."""

import os
from itertools import islice

from concexp.trial.models import _engines
from concexp.trial.own_time import perf_counter_ns as clock

SWITCHES = {
    "RAY_USAGE_STATS_ENABLED": "0",  # no usage statistics are sent
    "RAY_AUTH_MODE": "disabled",  # else a token is written into the user's home
    "SPT_NOENV": "1",  # a worker's title must not overwrite its environment, by which the trial recognises its processes
}
MEMORY = 100 << 20  # bytes for the store of objects; a trial has none that are large


class Model(_engines.Streaming):
    """Ray's tasks: a node is started for the trial, with a CPU for each worker, and each operation is a `remote` call.

    Where time is given, each is submitted when another has ended. The CPU time of Ray's own processes (seven) is
    not recorded. While the trial lasts some of them listen on all interfaces, whatever they are told: not for a machine
    that strangers can reach. A worker that Ray replaces for having been idle ends without its workload's tear-down.
    """

    packages = ("ray",)
    colour = "#aa4499"
    marker = (6, 1, 0)

    def start(self, job):
        os.environ.update(SWITCHES)
        import ray

        ray.init(
            num_cpus=job.workers,
            include_dashboard=False,
            configure_logging=False,
            log_to_driver=False,
            object_store_memory=MEMORY,
            _temp_dir=os.path.join(job.folder, "ray"),  # short: there are sockets in it
            _node_ip_address="127.0.0.1",
        )
        self.remote = ray.remote(num_cpus=1, max_retries=0)(_engines.call).remote

    @property
    def deaths(self):
        from ray.exceptions import WorkerCrashedError

        return WorkerCrashedError

    def submit(self, step, argument):
        """The reference to a call's future value."""
        return self.remote(*self.call.args, step, argument)

    def run_step(self, step, meeting):
        import ray

        references = [self.submit(step, meeting) for _ in range(self.job.workers)]
        self.created = clock()
        return ray.get(references)

    def values(self, ops):
        import ray

        return ray.get([self.submit("task", number) for number in range(ops)])

    def stream(self, numbers):
        import ray

        waiting = [self.submit("task", number) for number in islice(numbers, 2 * self.job.workers)]
        while waiting:
            done, waiting = ray.wait(waiting)
            yield ray.get(done[0])
            waiting += [self.submit("task", number) for number in islice(numbers, 1)]

    def fail(self, error):
        # A task's exception is wrapped.
        super().fail(getattr(error, "cause", error))

    def stop(self):
        import ray

        ray.shutdown()
