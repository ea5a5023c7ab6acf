"""`environment:` and `files:` -> the variables and the files that user code finds in a trial; a problem for each that cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from concexp.experiment import environment, files, kept, keys, units
from concexp.experiment.environment import Variable
from concexp.experiment.files import DataFile
from concexp.experiment.problems import Problems, items, text, unknown_keys
from concexp.experiment.spec import Version
from concexp.experiment.yaml_nodes import Node

VARIABLES = "environment: {OMP_NUM_THREADS: 2, DATABASE_URL: {from: caller}, TOKEN: {from: caller, secret: true}}"


def variables(node: Node | None, problems: Problems) -> dict[str, Variable]:
    """The variables of `environment:` by name; a problem for each that cannot be."""
    if node is None:
        return {}
    if not isinstance(node.value, dict):
        problems.at(node, "environment", f"expected a map, not {units.for_message(node.plain())}", VARIABLES)
        return {}
    found = {}
    for name, item in node.value.items():
        path = f"environment.{name}"
        if why := environment.refusal(name):
            problems.at(node, path, *why, name)
        elif isinstance(item.value, dict):
            found[name] = _of_caller(item, path, problems)
        else:
            try:
                found[name] = Variable(environment.value(name, item.plain()), place=item.problem(path, ""))
            except ValueError as error:
                problems.at(item, path, str(error))
    return found


def _of_caller(node: Node, path: str, problems: Problems) -> Variable:
    """`{from: caller}`, perhaps with `secret: true` and a `default`."""
    unknown_keys(node, path, list(keys.VARIABLE), problems)
    source, secret, default = (node.value.get(key) for key in ("from", "secret", "default"))
    if source is None or source.value != environment.CALLER:
        what = "a value is text, a number, or {from: caller}"
        problems.at(node, path, what, "a secret has to come from the caller, since this file is kept with the run")
    marked = False
    if secret is not None:
        try:
            marked = units.flag(secret.plain())
        except ValueError as error:
            problems.at(secret, f"{path}.secret", str(error))
    known = None
    if default is not None:
        try:
            known = environment.value(path.rpartition(".")[2], default.plain())
            if known is None:
                raise ValueError(f"{environment.UNSET} is not a default: expected text or a number")
        except ValueError as error:
            problems.at(default, f"{path}.default", str(error))
    return Variable(known, True, marked, node.problem(path, ""))


def data_files(
    node: Node | None, home: Path, problems: Problems, versions: Mapping[str, Version] | None = None
) -> tuple[DataFile, ...]:
    """The items of `files:`; a problem for each that is not there, or leads out of the YAML's folder.

    Each of `versions` has its own; what none of them holds, such as data that git ignores, is the same for all.
    """
    if not versions:
        return _data_files(node, home, problems)
    found: list[DataFile] = []
    for item in items(node) if node is not None else ():
        own = {name: Problems() for name in versions}
        members = [one for name, version in versions.items() for one in _data_files(item, home, own[name], version)]
        lacking = [name for name, several in own.items() if several]
        if members and lacking:
            what = f"{versions[lacking[0]].shown} has no '{item.text}', which other versions have"
            problems.at(item, "files", what, "commit it, or let git ignore it: then all versions get the same file")
        found += members or _data_files(item, home, problems)
    return tuple(found)


def _data_files(
    node: Node | None, home: Path, problems: Problems, version: Version | None = None
) -> tuple[DataFile, ...]:
    """The items in the YAML's folder, or in its place in a version."""
    found: dict[str, DataFile] = {}
    for number, item in enumerate(items(node) if node is not None else ()):
        path = f"files[{number}]" if node is not None and isinstance(node.value, list) else "files"
        written = text(item, path, problems)
        if written is None:
            continue
        folder = kept.data_home(Path(item.file).parent if item.line else home)
        if version is not None:
            folder = version.data_place(Path(item.file).parent if item.line else home)
        try:
            one = files.find(written, folder, item.problem(path, ""))
            one = replace(one, version=version.folder) if version is not None else one
            for other in found.values():
                if f"{one.name}/".startswith(f"{other.name}/") or f"{other.name}/".startswith(f"{one.name}/"):
                    raise files.Unusable(f"'{written}' is there twice: see '{other.name}'", "keep one of them")
            found[one.name] = one
        except files.Unusable as error:
            problems.at(item, path, *error.args)
    return tuple(found.values())
