"""What `concexp bundle` does: packs a run with all that it was made from into one archive that a stranger can check."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concexp.commands import crate
from concexp.commands.report import write_report
from concexp.commands.traces import traces_of_a_machine
from concexp.errors import Damaged, EnvironmentRefused, InputError, PageIncomplete, Problem
from concexp.experiment import kept, plugin_files
from concexp.report import font_files, places
from concexp.run import bundle, packages, user_files
from concexp.run.child import stage, temp_folder
from concexp.run.storage import archive, atomic, journal, run_folder

if TYPE_CHECKING:
    from concexp.analysis.results import Run

EARLIEST, LATEST = 1980, 2107  # years that an archive can hold
Sources = dict[str, Path | bytes]


@dataclass(frozen=True)
class Made:
    """A bundle that was made: its path and SHA-256, the files in it by name with their bytes, and what is to be said of it."""

    path: Path
    sha256: str
    sizes: Mapping[str, int]
    notes: Sequence[str]


def make_bundle(path: Path, out: Path | None = None, authors: Sequence[str] = (), licence: str = "") -> Made:
    """Pack the run that `path` means; by default into <name>-<run id>.zip in the working folder.

    Authors and licence are those of the experiment where none are given.
    """
    from concexp.analysis import results

    if bundle.is_bundle(path):
        raise InputError(
            [Problem(str(path), 0, 0, "", "it is a bundle already", "name a run folder, or reports/<name>")]
        )
    folder = results.folder_of(path)
    _check_folder(folder)
    run = results.load(folder)
    manifest = run_folder.read_manifest(folder)
    target = out or Path(f"{run.spec['name']}-{run.header['run']}.zip")
    notes = [*_notes(folder, manifest)]
    with temp_folder.folder() as drafts:
        sources = _sources(folder, manifest) | _trial_code(manifest, notes) | _pages(run, folder, drafts, notes)
        for name in sources:
            if problem := archive.problem_with(name):
                raise EnvironmentRefused(f"{name} cannot be in a bundle: its name {problem}", "rename it and run again")
        sums = {name: _sum(source) for name, source in sorted(sources.items())}
        sizes = {name: _size(source) for name, source in sorted(sources.items())}
        _check_measured(folder, manifest, sums)
        about = crate.Described(
            run.header["run"],
            run.spec["question"],
            _answer(run),
            _texts(run.spec.get("tags")),
            manifest,
            sums,
            sizes,
            authors or _texts(run.spec.get("author")),
            licence or str(run.spec.get("license") or ""),
            packages.imported(manifest),
        )
        files = {bundle.METADATA: crate.metadata(about), **{name: sources[name] for name in sums}}
        try:
            with atomic.replaced(target.absolute(), fsync=True) as draft:
                archive.pack(draft, files, _moment(manifest))
                _check_readable(draft, target)
                sha256 = _sum(draft)
        except OSError as error:
            raise run_folder.refused(error, target) from error
        notes += traces_of_a_machine(files)
    return Made(target, sha256, {bundle.METADATA: _size(files[bundle.METADATA]), **sizes}, notes)


def _check_folder(folder: Path) -> None:
    """EnvironmentRefused unless a run's folder is whole and no process writes to it."""
    if not kept.is_run(folder):
        missing = [one for one in (kept.EXPERIMENT, kept.RESOLVED, kept.MANIFEST) if not (folder / one).is_file()]
        raise EnvironmentRefused(
            f"{folder} has no {', '.join(missing)}", "a bundle needs the run's whole folder, as `concexp run` made it"
        )
    if journal.being_written(folder / journal.NAME):
        raise EnvironmentRefused(f"the run in {folder} goes on at the moment", "wait for its end")


def _notes(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """What is to be said of a run before it is sent to anyone."""
    if "finished_at" not in manifest:
        yield f"the run in {folder} was not finished: the bundle has the trials that it has so far"
    elif manifest.get("quick") or manifest.get("only"):
        yield f"the run in {folder} is one of {'--quick' if manifest.get('quick') else '--only'}: a part of its experiment"
    for name, one in (manifest.get("files") or {}).items():
        if not one.get("kept"):
            yield f"{name} ({one.get('bytes'):,} bytes) is not in the bundle, since the run's folder did not keep it: send it along"
    if secrets := manifest.get("secrets"):
        yield f"of the secret variables {', '.join(secrets)} the bundle has the names only"


def _sources(folder: Path, manifest: Mapping[str, Any]) -> Sources:
    """The files of a run's folder that belong to the run, by their names in the bundle; what else lies there stays there."""
    names = [kept.EXPERIMENT, kept.RESOLVED, kept.MANIFEST, journal.NAME]
    names += [f"{kept.CODE}/{name}" for name in manifest.get("user_code") or ()]
    names += [f"{kept.FILES}/{name}" for name, one in (manifest.get("files") or {}).items() if one.get("kept")]
    written = [path for path in (folder / kept.WRITTEN).rglob("*") if path.is_file()]
    names += [path.relative_to(folder).as_posix() for path in written]
    for name in names:
        place = folder / name
        if not place.is_file() or not place.resolve().is_relative_to(folder.resolve()):
            raise Damaged(f"{place} is not there", "restore it from the repository or backup")
    return {name: folder / name for name in names}


def _trial_code(manifest: Mapping[str, Any], notes: list[str]) -> Sources:
    """The code that the run's trials executed: what is installed here if it is the same, or what the run left staged."""
    wanted = str(manifest.get("trial_code", ""))
    named = [tuple(name.split("/", 1)) for name in manifest.get("plug_ins") or {}]
    try:
        files: Mapping[str, bytes] = stage.code(plugin_files.sources((kind, name) for kind, name in named))
    except EnvironmentRefused:  # a package that is not as it was
        files = {}
    if stage.digest(dict(files)) != wanted:
        files = stage.staged(wanted)
    if not files:
        others = f", or of {', '.join(sorted({*manifest['plug_ins'].values()}))}" if named else ""
        notes.append(
            f"the code of the trials is not in the bundle: the run was made by another version of concexp{others} "
            f"({manifest.get('concexp')}, trial code {wanted[:12]}…), which is not installed here"
        )
    return {f"{bundle.TRIAL_CODE}/{name}": content for name, content in files.items()}


def _pages(run: Run, folder: Path, drafts: Path, notes: list[str]) -> Sources:
    """Tables, page and pictures, made anew from the journal, so that they are of this run and nothing else."""
    font_files.require(places.language_of(run.spec))
    shutil.copyfile(folder / kept.EXPERIMENT, drafts / kept.EXPERIMENT)  # older journals have no copy of it
    try:
        write_report(replace(run, folder=drafts, memo={}), drafts)
    except PageIncomplete as error:
        notes.append(f"the page lacks {'; '.join(error.parts)}")
    (drafts / kept.EXPERIMENT).unlink()
    return {path.relative_to(drafts).as_posix(): path for path in drafts.rglob("*") if path.is_file()}


def _check_measured(folder: Path, manifest: Mapping[str, Any], sums: Mapping[str, str]) -> None:
    """Damaged if code or data in a run's folder was changed since it was measured."""
    measured = {f"{kept.CODE}/{name}": sha256 for name, sha256 in (manifest.get("user_code") or {}).items()}
    for name, one in (manifest.get("files") or {}).items():
        if one.get("kept"):
            measured[f"{kept.FILES}/{name}"] = one["sha256"]
    for name, sha256 in measured.items():
        if sums[name] != sha256:
            raise Damaged(
                f"{folder / name} was changed since it was measured", "restore it from the repository or backup"
            )


def _check_readable(draft: Path, target: Path) -> None:
    """EnvironmentRefused if the recipient could not read the bundle, as with too many files."""
    try:
        bundle.check(draft)
    except Damaged as error:
        reason = error.message.replace(str(draft), str(target))
        raise EnvironmentRefused(f"this run cannot be a bundle: {reason}", "send its folder in another way") from error


def _answer(run: Run) -> list[str]:
    """The sentences of the answer."""
    from concexp.report import terminal

    return [line.removeprefix("- ") for line in terminal.answer_lines(run)[1:]]


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(one) for one in value or ()]


def _sum(source: Path | bytes) -> str:
    return hashlib.sha256(source).hexdigest() if isinstance(source, bytes) else user_files.sha256(str(source))


def _size(source: Path | bytes) -> int:
    return len(source) if isinstance(source, bytes) else os.stat(source).st_size


def _moment(manifest: Mapping[str, Any]) -> tuple[int, int, int, int, int, int]:
    """The end of the run, or its beginning, as an archive keeps times: UTC."""
    with contextlib.suppress(ValueError):
        moment = datetime.fromisoformat(str(manifest.get("finished_at") or manifest.get("started_at"))).astimezone(UTC)
        if EARLIEST <= moment.year <= LATEST:
            return moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second
    return EARLIEST, 1, 1, 0, 0, 0
