"""A user's own code, as a workload's name or after `call:` -> Entries. It is looked at, never executed.

`file.py:name` (relative to the YAML), `package.module:name` (what the trial's interpreter can import), `*` in the name for a
suite: an entry for each function that fits. `call` is the long form; REFERENCE tells of all.
"""

from __future__ import annotations

import ast
import fnmatch
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

from concexp.errors import Problem, did_you_mean
from concexp.experiment import units
from concexp.experiment.problems import Problems, text, unknown_keys
from concexp.experiment.spec import Entry, Located
from concexp.experiment.yaml_nodes import Node

LONG = "call"
RETURNS = ("anything", "seconds", "nothing")
REFERENCE = """\
A user's own code is a workload by its name; nothing has to be installed, subclassed or decorated. One operation is one call.

  workload: my.py:parse                        a file, relative to the YAML, and what it defines
  workload: {my.py:parse: {size: 3}, as: p}    keyword arguments; `sweep: {p.size: [1, 3]}` varies one
  workload: package.module:name                what the interpreter of the trials can import; the YAML's folder comes last
  workload: my.py:bench_*                      a suite: an entry for each function that fits, labelled by its name
  workload: {call: {target: my.py:parse, arguments: {size: 3}, returns: seconds, check: my.py:is_right}, as: p}

What it may be:
  function             called for each operation
  coroutine function   awaited; where the model has no event loop, each worker has one, and does one operation after another
  class                each worker makes one with the arguments, and calls it or its `run`; before and after that
                       `__enter__`/`__exit__`, else `setup`/`teardown` (set_up, setUp), asynchronous ones too
  method               `my.py:Class.method`: the same, the class made without arguments; those given are the method's
  context manager      a function under `@contextmanager`: each worker enters it, and calls what it yields

Keys of `call`:
  target     what is called, as above
  arguments  its keyword arguments
  returns    anything (default): a number is averaged over the operations into the column `returned`, a dict of named numbers
             into `returned.NAME` each, whatever else is not looked at; seconds: it times itself, and throughput is
             workers / mean seconds (1 / mean seconds where a plain function has the event loop to itself), without what
             is around it; nothing: what it returns is dropped
  check      a function, called with each returned value right after the operation, within the measured time: False, a
             text (the reason) or an exception makes the trial `invalid`

Before the sweep each is imported and tried once per kind of model: what cannot be imported or called is told with its place."""


@dataclass(frozen=True)
class _Place:
    """What is being read, for problems: the node (and its key) that names the target, and the path of keys to it."""

    node: Node
    path: str
    key: str | None
    problems: Problems

    def wrong(self, message: str, hint: str = "") -> None:
        self.problems.at(self.node, self.path, message, hint, self.key)

    @property
    def problem(self) -> Problem:
        return self.node.problem(self.path, "", "", self.key)


@dataclass(frozen=True)
class _Code:
    """A module that was found: how others name it, where it is, and what it defines; `names` is None where nobody can tell.

    A name has its definition, or None where it is bound otherwise: imported, or assigned. `Class.method` is a name too.
    """

    shown: str
    located: Located
    names: Mapping[str, ast.stmt | None] | None

    @property
    def defined(self) -> list[str]:
        """The functions and classes, without methods."""
        return [name for name, tree in (self.names or {}).items() if tree is not None and "." not in name]

    def fitting(self, pattern: str) -> list[str]:
        """What a suite takes: functions and classes, or methods where the pattern has a dot; nothing private unasked."""
        hidden = pattern.rpartition(".")[2].startswith("_")
        known = self.defined if "." not in pattern else [name for name in self.names or {} if "." in name]
        names = [name for name in known if fnmatch.fnmatchcase(name, pattern)]
        return [name for name in names if hidden or not name.rpartition(".")[2].startswith("_")]


def is_target(name: str) -> bool:
    """Whether a workload's name means user code."""
    return ":" in name or name == LONG


def read(
    name: str, label: str | None, given: Mapping[str, Node], node: Node, holder: Node, home: Path, path: str,
    problems: Problems,
) -> list[Entry]:  # fmt: skip
    """The entries of one name: one, or all of a suite; `home` is the folder that relative paths begin from."""
    place = _Place(node, path, name if isinstance(node.value, dict) else None, problems)
    if name != LONG:
        return _entries(name, label, given, holder, path, place, home, "anything", Located())
    if "target" not in given:
        place.wrong("`call` needs a target", "call: {target: my.py:parse, arguments: {size: 3}}")
        return []
    unknown_keys(holder, path, ("target", "arguments", "returns", "check"), problems)
    target = text(given["target"], f"{path}.target", problems)
    returns = _returns(given.get("returns"), f"{path}.returns", problems)
    check = _check(given.get("check"), f"{path}.check", home, problems)
    arguments = given.get("arguments") or Node({}, node.file, node.line, node.column)
    if not isinstance(arguments.value, dict):
        problems.at(arguments, f"{path}.arguments", f"expected a map, not {units.for_message(arguments.plain())}")
        return []
    if target is None or check is None:
        return []
    place = _Place(given["target"], f"{path}.target", None, problems)
    return _entries(
        target, label, arguments.value, arguments, f"{path}.arguments", place, home, returns, check
    )  # fmt: skip


def _returns(node: Node | None, path: str, problems: Problems) -> str:
    if node is None:
        return RETURNS[0]
    if node.value not in RETURNS:
        cure = did_you_mean(str(node.plain()), RETURNS)
        problems.at(node, path, f"expected one of {', '.join(RETURNS)}, not {units.for_message(node.plain())}", cure)
        return RETURNS[0]
    return str(node.value)


def _check(node: Node | None, path: str, home: Path, problems: Problems) -> Located | None:
    """Where the check is; an empty place without one, None if there is a problem."""
    if node is None:
        return Located()
    said = text(node, path, problems)
    if said is None:
        return None
    place = _Place(node, path, None, problems)
    found = _found(said, home, place)
    if found is None:
        return None
    code, name = found
    tree = (code.names or {}).get(name)
    if tree is not None and not isinstance(tree, ast.FunctionDef):
        place.wrong(f"{name} is no plain function", "a check is called with what was returned")
        return None
    return replace(code.located, function=name) if _defines(code, name, place) else None


def _entries(
    name: str, label: str | None, given: Mapping[str, Node], holder: Node, path: str, place: _Place, home: Path,
    returns: str, check: Located,
) -> list[Entry]:  # fmt: skip
    found = _found(name, home, place)
    if found is None:
        return []
    code, function = found
    if "*" not in function:
        entry = _entry(code, function, name, label or name, given, holder, path, place, returns, check)
        return [entry] if entry is not None else []
    members = code.fitting(function)
    if label is not None:
        place.wrong("a suite has a label for each function: its name", "leave out `as:`")
    elif code.names is None:
        place.wrong(f"{code.shown} is no Python source: nobody can tell what is in it", "name its functions")
    elif not members:
        cure = f"known: {', '.join(code.defined)}" if code.defined else f"{code.shown} defines nothing"
        place.wrong(f"nothing in {code.shown} fits '{function}'", cure)
    else:
        prefix = name[: -len(function)]
        each = [_entry(code, m, prefix + m, m, given, holder, path, place, returns, check) for m in members]
        return [entry for entry in each if entry is not None]
    return []


def _entry(
    code: _Code, function: str, name: str, label: str, given: Mapping[str, Node], holder: Node, path: str, place: _Place,
    returns: str, check: Located,
) -> Entry | None:  # fmt: skip
    if not _defines(code, function, place):
        return None
    tree = (code.names or {}).get(function)
    takes = _taken(tree, given, holder, path, name, place)
    arguments = {key: value.plain() for key, value in given.items()}
    return Entry(
        "workload", name, label, arguments, replace(code.located, function=function),
        tuple(dict.fromkeys([*takes, *arguments])), returns, check, place.problem,
    )  # fmt: skip


def _defines(code: _Code, name: str, place: _Place) -> bool:
    """Whether a name is there, or may be; else a problem."""
    if code.names is None or name in code.names or ("*" in code.names and name):
        return True
    owner, dot, _ = name.partition(".")
    holder = code.names.get(owner)
    if dot and owner in code.names and (holder is None or (isinstance(holder, ast.ClassDef) and holder.bases)):
        return True  # imported, or inherited: the import will tell
    known = [one for one in code.names if one.startswith(f"{owner}.")] if dot else []
    cure = did_you_mean(name, known or code.defined) or f"{code.shown} defines no function and no class"
    place.wrong(f"{code.shown} defines no function '{name}'", cure)
    return False


def _found(name: str, home: Path, place: _Place) -> tuple[_Code, str] | None:
    """The module that a target names, and what of it."""
    module, _, function = name.rpartition(":")
    if module.endswith(".py"):
        code = _of_file(module, home, place)
    elif module and all(part.isidentifier() for part in module.split(".")):
        code = _of_module(module, home, place)
    else:
        cure = "write file.py:function, the path relative to this YAML, or package.module:function"
        place.wrong(f"'{name}' names no file.py and no module", cure)
        return None
    return None if code is None else (code, function)


def _of_file(file: str, home: Path, place: _Place) -> _Code | None:
    try:
        source = (home / file).resolve()
        if source.exists() and not source.is_file():  # a pipe may never end
            raise OSError(0, "it is no file")
        data = source.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the name; links in a circle
        reason = getattr(error, "strerror", None) or str(error)
        place.wrong(f"cannot read {file}: {reason}", "the path is relative to this YAML")
        return None
    names = _names(data, file, place)
    return None if names is None else _Code(file, Located(str(source), str(home.resolve()), str(source)), names)


def _of_module(module: str, home: Path, place: _Place) -> _Code | None:
    spec = find(module, home)
    if spec is None:
        cure = (
            f"searched: what is installed for {sys.executable}, then {home.resolve()}, the folder of this YAML; "
            "a file is named with its ending: file.py:function"
        )
        place.wrong(f"there is no module '{module}'", cure)
        return None
    source = spec.origin or ""
    if not source.endswith(".py"):  # built in, or an extension
        return _Code(module, Located("", str(home.resolve()), "", module), None)
    names = _names(Path(source).read_bytes(), module, place)
    return None if names is None else _Code(module, Located("", str(home.resolve()), source, module), names)


def find(module: str, home: Path) -> ModuleSpec | None:
    """Where a module is, without importing it or what is above it.

    The child's path has neither the working folder nor PYTHONPATH, and the experiment's folder comes last.
    """
    absent = {os.path.realpath(p or ".") for p in ["", *os.environ.get("PYTHONPATH", "").split(os.pathsep)]}
    where: Sequence[str] | None = [p for p in sys.path if os.path.realpath(p or ".") not in absent] + [str(home)]
    name, spec = "", None
    for part in module.split("."):
        name = f"{name}.{part}" if name else part
        if where is None:
            return None  # what is above it is no package
        spec = PathFinder.find_spec(name, where) or _found_otherwise(name, where)
        if spec is None:
            return None
        # Looking into a namespace package's own list would ask for its parent in sys.modules, where it need not be.
        where = getattr(spec.submodule_search_locations, "_path", spec.submodule_search_locations)
    return spec


def _found_otherwise(name: str, where: Sequence[str]) -> ModuleSpec | None:
    """What other finders know: built-in modules, and packages that were installed to be edited."""
    for finder in sys.meta_path:
        look = getattr(finder, "find_spec", None)
        if look is not None and finder is not PathFinder:
            spec: ModuleSpec | None = look(name, where if "." in name else None)
            if spec is not None:
                return spec
    return None


def _names(data: bytes, shown: str, place: _Place) -> dict[str, ast.stmt | None] | None:
    """What a source binds at its top level; "*" if it also imports all of another module."""
    try:
        tree = ast.parse(data, shown)
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:  # the last two: nested too deeply
        reason = str(getattr(error, "msg", None) or error or "it is nested too deeply")
        line = getattr(error, "lineno", None)
        place.wrong(f"{shown} is no Python: {reason}" + (f" (line {line})" if line else ""))
        return None
    found: dict[str, ast.stmt | None] = {}
    waiting: list[Any] = [*tree.body][::-1]
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[item.name] = item
            inner = item.body if isinstance(item, ast.ClassDef) else []
            methods = [one for one in inner if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
            found.update({f"{item.name}.{method.name}": method for method in methods})
        elif isinstance(item, ast.Import | ast.ImportFrom):
            found.update({alias.asname or alias.name.partition(".")[0]: None for alias in item.names})
        elif isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store):
            found[item.id] = None
        elif not isinstance(item, ast.Lambda):  # the branches of an `if` or `try` are of the top level too
            waiting += [*ast.iter_child_nodes(item)][::-1]
    return found


def _taken(
    tree: ast.stmt | None, given: Mapping[str, Node], holder: Node, path: str, name: str, place: _Place
) -> list[str]:
    """The parameters that a target is known to have; a problem if it cannot be called with those given."""
    own = int("." in name.rpartition(":")[2])  # `self`
    if isinstance(tree, ast.ClassDef):
        init = next((i for i in tree.body if isinstance(i, ast.FunctionDef) and i.name == "__init__"), None)
        if tree.bases or tree.keywords or tree.decorator_list or init is None:
            return []
        tree, own = init, 1
    if not isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    arguments = tree.args
    named = [argument.arg for argument in (*arguments.args[own:], *arguments.kwonlyargs)]
    if tree.decorator_list:  # whatever it takes in the end
        return named
    if _yields(tree):
        cure = "a call of it would run nothing: use return, or make it a @contextmanager"
        place.wrong(f"{tree.name} is a generator function", cure)
    elif len(arguments.posonlyargs) > own:
        place.wrong(f"{tree.name} has positional-only parameters", "arguments are given by name")
    else:
        _check_call(arguments, own, given, holder, path, name, place)
    return named


def _check_call(
    arguments: ast.arguments, own: int, given: Mapping[str, Node], holder: Node, path: str, name: str, place: _Place
) -> None:
    """Problems where a function cannot be called with these keyword arguments."""
    function = name.rpartition(":")[2]
    required = [a.arg for a in arguments.args[: len(arguments.args) - len(arguments.defaults)]][own:]
    required += [a.arg for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is None]
    known = [a.arg for a in (*arguments.args[own:], *arguments.kwonlyargs)]
    if arguments.kwarg is None:
        for key in given:
            if key not in known:
                cure = did_you_mean(key, known) or f"{function} takes no arguments"
                place.problems.at(holder, f"{path}.{key}", f"{function} has no parameter '{key}'", cure, key)
    missing = [key for key in required if key not in given]
    if missing:
        place.wrong(f"{function} needs {', '.join(missing)}", f"write {{{name}: {{{missing[0]}: …}}}}")


def _yields(found: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function's own body has a yield; those of functions within it are theirs."""
    waiting: list[Any] = list(found.body)
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(item)
    return False
