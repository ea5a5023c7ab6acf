"""`workload:`, `model:` and `sync:` -> Entries: names that exist, parameters that they have."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from concexp import catalog
from concexp.errors import UnknownName, did_you_mean
from concexp.spec import units
from concexp.spec.reading import Problems, converted, items, text
from concexp.spec.shape import PLUGINS, Entry
from concexp.spec.source import Node


def read(kind: str, node: Node, path: str, home: Path, problems: Problems) -> tuple[Entry, ...]:
    """The entries of one axis, those that could be read; each has a label of its own. `home`: the YAML's folder."""
    found: dict[str, Entry] = {}
    several = isinstance(node.value, list)
    if several and not node.value:
        problems.at(node, path, "the list is empty", f"name at least one {kind}")
    for number, item in enumerate(items(node)):
        here = f"{path}[{number}]" if several else path
        entry = _entry(kind, item, here, home, problems)
        if entry is None:
            continue
        if entry.label in found:
            problems.at(item, here, f"the label '{entry.label}' is there twice", "give one of them another with `as:`")
        found[entry.label] = entry
    return tuple(found.values())


def _entry(kind: str, node: Node, path: str, home: Path, problems: Problems) -> Entry | None:
    label = None
    given: dict[str, Node] = {}
    holder = node
    if isinstance(node.value, dict):
        name_keys = [key for key in node.value if key != "as"]
        if len(name_keys) != 1:
            cure = "write {name: {parameter: value}, as: label}"
            problems.at(node, path, f"one {kind} is one name with its parameters, not {len(name_keys)} names", cure)
            return None
        name = name_keys[0]
        if "as" in node.value:
            label = text(node.value["as"], f"{path}.as", problems)
        holder = node.value[name]
        if isinstance(holder.value, dict):
            given = holder.value
        elif holder.value is not None:
            cure = f"write {{{name}: {{parameter: value}}}}"
            problems.at(
                holder, f"{path}.{name}", f"expected a map of parameters, not {units.shown(holder.value)}", cure
            )
        path = f"{path}.{name}"
    else:
        said = text(node, path, problems)
        if said is None:
            return None
        name = said
    plugin = PLUGINS.get(kind, kind)
    if plugin == "workload" and ":" in name:
        # What --set gives stands in no file: its paths, too, begin from the experiment's.
        folder = Path(node.file).parent if node.line else home
        entry = _function(name, label, given, node, holder, folder, path, problems)
        return replace(entry, kind=kind) if entry is not None else None
    try:
        declared = catalog.parameters(catalog.load(plugin, name))
    except UnknownName as error:
        problems.at(node, path, error.message, error.hint, name if isinstance(node.value, dict) else None)
        return None
    values = {parameter.name: parameter.default for parameter in declared.values()}
    for key, value in given.items():
        if key not in declared:
            cure = did_you_mean(key, list(declared)) or f"{name} has no parameters"
            problems.at(holder, f"{path}.{key}", f"{name} has no parameter '{key}'", cure, key)
            continue
        if declared[key].type == "str":
            values[key] = text(value, f"{path}.{key}", problems)
        else:
            values[key] = converted(value, f"{path}.{key}", problems, partial(units.convert, declared[key]))
    return Entry(kind, name, label or name, values)


def _function(
    name: str,
    label: str | None,
    given: Mapping[str, Node],
    node: Node,
    holder: Node,
    home: Path,
    path: str,
    problems: Problems,
) -> Entry | None:
    """A user's own function: looked at, not executed."""
    file, _, function = name.rpartition(":")
    key = name if isinstance(node.value, dict) else None
    if not file.endswith(".py"):
        problems.at(
            node, path, f"'{name}' names no file.py", "write file.py:function, the path relative to this YAML", key
        )
        return None
    try:
        source = (home / file).resolve()
        if source.exists() and not source.is_file():  # a pipe may never end
            raise OSError(0, "it is no file")
        tree = ast.parse(source.read_bytes(), str(source))
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:  # the last two: nested too deeply
        reason = str(getattr(error, "msg", None) or error or "it is nested too deeply")
        line = getattr(error, "lineno", None)
        problems.at(node, path, f"{file} is no Python: {reason}" + (f" (line {line})" if line else ""), "", key)
        return None
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        reason = getattr(error, "strerror", None) or str(error)
        problems.at(node, path, f"cannot read {file}: {reason}", "the path is relative to this YAML", key)
        return None
    functions = {item.name: item for item in tree.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)}
    if function not in functions:
        cure = did_you_mean(function, list(functions)) or f"{file} defines no function"
        problems.at(node, path, f"{file} defines no function '{function}'", cure, key)
        return None
    found = functions[function]
    if isinstance(found, ast.AsyncFunctionDef):
        problems.at(node, path, f"{function} is a coroutine function", "for now a workload is a plain function", key)
        return None
    if _yields(found):
        problems.at(
            node, path, f"{function} is a generator function", "a call of it would run nothing: use return", key
        )
        return None
    _check_arguments(found, given, node, holder, path, key, problems)
    arguments = {name: value.plain() for name, value in given.items()}
    declared = [argument.arg for argument in (*found.args.args, *found.args.kwonlyargs)]
    takes = tuple(dict.fromkeys([*declared, *arguments]))
    return Entry("workload", name, label or name, arguments, str(source), function, takes)


def _yields(found: ast.FunctionDef) -> bool:
    """Whether a function's own body has a yield; those of functions within it are theirs."""
    waiting: list[ast.AST] = list(found.body)
    while waiting:
        item = waiting.pop()
        if isinstance(item, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            waiting += ast.iter_child_nodes(item)
    return False


def _check_arguments(
    found: ast.FunctionDef,
    given: Mapping[str, Any],
    node: Node,
    holder: Node,
    path: str,
    key: str | None,
    problems: Problems,
) -> None:
    """Whether the function can be called with these keyword arguments."""
    arguments = found.args
    if arguments.posonlyargs:
        problems.at(node, path, f"{found.name} has positional-only parameters", "arguments are given by name", key)
        return
    named = [argument.arg for argument in arguments.args]
    required = named[: len(named) - len(arguments.defaults)]
    required += [
        a.arg for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if default is None
    ]
    known = named + [argument.arg for argument in arguments.kwonlyargs]
    if arguments.kwarg is None:
        for name in given:
            if name not in known:
                cure = did_you_mean(name, known) or f"{found.name} takes no arguments"
                problems.at(holder, f"{path}.{name}", f"{found.name} has no parameter '{name}'", cure, name)
    missing = [name for name in required if name not in given]
    if missing:
        one = f"{{{key or 'file.py:' + found.name}: {{{missing[0]}: …}}}}"
        problems.at(node, path, f"{found.name} needs {', '.join(missing)}", f"write {one}", key)
