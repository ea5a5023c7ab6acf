"""What travels to a host, with its hashes: the folder of a run, the code of the trials, and what the run was given.

A run's folder stands alone: its experiment is read there as here, and gives the same cells with the same ids.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from concexp.errors import Damaged
from concexp.experiment import kept
from concexp.plan.cell import Cell, PlannedTrial
from concexp.run.child import stage
from concexp.run.runner import Runner
from concexp.run.steps import Step

EXECUTABLE = 0o111


@dataclass(frozen=True)
class Parcel:
    """What a host needs to take the steps of a run.

    run         its id
    manifest    of the run
    files       those of its folder, by name: content, and whether it may be executed
    trial_code  the code of the trials, by name
    measure     the keys of `measure:` as they hold, `--quick` included
    cpus, only  with what the plan was made
    cells       ids of all cells, and why one cannot run, or ""
    caller      the variables that the experiment takes from whoever gives the command
    wait        whether to wait for another run on the host, or to refuse
    """

    run: str
    manifest: Mapping[str, Any]
    files: Mapping[str, tuple[bytes, bool]] = field(repr=False)
    trial_code: Mapping[str, bytes] = field(repr=False)
    measure: Mapping[str, Any]
    cpus: int
    only: str
    cells: Mapping[str, str] = field(repr=False)
    caller: Mapping[str, str] = field(repr=False)
    wait: bool = True

    @cached_property  # each step names it
    def key(self) -> str:
        """Equal for parcels that are the same."""
        digest = hashlib.sha256(f"{self.run}\0{self.manifest}\0{self.measure}\0{self.only}".encode())
        for name, content in sorted(self.caller.items()):
            digest.update(f"{name}\0{content}\0".encode())
        return digest.hexdigest()

    def unpack(self, folder: Path) -> None:
        """Write the run's files into a folder; Damaged if one is not what the run was begun with."""
        for name, sha256 in _hashes(self.manifest):
            content = self.files.get(name, (b"", False))[0]
            if hashlib.sha256(content).hexdigest() != sha256:
                raise Damaged(f"{name} did not arrive as it was sent", "give the same command again")
        if stage.digest(dict(self.trial_code)) != self.manifest["trial_code"]:
            raise Damaged("the code of the trials did not arrive as it was sent", "give the same command again")
        for name, (content, executable) in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o700 if executable else 0o600)


def _hashes(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, SHA-256) of the user's code and data."""
    for name, sha256 in manifest["user_code"].items():
        yield f"{kept.CODE}/{name}", sha256
    for name, one in manifest.get("files", {}).items():
        yield f"{kept.FILES}/{name}", one["sha256"]


def hashes(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of the user's code and data, by the names that they have in a run's folder."""
    return dict(_hashes(manifest))


def packed(runner: Runner, only: str, caller: Mapping[str, str], wait: bool) -> Parcel:
    """The parcel of a run whose folder is there."""
    folder, spec = runner.folder.path, runner.spec
    sources = {name: str(folder / name) for name in (kept.EXPERIMENT, kept.RESOLVED, kept.MANIFEST)}
    sources |= {f"{kept.CODE}/{name}": str(folder / kept.CODE / name) for name in runner.folder.manifest["user_code"]}
    sources |= {f"{kept.FILES}/{name}": path for name, path in runner.provided.sources.items()}
    taken = {name for name, variable in spec.environment.items() if variable.from_caller}
    return Parcel(
        run=folder.name,
        manifest=runner.folder.manifest,
        files={name: _file(path) for name, path in sources.items()},
        trial_code=runner.stage.files,
        measure=spec.measure.model_dump(),
        cpus=runner.plan.cpus,
        only=only,
        cells={cell.id: cell.reason for cell in runner.plan.cells},
        caller={name: caller[name] for name in taken if name in caller},
        wait=wait,
    )


def _file(path: str) -> tuple[bytes, bool]:
    return Path(path).read_bytes(), bool(os.stat(path).st_mode & EXECUTABLE)


Message = dict[str, Any]


def message(step: Step) -> Message:
    """A step as it travels: a cell by its id, for a host has cells of its own."""
    if step.trial is None:
        return {"block": step.block, "number": step.number, "rounds": step.rounds}
    trial = {name: getattr(step.trial, name) for name in PlannedTrial.__dataclass_fields__ if name != "cell"}
    return {"block": step.block, "diagnosis": step.diagnosis, "trial": trial, "cell": step.trial.cell.id}


def step_of(told: Message, cells: Mapping[str, Cell]) -> Step:
    """The step of a message, with this host's cells."""
    if "trial" not in told:
        return Step(told["block"], number=told["number"], rounds=told["rounds"])
    trial = PlannedTrial(cell=cells[told["cell"]], **told["trial"])
    return Step(told["block"], trial, told["diagnosis"])
