"""A scheduler and workers of Dask as processes of their own, each worker a host of its own to concexp."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

LOOPBACK = "127.0.0.1"


def free_port(host=LOOPBACK):
    """A port that is free at the moment."""
    with socket.socket() as one:
        one.bind((host, 0))
        return one.getsockname()[1]


class DaskProcesses:
    """`with DaskProcesses(folder) as cluster:` a scheduler; `cluster.start_worker("a")` is the host a, with a lock of its own.

    `inside` maps a name to what goes in front of its command, such as `ip netns exec NAME`; `addresses` to its address.
    """

    def __init__(self, folder, inside=None, addresses=None, variables=None):
        self.folder, self.inside, self.addresses = folder, inside or {}, addresses or {}
        self.variables = variables or {}
        self.processes = {}
        self.port = free_port()

    @property
    def address(self):
        return f"tcp://{self.addresses.get('scheduler', LOOPBACK)}:{self.port}"

    def environment(self, name):
        """The environment of a host: its own id, its own lock."""
        own = {"CONCEXP_HOST": name, "CONCEXP_LOCK": str(self.folder / f"lock-{name}")}
        return {**os.environ, **self.variables, **own}

    def start_scheduler(self):
        host = self.addresses.get("scheduler", LOOPBACK)
        self._start(
            "scheduler", "scheduler", "--host", host, "--port", str(self.port), "--dashboard-address", f"{host}:0"
        )
        deadline = time.monotonic() + 30
        while "Scheduler at" not in self.said("scheduler"):
            if time.monotonic() > deadline or self.processes["scheduler"].poll() is not None:
                raise RuntimeError(self.said("scheduler"))
            time.sleep(0.05)

    def start_worker(self, name):
        host = self.addresses.get(name, LOOPBACK)
        limits = ("--nthreads", "1", "--no-nanny", "--dashboard-address", f"{host}:0", "--memory-limit", "0")
        self._start(name, "worker", self.address, "--host", host, "--name", name, *limits)

    def said(self, name):
        return (self.folder / f"{name}.log").read_text()

    def _start(self, name, *arguments):
        command = [*self.inside.get(name, ()), sys.executable, "-m", "dask", *arguments]
        with (self.folder / f"{name}.log").open("a") as log:
            self.processes[name] = subprocess.Popen(
                command, env=self.environment(name), cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, name):
        """End a process by SIGKILL, as the system does it where memory runs out."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def restart_ended(self):
        """Start the workers again that have ended by themselves."""
        for name, process in list(self.processes.items()):
            if name != "scheduler" and process.poll() is not None:
                self.start_worker(name)

    def __enter__(self):
        self.start_scheduler()
        return self

    def __exit__(self, *_):
        for name in list(self.processes):
            self.kill(name)
