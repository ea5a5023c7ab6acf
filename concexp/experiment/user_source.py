"""The name of user code -> the source that defines it and the names in it. It is parsed, never executed."""

from __future__ import annotations

import ast
import errno
import fnmatch
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

from concexp.errors import did_you_mean
from concexp.experiment import kept
from concexp.experiment.spec import Located, Version
from concexp.trial.workloads._user_code import place_of

Finder = Callable[[str, Sequence[str]], ModuleSpec | None]
SIZE_LIMIT = 16 << 20  # bytes of a source file


class Unusable(Exception):
    """User code that cannot be found, or not be parsed: why, and the cure."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


@dataclass(frozen=True)
class Source:
    """A file or module with user code.

    shown     its name in messages
    located   where it is
    names     what it binds; None where there is no Python source. A name has its definition, or None if it is bound
              otherwise: imported, or assigned. `Class.method` is a name too; "*" stands for all of another module
    """

    shown: str
    located: Located
    names: Mapping[str, ast.stmt | None] | None

    @property
    def defined(self) -> list[str]:
        """The functions and classes, without methods."""
        return [name for name, tree in (self.names or {}).items() if tree is not None and "." not in name]

    def definition(self, name: str) -> ast.stmt | None:
        """The definition of a name, where the source shows one."""
        return (self.names or {}).get(name)

    def matching(self, pattern: str) -> list[str]:
        """The members of a suite: functions and classes, or methods if the pattern has a dot; private ones on demand only."""
        private = pattern.rpartition(".")[2].startswith("_")
        known = self.defined if "." not in pattern else [name for name in self.names or {} if "." in name]
        names = [name for name in known if fnmatch.fnmatchcase(name, pattern)]
        return [name for name in names if private or not name.rpartition(".")[2].startswith("_")]

    def require(self, name: str) -> None:
        """Unusable if the source certainly does not define a name; where it cannot tell, the import in the child will."""
        if self.names is None or name in self.names or ("*" in self.names and name):
            return
        owner, dot, _ = name.partition(".")
        holder = self.names.get(owner)
        if dot and owner in self.names and (holder is None or (isinstance(holder, ast.ClassDef) and holder.bases)):
            return  # imported, or inherited
        siblings = [known for known in self.names if known.startswith(f"{owner}.")] if dot else []
        cure = did_you_mean(name, siblings or self.defined) or f"{self.shown} defines no function and no class"
        raise Unusable(f"{self.shown} defines no function '{name}'", cure)


def find(name: str, home: Path, version: Version | None = None) -> tuple[Source, str]:
    """file.py:function or package.module:name -> its source, and the part after the colon; Unusable if there is none.

    `home` is the folder that relative paths start from; with a `version`, they start from its place in there.
    """
    module, _, function = name.rpartition(":")
    if module.endswith(".py"):
        return _of_file(module, home) if version is None else _file_of_version(module, home, version), function
    if module and all(part.isidentifier() for part in module.split(".")):
        found = (
            _of_module(module, kept.code_home(home)) if version is None else _module_of_version(module, home, version)
        )
        return found, function
    cure = "write file.py:function, the path relative to this YAML, or package.module:function"
    raise Unusable(f"'{name}' names no file.py and no module", cure)


def _of_file(file: str, home: Path) -> Source:
    try:
        path = kept.code_place(file, home).resolve()
        if path.exists() and not path.is_file():  # a pipe may never end
            raise OSError(0, "it is no file")
        data = read(path)
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the name; links in a circle
        reason = getattr(error, "strerror", None) or str(error)
        raise Unusable(f"cannot read {file}: {reason}", "the path is relative to this YAML") from error
    inside = str(kept.code_home(home).resolve())
    return Source(file, Located(str(path), inside, str(path), written=file), _names(data, file))


def _file_of_version(file: str, home: Path, version: Version) -> Source:
    """The source in a version; Unusable where the YAML names a file that belongs to no version, or not to this one."""
    place = version.place(home)
    if (
        place is None
        or Path(file).is_absolute()
        or not Path(os.path.abspath(place / file)).is_relative_to(version.root)
    ):
        cure = "name a file of the same repository, or of the version's folder, relative to this YAML"
        raise Unusable(f"{file} is no file of a version", cure)
    found = _of_file(file, place)
    folder, _ = place_of(found.located.path)
    return replace(found, located=replace(found.located, tree=_tree(version, folder)))


def _module_of_version(module: str, home: Path, version: Version) -> Source:
    """The source of a module in a version, never that of the working tree, or of what is installed apart from it."""
    place = version.place(home) or Path(version.root)
    roots = version.roots(str(place))
    spec = _searched(module, roots)
    if spec is None or not (spec.origin or "").endswith(".py"):
        elsewhere = find_module(module, home)
        origin = Path(elsewhere.origin) if elsewhere is not None and elsewhere.origin else None
        if version.origin and origin is not None and origin.is_relative_to(version.origin):
            moved = Path(version.root, origin.relative_to(version.origin))
            if moved.is_file():
                root = str(moved.parents[module.count(".") + (moved.stem == "__init__")])
                return _module_at(moved, module, place, _tree(version, root, *roots))
        where = f" (it is installed at {origin}, the same for all versions)" if origin is not None else ""
        cure = "name its file: src/package/module.py:function, relative to this YAML"
        raise Unusable(f"{version.shown} has no module '{module}'{where}", cure)
    return _module_at(Path(str(spec.origin)), module, place, _tree(version, *roots))


def _module_at(path: Path, module: str, place: Path, tree: dict[str, Any]) -> Source:
    try:
        names = _names(read(path), module)
    except OSError as error:
        raise Unusable(f"cannot read {module}: {error.strerror}") from error
    return Source(module, Located("", str(place), str(path), module, tree=tree), names)


def _tree(version: Version, *first: str) -> dict[str, Any]:
    """What a trial needs to import from a version alone: see `trial/workloads/_version_finder.py`."""
    return {"root": version.root, "origin": version.origin, "roots": version.roots(*first)}


def read(path: Path) -> bytes:
    """A source's bytes; OSError if the file is larger than any source is, such as a disk image."""
    with path.open("rb") as file:
        data = file.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise OSError(errno.EFBIG, f"it is larger than {SIZE_LIMIT >> 20} MiB", str(path))
    return data


def _of_module(module: str, home: Path) -> Source:
    spec = find_module(module, home)
    if spec is None:
        cure = (
            f"searched: what is installed for {sys.executable}, then {home.resolve()}, the folder of this YAML; neither "
            "PYTHONPATH nor what `pip install --user` installed; a file is named with its ending: file.py:function"
        )
        raise Unusable(f"there is no module '{module}'", cure)
    path = spec.origin or ""
    if not path.endswith(".py"):  # built in, or an extension
        return Source(module, Located("", str(home.resolve()), "", module), None)
    try:
        names = _names(read(Path(path)), module)
    except OSError as error:
        raise Unusable(f"cannot read {module}: {error.strerror}", f"its file is {path}") from error
    return Source(module, Located("", str(home.resolve()), path, module), names)


def find_module(module: str, home: Path) -> ModuleSpec | None:
    """The place of a module, without importing it or its packages; None if there is no such module.

    It is searched where a trial searches: see `trial_path`; the experiment's folder comes last.
    """
    return _searched(module, [*trial_path(), str(home)], _from_other_finders)


def _searched(module: str, folders: Sequence[str], otherwise: Finder = lambda name, where: None) -> ModuleSpec | None:
    """The place of a module in these folders, searched in their order, or where another finder knows it."""
    where: Sequence[str] | None = folders
    name, spec = "", None
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        if where is None:
            return None  # its parent is a module and no package
        spec = PathFinder.find_spec(name, where) or otherwise(name, where)
        if spec is None:
            return None
        # Looking into a namespace package's own list would ask for its parent in sys.modules, where it need not be.
        where = getattr(spec.submodule_search_locations, "_path", spec.submodule_search_locations)
    return spec


@lru_cache
def trial_path() -> tuple[str, ...]:
    """Where a trial of this interpreter finds what is installed. This process's own path has more, and does not say why.

    A trial gets none of the variables PYTHON…, no working folder and no packages of this user's own: the interpreter itself
    tells what is left, with PYTHONPATH or without, be the environment's own folder in it or not.
    """
    command = [sys.executable, "-I", "-c", "import sys; print(*sys.path, sep='\\0', end='')"]
    done = subprocess.run(command, capture_output=True, text=True, errors="surrogateescape", check=True)
    return tuple(done.stdout.split("\0"))


def _from_other_finders(name: str, where: Sequence[str]) -> ModuleSpec | None:
    """Built-in modules, and packages that were installed as editable."""
    for finder in sys.meta_path:
        look = getattr(finder, "find_spec", None)
        if look is not None and finder is not PathFinder:
            spec: ModuleSpec | None = look(name, where if "." in name else None)
            if spec is not None:
                return spec
    return None


def _names(data: bytes, shown: str) -> dict[str, ast.stmt | None]:
    """What a source binds at its top level; "*" if it also imports all of another module. Unusable if it is no Python."""
    try:
        tree = ast.parse(data, shown)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:  # the last two: nested too deeply
        reason = str(getattr(error, "msg", None) or error or "it is nested too deeply")
        line = getattr(error, "lineno", None)
        raise Unusable(f"{shown} is no Python: {reason}" + (f" (line {line})" if line else "")) from error
    return dict(_bindings(tree))


def _bindings(tree: ast.Module) -> Iterator[tuple[str, ast.stmt | None]]:
    """Each name that the top level binds, in the order of the source; the last binding of a name counts."""
    waiting: list[Any] = [*tree.body][::-1]
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield item.name, item
            for inner in item.body if isinstance(item, ast.ClassDef) else []:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{item.name}.{inner.name}", inner
        elif isinstance(item, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name.partition(".")[0], None) for alias in item.names)
        elif isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            yield item.id, None
        elif not isinstance(item, ast.Lambda):  # the branches of an `if` or `try` are of the top level too
            waiting += [*ast.iter_child_nodes(item)][::-1]


def imported_beside(sources: Sequence[Path], roots: Sequence[Path]) -> set[Path]:
    """The files below `roots` that the sources import, wherever in them: also within a function, and what these import in turn.

    `roots` are the folders in which imports are searched. What is imported under a name that is computed is not found.
    """
    found: set[Path] = set()
    waiting = [path for path in sources if not _is_installed(path)]
    known = {path.resolve() for path in waiting}
    while waiting:
        file = waiting.pop()
        try:
            tree = ast.parse(read(file))
        except (OSError, SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        for base, name in _imported(tree, file, roots):
            for path in files_of(base, name):
                if path.resolve() not in found | known and not _is_installed(path):
                    found.add(path.resolve())
                    waiting.append(path)
    return found


def _is_installed(path: Path) -> bool:
    return bool({"site-packages", "dist-packages"} & set(path.parts))


def _imported(tree: ast.Module, file: Path, roots: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """(a folder in which a dotted name is looked up, the name) of everything that a file imports."""
    for level, name in _written_imports(tree):
        bases = [file.parents[min(level, len(file.parents)) - 1]] if level else roots
        yield from ((base, name) for base in bases)


def imported_names(tree: ast.Module, package: str) -> Iterator[str]:
    """The full dotted names of everything that a module of a package imports."""
    above = package.split(".") if package else []
    for level, name in _written_imports(tree):
        yield ".".join([*above[: len(above) - level + 1], name]) if level else name


def _written_imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(the number of dots in front, the dotted name) of everything that a source imports, within functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.level, ".".join(filter(None, [node.module, alias.name]))) for alias in node.names)


def files_of(base: Path, name: str) -> Iterator[Path]:
    """The files that importing a dotted name executes: those of its packages, and its own."""
    for part in name.split("."):
        for path in (base / f"{part}.py", base / part / "__init__.py"):
            if path.is_file():
                yield path
        base = base / part
