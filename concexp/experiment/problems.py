"""Shared by all readers of the YAML: they collect problems instead of stopping at the first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from concexp.errors import Problem
from concexp.experiment import expressions, keys, slips, units
from concexp.experiment.yaml_mistakes import missing_colon
from concexp.experiment.yaml_nodes import Node

Shape = TypeVar("Shape", bound=BaseModel)


class Problems(list[Problem]):
    """The problems so far."""

    def at(self, node: Node, path: str, message: str, hint: str = "", key: str | None = None) -> None:
        """Add a problem at a node, or at one of its keys."""
        self.append(node.problem(path, message, hint, key))


def items(node: Node) -> list[Node]:
    """The items of a list; a single value counts as a list of one."""
    return node.value if isinstance(node.value, list) else [node]


def text(node: Node, path: str, problems: Problems) -> str | None:
    """A text; None and a problem for anything else, such as an unquoted 3.10, which YAML reads as 3.1."""
    if isinstance(node.value, str):
        return node.value
    if isinstance(node.value, int | float):
        changed = isinstance(node.value, float) and str(node.value) != node.text
        because = f": YAML reads it as {node.value}" if changed else ""
        problems.at(node, path, f"expected text, not {node.text}{because}", f'put it in quotes: "{node.text}"')
    else:
        empty = "put text that begins with # in quotes, or leave the key out" if node.value is None else ""
        cure = empty or one_value(node, path)
        problems.at(node, path, f"expected text, not {units.for_message(node.value)}", cure)
    return None


def converted(node: Node, path: str, problems: Problems, convert: Callable[[Any], Any]) -> Any:
    """The converted value; None and a problem if `convert` raises ValueError."""
    try:
        return convert(node.plain())
    except ValueError as error:
        problems.at(node, path, str(error))
        return None


def inside(node: Node, position: int) -> Node:
    """The place of one character, counted from 0, in the text of a node."""
    return Node(None, node.file, node.line, node.column + position + (1 if node.quoted else 0))


def parsed(written: str, node: Node, path: str, problems: Problems, claim: bool = False) -> expressions.Tree | None:
    """The tree of an expression; None and a problem at the wrong character if it cannot be parsed."""
    try:
        return expressions.parse(written, claim)
    except expressions.ExpressionError as error:
        cut = not node.quoted and "is missing at the end" in str(error)
        cut_off = "inside […] and {…} a comma ends a value: put an expression with a comma in quotes"
        cure = cut_off if cut else slips.of_expression(written, claim)
        problems.at(inside(node, error.position), path, f"in `{written}`: {error}", cure)
        return None


def unknown_keys(node: Node, path: str, known: Sequence[str], problems: Problems) -> None:
    """A problem for each key that is not known, with the level that it belongs to."""
    for key in node.value:
        if key not in known:
            here = f"{path}.{key}" if path else key
            cure = keys.cure(key, re.sub(r"\[\d+\]", "", path), known, written(node.value[key]))
            problems.at(node, here, f"there is no key '{key}' here", cure, key)


def written(node: Node) -> str:
    """A value as the file may have it, for cures; "…" for a map, or a list of maps or lists."""
    if isinstance(node.value, list) and not any(isinstance(item.value, list | dict) for item in node.value):
        return f"[{', '.join(map(written, node.value))}]"
    if isinstance(node.value, list | dict) or not node.text or len(node.text) > units.SHOWN_LIMIT:
        return "…"
    return f'"{node.text}"' if node.quoted else node.text


def _map_cure(node: Node, path: str, fields: tuple[str, ...]) -> str:
    """What to write instead of a value where a map is expected."""
    if node.value is None:
        return "indent the lines below it that belong to it, or leave it out"
    if isinstance(node.value, str) and (found := missing_colon(node.value, fields)):
        return found[2]
    if isinstance(node.value, list) and all(isinstance(item.value, dict) for item in node.value):
        return "leave out the `- ` in front of its keys, or the brackets around them"
    return f"write {path}: {{{fields[0]}: …}}; keys: {', '.join(fields)}"


def one_value(node: Node, path: str) -> str:
    """The cure for a list where one value is expected; "" for anything else."""
    if not isinstance(node.value, list):
        return ""
    axis = path if path in keys.of_sweep() else path.rpartition(".")[2]
    if axis in keys.of_sweep():
        return f"one value; several are an axis: sweep: {{{axis}: {written(node)}}}"
    return f"write one value, such as {written(node.value[0])}" if node.value else "write a value"


def shaped(shape: type[Shape], node: Node, path: str, problems: Problems) -> Shape | None:
    """A map as a pydantic model; None and a problem, in our own words, for each of pydantic's errors."""
    if not isinstance(node.value, dict):
        cure = _map_cure(node, path, tuple(shape.model_fields))
        problems.at(node, path, f"expected a map, not {units.for_message(node.value)}", cure)
        return None
    try:
        return shape.model_validate(node.plain())
    except ValidationError as error:
        for item in error.errors(include_url=False):
            key = str(item["loc"][0])
            where = node.value.get(key, node)
            for index in item["loc"][1:]:
                if isinstance(index, int) and isinstance(where.value, list):
                    where, key = where.value[index], f"{key}[{index}]"
            context = item.get("ctx", {})
            if item["type"] == "extra_forbidden":
                unknown_keys(
                    Node({key: where}, node.file, 0, 0, keys=node.keys), path, list(shape.model_fields), problems
                )
            elif item["type"] == "value_error":
                problems.at(where, f"{path}.{key}", str(context["error"]), one_value(where, f"{path}.{key}"))
            elif item["type"] == "literal_error":
                what = f"expected {context['expected']}, not {units.for_message(where.plain())}"
                problems.at(where, f"{path}.{key}", what, one_value(where, f"{path}.{key}"))
            else:
                expected = item["msg"].replace("Input should be", "it should be")
                problems.at(where, f"{path}.{key}", f"invalid value {units.for_message(where.plain())}: {expected}")
        return None
