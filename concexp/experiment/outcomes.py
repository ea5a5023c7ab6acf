"""`outcomes:` of a user's code: the names of what its calls can come to, each with its grade."""

from __future__ import annotations

from collections.abc import Mapping

from concexp.errors import did_you_mean
from concexp.experiment import units
from concexp.experiment.problems import Problems
from concexp.experiment.yaml_nodes import Node

FORBIDDEN = "forbidden"
GRADES = ("acceptable", "interesting", FORBIDDEN)
UNDECLARED = "undeclared"  # counts what is named and not declared: forbidden
METRIC = "outcomes"  # the metric of all of them; that of one is `outcomes.NAME`
NAMING = ("anything", "any")  # values of `returns` with which a function can name outcomes itself
EXAMPLE = "outcomes: {made_once: acceptable, made_twice: forbidden}"


def read(node: Node, path: str, problems: Problems) -> Mapping[str, str]:
    """Name -> grade; a problem for each name that claims could not use, and each grade that there is not."""
    given = node.value
    if not isinstance(given, dict) or not given:
        problems.at(node, path, f"expected a map of names and grades, not {units.for_message(node.plain())}", EXAMPLE)
        return {}
    for name, grade in given.items():
        if not name.isidentifier() or name == UNDECLARED:
            cure = "letters, digits and underscores, so that a claim can say outcomes.NAME"
            problems.at(grade, f"{path}.{name}", f"'{name}' cannot name an outcome", cure, name)
        elif grade.value not in GRADES:
            message = f"expected one of {', '.join(GRADES)}, not {units.for_message(grade.plain())}"
            problems.at(grade, f"{path}.{name}", message, did_you_mean(str(grade.plain()), GRADES))
    return {name: str(grade.value) for name, grade in given.items()}


def metric_of(name: str) -> str:
    """The metric that counts an outcome."""
    return f"{METRIC}.{name}"
