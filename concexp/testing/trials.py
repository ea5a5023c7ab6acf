"""Real trials of plug-ins in sealed children of this interpreter."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from concexp import catalog
from concexp.experiment import plugin_files
from concexp.experiment.spec import KINDS, Entry
from concexp.run.child import stage
from concexp.run.child.launch import TrialOutcome, launch
from concexp.trial.tools import loop_name, unsupported

TIMEOUT = 60.0  # seconds
OPS = 20
FEW: Mapping[str, Any] = {"ops": OPS, "scaling": "strong"}
A_MOMENT: Mapping[str, Any] = {"duration": 0.02}
ROUNDS = 1_000_000  # per second of CPU time, for operations that fill a time: nothing is measured here

Named = str | tuple[str, Mapping[str, Any]]  # a name, or with parameters
Triple = tuple[Named, Named, Named]  # workload, model, primitive


@cache
def models() -> tuple[str, ...]:
    """The models that this interpreter can run, by the standard library alone or with what is installed for it."""
    return tuple(name for name in catalog.classes("model") if _runs(name))


def _runs(name: str) -> bool:
    model = catalog.load("model", name)()
    return not model.simulated and not model.missing()


def entry(kind: str, named: Named) -> Entry:
    """A plug-in with its defaults, or with other parameters."""
    name, parameters = (named, {}) if isinstance(named, str) else named
    found = Entry.default(kind, name)
    return replace(found, parameters={**found.parameters, **parameters})


def refusal(triple: Triple, workers: int, load: Mapping[str, Any] = FEW) -> str:
    """Why a combination cannot run, or an empty text."""
    workload, model, sync = (entry(kind, named).build() for kind, named in zip(KINDS, triple, strict=True))
    return str(unsupported(workload, model, sync, workers if model.needs_workers else 1, load))


def supported(workload: Named, model: Named, workers: int = 2, load: Mapping[str, Any] = FEW) -> Iterator[Triple]:
    """The combinations of a workload and a model that can run, by primitive."""
    for sync in catalog.classes("sync"):
        if not refusal((workload, model, sync), workers, load):
            yield workload, model, sync


def trial(
    triple: Triple, workers: int = 2, load: Mapping[str, Any] = FEW, probes: tuple[str, ...] = ()
) -> TrialOutcome:
    """Run one trial of a combination; models without a number of workers have one."""
    entries = [entry(kind, named) for kind, named in zip(KINDS, triple, strict=True)]
    workload, model, _ = (one.build() for one in entries)
    code = stage.stage_child_code(plugin_files.sources([(one.kind, one.name) for one in entries]))
    stage.compile_for(sys.executable, code)
    request = {
        "verb": "measure",
        **{one.kind: one.request() for one in entries},
        "workers": workers if model.needs_workers else 1,
        "load": dict(load),
        "startup": "once",
        "warmup": 1,
        "iterations": 1,
        "seed": 1,
        "luck": 1,
        "probes": list(probes),
        "pace": {loop_name(loop): ROUNDS for loop in workload.loops},
    }
    return launch(request, sys.executable, code, TIMEOUT, any(one.plugin.packages for one in entries))


def assert_went_well(triple: Triple, outcome: TrialOutcome, may_race: bool = False) -> dict[str, Any]:
    """Asserts that a trial ended well and left nothing behind; returns its iteration. With `may_race`, updates may be lost."""
    what = " × ".join(str(one) for one in triple)
    trace = (outcome.answer or {}).get("traceback", "")
    expected = ("ok", "invalid") if may_race else ("ok",)
    assert outcome.status in expected, f"{what}: {outcome.status}: {outcome.reason}\n{trace}{outcome.output}"
    assert outcome.left_behind == 0, f"{what}: {outcome.left_behind} processes were left behind"
    assert outcome.answer is not None
    (iteration,) = outcome.answer["iterations"]
    return dict(iteration)


def races(triple: Triple) -> bool:
    """True if workers run in parallel and share state without a guard: lost updates are then data, not an error."""
    workload, model, sync = (entry(kind, named) for kind, named in zip(KINDS, triple, strict=True))
    return "guard" in workload.plugin.takes and sync.name == "none" and model.plugin.parallel != "one"
