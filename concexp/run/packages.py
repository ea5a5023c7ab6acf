"""The installed packages that measured code imports: their versions where it was measured, and here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concexp.run.child.launch import launch
from concexp.run.child.stage import StagedCode
from concexp.run.interpreters.interpreter import ASK_TIMEOUT, Interpreter


def by_python(manifest: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The packages that measured code imported, and those that its plug-ins need: name -> version, by interpreter."""
    preflight = manifest.get("preflight") or {}
    found = {python: dict(versions) for python, versions in (preflight.get("libraries") or {}).items()}
    for entry in (preflight.get("entries") or {}).values():
        for python, versions in (entry.get("packages") or {}).items():
            found.setdefault(python, {}).update(versions)
    return found


def imported(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The same for all interpreters together, by name."""
    versions: dict[str, dict[str, None]] = {}
    for packages in by_python(manifest).values():
        for name, version in packages.items():
            versions.setdefault(name, {})[version] = None
    return {name: ", ".join(versions[name]) for name in sorted(versions)}


@dataclass(frozen=True)
class Unlike:
    """A package of another version than measured, `here` is "" if it is not installed."""

    python: str
    name: str
    measured: str
    here: str


def unlike(manifest: Mapping[str, Any], pythons: Mapping[str, Interpreter], stage: StagedCode) -> Iterator[Unlike]:
    """The packages that the measured code needs and these interpreters, by label, lack or have in another version."""
    for label, wanted in by_python(manifest).items():
        if label in pythons:
            there = installed(pythons[label], stage, list(wanted))
            for name, version in wanted.items():
                if there.get(name, "") != version:
                    yield Unlike(label, name, version, there.get(name, ""))


def installed(python: Interpreter, stage: StagedCode, names: Sequence[str]) -> dict[str, str]:
    """The versions of those of these packages that an interpreter has; nothing is imported."""
    outcome = launch({"verb": "packages", "names": list(names)}, python.path, stage, ASK_TIMEOUT, site=True)
    return dict((outcome.answer or {}).get("versions") or {})
