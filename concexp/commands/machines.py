"""Runs an experiment on the hosts of a cluster instead of this machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from concexp.commands.session import Session
from concexp.errors import InputError, Problem
from concexp.experiment import Spec
from concexp.run.child import process_tree
from concexp.run.cluster.connection import connected
from concexp.run.cluster.coordinator import Coordinator
from concexp.run.cluster.hosts import Hosts
from concexp.run.cluster.parcel import packed
from concexp.run.runner import Runner


def on_cluster(spec: Spec, name: str) -> Spec:
    """The experiment on the cluster that the command line names."""
    try:
        return spec.on_cluster(name)
    except ValueError as error:
        raise InputError([Problem("--cluster", 0, 0, "", str(error))]) from None


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
    _check_fixed(spec)
    session.say(f"connecting to {execution.cluster}")
    with process_tree.inheriting_nothing(), connected(execution.cluster, Path(spec.path).parent) as connection:
        hosts = Hosts(connection, session.say, session.display.say)
        hosts.wait_for_one()
        yield hosts


def _check_fixed(spec: Spec) -> None:
    """InputError where each block depends on those before it: then hosts cannot share them."""
    open_ended = {"precision": spec.measure.precision, "budget": spec.measure.budget}
    if given := [f"measure.{name}" for name, value in open_ended.items() if value is not None]:
        what = f"hosts that share a run cannot decide by `{given[0]}` what comes next: they measure at the same time"
        cure = "leave it out, and give `repetitions`"
        raise InputError([Problem(spec.path or spec.name, 0, 0, given[0], what, cure)])


def run_on_hosts(run: Runner, hosts: Hosts, only: str, wait: bool) -> frozenset[str]:
    """Complete the run's journal with the hosts of a cluster; returns the ids of all its trials."""
    coordinator = Coordinator(run, hosts, packed(run, only, os.environ, wait))
    trials = coordinator.execute()
    coordinator.close()
    return trials
