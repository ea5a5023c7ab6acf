"""The folder of a run, reports/<name>/runs/<run id>/: created once, never overwritten, found again to complete a run."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from concexp.errors import Damaged, EnvironmentRefused
from concexp.experiment import Spec
from concexp.experiment.user_source import imported_beside
from concexp.experiment.yaml_nodes import Dumper
from concexp.run import user_files
from concexp.run.storage import atomic, foreign_file
from concexp.run.storage.foreign_text import json_bytes
from concexp.run.storage.journal import NAME as JOURNAL
from concexp.run.storage.journal import Journal
from concexp.trial.workloads._user_code import place_of

MOMENT = "%Y%m%dT%H%M%SZ"  # of a run's id
MANIFEST = "manifest.json"
MANIFEST_LIMIT = 64 << 20  # bytes that are read of one


@dataclass(frozen=True)
class RunFolder:
    """A run's folder, and its manifest as it was at the start."""

    path: Path
    manifest: dict[str, Any]

    @property
    def journal(self) -> Path:
        return self.path / JOURNAL

    @property
    def page_folder(self) -> Path:
        """reports/<name>: holds the page of the latest full run."""
        return self.path.parent.parent


def now() -> str:
    """The wall-clock time as records hold it: UTC, ISO 8601, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def identity(spec: Spec, files: Mapping[str, str], trial_code: str, interpreters: Mapping[str, Any], only: str) -> str:
    """SHA-256 of what two runs must share to be the same question: the spec, the user's and the child's code, the interpreters."""
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

    `seen` is what the preflight found out about each entry, by label. Names contain no folder of this machine: a file's name
    is relative to the folder of the file that is named, a module's follows the module.
    """
    wanted: list[tuple[str, str]] = []  # (name, path)
    for entry in spec.user_entries:
        for located in entry.sources:
            path = Path(located.source)
            parts = located.module.split(".") if located.module else place_of(located.source)[1]
            parents = parts if path.stem == "__init__" else parts[:-1]
            wanted.append(("/".join([*parents, path.name]), located.source))
        home = Path(place_of(entry.located.path)[0] if entry.located.path else entry.located.home)
        # What it had imported when it was looked at, and what it will import when it is called.
        helpers = {Path(helper).resolve() for helper in seen.get(entry.label, {}).get("files", ())}
        for located in entry.sources:
            helpers |= imported_beside(Path(located.source), home.resolve())
        within = [helper for helper in sorted(helpers) if helper.is_relative_to(home.resolve())]
        wanted += [(helper.relative_to(home.resolve()).as_posix(), str(helper)) for helper in within]
    files: dict[str, str] = {}
    for name, source in wanted:
        number, free_name = 1, name
        while (
            files.get(free_name, source) != source
        ):  # another file has that name: put the folder before it, then a number
            free_name = f"{Path(source).parent.name}{number if number > 1 else ''}/{name}"
            number += 1
        if source not in files.values():
            files[free_name] = source
    return dict(sorted(files.items()))


def user_code(files: Mapping[str, str]) -> dict[str, str]:
    """The SHA-256 of each of the user's files, by its name in `code/`."""
    return {name: user_files.sha256(source) for name, source in files.items()}


@dataclass(frozen=True)
class Unfinished:
    """The latest run of an identity whose page was not written: `here`, where it may be completed, and on another machine.

    Trials of two machines, or with other usable CPUs, must not meet in one cell; `elsewhere` says why a run was passed over.
    """

    here: RunFolder | None = None
    elsewhere: str = ""


def unfinished(runs: Path, wanted: str, host: str, cpus: int) -> Unfinished:
    """The latest unfinished runs with the identity `wanted`, on this `host` with this number of usable CPUs and elsewhere."""
    elsewhere = ""
    for path in sorted(runs.glob(f"*/{MANIFEST}"), reverse=True):
        known = read_manifest(path.parent)
        if known.get("identity") != wanted or "finished_at" in known:
            continue
        machine = known.get("machine")
        cpus_there = machine.get("cpus") if isinstance(machine, dict) else None
        if known.get("host") == host and cpus_there == cpus:
            return Unfinished(RunFolder(path.parent, known), elsewhere)
        why = f"with {cpus_there} usable CPUs, not {cpus}" if known.get("host") == host else "on another machine"
        elsewhere = elsewhere or f"{path.parent.name} was begun {why}, and is left as it is"
    return Unfinished(None, elsewhere)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest in a run's folder; {} if there is none, or what lies there is none."""
    try:
        found = json.loads(foreign_file.content(folder / MANIFEST, MANIFEST_LIMIT))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def create(runs: Path, spec: Spec, files: Mapping[str, str], manifest: dict[str, Any]) -> RunFolder:
    """Create the folder of a run, with all that is known before the first trial; EnvironmentRefused if that fails."""
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
        for parent in (path, *path.absolute().parents[:3]):  # their names must survive too, or their contents are lost
            atomic.sync_folder(parent)
    except OSError as error:
        if path is not None:
            shutil.rmtree(path, ignore_errors=True)  # later runs must not find half a folder
        raise refused(error, runs) from error
    return folder


def refused(error: OSError, folder: Path) -> EnvironmentRefused:
    """The exception for a folder of reports that cannot be written."""
    where = atomic.meant(error.filename) if isinstance(error.filename, str) else folder
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
    """The beginning of a new run's id: the time, UTC, or, if the clock was put back, a second after the latest run.

    So the latest run is the last by name.
    """
    moment = datetime.now(UTC)
    earlier = []
    for path in runs.iterdir():
        with contextlib.suppress(ValueError, OverflowError):  # the last: no second comes after the year 9999
            began = datetime.strptime(path.name.partition("-")[0], MOMENT).replace(tzinfo=UTC)
            earlier.append(began + timedelta(seconds=1))
    moment = max([moment, *earlier])
    return moment.strftime(MOMENT)


def write_manifest(folder: RunFolder, manifest: dict[str, Any]) -> None:
    """Replace the manifest as a whole, on disk before it takes its place."""
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    with atomic.replaced(folder.path / MANIFEST, fsync=True) as draft:
        draft.write_bytes(json_bytes(f"{text}\n"))


def finish(folder: RunFolder, effective_cpus: list[dict[str, Any]], journal: Journal) -> None:
    """Record in the manifest that the page is written, the effective CPUs over time, and where the journal ends."""
    last = {"records": len(journal.records), "crc32": journal.checksum}
    write_manifest(folder, {**folder.manifest, "effective_cpus": effective_cpus, "journal": last, "finished_at": now()})


def check_whole(folder: Path, journal: Journal) -> None:
    """Damaged if the journal of a finished run ends elsewhere than it did when the run was finished.

    The lines above are chained; only what was cut off at the end leaves no trace in the file itself.
    """
    manifest = read_manifest(folder)
    if not manifest and (folder / MANIFEST).exists():
        raise Damaged(
            f"{folder / MANIFEST} is no manifest", "restore the file from its repository or backup, or remove it"
        )
    ended = manifest.get("journal")
    if "finished_at" not in manifest or not isinstance(ended, dict) or "crc32" not in ended:
        return  # unfinished, or of version 0.1
    if (ended.get("records"), ended["crc32"]) != (len(journal.records), journal.checksum):
        raise Damaged(
            f"{folder / JOURNAL} has {len(journal.records)} records, of which the last is not that of the finished run, "
            f"which had {ended.get('records')}",
            "restore the file from its repository or backup",
        )
