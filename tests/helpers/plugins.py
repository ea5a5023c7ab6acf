"""What the contracts need to find every plug-in and its combinations, so that a new file is under test by itself."""

import functools
import itertools
import os

from concexp import catalog
from concexp.trial import tools
from concexp.trial.tools import unsupported

# Rounds per second of busy work where nothing is measured: few, so that it takes no time.
PACE = {"_busy.spin": 10_000, "mixed.derive": 10_000}
SMALL = {"ops": 20, "scaling": "strong"}
TIMED = {"duration": 0.005}
# Models that run trials with nothing installed. For the others see tests/trial/models/test_engines.py.
REAL_MODELS = [
    name
    for name in catalog.names("model")
    if not catalog.load("model", name).simulated and not catalog.load("model", name).packages
]
# Workloads that need nothing but this machine. For the others see tests/trial/workloads/test_services.py.
ALONE = [name for name in catalog.names("workload") if not catalog.load("workload", name).external_server]
# Parameters of workloads whose defaults fail on purpose, or move more memory than a test needs.
HARMLESS = {"faulty": {"at": 1 << 62}, "triad": {"size": 1 << 20}}
METHODS = ("fork", "spawn", "forkserver")


def build(kind, name, **parameters):
    """A plug-in object; parameters that are not given have their defaults."""
    return catalog.load(kind, name)(**parameters)


@functools.cache
def usual(kind, name):
    """A plug-in object with its defaults that is only asked, and never run: tens of thousands of combinations are."""
    return build(kind, name)


def harmless(workload):
    """(name, parameters) with which a workload succeeds, in little time."""
    return workload, HARMLESS.get(workload, {})


def runs(workload, model, sync, workers, load=SMALL):
    """True if this combination is supported with that many workers, or with one if the model has no workers."""
    model = usual("model", model)
    workers = workers if model.needs_workers else 1
    return not unsupported(usual("workload", workload), model, usual("sync", sync), workers, load)


def races(workload, model, sync):
    """True if workers run in parallel and share state without a guard: lost updates are then data, not an error."""
    shares = "guard" in usual("workload", workload).takes
    return shares and sync == "none" and usual("model", model).parallel != "one"


@functools.cache
def triples(workers):
    """(workload, model, sync) of every combination that is supported with that many workers, and needs no server."""
    every = itertools.product(ALONE, REAL_MODELS, catalog.names("sync"))
    return tuple(triple for triple in every if runs(*triple, workers))


def pairs(triple):
    """The three pairs of a triple, each as two (position, value)."""
    return set(itertools.combinations(enumerate(triple), 2))


def cover(triples):
    """A small part of the triples that has every pair of theirs: greedy, first those with three new pairs, then two, then one."""
    chosen, seen = [], set()
    for new in (3, 2, 1):
        for triple in triples:
            if len(pairs(triple) - seen) == new:
                chosen.append(triple)
                seen |= pairs(triple)
    return chosen


def selected(triples):
    """The triples to run: a cover of all pairs, since mistakes lie between two plug-ins; all with `make contracts`."""
    return list(triples) if os.environ.get("CONCEXP_CONTRACTS") == "all" else cover(triples)


# The models that this interpreter can run at all.
HERE = [name for name in REAL_MODELS if runs("cpu_sum", name, "none", 2)]


def lent(model, folder="", workers=1, **parameters):
    """The tools that a model lends to primitives."""
    model = build("model", model, **parameters)
    return tools.Tools(*model.primitives(), model.asynchronous, str(folder), workers)
