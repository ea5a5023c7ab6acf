"""Runs one real trial in a sealed child."""

import functools
import os
import sys

from concexp import catalog
from concexp.run.child.launch import launch
from concexp.run.child.stage import compile_for, stage_child_code
from concexp.run.provided import NOTHING

# In the environment: "fork" where trials are to be forks, as far as they can.
ISOLATION = "CONCEXP_ISOLATION"
PACE = {"_busy.spin": 12_000_000, "mixed.derive": 2_000_000}  # rounds per second of CPU time, about


def request(workload="cpu_sum", model="serial", sync="none", **more):
    """A small request of verb `measure`; a plug-in is a name or (name, parameters), and `more` replaces keys."""

    def entry(given):
        name, parameters = given if isinstance(given, tuple) else (given, {})
        return {"name": name, "parameters": parameters}

    return {
        "verb": "measure",
        "workload": entry(workload),
        "model": entry(model),
        "sync": entry(sync),
        "workers": 2,
        "load": {"duration": 0.02},
        "startup": "once",
        "warmup": 1,
        "iterations": 1,
        "seed": 1,
        "luck": 1,
        "pace": PACE,
        "probes": [name for name in catalog.names("probe") if not catalog.load("probe", name).own_trials],
        **more,
    }


def function(path, name="work", **arguments):
    """(name, parameters) of the workload that calls a user's function."""
    return "_function", {"path": str(path), "function": name, "arguments": arguments}


@functools.cache
def staged():
    """The staged code of the child, checked once: it does not change between tests."""
    return stage_child_code()


def needs_packages(workload, model):
    """True if the workload or the model, each a name or (name, parameters), needs an installed package."""
    given = [
        (kind, (one, {}) if isinstance(one, str) else one) for kind, one in (("workload", workload), ("model", model))
    ]
    return any(
        not name.startswith("_") and catalog.load(kind, name)(**parameters).packages
        for kind, (name, parameters) in given
    )


def ask(request, python=sys.executable, timeout=60, site=None, memory=None, templates=None, **more):
    """Sends any request to a real sealed child and returns its TrialOutcome.

    With `site` None the child sees installed packages only if its plug-ins need them. It is forked from one of `templates`.
    """
    ready = staged()
    compile_for(python, ready)
    if site is None:
        entries = [request.get(kind, {"name": "_", "parameters": {}}) for kind in ("workload", "model")]
        site = needs_packages(*((entry["name"], entry["parameters"]) for entry in entries))
    if os.environ.get(ISOLATION) == "fork" and request["verb"] == "measure":
        from tests.helpers import forks

        templates = forks.templates()
    return launch(request, python, ready, timeout, site, memory=memory, templates=templates, **more)


def trial(
    workload="cpu_sum",
    model="serial",
    sync="none",
    python=sys.executable,
    timeout=60,
    site=None,
    provided=NOTHING,
    variables=None,
    more_flags=(),
    templates=None,
    **more,
):
    """Runs one trial in a real sealed child and returns its TrialOutcome."""
    if model == "serial":
        more.setdefault("workers", 1)
    given = {"provided": provided, "variables": variables, "more_flags": more_flags, "templates": templates}
    return ask(request(workload, model, sync, **more), python, timeout, site, **given)
