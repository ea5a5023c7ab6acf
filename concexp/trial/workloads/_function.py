"""A user's own plain function as a workload: one operation is one call."""

import importlib.util
import os
import sys

from concexp.trial import tools


class Workload(tools.Workload):
    """Call a plain function of the user's own file, with the arguments given.

    path: the file that defines it
    function: its name
    arguments: its keyword arguments
    """

    path: str
    function: str
    arguments: dict = {}
    unit = "call"

    def prepare(self, kit):
        load(self.path)  # here, so that an error in the file shows before a worker exists, and a fork inherits it

    def enter(self, me):
        me.own = getattr(load(self.path), self.function)

    def work(self, me, n):
        function, arguments = me.own, self.arguments
        if arguments:
            for _ in range(n):
                function(**arguments)
        else:
            for _ in range(n):
                function()
        return n

    def check(self, shared, outcome):
        return ("" if outcome.total == outcome.ops else "%d calls, not %d" % (outcome.total, outcome.ops)), {}


def load(path):
    """The module of a user's file, imported once per process; its folder is appended to the path, not put first."""
    name = os.path.splitext(os.path.basename(path))[0]
    loaded = sys.modules.get(name)
    for known in (loaded, sys.modules.get("concexp_user_%s" % name)):
        if known is not None and getattr(known, "__file__", None) == path:
            return known
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.append(folder)
    # A file named like a module that is already here (json.py, say) must not replace it.
    name = name if loaded is None else "concexp_user_%s" % name
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
