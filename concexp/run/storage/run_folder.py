"""reports/<name>/runs/<run id>/: made once, never overwritten, found again when a run has to be completed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from concexp.errors import EnvironmentRefused
from concexp.experiment import Spec
from concexp.experiment.yaml_nodes import Dumper
from concexp.run.storage.journal import NAME as JOURNAL

MOMENT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class RunFolder:
    """A run's folder and its manifest at the beginning."""

    path: Path
    manifest: dict[str, Any]

    @property
    def journal(self) -> Path:
        return self.path / JOURNAL

    @property
    def page_folder(self) -> Path:
        """reports/<name>: where the page of the latest full run stands."""
        return self.path.parent.parent


def now() -> str:
    """The time of the clock on the wall, UTC, as records tell it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def identity(spec: Spec, files: Mapping[str, str], trial_code: str, interpreters: Mapping[str, Any], only: str) -> str:
    """SHA-256 of all that makes two runs the same question: the spec, the user's code, the child's code, the interpreters."""
    parts = {
        "spec": spec.resolved(),
        "user_code": user_code(files),
        "trial_code": trial_code,
        "interpreters": interpreters,
        "only": only,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def code_files(spec: Spec, seen: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The user's files by their names in `code/`: those that the experiment names, and those beside them that they import.

    `seen` is what the preflight saw. Names hold no folder of this machine: a file's begins from the folder of the one that
    is named, a module's follows the module.
    """
    wanted: list[tuple[str, str]] = []
    for entry in spec.user_entries:
        for one in entry.sources:
            path = Path(one.source)
            parts = one.module.split(".") if one.module else []
            parents = parts if path.stem == "__init__" else parts[:-1]
            wanted.append(("/".join([*parents, path.name]), one.source))
        home = Path(entry.located.path).parent if entry.located.path else Path(entry.located.home)
        helpers = seen.get(entry.label, {}).get("files", ())
        wanted += [(Path(helper).relative_to(home).as_posix(), helper) for helper in helpers]
    found: dict[str, str] = {}
    for name, source in wanted:
        number, free = 1, name
        while found.get(free, source) != source:  # another file of that name: its folder tells them apart, or a number
            free = f"{Path(source).parent.name}{number if number > 1 else ''}/{name}"
            number += 1
        if source not in found.values():
            found[free] = source
    return dict(sorted(found.items()))


def user_code(files: Mapping[str, str]) -> dict[str, str]:
    """The SHA-256 of each of the user's files, by its name in `code/`."""
    return {name: hashlib.sha256(Path(source).read_bytes()).hexdigest() for name, source in files.items()}


def unfinished(runs: Path, wanted: str) -> RunFolder | None:
    """The latest run of that identity whose page was not written, if there is one."""
    for manifest in sorted(runs.glob("*/manifest.json"), reverse=True):
        with contextlib.suppress(OSError, ValueError):
            known = json.loads(manifest.read_text("utf-8"))
            if known.get("identity") == wanted and "finished_at" not in known:
                return RunFolder(manifest.parent, known)
    return None


def create(runs: Path, spec: Spec, files: Mapping[str, str], manifest: dict[str, Any]) -> RunFolder:
    """A new folder with all that is known before the first trial."""
    path = None
    try:
        path = _new(runs, manifest["identity"])
        (path / "experiment.yaml").write_text(spec.text, "utf-8")
        resolved = yaml.dump(spec.resolved(), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)
        (path / "resolved.yaml").write_text(resolved, "utf-8")
        for name, source in files.items():
            copy = path / "code" / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        folder = RunFolder(path, manifest)
        write_manifest(folder, manifest)
        for parent in (path, *path.absolute().parents[:3]):  # their names must survive, or what is in them is lost
            _settle(parent)
    except OSError as error:
        if path is not None:
            shutil.rmtree(path, ignore_errors=True)  # half a run folder is none
        raise refused(error, runs) from error
    return folder


def _settle(folder: Path) -> None:
    """Put the names in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refused(error: OSError, folder: Path) -> EnvironmentRefused:
    """What to say when the reports' folder cannot be written."""
    where = error.filename or folder
    return EnvironmentRefused(
        f"cannot write {where}: {error.strerror or error}",
        "make room or permission and give the same command again, or name another folder with --out",
    )


def _new(runs: Path, wanted: str) -> Path:
    runs.mkdir(parents=True, exist_ok=True)
    stem = f"{_moment(runs)}-{wanted[:8]}"
    number = 1
    while True:
        path = runs / (stem if number == 1 else f"{stem}-{number}")
        with contextlib.suppress(FileExistsError):
            path.mkdir()
            return path
        number += 1


def _moment(runs: Path) -> str:
    """The beginning of a new run's id: the time, UTC; or, where the clock was put back, a second after the latest run.

    The latest run is the last by name.
    """
    moment = datetime.now(UTC)
    begun = []
    for path in runs.iterdir():
        with contextlib.suppress(ValueError):
            begun.append(datetime.strptime(path.name.partition("-")[0], MOMENT).replace(tzinfo=UTC))
    if (latest := max(begun, default=moment)) > moment:
        moment = latest + timedelta(seconds=1)
    return moment.strftime(MOMENT)


def write_manifest(folder: RunFolder, manifest: dict[str, Any]) -> None:
    """Put the manifest in its place, whole or not at all."""
    path = folder.path / "manifest.json"
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def finish(folder: RunFolder, effective_cpus: list[dict[str, Any]]) -> None:
    """Say that the page is written."""
    write_manifest(folder, {**folder.manifest, "effective_cpus": effective_cpus, "finished_at": now()})
