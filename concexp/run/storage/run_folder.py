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
from concexp.experiment import Spec, kept, standalone, versions
from concexp.experiment.yaml_nodes import Dumper
from concexp.run import user_files
from concexp.run.storage import atomic, foreign_file
from concexp.run.storage.foreign_text import json_bytes
from concexp.run.storage.journal import LINE_LIMIT, Journal, decode
from concexp.run.storage.journal import NAME as JOURNAL

MOMENT = "%Y%m%dT%H%M%SZ"  # of a run's id
MANIFEST = kept.MANIFEST
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


def identity(
    spec: Spec,
    files: Mapping[str, str],
    trial_code: str,
    interpreters: Mapping[str, Any],
    only: str,
    provided: Mapping[str, Any] | None = None,
) -> str:
    """SHA-256 of what two runs must share to be the same question.

    That is the spec, the user's and the child's code, the interpreters, and what is `provided`: variables and files.
    """
    parts = {
        "spec": spec.asked(),
        "user_code": user_files.hashes_of(files),
        "trial_code": trial_code,
        "interpreters": interpreters,
        "only": only,
        **(provided or {}),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Unfinished:
    """The latest run of an identity whose page was not written: `here`, where it may be completed, and on another machine.

    Trials of two machines, or with other usable CPUs, must not meet in one cell; `elsewhere` says why a run was passed over.
    """

    here: RunFolder | None = None
    elsewhere: str = ""


def unfinished(runs: Path, wanted: str, host: str, cpus: int, parts: Mapping[str, Any] | None = None) -> Unfinished:
    """The latest unfinished runs with the identity `wanted`, on this `host` with this number of usable CPUs and elsewhere.

    `parts` are what this run's manifest says of the parts of its identity: they show in what the latest run differs,
    unless an earlier one has the same identity and the machine is all that differs.
    """
    elsewhere = differs = ""
    for number, path in enumerate(sorted(runs.glob(f"*/{MANIFEST}"), reverse=True)):
        known = read_manifest(path.parent)
        if "finished_at" in known:
            continue
        if known.get("identity") != wanted:
            if number == 0 and parts is not None:
                differs = f"{path.parent.name} was begun {_difference(known, parts)}, and is left as it is"
            continue
        machine = known.get("machine")
        cpus_there = machine.get("cpus") if isinstance(machine, dict) else None
        if known.get("host") == host and cpus_there == cpus:
            return Unfinished(RunFolder(path.parent, known), elsewhere or differs)
        why = f"with {cpus_there} usable CPUs, not {cpus}" if known.get("host") == host else "on another machine"
        elsewhere = elsewhere or f"{path.parent.name} was begun {why}, and is left as it is"
    return Unfinished(None, elsewhere or differs)


# A part of a manifest -> what is said where it differs from that of a new run.
DIFFERENCES = {
    "versions": "with other versions of your code",
    "user_code": "with other code of yours",
    "files": "with other files",
    "environment": "with other environment variables",
    "plug_ins": "with other versions of installed plug-ins",
    "secrets": "with other secret variables",
    "trial_code": "by another version of concexp",
    "interpreters": "with other interpreters",
    "only": "with another --only",
    "execution": "on other machines",
}


def _difference(known: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """How the run with the manifest `known` differs from one with these parts."""
    for part, words in DIFFERENCES.items():
        there, here = known.get(part) or {}, parts.get(part) or {}
        if there != here:
            if part == versions.MANIFEST_KEY and isinstance(there, dict) and isinstance(here, dict):
                if moved := versions.moved(there, here):
                    return f"{words} ({moved})"
                continue
            if not (isinstance(there, dict) and isinstance(here, dict)) or part == "interpreters":
                return words
            names = [name for name in sorted({*there, *here}) if there.get(name) != here.get(name)]
            return f"{words} ({', '.join(names[:3])}{', …' * (len(names) > 3)})"
    return "with another experiment"


def has_cells(folder: RunFolder, wanted: set[str]) -> bool:
    """Whether the journal of a run, if it has begun, is one of these cells: its trials must not meet with those of others."""
    try:
        with foreign_file.opened(folder.journal) as file:
            header = decode(file.readline(LINE_LIMIT + 1).removesuffix(b"\n"))
        return {cell["cell"] for cell in header["cells"]} == wanted
    except (OSError, ValueError, KeyError, TypeError):
        return True  # not begun; or damaged, which reading it reports


def is_complete(folder: Path) -> bool:
    """Whether a run is one of the whole experiment, and finished. A run without a manifest counts as such."""
    manifest = read_manifest(folder)
    return not manifest or ("finished_at" in manifest and not manifest.get("quick") and not manifest.get("only"))


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest in a run's folder; {} if there is none, or what lies there is none."""
    try:
        found = json.loads(foreign_file.content(folder / MANIFEST, MANIFEST_LIMIT))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def create(
    runs: Path, spec: Spec, files: Mapping[str, str], manifest: dict[str, Any], data: Mapping[str, str] | None = None
) -> RunFolder:
    """Create the folder of a run, with all that is known before the first trial; EnvironmentRefused if that fails.

    `files` go into `code/` and `data` into `files/`, where the copy of the experiment finds them.
    """
    path = None
    try:
        path = _new(runs, manifest["identity"])
        (path / kept.EXPERIMENT).write_text(standalone.text_of(spec), "utf-8")
        resolved = yaml.dump(spec.resolved(), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)
        (path / kept.RESOLVED).write_text(resolved, "utf-8")
        for name, text in standalone.written(spec).items():
            place = path / kept.WRITTEN / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, "utf-8")
        copies = {f"{kept.CODE}/{name}": source for name, source in files.items()}
        copies |= {f"{kept.FILES}/{name}": source for name, source in (data or {}).items()}
        for name, source in copies.items():
            copy = path / name
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


def check_whole(folder: Path, records: int, checksum: int) -> None:
    """Damaged if the journal of a finished run, with so many records and that checksum at its end, once ended elsewhere.

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
    if (ended.get("records"), ended["crc32"]) != (records, checksum):
        raise Damaged(
            f"{folder / JOURNAL} has {records} records, of which the last is not that of the finished run, "
            f"which had {ended.get('records')}",
            "restore the file from its repository or backup",
        )
