"""`exclude:`, `allow:` and `baseline:` -> selections of cells: maps of labels, or conditions. All their names exist.

So do the axes and labels of `answer:`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concexp import catalog
from concexp.errors import did_you_mean, meant
from concexp.experiment import expressions, units
from concexp.experiment.axis_table import AXES
from concexp.experiment.blocks import Answer
from concexp.experiment.problems import Problems, inside, items, parsed, unknown_keys
from concexp.experiment.spec import KINDS, Grid
from concexp.experiment.statuses import STATUSES
from concexp.experiment.swept import Value
from concexp.experiment.yaml_nodes import Node


def second_roles(grids: Sequence[Grid]) -> list[str]:
    """The labels of the second roles if there are several, in the order of the file: `background` is an axis then."""
    labels = list(dict.fromkeys(grid.background.label for grid in grids if grid.background is not None))
    return labels if len(labels) > 1 else []


def matches(selection: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether a cell's labels have, for each axis of the selection, the wanted label or one of the wanted ones."""
    return all(
        labels.get(key) in (wanted if isinstance(wanted, list) else [wanted]) for key, wanted in selection.items()
    )


@dataclass(frozen=True)
class Names:
    """The names that a selection may use: the labels of each kind, all axes, and the words among the axes' values."""

    labels: dict[str, set[str]]
    axes: tuple[str, ...]
    words: frozenset[str]


def names_of(grids: Sequence[Grid]) -> Names:
    """The names of these grids together."""
    labels = {kind: {entry.label for grid in grids for entry in getattr(grid, kind)} for kind in KINDS}
    if several := second_roles(grids):
        labels["background"] = set(several)
    for key in (key for key, axis in AXES.items() if axis.word_labels):
        words_of_axis = {label for grid in grids for label in map(_label, grid.values(key))}
        labels |= {key: words_of_axis} if words_of_axis else {}
    swept = [axis for grid in grids for axis in grid.axes]
    values = [value for axis in swept for point in axis.points for value in point]
    words = {word for value in values for word in (value.raw, value.label) if isinstance(word, str)}
    words.update(units.FLAG_WORDS if any(isinstance(value.raw, bool) for value in values) else ())
    keys = dict.fromkeys([*labels, "workers", *(key for axis in swept for key in axis.keys)])
    return Names(labels, tuple(keys), frozenset(words.union(*labels.values())))


def _label(value: Value) -> str:
    """The label of a word or a flag; a flag is on or off in tables, however it is written."""
    if value.label or isinstance(value.raw, str):
        return value.label or str(value.raw)
    return "on" if value.raw else "off"


def exclude(node: Node, path: str, names: Names, problems: Problems) -> tuple[Any, ...]:
    """The selections of `exclude:`: maps, and conditions as Values with their places."""
    selections: list[Any] = []
    for number, item in enumerate(items(node)):
        here = f"{path}[{number}]" if isinstance(node.value, list) else path
        if isinstance(item.value, dict):
            check_labels(item, here, names, (), problems)
            selections.append(item.plain())
        elif isinstance(item.value, str):
            check_condition(item, here, names, problems)
            selections.append(Value(item.value, None, True, item.file, item.line, item.column))
        else:
            cure = "{model: asyncio, workload: counter}, or a condition such as workers > 4*cpus"
            problems.at(item, here, f"expected a selection, not {units.for_message(item.value)}", cure)
    return tuple(selections)


def allow(node: Node, names: Names, problems: Problems) -> tuple[dict[str, Any], ...]:
    """The selections of `allow:`: maps of labels and statuses."""
    selections = []
    for number, item in enumerate(items(node)):
        path = f"allow[{number}]" if isinstance(node.value, list) else "allow"
        if not isinstance(item.value, dict) or "status" not in item.value:
            written = item.text if item.text in STATUSES else "invalid"
            cure = f"write allow: [{{status: {written}}}], with labels such as model: threads if only those cells may"
            problems.at(item, path, "expected a selection with `status`", cure)
            continue
        check_labels(item, path, names, ("status",), problems)
        _check_words(item.value["status"], f"{path}.status", STATUSES, "there is no status", problems)
        selections.append(item.plain())
    return tuple(selections)


def baseline(node: Node | None, names: Names, problems: Problems) -> dict[str, Any]:
    """The selection of the cells that speedup is relative to; without `baseline:`, `serial` if it is there."""
    if node is None:
        return {"model": "serial"} if "serial" in names.labels["model"] else {}
    if not isinstance(node.value, dict):
        axis = next((kind for kind, labels in names.labels.items() if node.text in labels), "")
        cure = f"write baseline: {{{axis or 'model'}: {node.text if axis else 'serial'}}}"
        problems.at(node, "baseline", f"expected a selection, not {units.for_message(node.value)}", cure)
        return {}
    check_labels(node, "baseline", names, (), problems)
    return dict(node.plain())


def check_answer(node: Node, answer: Answer, names: Names, problems: Problems) -> None:
    """Problems for axes and workloads in `answer:` that do not exist, or that both compete and are a condition."""
    for key in ("compete", "for_each"):
        for item in items(node.value[key]) if key in node.value else ():
            if item.value not in names.axes:
                close = did_you_mean(str(item.value), names.axes)
                problems.at(item, f"answer.{key}", f"no axis here is called {units.for_message(item.value)}", close)
            elif key == "for_each" and item.value in answer.compete:
                what = f"'{item.value}' cannot both compete and be a condition"
                problems.at(item, "answer.for_each", what, "name it in one of the two lists")
    versus = node.value.get("versus")
    groups = (
        items(versus) if versus is not None and any(isinstance(one.value, list) for one in items(versus)) else [versus]
    )
    for group in (group for group in groups if group is not None):
        if len({str(item.value) for item in items(group)}) < 2:
            cure = "add the workload that it competes with"
            problems.at(group, "answer.versus", "a group needs two workloads at least", cure)
        for item in items(group):
            known = sorted(names.labels["workload"])
            _check_words(item, "answer.versus", known, "no workload here has the label", problems)
    _check_metric(node, answer, problems)


def _check_metric(node: Node, answer: Answer, problems: Problems) -> None:
    """Problems for `answer.by` that is no metric, and for `answer.better` that is missing, needless or wrong."""
    if answer.by is None:
        if answer.better is not None:
            problems.at(node.value["better"], "answer.better", "no metric is named", "name it: answer: {by: METRIC}")
        return
    if not catalog.exists("metric", answer.by):
        cure = catalog.cure("metric", answer.by)
        problems.at(node.value["by"], "answer.by", f"there is no metric '{answer.by}'", cure)
        return
    known = catalog.load("metric", answer.by).better
    if known is None and answer.better is None:
        cure = "say it: add `better: lower` or `better: higher`"
        problems.at(node.value["by"], "answer.by", f"{answer.by} does not say which of two numbers is better", cure)
    elif None not in (known, answer.better) and known != answer.better:
        cure = "leave out `better`"
        problems.at(node.value["better"], "answer.better", f"of {answer.by} the {known} number is better", cure)


def check_labels(node: Node, path: str, names: Names, more: tuple[str, ...], problems: Problems) -> None:
    """Problems for axes and labels in a map that do not exist; `more` are keys allowed beside the axes."""
    unknown_keys(node, path, [*names.axes, *more], problems)
    for kind in names.labels:
        if kind in node.value:
            known = sorted(names.labels[kind])
            _check_words(node.value[kind], f"{path}.{kind}", known, f"no {kind} here has the label", problems)


def _check_words(node: Node, path: str, known: Sequence[str], message: str, problems: Problems) -> None:
    """A problem for each word that is not known, with quotes as the cure where YAML read it as a number."""
    for item in items(node):
        if not isinstance(item.value, str) or item.value not in known:
            quoted = item.text in known and not isinstance(item.value, str)
            cure = f'put it in quotes: "{item.text}"' if quoted else label_cure(item.text, known)
            problems.at(item, path, f"{message} {units.for_message(item.plain())}", cure)


def label_cure(label: str, known: Sequence[str]) -> str:
    """What to write instead of an unknown label: the name it is a common word for, a plug-in to add, or a similar word."""
    if found := [name for kind in KINDS for name in catalog.meaning(kind, label, known) if name in known]:
        return meant(found)
    for kind in KINDS:
        if label in catalog.names(kind):
            return f"add {label} to `{kind}:`, or take one of {', '.join(known)}"
    return did_you_mean(label, known)


def check_condition(node: Node, path: str, names: Names, problems: Problems) -> None:
    """Problems for names in a condition that are neither axis nor label: a misspelt one would silently select nothing."""
    tree = parsed(node.value, node, path, problems)
    if tree is not None and tree.kind not in ("compare", "and", "or", "not"):
        axis = next((kind for kind, labels in names.labels.items() if tree.value in labels), "")
        cure = f"write {{{axis}: {tree.value}}}" if axis else "compare it: workers > 1"
        problems.at(node, path, f"`{node.value}` is no condition", cure)
        return
    known = {*names.axes, *names.words, "cpus"}
    for name, position in expressions.names(tree).items() if tree else ():
        if name not in known:
            cure = label_cure(name, sorted(known))
            problems.at(inside(node, position), path, f"in `{node.value}`: there is no axis or label '{name}'", cure)
