"""MPI: mpi4py's pool of processes, under an `mpiexec` of the trial's own."""

import os
import shutil
import socket
import subprocess
import sys
from multiprocessing.connection import Connection

from concexp.trial import passes, tools
from concexp.trial.models import _engines
from concexp.trial.models.process_pool import needs_counted
from concexp.trial.own_time import perf_counter_ns as clock

LOOK = 0.05  # seconds between two checks of mpiexec while no rank has connected yet


def launcher():
    """The path of `mpiexec`: the one that was installed with this interpreter, else the first on the PATH; None if none."""
    beside = os.path.join(os.path.dirname(sys.executable), "mpiexec")
    return beside if os.path.exists(beside) else shutil.which("mpiexec")


class Model(_engines.Engine):
    """The `MPIPoolExecutor` of mpi4py: one rank hands operations to the others as tasks, with `map`.

    Where time is given, each is submitted by itself. The trial's own process only signals to that rank when a pass begins.
    A rank that waits for a message polls, with naps of a millisecond.

    chunk: operations per message
    """

    known_as = ("mpi4py.futures.MPIPoolExecutor", "mpi4py")
    suits = "work that is to run on a cluster with MPI"
    price = "an MPI runtime to install; ranks that wait for messages use a CPU"

    chunk: "int >= 1" = 1
    packages = ("mpi4py",)
    pip = "mpi4py mpich"
    colour = "#000000"
    marker = (4, 1, 0)

    def missing(self):
        if not super().missing() and launcher() is None:
            return "mpiexec is not installed beside this interpreter, nor on the PATH: pip install mpich"
        return super().missing()

    def refuses(self, workload, sync, workers, load):
        reason = super().refuses(workload, sync, workers, load)
        return reason or (needs_counted("a chunk", workload, load) if self.chunk > 1 else "")

    def open(self, job):
        folder = _engines.write_job(job)
        path = os.path.join(folder, "calls")
        # Where the code lies; mpi4py's own launcher runs it in the first rank, and its pool in all others.
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
        command = [launcher(), "-n", str(job.workers + 1), sys.executable, "-s", "-m", "mpi4py.futures"]
        command += ["-m", "concexp.trial.models._mpi_rank", folder, path, str(self.chunk)]
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            listener.settimeout(LOOK)
            self.mpiexec = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=dict(os.environ, PYTHONPATH=root))
            self.created = clock()
            self.rank = self.called(listener)
        self.pids = self.answer("ready")

    def called(self, listener):
        """The connection with the first rank; waits until it calls."""
        while True:
            try:
                caller, _ = listener.accept()
            except socket.timeout:
                if self.mpiexec.poll() is not None:
                    raise tools.WorkerDied("mpiexec %s" % tools.how_it_ended(self.mpiexec.returncode)) from None
                continue
            caller.setblocking(True)
            return Connection(caller.detach())

    def answer(self, expected):
        """The first rank's answer; WorkFailed with what failed there, or WorkerDied with how it ended."""
        try:
            kind, value = self.rank.recv()
        except (EOFError, ConnectionResetError):
            # When one rank has died, mpiexec ends all others.
            code = self.mpiexec.wait()
            raise tools.WorkerDied("a rank died, and mpiexec %s" % tools.how_it_ended(code)) from None
        if kind == "failed":
            raise passes.WorkFailed(*value)
        assert kind == expected
        return value

    def run(self, orders):
        self.rank.send(orders)
        return self.answer("reports")

    def close(self):
        self.rank.send(None)
        changes = self.answer("left")
        self.rank.close()
        self.mpiexec.wait()
        return changes
