"""`workload:`, `model:` and `sync:` -> Entries: names that exist, with parameters that exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from concexp import catalog
from concexp.errors import UnknownName, did_you_mean
from concexp.experiment import slips, units, user_code
from concexp.experiment.problems import Problems, converted, items, text, written
from concexp.experiment.spec import PLUGINS, Entry, Version
from concexp.experiment.yaml_nodes import Node

BESIDE = ("as", "wants")  # keys of an item beside the name of its plug-in: see `keys.ENTRY`
WANTS = ("cpu", "io")


@dataclass(frozen=True)
class _Item:
    """One item of the list: `name`, or {name: {parameter: value}, as: label}.

    node     the item, and `key` its key that names the plug-in, if it is a map
    given    the parameters by name; `holder` is their node, and `path` the keys that lead to it
    """

    node: Node
    key: str | None
    name: str
    label: str | None
    given: Mapping[str, Node]
    holder: Node
    path: str
    wants: str = ""


@dataclass(frozen=True)
class Home:
    """Where user code is: the YAML's folder, and the versions of the code that are compared, by name."""

    folder: Path
    versions: Mapping[str, Version] = field(default_factory=dict)


def read(kind: str, node: Node, path: str, home: Home, problems: Problems) -> tuple[Entry, ...]:
    """The entries of one axis that could be read, each with a label of its own."""
    by_label: dict[str, Entry] = {}
    is_list = isinstance(node.value, list)
    if is_list and not node.value:
        problems.at(node, path, "the list is empty", f"name at least one {kind}")
    for number, item in enumerate(items(node)):
        here = f"{path}[{number}]" if is_list else path
        for entry in _entries(kind, item, here, home, problems):
            if entry.label in by_label:
                cure = "give one of them another with `as:`"
                problems.at(item, here, f"the label '{entry.label}' is there twice", cure)
            by_label[entry.label] = entry
    return tuple(by_label.values())


def _entries(kind: str, node: Node, path: str, home: Home, problems: Problems) -> list[Entry]:
    """The entries of one item: one, none if it is wrong, several where it is a suite of functions."""
    item = _item(kind, node, path, problems)
    if item is None:
        return []
    plugin = PLUGINS.get(kind, kind)
    if plugin == "workload" and user_code.is_target(item.name):
        # What --set gives stands in no file: its paths, too, start from the experiment's folder.
        folder = Path(node.file).parent if node.line else home.folder
        mention = user_code.Mention(node, item.path, item.key)
        target = user_code.Target(item.name, item.label, folder, mention, item.given, item.holder, item.path)
        found = user_code.read(target, problems, home.versions)
        return [replace(entry, kind=kind, wants=item.wants) for entry in found]
    try:
        declared = catalog.parameters(catalog.load(plugin, item.name))
    except UnknownName as error:
        problems.at(node, item.path, error.message, slips.of_entry(plugin, item.name) or error.hint, item.key)
        return []
    values = {parameter.name: parameter.default for parameter in declared.values()}
    values |= _parameters(item, declared, problems)
    return [Entry(kind, item.name, item.label or item.name, values, wants=item.wants)]


def _item(kind: str, node: Node, path: str, problems: Problems) -> _Item | None:
    """The parts of one item; None if it names nothing, or several plug-ins."""
    if not isinstance(node.value, dict):
        name = text(node, path, problems)
        return None if name is None else _Item(node, None, name, None, {}, node, path)
    names = [key for key in node.value if key not in BESIDE]
    if len(names) != 1:
        cure = _map_of_one(node) or "write {name: {parameter: value}, as: label}"
        problems.at(node, path, f"one {kind} is one name with its parameters, not {len(names)} names", cure)
        return None
    (name,) = names
    label = text(node.value["as"], f"{path}.as", problems) if "as" in node.value else None
    wants = _wants(kind, node, path, problems) if "wants" in node.value else ""
    holder, path = node.value[name], f"{path}.{name}"
    if holder.value is not None and not isinstance(holder.value, dict):
        what = f"expected a map of parameters, not {units.for_message(holder.value)}"
        problems.at(holder, path, what, _parameter_cure(PLUGINS.get(kind, kind), name, holder))
    given = holder.value if isinstance(holder.value, dict) else {}
    return _Item(node, name, name, label, given, holder, path, wants)


def _wants(kind: str, node: Node, path: str, problems: Problems) -> str:
    """What an item says that its workload needs; a problem for any other kind of plug-in, or another value."""
    path, given = f"{path}.wants", node.value["wants"]
    if kind != "workload":
        problems.at(node, path, f"a {kind} has no `wants`: it says what a workload needs", "leave it out", "wants")
    elif given.value not in WANTS:
        what = f"expected cpu or io, not {units.for_message(given.plain())}"
        cure = (
            did_you_mean(str(given.plain()), WANTS) or "cpu: it computes; io: it waits; without the key it is measured"
        )
        problems.at(given, path, what, cure)
    else:
        return str(given.value)
    return ""


def _map_of_one(node: Node) -> str:
    """The cure for {name: cpu_sum, size: 5}, and for {cpu_sum: …, size: 5}: parameters stand below the name."""
    given = {key: value for key, value in node.value.items() if key not in BESIDE}
    named = given.pop("name", None)
    names = [named.text] if named is not None else [key for key, value in given.items() if value.value is None]
    if len(names) != 1:
        return ""
    parameters = ", ".join(f"{key}: {written(value)}" for key, value in given.items() if key not in names)
    return f"write {{{names[0]}: {{{parameters}}}}}"


def _parameter_cure(kind: str, name: str, holder: Node) -> str:
    if not catalog.exists(kind, name) or not holder.text:
        return f"write {{{name}: {{parameter: value}}}}"
    return slips.of_parameter(name, list(catalog.parameters(catalog.load(kind, name)).values()), holder.text)


def _parameters(item: _Item, declared: Mapping[str, catalog.Parameter], problems: Problems) -> dict[str, Any]:
    """The given parameters in SI units; a problem for each that the plug-in does not have."""
    values: dict[str, Any] = {}
    for key, value in item.given.items():
        path = f"{item.path}.{key}"
        if key not in declared:
            cure = did_you_mean(key, list(declared)) or f"{item.name} has no parameters"
            problems.at(item.holder, path, f"{item.name} has no parameter '{key}'", cure, key)
        elif declared[key].type == "str":
            values[key] = text(value, path, problems)
        else:
            values[key] = converted(value, path, problems, partial(units.convert, declared[key]))
    return values
