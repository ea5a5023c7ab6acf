"""dask.distributed: a scheduler and worker processes on this machine, and tasks by the futures of its client."""

from itertools import islice

from concexp.trial.models import _engines, _shared_factories
from concexp.trial.own_time import perf_counter_ns as clock

# Switches off what would disturb: retries of a task whose worker has died, a profile of every worker ten times a second,
# looks at its memory, and log messages.
QUIET = {
    "distributed.scheduler.allowed-failures": 0,
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "5s",
    "distributed.admin.system-monitor.interval": "60s",
    "distributed.admin.system-monitor.gil.enabled": False,
    "logging": {"distributed": "critical", "asyncio": "critical", "tornado": "critical"},
}


class Model(_engines.Streaming):
    """A `LocalCluster` of dask, worker processes with one thread each: operations are tasks of the client's `map`.

    Where time is given, each is submitted when another has ended. The scheduler is in the calling process, and all of
    dask's connections are on the loopback address. A worker that dies takes the trial with it.
    """

    daemonic = True
    packages = ("dask", "distributed")
    pip = '"dask[distributed]"'
    colour = "#ddcc77"
    marker = "8"

    def set_up(self):
        _shared_factories.start_tracker()

    def start(self, job):
        import dask

        dask.config.set(QUIET)  # first: `distributed` sets up its logging when it is imported
        from distributed import Client, LocalCluster

        self.cluster = LocalCluster(
            n_workers=job.workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            local_directory=job.folder,
        )
        self.client = Client(self.cluster)
        self.addresses = sorted(self.client.nthreads())

    @property
    def deaths(self):
        from distributed import KilledWorker

        return KilledWorker

    def submit(self, *arguments, **options):
        """A future. Not pure: the same call is made anew each time."""
        return self.client.submit(self.call, *arguments, pure=False, **options)

    def run_step(self, step, meeting):
        futures = [self.submit(step, meeting, workers=[address]) for address in self.addresses]
        self.created = clock()
        return self.client.gather(futures)

    def values(self, ops):
        return self.client.gather(self.client.map(self.call, ["task"] * ops, range(ops), pure=False))

    def stream(self, numbers):
        from distributed import as_completed

        first = [self.submit("task", number) for number in islice(numbers, 2 * self.job.workers)]
        done = as_completed(first, with_results=True)
        for _, value in done:
            yield value
            for number in islice(numbers, 1):
                done.add(self.submit("task", number))

    def stop(self):
        self.client.close()
        self.cluster.close()
