"""Runs many trials without starting a Python for each: they are forks, as with `measure: {isolation: fork}`."""

import atexit
import functools

from concexp import catalog
from concexp.run.child.template import Templates
from tests.helpers import children
from tests.helpers.children import needs_packages


@functools.cache
def templates():
    """The templates of this process, with all that trials import before any code under test. They end with it."""
    plugins = [catalog.load(kind, name) for kind in ("model", "sync", "probe") for name in catalog.names(kind)]
    plain = [one for one in plugins if not one.packages and not getattr(one, "own_trials", False)]
    modules = dict.fromkeys(plugin.__module__ for plugin in plain)
    found = Templates(["concexp.trial.verbs.measure", *modules])
    atexit.register(found.close)
    return found


# Of `tests.helpers.children.trial`: what belongs to the start of a child.
STARTED_WITH = {"python", "timeout", "site", "provided", "variables", "more_flags"}


def trial(workload="cpu_sum", model="serial", sync="none", **more):
    """Like `tests.helpers.children.trial`, to which it leaves trials that need a child of their own."""
    if needs_packages(workload, model) or more.keys() & STARTED_WITH:
        return children.trial(workload, model, sync, **more)
    return children.trial(workload, model, sync, templates=templates(), **more)
