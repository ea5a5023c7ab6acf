"""`diagnose:` -> the probes that look at the workers in trials of their own, whose times count nowhere."""

from __future__ import annotations

from concexp import catalog
from concexp.errors import did_you_mean
from concexp.experiment.problems import Problems, items, text
from concexp.experiment.yaml_nodes import Node

KEY = "diagnose"


def names() -> list[str]:
    """The probes that an experiment may ask for."""
    return [name for name, probe in catalog.classes("probe").items() if probe.own_trials and probe.diagnoses]


def read(node: Node | None, problems: Problems) -> tuple[str, ...]:
    """The probes of `diagnose:`; a problem for each other name."""
    known, found = names(), []
    for item in items(node) if node is not None else []:
        name = text(item, KEY, problems)
        if name in known:
            found.append(str(name))
        elif name is not None:
            problems.at(item, KEY, f"there is no diagnoser '{name}'", did_you_mean(name, known))
    return tuple(dict.fromkeys(found))
