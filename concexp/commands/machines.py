"""Runs an experiment on the hosts of a cluster instead of this machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concexp.commands.session import Session
from concexp.errors import InputError, Problem
from concexp.experiment import Spec, cluster_names
from concexp.run.child import process_tree
from concexp.run.machine import facts
from concexp.run.runner import Runner
from concexp.run.storage import journal

if TYPE_CHECKING:  # most runs are on this machine, and need no event loop for a cluster
    from concexp.run.cluster.hosts import Hosts


@dataclass(frozen=True)
class Place:
    """Where a run measures: on this machine, or on `hosts`, whose `machine` has these facts; `id` is that of a single host."""

    hosts: Hosts | None = None
    machine: dict[str, Any] = field(default_factory=dict)
    id: str = ""

    @property
    def cpus(self) -> int:
        """The usable CPUs of a host."""
        return self.machine["cpus"] if self.machine else facts.usable_cpus()

    @property
    def host(self) -> str:
        """The host that the manifest names: where hosts share a run, that which writes its journal."""
        return self.id or facts.host()


HERE = Place()


def place_of(hosts: Hosts | None) -> Place:
    """The place of a run that all these hosts share."""
    return HERE if hosts is None else Place(hosts, hosts.machine)


def on_cluster(spec: Spec, name: str) -> Spec:
    """The experiment on the cluster that the command line names."""
    try:
        changes = {"engine": "dask", "cluster": cluster_names.checked(name)}
    except ValueError as error:
        raise InputError([Problem("--cluster", 0, 0, "", str(error))]) from None
    return replace(spec, execution=spec.execution.model_copy(update=changes))


@contextlib.contextmanager
def hosts_of(spec: Spec, session: Session) -> Iterator[Hosts | None]:
    """The hosts that run an experiment, once one of them has answered; None for this machine."""
    execution = spec.execution
    if execution.engine == "local":
        yield None
        return
    if not execution.cluster:
        cure = "name it: --cluster tcp://host:8786, or `cluster:` beside `engine: dask`"
        raise InputError(
            [Problem(spec.path or spec.name, 0, 0, "execution", "which cluster runs it is not said", cure)]
        )
    if execution.strategy == "spread":
        _check_fixed(spec)
    from concexp.run.cluster.connection import connected
    from concexp.run.cluster.hosts import Hosts

    session.say(f"connecting to {execution.cluster}")
    with process_tree.inheriting_nothing(), connected(execution.cluster, Path(spec.path).parent) as connection:
        hosts = Hosts(connection, session.say, session.display.say)
        hosts.wait_for_one()
        for name, workers in hosts.by_host().items():
            if len(workers) > 1:
                session.say(f"{name} has {len(workers)} workers: one of them measures, the others stand by for it")
        yield hosts


def _check_fixed(spec: Spec) -> None:
    """InputError where each block depends on those before it: then hosts cannot share them."""
    if given := [f"measure.{name}" for name in spec.measure.open_ended]:
        what = f"hosts that share a run cannot decide by `{given[0]}` what comes next: they measure at the same time"
        cure = "leave it out and give `repetitions`, or let each host do all: --set execution.strategy=replicate"
        raise InputError([Problem(spec.path or spec.name, 0, 0, given[0], what, cure)])


def run_on_hosts(run: Runner, hosts: Hosts, only: str, wait: bool) -> frozenset[str]:
    """Complete the run's journal with equal hosts that share it; returns the ids of all its trials."""
    from concexp.run.cluster.coordinator import Coordinator, complete
    from concexp.run.cluster.parcel import packed
    from concexp.run.cluster.strategies import Spread

    coordinator = Coordinator(run, hosts, packed(run, only, os.environ, wait), Spread(hosts.say))
    with journal.Writer(run.folder.journal) as writer:
        coordinator.begin(writer)
        complete(hosts, [coordinator])
        coordinator.close()
        return coordinator.trials
