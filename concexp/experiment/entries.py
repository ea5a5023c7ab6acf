"""`workload:`, `model:` and `sync:` -> Entries: names that exist, parameters that they have."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from concexp import catalog
from concexp.errors import UnknownName, did_you_mean
from concexp.experiment import units, user_code
from concexp.experiment.problems import Problems, converted, items, text
from concexp.experiment.spec import PLUGINS, Entry
from concexp.experiment.yaml_nodes import Node


def read(kind: str, node: Node, path: str, home: Path, problems: Problems) -> tuple[Entry, ...]:
    """The entries of one axis, those that could be read; each has a label of its own. `home`: the YAML's folder."""
    found: dict[str, Entry] = {}
    several = isinstance(node.value, list)
    if several and not node.value:
        problems.at(node, path, "the list is empty", f"name at least one {kind}")
    for number, item in enumerate(items(node)):
        here = f"{path}[{number}]" if several else path
        for entry in _entries(kind, item, here, home, problems):
            if entry.label in found:
                cure = "give one of them another with `as:`"
                problems.at(item, here, f"the label '{entry.label}' is there twice", cure)
            found[entry.label] = entry
    return tuple(found.values())


def _entries(kind: str, node: Node, path: str, home: Path, problems: Problems) -> list[Entry]:
    """The entries that one item of the list means: one, none if it is wrong, several where it is a suite of functions."""
    label = None
    given: dict[str, Node] = {}
    holder = node
    if isinstance(node.value, dict):
        name_keys = [key for key in node.value if key != "as"]
        if len(name_keys) != 1:
            cure = "write {name: {parameter: value}, as: label}"
            problems.at(node, path, f"one {kind} is one name with its parameters, not {len(name_keys)} names", cure)
            return []
        name = name_keys[0]
        if "as" in node.value:
            label = text(node.value["as"], f"{path}.as", problems)
        holder = node.value[name]
        if isinstance(holder.value, dict):
            given = holder.value
        elif holder.value is not None:
            cure = f"write {{{name}: {{parameter: value}}}}"
            problems.at(
                holder, f"{path}.{name}", f"expected a map of parameters, not {units.for_message(holder.value)}", cure
            )
        path = f"{path}.{name}"
    else:
        said = text(node, path, problems)
        if said is None:
            return []
        name = said
    plugin = PLUGINS.get(kind, kind)
    if plugin == "workload" and user_code.is_target(name):
        # What --set gives stands in no file: its paths, too, begin from the experiment's.
        folder = Path(node.file).parent if node.line else home
        found = user_code.read(name, label, given, node, holder, folder, path, problems)
        return [replace(entry, kind=kind) for entry in found]
    try:
        declared = catalog.parameters(catalog.load(plugin, name))
    except UnknownName as error:
        problems.at(node, path, error.message, error.hint, name if isinstance(node.value, dict) else None)
        return []
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
    return [Entry(kind, name, label or name, values)]
