"""What happens on a host of a cluster: it says what it is, takes a run's parcel, and takes the steps of that run.

All of it is the code of a run on one machine: the experiment is read and planned here, and each trial is a sealed child of the
worker, with the machine-wide lock held. These functions are called by name in the worker's process.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from concexp import __version__, experiment
from concexp.errors import ConcexpError
from concexp.plan.cell import Cell
from concexp.plan.planner import make_plan, with_refusals
from concexp.run import packages
from concexp.run.calibration import Pace
from concexp.run.child import process_tree, stage, temp_folder
from concexp.run.cluster import parcel as parcels
from concexp.run.cluster.admission import interpreter_differences
from concexp.run.cluster.parcel import Message, Parcel
from concexp.run.interpreters import discovery, interpreter
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine import facts, hazards
from concexp.run.machine.lock import MachineLock
from concexp.run.machine.neighbours import Watch
from concexp.run.provided import provided_by, sharing
from concexp.run.runner import Runner
from concexp.run.storage.run_folder import RunFolder
from concexp.run.user_files import UserFiles


class NotOpen(ConcexpError):
    """This worker has not got the run's parcel: it is another process than the one that got it."""


@dataclass
class _Listener:
    """Collects what is worth showing, until the answer takes it along."""

    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def taken(self) -> list[str]:
        notes, self.notes = self.notes, []
        return notes


@dataclass(frozen=True)
class _Opened:
    """A run that was opened here; closing `closing` removes its files."""

    runner: Runner
    cells: Mapping[str, Cell]
    listener: _Listener
    about: dict[str, Any]
    closing: contextlib.ExitStack


_opened: dict[str, _Opened] = {}  # by the parcel's key


def describe() -> dict[str, Any]:
    """What the host is, before anything travels."""
    return {
        "concexp": __version__,
        "host": facts.host(),
        "name": socket.gethostname(),
        "now": time.time(),
        "machine": facts.facts(),
    }


def open_run(parcel: Parcel) -> dict[str, Any]:
    """Take a run's parcel; returns what is known of the host: `problems` say why it cannot take part."""
    if parcel.key not in _opened:
        for key in [key for key, one in _opened.items() if one.runner.folder.path.name == parcel.run]:
            _opened.pop(key).closing.close()
        with contextlib.ExitStack() as closing:
            opened = _open(parcel, closing)
            _opened[parcel.key] = opened
            closing.pop_all()
            atexit.register(opened.closing.close)
    return _opened[parcel.key].about


def close_run(key: str) -> None:
    """Forget a run and remove its files."""
    if key in _opened:
        _opened.pop(key).closing.close()


def calibrate(key: str) -> Pace:
    """Measure how much work fills a given time."""
    return _run(key).runner.calibrate()


def perform(key: str, told: Message, pace: Pace | None) -> tuple[dict[str, Any], list[str]]:
    """Take a step; returns its record, and what is worth showing."""
    run = _run(key)
    run.runner.pace = pace
    record = run.runner.perform(parcels.step_of(told, run.cells))
    return dict(record), run.listener.taken()


def _run(key: str) -> _Opened:
    if key not in _opened:
        raise NotOpen("this worker does not know the run")
    return _opened[key]


def _open(parcel: Parcel, closing: contextlib.ExitStack) -> _Opened:
    """Unpack, read, plan and look around."""
    watch = Watch()
    process_tree.end_abandoned()
    temp_folder.clear()
    folder = closing.enter_context(temp_folder.folder()) / parcel.run
    parcel.unpack(folder)
    listener = _Listener()
    spec = experiment.load(folder / "experiment.yaml").with_measure(**parcel.measure)
    provided = closing.enter_context(sharing(provided_by(spec, parcel.caller), listener.note))
    code = stage.stage_files(parcel.trial_code)
    resolved = discovery.resolve_interpreters(spec, code, say=listener.note)
    pythons = {label: python for label, python in resolved.items() if isinstance(python, Interpreter)}
    for python in pythons.values():
        stage.compile_for(python.path, code)
    plan = make_plan(spec, parcel.cpus, parcel.only, discovery.support_checks(resolved, code))
    plan = with_refusals(spec, plan, parcel.manifest.get("preflight", {}).get("unsupported", {}))
    hashes = parcels.hashes(parcel.manifest)
    runner = Runner(
        spec,
        plan,
        RunFolder(folder, dict(parcel.manifest)),
        code,
        pythons,
        MachineLock(f"concexp run of {spec.name}", lambda holder: listener.note(f"waited for {holder}"), parcel.wait),
        listener,  # type: ignore[arg-type]  # a step only has notes
        host=facts.host(),
        user_files=UserFiles({name: str(folder / name) for name in hashes}, hashes),
        provided=provided,
        differing=parcel.manifest.get("preflight", {}).get("differing", {}),
    )
    closing.callback(runner.templates.close)
    sentinel = [plan.sentinel] if plan.sentinel is not None else []
    cells = {cell.id: cell for cell in (*plan.cells, *sentinel)}
    problems, remarks = interpreter_differences(parcel.manifest["interpreters"], resolved)
    problems += [*_other_packages(parcel, runner), *_other_cells(parcel, cells)]
    about = {**_looked_around(runner, watch), "problems": problems, "remarks": remarks}
    return _Opened(runner, cells, listener, about, closing.pop_all())


def _other_packages(parcel: Parcel, runner: Runner) -> Iterator[str]:
    for one in packages.unlike(parcel.manifest, runner.pythons, runner.stage):
        here = f"version {one.here}" if one.here else "not installed"
        yield f"{one.name} is {one.measured} for python {one.python} where the run was begun, and {here} there"


def _other_cells(parcel: Parcel, cells: Mapping[str, Cell]) -> Iterator[str]:
    if missing := [cell for cell in parcel.cells if cell not in cells]:
        yield f"{len(missing)} of its cells are other ones than where the run was begun"
        return
    unable = [cells[cell].reason for cell, reason in parcel.cells.items() if not reason and cells[cell].reason]
    for reason in dict.fromkeys(unable):
        yield f"{unable.count(reason)} cells cannot run there: {reason}"


def _looked_around(runner: Runner, watch: Watch) -> dict[str, Any]:
    """The machine's facts, its hazards and its clocks; nothing of it matters where trials are made up."""
    machine = facts.facts()
    if all(cell.simulated for cell in runner.plan.runnable):
        return {"machine": machine, "said": [], "doctor": "", "clocks": {}}
    machine["other_cpus"] = watch.cpus()
    ask = functools.partial(interpreter.usual_clocks, stage=runner.stage)
    clocks = {label: ask(python) for label, python in runner.pythons.items()}
    doctor = hazards.warning_before_run(machine, next(iter(clocks.values()), {}))
    return {
        "machine": machine,
        "said": hazards.said_before_run(hazards.check_hazards(machine)),
        "doctor": doctor["summary"],
        "clocks": clocks,
    }
