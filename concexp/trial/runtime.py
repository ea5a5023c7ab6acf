"""How this interpreter is set and who observes it; None or a default where it does not report that."""

import os
import sys


def gil_enabled():
    """True while the GIL is on, as it always is in an interpreter that cannot do without."""
    return sys._is_gil_enabled() if hasattr(sys, "_is_gil_enabled") else True


def jit_enabled():
    """Whether this interpreter's compiler is on; None where it does not report that."""
    return sys._jit.is_enabled() if hasattr(sys, "_jit") else None


def switch_interval():
    """Seconds after which a thread that waits for the GIL asks for it; None where that does not exist (PyPy)."""
    return sys.getswitchinterval() if hasattr(sys, "getswitchinterval") else None


class PromptSwitches:
    """Context in which a thread that waits for the GIL gets it at once, where there is a switch interval.

    Reading a file gives the GIL away: beside four threads that compute, forty small files would take four seconds.
    """

    INTERVAL = 1e-6  # seconds; the shortest that CPython takes
    HALF = INTERVAL / 2

    def __enter__(self):
        self.before = switch_interval()
        if self.before is not None:
            sys.setswitchinterval(self.INTERVAL)

    def __exit__(self, *error):
        if self.before is not None:
            sys.setswitchinterval(self.before)
            if sys.getswitchinterval() < self.before:  # CPython cuts it to whole microseconds, and PyPy does not
                sys.setswitchinterval(self.before + self.HALF)


def count_threads():
    """The number of threads of this process, those of C libraries included where the system reports them."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        import _thread

        return 1 + _thread._count()


def is_traced():
    """True if a debugger, a profiler or a coverage tool is attached to this interpreter."""
    monitoring = getattr(sys, "monitoring", None)
    monitored = monitoring is not None and any(monitoring.get_tool(i) is not None for i in range(6))
    return sys.gettrace() is not None or sys.getprofile() is not None or monitored
