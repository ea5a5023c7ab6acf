"""`sweep: {code: [main, HEAD~3, worktree]}` -> the versions of the user's code, each exported into a folder of its own.

A version is a git revision, `worktree` (the files as they are, without those that are ignored), or a folder that takes the place
of the YAML's. The user's repository is only read: see `git` and `exports`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from concexp.errors import did_you_mean
from concexp.experiment import exports, git, kept
from concexp.experiment.problems import Problems, items
from concexp.experiment.spec import SHORT_SHA, Grid, Version
from concexp.experiment.version_names import AXIS, PATH, WORKTREE, name_of
from concexp.experiment.yaml_nodes import Node

MANIFEST_KEY = "versions"
FOLDERS = f"or name folders: {AXIS}: [{{path: ../old, as: old}}, {WORKTREE}]"
UNNAMED = re.compile(r"[^A-Za-z0-9._-]+|^\.+")


@dataclass(frozen=True)
class Mention:
    """One version as the YAML names it: its node, the path to it, the value, and the label."""

    node: Node
    path: str
    raw: Any
    label: str

    @property
    def name(self) -> str:
        return name_of(self.raw)


class Unusable(Exception):
    """A version that cannot be had: (why, cure)."""


def mentions(sweep: Node | None, problems: Problems) -> list[Mention]:
    """The versions that `sweep:` names; a problem where only some of its maps do."""
    maps = items(sweep) if sweep is not None else []
    listed = sweep is not None and isinstance(sweep.value, list)
    found = [_of_grid(one, f"sweep[{i}]" if listed else "sweep") for i, one in enumerate(maps)]
    if any(found) and not all(found):
        number = found.index([])
        what, cure = f"this map has no `{AXIS}`, and another has", "name the same versions in each map of `sweep:`"
        problems.at(maps[number], f"sweep[{number}]", what, cure)
    return [mention for own in found for mention in own]


def check_used(found: Sequence[Mention], grids: Sequence[Grid], problems: Problems) -> None:
    """A problem where no workload is code of the user's, which alone can have versions."""
    every = [entry for grid in grids for entry in (*grid.workload, grid.background) if entry is not None]
    if found and every and not any(entry.is_user_code for entry in every):
        what, cure = "no workload here is code of yours, which could have versions", "name one: `workload: my.py:parse`"
        problems.at(found[0].node, found[0].path, what, cure)


def _of_grid(grid: Node, path: str) -> list[Mention]:
    """The versions that one grid names, alone or in `zip`; what has another shape is left to `axes`."""
    if not isinstance(grid.value, dict):
        return []
    found: list[Mention] = []
    zipped = grid.value.get("zip")
    groups = items(zipped) if zipped is not None else []
    for number, holder in enumerate([grid, *groups]):
        if isinstance(holder.value, dict) and AXIS in holder.value:
            here = path if number == 0 else f"{path}.zip[{number - 1}]"
            found += _listed(holder.value[AXIS], f"{here}.{AXIS}")
    return found


def _listed(node: Node, path: str) -> Iterator[Mention]:
    for number, item in enumerate(items(node)):
        here = f"{path}[{number}]" if isinstance(node.value, list) else path
        plain = item.plain()
        label = ""
        if isinstance(plain, dict):
            label = str(plain.get("as") or "")
            plain = plain["is"] if "is" in plain else {key: value for key, value in plain.items() if key != "as"}
        try:
            yield Mention(item, here, plain, label or name_of(plain))
        except ValueError:
            continue


def read(found: Sequence[Mention], file: Path, problems: Problems) -> dict[str, Version]:
    """The versions by name, each exported once; a problem for each that cannot be had. `file` is the YAML.

    The YAML itself is no code: with other repetitions, say, the files as they are remain the same version.
    """
    home = file.parent
    versions: dict[str, Version] = {}
    if not found:  # of most experiments: git need not be asked
        return versions
    if kept.is_run(home):
        return _kept(found, home, problems)
    top = git.toplevel(home)
    for mention in found:
        if mention.name in versions:
            continue
        try:
            version = _version(mention, file, top)
        except Unusable as error:
            problems.at(mention.node, mention.path, *error.args)
            continue
        versions[mention.name] = replace(version, folder=_free_name(mention.name, versions.values()))
    return versions


def _version(mention: Mention, file: Path, top: Path | None) -> Version:
    """One version, exported; Unusable if it cannot be had."""
    home = file.parent
    try:
        if isinstance(mention.raw, dict):
            return _of_folder(mention.name, home / mention.raw[PATH], file)
        if mention.raw == WORKTREE:
            return _of_worktree(file, top)
        return _of_commit(mention.name, home, top)
    except exports.TooLarge as error:
        cure = f"keep data out of the repository's files, or name the folder of the code: {{{PATH}: src, as: new}}"
        raise Unusable(f"{mention.name} is too large to be exported: {error}", cure) from error
    except git.Failures as error:
        said = getattr(error, "stderr", None)
        reason = said.decode("utf-8", "replace").strip() if said else getattr(error, "strerror", None) or str(error)
        raise Unusable(
            f"{mention.name} cannot be exported: {reason}", "see whether git can read it: git fsck"
        ) from error


def _of_commit(revision: str, home: Path, top: Path | None) -> Version:
    if top is None:
        why = git.refusal(home)
        outside = f"{home.resolve()} is in no git repository" if "not a git repository" in why else why
        raise Unusable(f"'{revision}' is a revision, and {outside}", f"use `git init` and commit, {FOLDERS}")
    sha = git.commit(top, revision)
    if not sha:
        known = git.names(top)
        cure = did_you_mean(revision, known) or "see `git log`"
        if git.is_shallow(top):
            cure = "only the latest commits were fetched here: `git fetch --unshallow` gets the others"
        raise Unusable(f"there is no revision '{revision}' in {top.name}", cure)
    root = exports.of_commit(top, sha)
    left_out = git.submodules(top, sha)
    facts = {"commit": sha, "date": git.day(top, sha), **({"submodules": left_out} if left_out else {})}
    return Version(revision, "commit", sha, str(root), *_yaml(home, top), str(top), facts=facts)


def _of_worktree(file: Path, top: Path | None) -> Version:
    home = file.parent
    if top is None:
        return replace(_of_folder(WORKTREE, home, file), kind="worktree")
    root, sha256 = exports.of_files(_without(file, exports.of_working_tree(top)), top.name)
    sha = git.commit(top, "HEAD")
    facts = {"head": sha} if sha else {}
    return Version(WORKTREE, "worktree", sha256, str(root), *_yaml(home, top), str(top), facts=facts)


def _without(file: Path, files: Mapping[str, Path]) -> dict[str, Path]:
    return {name: path for name, path in files.items() if path != file.resolve()}


def _of_folder(name: str, folder: Path, file: Path) -> Version:
    try:
        place = folder.resolve(strict=True)
        if not place.is_dir():
            raise Unusable(f"{name} is no folder", "name the folder that takes the place of the YAML's")
        root, sha256 = exports.of_files(_without(file, exports.of_folder(place)), place.name)
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unusable(f"cannot read {name}: {reason}", "the path is relative to this YAML") from error
    return Version(name, "folder", sha256, str(root), str(file.parent.resolve()), ".", str(place))


def _yaml(home: Path, top: Path) -> tuple[str, str]:
    """(the YAML's folder, its place in the repository)."""
    folder = home.resolve()
    return str(folder), folder.relative_to(top).as_posix()


def _free_name(name: str, known: Sequence[Version] | Any) -> str:
    """The name of a version's folder among those of a run: no label leads out of it."""
    taken = {version.folder for version in known}
    stem = UNNAMED.sub("-", name.rstrip("/")).strip("-") or "version"
    number, free = 1, stem
    while free in taken:
        number += 1
        free = f"{stem}-{number}"
    return free


def _kept(found: Sequence[Mention], home: Path, problems: Problems) -> dict[str, Version]:
    """The versions that a run's folder keeps: what they were when it was measured."""
    try:
        known = json.loads((home / kept.MANIFEST).read_text("utf-8"))[MANIFEST_KEY]
    except (OSError, ValueError, KeyError, TypeError):
        known = {}
    versions = {}
    for mention in found:
        try:
            versions[mention.name] = _of_record(mention.name, known[mention.label], home)
        except (KeyError, TypeError, ValueError):
            what = f"this run kept no version '{mention.label}'"
            problems.at(mention.node, mention.path, what, f"it has {', '.join(known)}" if known else "it kept none")
    return versions


def _of_record(name: str, record: Mapping[str, Any], home: Path) -> Version:
    """A version as a manifest describes it; ValueError for one that leads out of the run's folder."""
    folder, place = str(record["folder"]), str(record["home"])
    root = (home / kept.CODE / folder).resolve()
    if "/" in folder or folder in ("", ".", "..") or not (root / place).resolve().is_relative_to(root):
        raise ValueError(folder)
    facts = {key: value for key, value in record.items() if key not in ("kind", "identity", "home", "folder")}
    yaml = str(home.resolve())
    return Version(name, str(record["kind"]), str(record["identity"]), str(root), yaml, place, "", folder, facts)


def by_label(found: Sequence[Mention], versions: Mapping[str, Version]) -> dict[str, Version]:
    """The versions by the labels of the axis: two labels may be of one."""
    return {one.label: versions[one.name] for one in found if one.name in versions}


def moved(known: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What of two manifests' versions has changed since the first: `main is now 1a2b3c4`."""
    parts = []
    for label in sorted({*known, *now}):
        there, here = (one.get(label) or {} for one in (known, now))
        if there.get("identity") != here.get("identity"):
            after = str(here.get("commit") or here.get("identity") or "")[:SHORT_SHA]
            parts.append(f"{label} is now {after}" if after else f"{label} is no longer compared")
    return ", ".join(parts)
