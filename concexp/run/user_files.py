"""The user's files that are measured, code and data: what is run must be what the run's folder keeps, and its page names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from concexp.errors import EnvironmentRefused
from concexp.experiment import Entry, Spec
from concexp.experiment.kept import name_of
from concexp.experiment.spec import Located
from concexp.experiment.user_source import imported_beside
from concexp.trial.workloads._user_code import place_of

Signature = tuple[int, ...]


@dataclass(frozen=True)
class UserFiles:
    """The user's files, and how they were when the run began; both by their names in the run's folder.

    sources  their paths
    hashes   SHA-256 of their contents, hex
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    # What the system said of a file when its content was last found to be right: a look at that is cheap.
    _seen: dict[str, Signature] = field(default_factory=dict)

    def check(self) -> bool:
        """EnvironmentRefused if one of the files is not as it was; True if one was written since the last time, and is again.

        Then a trial in between may have met anything.
        """
        written = False
        for name, source in self.sources.items():
            there = signature(source)
            if there is not None and there == self._seen.get(name):
                continue
            if there is None or self.hashes.get(name) != sha256(source):
                what = "is gone" if there is None else "was changed"
                raise EnvironmentRefused(
                    f"{source} {what} while the run measured it: the trials before that are kept",
                    "put the file back as it was (the run's folder keeps a copy in code/ or files/) and give the same command "
                    "again to complete this run; with the changed file that command starts a new one",
                )
            written = written or name in self._seen
            self._seen[name] = there
        return written


def sha256(source: str) -> str:
    """The SHA-256 of a file's content, hex; an empty text if it cannot be read."""
    try:
        with open(source, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def signature(source: str) -> Signature | None:
    """Inode, size and times of a file: any change of the content changes one of them. None if there is no such file."""
    try:
        found = os.stat(source)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def code_files(spec: Spec, seen: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The user's sources by their names in `code/`: those that the experiment names, and those of the user that they import.

    `seen` is what the preflight found out about each entry, by label. A file has the name by which the YAML reaches it, what
    lies beside it accordingly, and a module that of its package, so that no name holds a folder of this machine.
    """
    required = [value.requirements for value in spec.interpreters.values() if value.requirements is not None]
    wanted = [(name_of(one.written), one.path) for one in required if one.written]  # (name, path)
    for entry in spec.user_entries:
        if entry.versions:
            wanted += _of_versions(entry, [Path(file) for file in seen.get(entry.label, {}).get("modules", {})])
            continue
        wanted += [(_name_in_code(located), located.source) for located in entry.sources]
        # What it had imported when it was looked at, and what it will import when it is called.
        modules = {Path(file).resolve(): name for file, name in seen.get(entry.label, {}).get("modules", {}).items()}
        places = _places(entry)
        roots = [folder for folder, _ in places] + [_root(path, name) for path, name in modules.items()]
        sources = [*(Path(located.source) for located in entry.sources), *modules]
        for helper in sorted({*modules, *imported_beside(sources, list(dict.fromkeys(roots)))}):
            if name := _helper_name(helper, places, roots):
                wanted.append((name, str(helper)))
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


def _of_versions(entry: Entry, modules: Sequence[Path]) -> Iterator[tuple[str, str]]:
    """(name, path) of the sources of all versions of an entry: each version's lie in a folder of its own, as in the repository."""
    for own in entry.variants:
        assert own.version is not None
        root = Path(own.version.root)
        sources = [Path(located.source) for located in own.sources]
        imported = [path for path in modules if path.is_relative_to(root)]
        roots = [Path(folder) for located in own.sources for folder in located.tree["roots"]]
        for path in sorted({*sources, *imported, *imported_beside([*sources, *imported], list(dict.fromkeys(roots)))}):
            if path.is_relative_to(root):
                yield f"{own.version.folder}/{path.relative_to(root).as_posix()}", str(path)


def _name_in_code(located: Located) -> str:
    """The name of what the experiment itself names."""
    if located.written:
        return name_of(located.written)
    path = Path(located.source)
    parts = located.module.split(".")
    return "/".join([*(parts if path.stem == "__init__" else parts[:-1]), path.name])


def _places(entry: Entry) -> list[tuple[Path, str]]:
    """(a folder in which an entry's imports are searched, the name that it has in `code/`), in the order of the search."""
    named = [located for located in entry.sources if located.written]
    beside = []
    for located in named:
        folder, parts = place_of(located.source)
        depth = len(parts) - (Path(located.source).stem != "__init__")
        beside.append((Path(folder), str(Path(name_of(located.written)).parents[depth])))
    return list(dict.fromkeys([*beside, (Path(entry.located.home).resolve(), ".")]))


def _root(path: Path, module: str) -> Path:
    """The folder in which a module was found: that of its topmost package."""
    return path.parents[module.count(".") + (path.stem == "__init__")]


def _helper_name(path: Path, places: Sequence[tuple[Path, str]], roots: Sequence[Path]) -> str:
    """The name of an imported file: relative to the first folder that holds it; an empty text where none does."""
    for folder, name in [*places, *((root, ".") for root in roots)]:
        if path.is_relative_to(folder):
            return (Path(name) / path.relative_to(folder)).as_posix()
    return ""


def same_code(spec: Spec, files: Mapping[str, str]) -> list[str]:
    """A line on each two labels whose versions would run the very same files: their difference is nothing but noise."""
    contents = {
        label: {name.removeprefix(prefix): sha256(path) for name, path in files.items() if name.startswith(prefix)}
        for label, version in spec.versions.items()
        if (prefix := f"{version.folder}/")
    }
    first, *others = contents or [""]
    return [
        f"{label} runs the same code as {first}: no file that is imported differs"
        for label in others
        if contents[label] and contents[label] == contents[first]
    ]


def hashes_of(files: Mapping[str, str]) -> dict[str, str]:
    """The SHA-256 of each file, by its name."""
    return {name: sha256(source) for name, source in files.items()}
