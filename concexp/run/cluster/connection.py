"""A named cluster -> its workers, and calls on one of them. The only module that knows Dask, which is an optional extra.

A call is a task of Dask's that one worker alone may run, with a resource of which each worker has one: so a worker does one
thing at a time for all coordinators, and none of Dask's own tasks in the meantime where it has one thread. Dask's settings for
TLS and timeouts hold as they are (`distributed.comm`).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import importlib
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from concexp.errors import EnvironmentRefused
from concexp.experiment import cluster_names

RESOURCE = "concexp"
LOOPBACK = "127.0.0.1"
Call = concurrent.futures.Future[Any]


class WorkerLost(Exception):
    """A call came to nothing because its worker, or the way to it, was lost; the worker may still be there, or come back."""


class Connection:
    """A cluster that is connected. Its workers are known by their addresses."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self.name = client, name
        self._loop = client.loop.asyncio_loop
        self._have_resource: set[str] = set()

    def workers(self) -> set[str]:
        """The workers that the scheduler knows now; EnvironmentRefused if it does not answer any more."""
        try:
            found = {address: one["resources"] for address, one in self._client.scheduler_info(-1)["workers"].items()}
        # A client that has given its scheduler up answers with nothing (KeyError), or has no scheduler (AttributeError).
        except (OSError, RuntimeError, LookupError, AttributeError, concurrent.futures.CancelledError) as error:
            raise EnvironmentRefused(
                f"the scheduler of {self.name} does not answer any more ({type(error).__name__})",
                "every finished trial is kept: give the same command again when it is back",
            ) from error
        self._have_resource = {address for address in found if RESOURCE in found[address]}
        return set(found)

    def call(self, worker: str, function: Callable[..., Any], *arguments: Any) -> Call:
        """Call a function on a worker. What comes of it, WorkerLost too, is in what is returned here, which may be cancelled."""
        return asyncio.run_coroutine_threadsafe(self._called(worker, function, arguments), self._loop)

    async def _called(self, worker: str, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        try:
            if worker not in self._have_resource:
                await self._client.run(_offer, workers=[worker], asynchronous=True)
                self._have_resource.add(worker)
            future = self._client.submit(
                function, *arguments, workers=[worker], allow_other_workers=False, resources={RESOURCE: 1}, pure=False
            )
            try:
                # It waits in this loop, and gathers once the answer is there: what is cancelled while Dask gathers it leaves
                # complaints. A callback of the future would wake a thread for each answer.
                return await future
            finally:
                future.release()
        except (CommClosedError, KilledWorker) as error:
            raise WorkerLost(str(error)) from error


async def _offer(dask_worker: Any) -> None:
    """A worker gets the resource that its calls need."""
    await dask_worker.set_resources(**{RESOURCE: 1})


@contextlib.contextmanager
def connected(name: str, folder: Path) -> Iterator[Connection]:
    """Connect to a cluster, or start it; what was started is closed at the end.

    `folder` holds the module that a name such as `module:function` means. EnvironmentRefused if there is no such cluster.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise EnvironmentRefused(
            f"a cluster needs Dask, which is not installed for {sys.executable}", "pip install 'concexp[cluster]'"
        ) from error
    with contextlib.ExitStack() as closing:
        try:
            where = _place(cluster_names.parsed(name), folder, closing)
            client = closing.enter_context(Client(where, set_as_default=False))
        except (OSError, TimeoutError, TypeError, ValueError, AssertionError) as error:  # the latter: wrong settings
            raise EnvironmentRefused(
                f"cannot connect to {name}: {error or type(error).__name__}",
                "start `dask scheduler` and `dask worker`, and name the address that the scheduler says",
            ) from error
        # Dask reports each worker that it loses; so does the coordinator, in a sentence.
        closing.enter_context(_quiet("distributed"))
        yield Connection(client, name)


def _place(name: cluster_names.ClusterName, folder: Path, closing: contextlib.ExitStack) -> Any:
    """What Dask's client takes: an address, or a cluster, which is closed at the end."""
    if name.address:
        _check_certificates(name.address)
        return name.address
    if name.workers:
        from distributed import LocalCluster

        # Nothing listens beyond loopback, the pages for diagnosis neither.
        return closing.enter_context(
            LocalCluster(
                n_workers=name.workers,
                threads_per_worker=1,
                processes=True,
                host=LOOPBACK,
                dashboard_address=f"{LOOPBACK}:0",
                worker_dashboard_address=f"{LOOPBACK}:0",
                silence_logs=logging.CRITICAL,
            )
        )
    made = _made(name, folder)
    if hasattr(made, "close"):
        closing.callback(made.close)
    return made


def _check_certificates(address: str) -> None:
    """EnvironmentRefused for TLS without certificates: Dask's client would wait for itself for a minute."""
    from distributed.security import Security

    if address.startswith("tls:") and Security().get_connection_args("client").get("ssl_context") is None:
        raise EnvironmentRefused(
            f"{address} needs certificates, and Dask's configuration names none",
            "set distributed.comm.tls.ca-file, client.cert and client.key there, or DASK_DISTRIBUTED__COMM__TLS__CA_FILE and so on",
        )


def _made(name: cluster_names.ClusterName, folder: Path) -> Any:
    """What the function of that name makes; EnvironmentRefused if it makes nothing, or there is none."""
    where = f"{name.module}:{name.function}"
    sys.path.insert(0, str(folder.absolute()))
    try:
        function = getattr(importlib.import_module(name.module), name.function)
    except (ImportError, AttributeError) as error:
        raise EnvironmentRefused(
            f"{where} makes no cluster: {error}",
            f"a module that can be imported, or that lies in {folder}, with a function without arguments",
        ) from error
    finally:
        sys.path.remove(str(folder.absolute()))
    try:
        return function()
    except Exception as error:  # it is the user's: whatever happens in it is to be said, with its name
        raise EnvironmentRefused(
            f"{where} failed: {type(error).__name__}: {error}", "it returns what Dask's Client connects to"
        ) from error


@contextlib.contextmanager
def _quiet(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
