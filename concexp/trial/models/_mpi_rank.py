"""The first rank of an MPI trial: orders come in over a socket in the trial's folder, reports go out.

    mpiexec -n N+1 PYTHON -s -m mpi4py.futures -m concexp.trial.models._mpi_rank FOLDER SOCKET CHUNK

FOLDER holds the job (see `_engines.write_job`). Messages are pairs: ("ready", process ids), ("reports", reports),
("left", changes) or ("failed", (summary, traceback)). The other ranks are mpi4py's, and run `_engines.call`.
"""

import contextlib
import os
import socket
import sys
from itertools import repeat
from multiprocessing.connection import Connection

from concexp.trial import passes
from concexp.trial.models import _engines
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.passes import Report


def forget_shared_memory():
    """Unlink the memory that all ranks have mapped by now, so that it goes with the last of them, however they end."""
    with open("/proc/self/maps") as file:
        mapped = {line.split()[-1] for line in file if "/dev/shm/mpich" in line}
    for path in mapped:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


class Pool(_engines.Engine):
    """The pool of the other ranks."""

    chunk = 1

    def start(self, job):
        from mpi4py.futures import MPIPoolExecutor

        self.executor = MPIPoolExecutor(job.workers, main=False)

    def counted(self, ops):
        start = clock()
        total = sum(self.executor.map(self.call, repeat("task"), range(ops), chunksize=self.chunk))
        stop = clock()
        return Report(start, stop, 0, ops, total)

    def stop(self):
        self.executor.shutdown(wait=True)


def serve(pool, job, trial):
    """Run all orders that come over the connection `trial`, until None."""
    pool.open(job)
    forget_shared_memory()
    trial.send(("ready", [os.getpid(), *pool.pids]))
    for orders in iter(trial.recv, None):
        passes.settle()
        trial.send(("reports", pool.run(orders)))
    trial.send(("left", pool.close()))


def main(folder, path, chunk):
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(path)
        trial = Connection(caller.detach())
    try:
        serve(Pool(chunk=int(chunk)), _engines.read_job(folder), trial)
    except EOFError:
        os._exit(1)  # the trial has ended: nothing waits for the other ranks' tasks
    except BaseException as error:
        trial.send(("failed", error.args if isinstance(error, passes.WorkFailed) else passes.explain(error)))


if __name__ == "__main__":
    main(*sys.argv[1:])
