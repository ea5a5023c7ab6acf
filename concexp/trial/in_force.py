"""How the calling worker's interpreter is set, by the names of the axes that set it: read back, never taken from the request."""

import os
import sys

from concexp.trial import collector, runtime

HASHED = "concexp"  # a text whose hash shows the seed: equal seeds give equal hashes


def cpus():
    """The CPUs that the calling thread may run on; None where the system does not report them."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def hashing():
    """[whether hashes of texts are randomized, the hash of a text]; a hash is a text itself, since it has 64 bits.

    PyPy heeds the seed, and its flag is 0 all the same: None.
    """
    randomized = bool(sys.flags.hash_randomization) if sys.implementation.name == "cpython" else None
    return [randomized, str(hash(HASHED))]


def allocator():
    """The name of the allocator of Python's objects, as CPython has it; None where it cannot be asked."""
    try:
        import ctypes

        name = ctypes.pythonapi._PyMem_GetCurrentAllocatorName
    except (ImportError, AttributeError):  # PyPy has no such API, and a build may hide it
        return None
    name.restype = ctypes.c_char_p
    found = name()
    return found.decode() if found else None


def flags():
    """{name in `sys.flags`: value} of those that are set, and the options and warnings of the command line."""
    names = [name for name in dir(sys.flags) if not name.startswith(("_", "n_")) and name not in ("count", "index")]
    found = {name: getattr(sys.flags, name) for name in names}
    kept = {name: int(value) for name, value in found.items() if isinstance(value, int) and value}
    return {"flags": kept, "options": dict(getattr(sys, "_xoptions", {})), "warnings": list(sys.warnoptions)}


READERS = {
    "gil": runtime.gil_enabled,
    "jit": runtime.jit_enabled,
    "switch_interval": runtime.switch_interval,
    "pin": cpus,
    "hash_seed": hashing,
    "gc": collector.state,
    "malloc": allocator,
    "flags": flags,
}


def read(names):
    """What is in force of these settings, by name."""
    return {name: READERS[name]() for name in names}
