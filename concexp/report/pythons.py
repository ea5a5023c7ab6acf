"""How a page calls an interpreter: by its label, and by its full version where the label leaves open what matters.

Releases of one version rarely differ in speed, so that `3.13` says enough. It does not where a run has two of them, where the label
holds no version (`current`, `mine`), and where releases of a version are known to differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Versions whose releases differ in speed: 3.14.5 went back from the incremental garbage collector to that of 3.13.
DIFFERING = ("3.14",)


def shown(labels: Mapping[str, Any], pythons: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The labels of a cell, with the interpreter's as the page shows it; `pythons` are the facts of those that ran, by label."""
    label = labels.get("python")
    if label is None or label not in pythons:
        return dict(labels)
    return {**labels, "python": name(str(label), pythons)}


def name(label: str, pythons: Mapping[str, Mapping[str, Any]]) -> str:
    """`3.13`, `3.14.10`, `pypy3.11`, `mine (3.13.1)`."""
    version = str(pythons[label].get("version") or "")
    if not version or version in label or not _is_open(label, version, pythons):
        return label
    minor = _minor(version)
    if minor in label:
        return label.replace(minor, version, 1)
    return f"{label} ({version})"


def _is_open(label: str, version: str, pythons: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a label leaves open which release it is, and that matters."""
    minor = _minor(version)
    if minor not in label or minor in DIFFERING:
        return True
    implementation = pythons[label].get("implementation")
    alike = (one for one in pythons.values() if one.get("implementation") == implementation)
    return any(_minor(str(one.get("version"))) == minor and one.get("version") != version for one in alike)


def _minor(version: str) -> str:
    return version.rpartition(".")[0]
