"""The source files of plug-ins from installed packages: trials get copies of them, so that no interpreter needs the package.

They are the plug-in's module, the packages that it lies in, and whatever these import, in turn, of distributions that have
plug-ins. What is imported under a name that is computed, and data beside the modules, are not among them.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

from concexp import catalog, installed
from concexp.errors import EnvironmentRefused
from concexp.experiment.spec import KINDS, PLUGINS, Spec
from concexp.experiment.user_source import files_of, imported_names, read

TAKEN = {"concexp", "__main__", *sys.stdlib_module_names}  # by what is there already, or before it


def of_spec(spec: Spec) -> dict[str, bytes]:
    """The files of the plug-ins that an experiment's trials may load: see `sources`."""
    named = {("model", value.raw) for grid in spec.grids for value in grid.values("background.model")}
    for grid in spec.grids:
        entries = [*grid.workload, *grid.model, *grid.sync, *([grid.background] if grid.background else [])]
        named |= {(PLUGINS.get(one.kind, one.kind), one.name) for one in entries if not one.is_user_code}
    return sources(named)


def sources(plugins: Iterable[tuple[str, str]]) -> dict[str, bytes]:
    """The files of those of these plug-ins, as (kind, name), that packages have and trials load: path below their code -> content.

    EnvironmentRefused for one without Python source, or one that a trial could not import.
    """
    found: dict[str, bytes] = {}
    for kind, name in sorted(plugins):
        point = installed.point_of(kind, name)
        if point is not None and kind in KINDS:
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
    roots = {**_roots(), top: module.parents[point.module.count(".") + (module.stem == "__init__")]}
    try:
        return {name: read(path) for name, path in _closure(point.module, roots).items()}
    except OSError as error:
        raise EnvironmentRefused(f"{what} cannot be read: {error.strerror or error}") from error


def _roots() -> dict[str, Path]:
    """The top-level modules and packages of all distributions with plug-ins, and the folders in which they are."""
    tops = set()
    for kind in installed.GROUPS:
        for point in (one for those in installed.points(kind).values() for one in those):
            listed = (point.dist.files or ()) if point.dist is not None else ()
            tops |= {point.module.partition(".")[0], *(file.parts[0] for file in listed if file.suffix == ".py")}
    found: dict[str, Path] = {}
    for top in {one.removesuffix(".py") for one in tops if one.removesuffix(".py").isidentifier()} - TAKEN:
        spec = find_spec(top)  # imports nothing: it has no parent
        places = [] if spec is None else spec.submodule_search_locations or [spec.origin or ""]
        for place in places:
            found.setdefault(top, Path(place).parent)
    return found


def _closure(module: str, roots: Mapping[str, Path]) -> dict[str, Path]:
    """The files that importing a module executes and may execute later, by their paths below the folders in `roots`."""
    found: dict[str, Path] = {}
    waiting = list(_executed(module, roots))
    while waiting:
        file = waiting.pop()
        name = next(file.relative_to(root).as_posix() for root in roots.values() if file.is_relative_to(root))
        if name in found:
            continue
        found[name] = file
        try:
            tree = ast.parse(read(file))
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue  # of another Python than this one
        package = ".".join(Path(name).parts[:-1])
        for imported_name in imported_names(tree, package):
            waiting += _executed(imported_name, roots)
    return found


def _executed(name: str, roots: Mapping[str, Path]) -> Iterator[Path]:
    """The files of a dotted name, if its top is one of `roots`: those of its packages, and its own."""
    root = roots.get(name.partition(".")[0])
    return files_of(root, name) if root is not None else iter(())
