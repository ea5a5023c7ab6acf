"""`diagnose:` -> the probes that look at the workers in trials of their own, whose times count nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concexp import catalog
from concexp.errors import did_you_mean, meant
from concexp.experiment.problems import Problems, items, text
from concexp.experiment.yaml_nodes import Node

KEY = "diagnose"


def diagnosers() -> Mapping[str, type[Any]]:
    """The probes that an experiment may ask for, by name."""
    return {name: probe for name, probe in catalog.classes("probe").items() if probe.own_trials and probe.diagnoses}


def names() -> list[str]:
    """Their names."""
    return list(diagnosers())


def read(node: Node | None, problems: Problems) -> tuple[str, ...]:
    """The probes of `diagnose:`; a problem for each other name."""
    known, found = names(), []
    for item in items(node) if node is not None else []:
        name = text(item, KEY, problems)
        if name in known:
            found.append(str(name))
        elif name is not None:
            problems.at(item, KEY, f"there is no diagnoser '{name}'", _cure(name, known))
    return tuple(dict.fromkeys(found))


def _cure(name: str, known: list[str]) -> str:
    """A hint for an unknown name: the diagnosers that people know by it, or a similar one."""
    same = [other for other, probe in diagnosers().items() if name.lower() in probe.known_as]
    return meant(same) if same else did_you_mean(name, known)
