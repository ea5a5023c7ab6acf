"""Facts about the interpreter that runs this, for the manifest."""

import os
import platform
import sys


def describe(request):
    """A dict of literals: version, build and state of this interpreter; None where it does not tell."""
    import multiprocessing
    import sysconfig

    variables = sysconfig.get_config_vars() or {}
    jit = getattr(sys, "_jit", None)
    gil = sys._is_gil_enabled() if hasattr(sys, "_is_gil_enabled") else True
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "compiler": platform.python_compiler(),
        "build": " ".join(platform.python_build()),
        "configure_flags": variables.get("CONFIG_ARGS"),
        "compile_flags": variables.get("PY_CFLAGS") or variables.get("CFLAGS"),
        "gil_built": not variables.get("Py_GIL_DISABLED"),
        "gil_enabled": gil,
        "jit": jit.is_enabled() if jit is not None else None,
        "jit_built": jit.is_available() if jit is not None else None,
        "pins": hasattr(os, "sched_setaffinity"),
        "switch_interval": sys.getswitchinterval() if hasattr(sys, "getswitchinterval") else None,
        "start_method": multiprocessing.get_start_method(),
        "executable": os.path.realpath(sys.executable),
    }
