"""Facts about the interpreter that runs this, for the manifest."""

import gc
import os
import platform
import sys

from concexp.trial import collector, runtime

# What CPython's PYTHONMALLOC may name, and what its build then has to have.
ALLOCATORS = {"malloc": "", "pymalloc": "WITH_PYMALLOC", "mimalloc": "WITH_MIMALLOC"}


def answer(request):
    """A dict of literals: version, build and state of this interpreter; None where not reported."""
    import multiprocessing
    import sysconfig

    variables = sysconfig.get_config_vars() or {}
    jit = getattr(sys, "_jit", None)
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "compiler": platform.python_compiler(),
        "build": " ".join(platform.python_build()),
        "configure_flags": variables.get("CONFIG_ARGS"),
        "compile_flags": variables.get("PY_CFLAGS") or variables.get("CFLAGS"),
        "gil_built": not variables.get("Py_GIL_DISABLED"),
        "gil_enabled": runtime.gil_enabled(),
        "jit": runtime.jit_enabled(),
        "jit_built": jit.is_available() if jit is not None else None,
        "pins": hasattr(os, "sched_setaffinity"),
        "switch_interval": runtime.switch_interval(),
        # A PyPy that was built with RPython's own hash has no seed.
        "hash_seeds": sys.hash_info.algorithm != "rpython",
        "freezes": hasattr(gc, "freeze"),
        "gc_thresholds": collector.thresholds_kept(),
        "allocators": allocators(variables),
        "start_method": multiprocessing.get_start_method(),
        "executable": os.path.realpath(sys.executable),
        "mapped": mapped(),
    }


def mapped():
    """The paths of all files that this process has mapped: its program and the libraries of it; none where not reported."""
    try:
        with open("/proc/self/maps", errors="surrogateescape") as maps:
            columns = [line.rstrip("\n").split(None, 5) for line in maps]
    except OSError:
        return []
    return sorted({one[5] for one in columns if len(one) == 6 and one[5].startswith("/")})


def allocators(variables):
    """The allocators among which PYTHONMALLOC chooses in this build; none where that variable means nothing."""
    if sys.implementation.name != "cpython":
        return []
    return [name for name, needed in ALLOCATORS.items() if not needed or variables.get(needed)]
