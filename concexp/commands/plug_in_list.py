"""What `concexp list` prints on plug-ins: their names, summaries and parameters, as data and as text.

To read them, each plug-in is imported, and those that draw import matplotlib: two seconds. So what they say is kept in
concexp's cache, for as long as no file of the plug-ins changes.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from concexp import __version__, catalog
from concexp.errors import EnvironmentRefused, InputError, Problem, did_you_mean, meant
from concexp.experiment.cache import cache_folder, file_states

SHOWN_KINDS = tuple(kind for kind in catalog.KINDS if kind != "probe")
LISTED = (*SHOWN_KINDS, "pythons", "support", "experiments")
AXES = ("workload", "model", "sync")  # the kinds that make a triple of the support matrix
CACHED = "plug_ins.json"
# Below the package: where plug-ins are, what they are made of, and what reads them.
SOURCES = ("trial", "analysis/metrics", "report/plots", "commands/plug_in_list.py", "catalog.py")

Entries = dict[str, list[dict[str, Any]]]


def plug_ins(kind: str) -> Entries:
    """Map each kind to its plug-ins with summary and parameters; "" means all kinds."""
    if kind and kind not in catalog.KINDS:
        raise InputError([Problem("list", 0, 0, "", f"there is no kind '{kind}'", _kind_cure(kind))])
    kinds = (kind,) if kind else SHOWN_KINDS
    kept = _kept() if kind in ("", *SHOWN_KINDS) else {}
    found: Entries = {kind: [] for kind in kinds}
    for kind, entries in found.items():
        for name in catalog.names(kind):
            own = not catalog.reference(kind, name)
            entries.append((own and kept.get((kind, name))) or _entry(kind, name))
    return found


def _kind_cure(kind: str) -> str:
    """A hint for an unknown kind: a plug-in is shown, and a kind may have another word."""
    from concexp.experiment import keys

    shown = [kind] if any(kind in catalog.names(one) for one in catalog.KINDS) else known_by(kind)
    words = [key.name for key in keys.ROOT.values() if kind.lower().removesuffix("s") in key.also and key.name in AXES]
    if words or not shown:
        return meant(words) if words else did_you_mean(kind, LISTED)
    return f"to see what it is: concexp show {shown[0]}"


def known_by(name: str) -> list[str]:
    """The plug-ins, of any kind, that people know by this name, such as thread_pool for ThreadPoolExecutor."""
    found = [written for kind in catalog.KNOWN_AS for written in catalog.meaning(kind, name, catalog.names(kind))]
    return list(dict.fromkeys(written.strip("{").partition(":")[0] for written in found))


def _entry(kind: str, name: str) -> dict[str, Any]:
    try:
        cls = catalog.load(kind, name)
    except EnvironmentRefused as error:  # of another package: what is wrong with it must not hide all others
        return {"name": name, "summary": f"not usable: {error.message}", "known_as": [], "parameters": []}
    parameters = [
        {"name": p.name, "type": p.type, "unit": p.unit, "range": p.range, "default": p.default, "meaning": p.meaning}
        for p in catalog.parameters(cls).values()
    ]
    known_as = list(getattr(cls, "known_as", ()))
    return {"name": name, "summary": catalog.summary(cls), "known_as": known_as, "parameters": parameters}


def plug_ins_text(data: Entries) -> str:
    """Format the result of `plug_ins`: one line per plug-in with its summary."""
    lines = []
    for kind, entries in data.items():
        width = max((len(entry["name"]) for entry in entries), default=0)
        lines.append(f"{kind}:")
        lines += [f"  {entry['name']:<{width}}  {entry['summary']}" for entry in entries]
    if "workload" in data:
        lines += [
            "",
            "A user's own code is a workload too: `concexp show call`.",
            "What it may need: `concexp show environment`, `concexp show files`.",
        ]
    return "\n".join(lines)


def _kept() -> dict[tuple[str, str], dict[str, Any]]:
    """The entries of concexp's own plug-ins by kind and name, from the cache if its sources are unchanged; else made and kept."""
    sources = _sources()
    try:
        path = cache_folder() / CACHED
    except EnvironmentRefused:  # without a home there is no cache
        return {}
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        found = json.loads(path.read_bytes())
        if found["sources"] == sources:
            return {(kind, entry["name"]): entry for kind, entries in found["entries"].items() for entry in entries}
    made = {
        kind: [_entry(kind, name) for name in catalog.names(kind) if not catalog.reference(kind, name)]
        for kind in SHOWN_KINDS
    }
    _keep(path, {"sources": sources, "entries": made})
    return {(kind, entry["name"]): entry for kind, entries in made.items() for entry in entries}


def _keep(path: Path, data: dict[str, Any]) -> None:
    """Write the cache in one step; where it cannot be written, the next call is as slow as this one."""
    from concexp.run.storage import atomic

    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with atomic.replaced(path) as draft:
            draft.write_text(json.dumps(data))


def _sources() -> list[list[Any]]:
    """What the entries depend on: the versions, and each file with its size and the time of its last change."""
    package = Path(catalog.__file__).parent
    files = [file for source in SOURCES for file in file_states(package / source)]
    return [[__version__, sys.version, str(package)], *files]
