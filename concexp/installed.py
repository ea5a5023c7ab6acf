"""Plug-ins that installed packages add through entry points: which there are, where each comes from, and which cannot be used."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it loads the parser of e-mail
    from importlib.metadata import EntryPoint

# Kinds that packages can add, with their groups of entry points. Probes are not among them: a journal's columns are concexp's own.
GROUPS = {
    "workload": "concexp.workloads",
    "model": "concexp.models",
    "sync": "concexp.sync",
    "metric": "concexp.metrics",
    "plot": "concexp.plots",
}
NAME = re.compile(r"[a-z][a-z0-9_]*")
OURS = re.compile(rb"^\s*\[\s*concexp\.", re.MULTILINE)  # in a package's list of entry points
CURE = "rename one of them, or uninstall its package"


@cache
def points(kind: str) -> dict[str, tuple[EntryPoint, ...]]:
    """The entry points of a kind by name: several where packages chose the same name."""
    found: dict[str, list[EntryPoint]] = {}
    if kind in GROUPS and _may_be_any():
        for point in _entry_points().select(group=GROUPS[kind]):
            found.setdefault(point.name, []).append(point)
    return {name: tuple(those) for name, those in found.items()}


@cache
def _may_be_any() -> bool:
    """False if no package has entry points of ours. Their lists are searched as text, in a tenth of the time of reading them."""
    if any(hasattr(finder, "find_distributions") and finder is not PathFinder for finder in sys.meta_path):
        return True
    return any(_names_ours(place or os.curdir) for place in dict.fromkeys(sys.path))


def _names_ours(place: str) -> bool:
    """Whether a package in a folder of the path has entry points of ours; True for what is no folder, such as an archive."""
    try:
        packages = [name for name in os.listdir(place) if name.endswith((".dist-info", ".egg-info", ".egg"))]
    except OSError:
        return os.path.isfile(place)
    for name in packages:
        try:
            with open(os.path.join(place, name, "entry_points.txt"), "rb") as file:
                if OURS.search(file.read()):
                    return True
        except OSError:
            continue
    return any(name.endswith(".egg") for name in packages) or place.endswith(".egg")


@cache  # each call reads the entry points of all installed packages
def _entry_points() -> Any:
    from importlib.metadata import entry_points

    return entry_points()


def point_of(kind: str, name: str) -> EntryPoint | None:
    """The entry point of a plug-in; None if no package has one of this name."""
    return points(kind).get(name, (None,))[0]


def package(point: EntryPoint) -> str:
    """The package of an entry point, with its version."""
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


def refusal(kind: str, name: str, own: str) -> tuple[str, str]:
    """(why a name of a package cannot be used, cure), empty texts if it can.

    `own` is the module of concexp's own plug-in of that name, "" if there is none.
    """
    places = [*_places(kind, name)]
    if own:
        places.append(f"concexp itself ({own})")
    if len(places) > 1:
        return f"the {kind} '{name}' is in {' and in '.join(places)}", CURE
    if places and not NAME.fullmatch(name):
        cure = (
            "small letters, digits and underscores, a letter first: the entry point has to be renamed in that package"
        )
        return f"'{name}', a {kind} of {places[0]}, cannot be a name", cure
    return "", ""


def _places(kind: str, name: str) -> Iterator[str]:
    for point in points(kind).get(name, ()):
        where = point.dist.locate_file("") if point.dist is not None else None
        yield f"{package(point)} ({point.value}{f', {where}' if where is not None else ''})"
