"""Merges a file, the files that it extends, and the overrides of --set into one tree."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from concexp.errors import InputError, Problem
from concexp.experiment import units, yaml_nodes
from concexp.experiment.version_names import AXIS, WORKTREE
from concexp.experiment.yaml_nodes import Node

BASES_LIMIT = 10
SUFFIXES = (".yaml", ".yml")  # of files that may be extended


@dataclass(frozen=True)
class Layers:
    """An experiment after `extends` and --set: its root, whose nodes know the file that they come from, and the files below it.

    `bases` has the texts of the files that it extends, by their paths relative to it.
    """

    root: Node
    bases: dict[str, str] = field(default_factory=dict)


def layered(text: str, file: str, overrides: Sequence[str], against: str = "") -> Layers:
    """Merge an experiment's text with the files that it extends, with --set and --against."""
    bases: dict[Path, str] = {}
    root = _extended(yaml_nodes.parse(text, file), file, (Path(file).resolve(),), bases)
    for override in overrides:
        _override(root, override)
    if against:
        _compare_with(root, against)
    home = Path(file).parent
    return Layers(root, {os.path.relpath(base, home): content for base, content in bases.items()})


def _compare_with(root: Node, revision: str) -> None:
    """Puts the axis of versions into each map of the sweep: this revision and the files as they are.

    The revision is the baseline where nothing in the YAML says or needs another.
    """
    where = f"--against {revision}"
    sweep = root.value.setdefault("sweep", Node({}, where, 0, 0))
    for grid in sweep.value if isinstance(sweep.value, list) else [sweep]:
        if not isinstance(grid.value, dict):
            continue  # the reader says so
        if AXIS in grid.value:
            raise InputError(
                [grid.problem(f"sweep.{AXIS}", "the experiment compares versions itself", f"leave out {where}", AXIS)]
            )
        grid.value[AXIS] = Node([Node(name, where, 0, 0, name) for name in (revision, WORKTREE)], where, 0, 0)
        grid.keys[AXIS] = (where, 0, 0)
    if not {"baseline", "claims"} & set(root.value):
        root.value["baseline"] = Node({AXIS: Node(revision, where, 0, 0, revision)}, where, 0, 0)


def _extended(root: Node, file: str, seen: tuple[Path, ...], bases: dict[Path, str]) -> Node:
    """A root merged onto the file that it extends; `seen` are the files on the way here, to find circles.

    `bases` gets the text of each file that is read.
    """
    node = root.value.get("extends")
    if node is None:
        return root
    if not isinstance(node.value, str):
        raise InputError([node.problem("extends", "expected the path of a YAML file", "extends: common.yaml")])
    base = Path(file).parent / node.value
    text = _text(base, node)
    if base.resolve() in seen:
        raise InputError([node.problem("extends", f"'{node.value}' leads back to itself", "remove one `extends`")])
    if len(seen) > BASES_LIMIT:
        raise InputError([node.problem("extends", f"more than {BASES_LIMIT} files extend each other", "use fewer")])
    bases[base] = text
    return _merged(_extended(yaml_nodes.parse(text, str(base)), str(base), (*seen, base.resolve()), bases), root)


def _text(base: Path, node: Node) -> str:
    cure = "the path is relative to this file"
    try:
        # A stranger's YAML may name any file of the user's, and what is wrong in a file is shown in messages.
        if base.suffix not in SUFFIXES or base.resolve().suffix not in SUFFIXES:
            what = f"'{node.value}' is no YAML file: its name does not end in {' or '.join(SUFFIXES)}"
            raise InputError([node.problem("extends", what, cure)])
        if base.exists() and not base.is_file():  # a pipe or a device may never end
            raise InputError([node.problem("extends", f"'{node.value}' is no file", cure)])
        return yaml_nodes.read_limited(base)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError([node.problem("extends", f"cannot read '{node.value}': {reason}", cure)]) from error


def _merged(below: Node, above: Node) -> Node:
    """Maps are merged key by key; any other value of `above` replaces that of `below`."""
    if not (isinstance(below.value, dict) and isinstance(above.value, dict)):
        return above
    value = dict(below.value)
    for key, node in above.value.items():
        value[key] = _merged(value[key], node) if key in value else node
    keys = {**below.keys, **above.keys}
    return Node(value, above.file, above.line, above.column, keys=keys)


def _override(root: Node, text: str) -> None:
    """Puts one `key=value` into the tree. After `sweep.` the rest is a single key, since names of axes have dots."""
    where = f"--set {text}"
    key, sign, written = text.partition("=")
    if not sign or not key.strip():
        raise InputError([Problem(where, 0, 0, "", "expected key=value", "--set measure.repetitions=3")])
    try:
        value = yaml_nodes.parse(f"value: {written}", where).value["value"]
    except InputError as error:
        raise InputError([Problem(where, 0, 0, p.path, p.message, p.hint) for p in error.problems]) from error
    _mark_place(value, where)
    first, dot, rest = key.strip().partition(".")
    if first == "extends":
        raise InputError([Problem(where, 0, 0, "extends", "a base file is named in the YAML", "add `extends:` to it")])
    parts = [first, rest] if first == "sweep" and dot else key.strip().split(".")
    holder = root
    for part in parts[:-1]:
        inner = holder.value.get(part)
        if inner is None or inner.value is None:
            inner = Node({}, where, 0, 0)
            holder.value[part] = inner
            holder.keys[part] = (where, 0, 0)
        if not isinstance(inner.value, dict):
            what = f"`{part}` is {units.for_message(inner.plain())}, which has no keys"
            raise InputError([Problem(where, 0, 0, key.strip(), what, f"override it whole: --set {part}=…")])
        holder = inner
    holder.value[parts[-1]] = value
    holder.keys[parts[-1]] = (where, 0, 0)


def _mark_place(node: Node, where: str) -> None:
    """Gives a node and all below it the command line as their place, without line and column."""
    node.file, node.line, node.column = where, 0, 0
    node.keys = dict.fromkeys(node.keys, (where, 0, 0))
    children: Iterable[Node] = ()
    if isinstance(node.value, dict):
        children = node.value.values()
    elif isinstance(node.value, list):
        children = node.value
    for child in children:
        _mark_place(child, where)
