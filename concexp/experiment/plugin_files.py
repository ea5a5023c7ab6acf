"""The source files of plug-ins from installed packages: trials get copies of them, so that no interpreter needs the package.

They are the plug-in's module, the packages that it lies in, and whatever of its own distribution these import, in turn. What is
imported under a name that is computed, and data beside the modules, are not among them.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

from concexp import catalog, installed
from concexp.errors import EnvironmentRefused
from concexp.experiment.user_source import files_of, imported, read

TAKEN = {"concexp", "__main__", *sys.stdlib_module_names}  # by what is there already, or before it


def sources(plugins: Iterable[tuple[str, str]]) -> dict[str, bytes]:
    """The files of those of these plug-ins, as (kind, name), that packages have: path below the code of trials -> content.

    EnvironmentRefused for one without Python source, or one that a trial could not import.
    """
    found: dict[str, bytes] = {}
    for kind, name in sorted(plugins):
        point = installed.point_of(kind, name)
        if point is not None:
            catalog.load(kind, name)  # refused if it cannot be used at all
            found.update(_files(point, f"the {kind} '{name}' of {installed.package(point)}"))
    return found


def _files(point: EntryPoint, what: str) -> dict[str, bytes]:
    """The files of one plug-in."""
    top = point.module.partition(".")[0]
    if top in TAKEN:
        cure = "the package of a plug-in needs a name of its own"
        raise EnvironmentRefused(f"{what} cannot run in trials: a module '{top}' is there already", cure)
    spec = find_spec(point.module)  # imported before, to read its parameters
    origin = spec.origin if spec is not None else None
    if origin is None or not origin.endswith(".py") or not Path(origin).is_file():
        cure = "it has to be a module of Python source, in a folder and not in an archive"
        raise EnvironmentRefused(f"{what} cannot run in trials: {point.module} has no source file", cure)
    module = Path(origin)
    root = module.parents[point.module.count(".") + (module.stem == "__init__")]
    try:
        return {
            path.relative_to(root).as_posix(): read(path) for path in _closure(point.module, module, root, _own(point))
        }
    except OSError as error:
        raise EnvironmentRefused(f"{what} cannot be read: {error.strerror or error}") from error


def _own(point: EntryPoint) -> set[str]:
    """The top-level modules and packages of a plug-in's distribution."""
    listed = (point.dist.files or ()) if point.dist is not None else ()
    tops = {file.parts[0].removesuffix(".py") for file in listed if file.suffix == ".py"}
    return {point.module.partition(".")[0], *(tops - TAKEN)}


def _closure(name: str, module: Path, root: Path, tops: set[str]) -> Iterator[Path]:
    """A module, and all files below `root` that belong to the packages `tops` and are imported with it."""
    waiting = [*files_of(root, name), module]
    known = set(waiting)
    while waiting:
        file = waiting.pop()
        yield file
        try:
            tree = ast.parse(read(file))
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue  # of another Python than this one
        for base, wanted in imported(tree, file, [root]):
            for path in files_of(base, wanted):
                inside = path.relative_to(root).parts if path.is_relative_to(root) else ("",)
                if inside[0].removesuffix(".py") in tops and path not in known:
                    known.add(path)
                    waiting.append(path)
