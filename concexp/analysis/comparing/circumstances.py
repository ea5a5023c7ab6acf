"""The headers of several runs -> in what their circumstances differ, row by row.

A row has one text per run; "" where the run does not say. Texts are as a page shows them but for Markdown.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concexp.analysis import noise
from concexp.analysis.results import Run
from concexp.analysis.speed_states import spinner_speeds
from concexp.run import packages

GIB = 2**30


@dataclass(frozen=True)
class Row:
    """One circumstance: the part that it belongs to, its name, and its value in each run."""

    part: str
    name: str
    values: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """True if not all runs have the same."""
        return len(set(self.values)) > 1


Fact = Callable[[Mapping[str, Any]], Any]


def _plain(name: str) -> Fact:
    return lambda facts: facts.get(name)


def _memory(facts: Mapping[str, Any]) -> str:
    return f"{facts['memory_bytes'] / GIB:.1f} GiB" if facts.get("memory_bytes") else ""


# What a manifest says of the machine, by the name that pages use: what makes two runs ones of different machines comes first.
MACHINE: dict[str, Fact] = {
    "processor": _plain("processor"),
    "architecture": _plain("architecture"),
    "usable CPUs": _plain("cpus"),
    "CPUs": _plain("logical_cpus"),
    "hyper-threads per core": _plain("threads_per_core"),
    "CPU quota": _plain("quota_cpus"),
    "memory": _memory,
    "system": _plain("system"),
    "governor": _plain("governor"),
    "turbo": _plain("turbo"),
    "clock": _plain("clock_source"),
    "virtual machine": _plain("virtual"),
}
INTERPRETER: dict[str, Fact] = {
    "version": lambda facts: f"{facts.get('implementation') or 'Python'} {facts.get('version') or ''}".strip(),
    "compiler": _plain("compiler"),
    "configured with": _plain("configure_flags"),
    "compiled with": _plain("compile_flags"),
    "GIL at start": lambda facts: _switch(facts.get("gil_enabled")),
    "JIT": lambda facts: _switch(facts.get("jit")),
    "processes start by": _plain("start_method"),
    "binary": lambda facts: str(facts.get("sha256") or "")[:12],
}
# What varies from run to run on one machine: shown whether or not it differs.
MOMENT = (
    "began",
    "load before the run",
    "CPUs that others used before",
    "checked before the run",
    "effective CPUs",
    "speed of a spinner alone",
    "sentinel",
)


def circumstances(runs: Sequence[Run]) -> list[Row]:
    """All circumstances of the runs, those that are alike included."""
    manifests = [run.manifest for run in runs]
    rows = [Row("run", "run", tuple(str(run.header["run"]) for run in runs))]
    rows += [
        Row("code", "commit", tuple(_commit(one) for one in manifests)),
        *_mapped("code", "your code", [one.get("user_code") or {} for one in manifests], 12),
        *_mapped("code", "plug-in", [one.get("plug_ins") or {} for one in manifests]),
        *_mapped("code", "environment", [one.get("environment") or {} for one in manifests]),
        *_mapped("code", "library", [packages.imported(one) for one in manifests]),
        *_mapped("code", "server", [(one.get("preflight") or {}).get("servers") or {} for one in manifests]),
        *_mapped("code", "file", [_sums(one.get("files")) for one in manifests], 12),
    ]
    machines = [one["machine"] for one in manifests]
    rows += [Row("machine", name, tuple(_text(fact(one)) for one in machines)) for name, fact in MACHINE.items()]
    rows.insert(len(rows) - len(MACHINE), Row("machine", "host", tuple(_text(one.get("host")) for one in manifests)))
    rows += _interpreters(manifests)
    rows += [Row("experiment", name, values) for name, values in _experiment(runs)]
    rows += [Row("moment", name, tuple(values)) for name, values in zip(MOMENT, _moments(runs), strict=True)]
    rows += [
        Row("concexp", "version", tuple(_text(one.get("concexp")) for one in manifests)),
        Row("concexp", "measuring code", tuple(str(one.get("trial_code") or "")[:12] for one in manifests)),
        *_mapped("concexp", "package", [one.get("packages") or {} for one in manifests]),
    ]
    return rows


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _switch(value: bool | None) -> str:
    return "" if value is None else "on" if value else "off"


def _commit(manifest: Mapping[str, Any]) -> str:
    git = manifest.get("git") or {}
    return f"{str(git.get('commit', ''))[:12]}{' with changes' if git.get('dirty') else ''}"


def _sums(files: Mapping[str, Any] | None) -> dict[str, str]:
    return {name: str(one.get("sha256", "")) for name, one in (files or {}).items()}


def _mapped(part: str, title: str, maps: Sequence[Mapping[str, Any]], letters: int = 60) -> Iterator[Row]:
    """A row for each key of these maps."""
    for name in dict.fromkeys(name for one in maps for name in one):
        yield Row(part, f"{title} {name}", tuple(_text(one.get(name))[:letters] for one in maps))


def _interpreters(manifests: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """Interpreters by their labels; runs of one interpreter each are compared by it, whatever its label."""
    labels = list(dict.fromkeys(label for one in manifests for label in one["interpreters"]))
    alone = all(len(one["interpreters"]) == 1 for one in manifests)
    for label in labels[:1] if alone else labels:
        facts = [
            next(iter(one["interpreters"].values())) if alone else one["interpreters"].get(label, {})
            for one in manifests
        ]
        title = "Python" if len(labels) == 1 or alone else f"Python {label}"
        for name, fact in INTERPRETER.items():
            values = tuple(_text(fact(one)) if one else "" for one in facts)
            yield Row("interpreter", title if name == "version" else f"{title}, {name}", values)


# Of the experiment: these change no number.
LEFT_OUT = ("name", "question", "report", "tags", "author", "license", "claims", "answer")


def _experiment(runs: Sequence[Run]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys of the experiments, as resolved, and what restricted the run."""
    yield "experiment", tuple(_text(run.spec.get("name")) for run in runs)
    flat = [dict(_flat(run.spec)) for run in runs]
    for key in dict.fromkeys(key for one in flat for key in one):
        if re.split(r"[.[]", key, maxsplit=1)[0] not in LEFT_OUT:
            yield key, tuple(_text(one.get(key)) for one in flat)
    yield "--only", tuple(_text(run.manifest.get("only")) for run in runs)
    yield "--quick", tuple("yes" if run.manifest.get("quick") else "" for run in runs)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of maps by their dotted paths; a list is one leaf, but for one of maps, which is several."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        for number, inner in enumerate(value, 1):
            yield from _flat(inner, f"{path}[{number}]")
    elif value not in (None, [], ""):
        yield path, ", ".join(map(str, value)) if isinstance(value, list) else value


def _moments(runs: Sequence[Run]) -> Iterator[list[str]]:
    yield [str(run.manifest.get("started_at") or "")[:16].replace("T", " ") for run in runs]
    yield [_load(run.manifest["machine"]) for run in runs]
    yield [_others(run.manifest["machine"]) for run in runs]
    yield [_text((run.manifest.get("doctor") or {}).get("summary")) for run in runs]
    yield ["" if run.effective_cpus is None else f"{run.effective_cpus:.2f}" for run in runs]
    yield [_median([rate / 1e6 for _, rate in spinner_speeds(run)], "{:.1f} M rounds/s") for run in runs]
    yield [_median([1e3 * seconds for seconds in noise.sentinel_times(run).values()], "{:.2f} ms") for run in runs]


def _load(machine: Mapping[str, Any]) -> str:
    return "" if machine.get("load_1m") is None else f"{machine['load_1m']:.2f}"


def _others(machine: Mapping[str, Any]) -> str:
    return "" if machine.get("other_cpus") is None else f"{machine['other_cpus']:.2f}"


def _median(values: Sequence[float], form: str) -> str:
    return form.format(statistics.median(values)) if values else ""
