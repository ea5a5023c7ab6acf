"""What an experiment provides to the code of its trials: environment variables, and files in its working folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from concexp.errors import EnvironmentRefused, InputError, Problem
from concexp.experiment import Spec, environment
from concexp.experiment.files import COPY_LIMIT, DataFile
from concexp.run.child import temp_folder
from concexp.run.hidden import SHORTEST, Hidden
from concexp.run.user_files import signature

PASSWORD = re.compile(r"://[^/?#\s]*:[^/?#\s]+@")  # of a URL: scheme://user:password@host
WORK = "work"  # the working folder of a trial that has files: beside what the trial itself keeps in its folder
READ_ONLY = 0o444


@dataclass(frozen=True)
class Provided:
    """The variables and files of an experiment.

    variables  name -> text, or None for one that is not to be there; recorded with the run
    hidden     the secret variables, whose values are hidden in all that a trial answers
    files      the items of `files:`
    shared     the run's own copies of the items that are too large to be copied for each trial, by their names
    """

    variables: Mapping[str, str | None] = field(default_factory=dict)
    hidden: Hidden = field(default_factory=Hidden)
    files: tuple[DataFile, ...] = ()
    shared: Mapping[str, Path] = field(default_factory=dict)
    _signatures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """What a manifest records: values of variables, names of secrets; empty where nothing is provided."""
        facts: dict[str, Any] = {}
        if self.variables:
            facts["environment"] = dict(self.variables)
        if self.hidden.values:
            facts["secrets"] = sorted(self.hidden.values)
        return facts

    @property
    def sources(self) -> dict[str, str]:
        """The files by their names among those of the run, with their paths."""
        return {"/".join(filter(None, (one.key, inner))): path for one in self.files for inner, path in one.members}

    @property
    def kept(self) -> set[str]:
        """The names of the files that the run's folder keeps."""
        return {
            "/".join(filter(None, (one.key, inner))) for one in self.files if one.is_small for inner, _ in one.members
        }

    def for_trial(self, has_user_code: bool, version: str = "") -> Provided:
        """What a trial gets: files are for the user's code only, and those of a version for that alone."""
        if not self.files:
            return self
        own = tuple(one for one in self.files if has_user_code and one.version in ("", version))
        return replace(self, files=own)

    def environment(self, more: Mapping[str, str | None]) -> dict[str, str | None]:
        """The variables of a trial; `more` are those of its cell."""
        return {**self.variables, **more, **self.hidden.values}

    def working_folder(self, folder: Path) -> Path:
        """The folder in which a trial starts, its files in it; `folder` is the trial's own."""
        if not self.files:
            return folder
        work = folder / WORK
        work.mkdir()
        for one in self.files:
            place = work / one.name
            place.parent.mkdir(parents=True, exist_ok=True)
            if one.key in self.shared:
                place.symlink_to(self.shared[one.key], target_is_directory=one.is_folder)
            else:
                _copy(one, place)
        return work

    def check_shared(self) -> None:
        """EnvironmentRefused if a trial has changed what all trials share."""
        for path, before in self._signatures.items():
            if signature(path) != before:
                name = next(name for name, copy in self.shared.items() if Path(path).is_relative_to(copy))
                raise EnvironmentRefused(
                    f"the measured code changed {name}: later trials would not find it as this one did",
                    f"a file of more than {COPY_LIMIT >> 20} MiB is shared by all trials and is to be read only: copy it first; "
                    "the trials before that are kept",
                )


NOTHING = Provided()


def provided_by(spec: Spec, caller: Mapping[str, str]) -> Provided:
    """What an experiment provides, with what it takes from the environment of the `caller`; InputError where that lacks it."""
    variables: dict[str, str | None] = {}
    secrets: dict[str, str] = {}
    problems = []
    for name, variable in spec.environment.items():
        text = caller.get(name) if variable.from_caller else variable.text
        problem = ("", "")
        secret = variable.secret
        if variable.from_caller and text is None and variable.text is not None:
            text, secret = variable.text, False
        elif variable.from_caller and text is None:
            problem = environment.missing(name)
        elif variable.from_caller:
            problem = _refused(name, text or "", secret)
        if problem[0]:
            at = variable.place
            problems.append(Problem(at.file, at.line, at.column, at.path, *problem))
        elif secret:
            secrets[name] = text or ""
        else:
            variables[name] = text
    if problems:
        raise InputError(problems)
    return Provided(variables, Hidden(secrets), spec.files)


def _refused(name: str, text: str, secret: bool) -> tuple[str, str]:
    """(why a value of the caller's cannot be, cure), without the value; empty texts if it can."""
    if secret and len(text) < SHORTEST:
        what = f"{name} is too short to be a secret: it could not be hidden in what a trial prints"
        return what, f"at least {SHORTEST} characters, or leave out `secret`"
    if not secret and PASSWORD.search(text):
        return f"the caller's {name} has a password in it, and would be recorded with the run", "mark it: secret: on"
    if not secret and text == environment.UNSET:
        return (
            f"the caller's {name} is '{environment.UNSET}', which means that it is not there",
            "write it into the YAML",
        )
    try:
        environment.value(name, text)
    except ValueError as error:
        return str(error), "set another value where the command is given"
    return "", ""


@contextlib.contextmanager
def sharing(provided: Provided, note: Callable[[str], None]) -> Iterator[Provided]:
    """While a run lasts: the large files are copied once, into a folder that is removed at the end."""
    large = [one for one in provided.files if not one.is_small]
    if not large:
        yield provided
        return
    with temp_folder.folder() as folder:
        shared = {}
        for number, one in enumerate(large):
            note(
                f"{one.key} ({one.size / 1e6:,.0f} MB) is copied once for this run, and linked into each trial's folder"
            )
            shared[one.key] = folder / str(number) / Path(one.name).name
            shared[one.key].parent.mkdir()
            try:
                _copy(one, shared[one.key], READ_ONLY)
            except OSError as error:
                raise EnvironmentRefused(
                    f"cannot copy {one.name} to {folder}: {error.strerror or error}",
                    "set TMPDIR to a folder with room for it",
                ) from error
        copies = [path for copy in shared.values() for path in [copy, *copy.rglob("*")]]
        yield replace(provided, shared=shared, _signatures={str(path): signature(str(path)) for path in copies})


def _copy(one: DataFile, place: Path, mode: int = 0o600) -> None:
    """Copy an item to a new place; whether a file may be executed is kept."""
    if one.is_folder:
        place.mkdir(exist_ok=True)
    for inner, path in one.members:
        target = place / inner if inner else place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        target.chmod(mode | (os.stat(path).st_mode & 0o111))


def file_facts(provided: Provided) -> dict[str, dict[str, Any]]:
    """By name: the SHA-256 of each file, its size in bytes, and whether the run's folder keeps it."""
    facts = {}
    for name, path in provided.sources.items():
        with open(path, "rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        facts[name] = {"sha256": sha256, "bytes": os.stat(path).st_size, "kept": name in provided.kept}
    return facts
