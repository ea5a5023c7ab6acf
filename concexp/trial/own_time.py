"""The clocks of the trial, as objects of their own: code under test that freezes or replaces `time` does not reach them.

Libraries that freeze time (freezegun, `unittest.mock`) put other functions into `time`; freezegun also puts them into every
loaded module that holds one of the originals, under whatever name, since it knows them by their identity. So these come from
a second copy of the module, made before any code under test is imported. They run the same C code at the same cost.
"""

import time
from os import times


def copy_of(module):
    """A second instance of a built-in module; the module itself where the interpreter has only one (PyPy)."""
    spec = module.__spec__
    copy = spec.loader.create_module(spec)
    if copy is not module:
        spec.loader.exec_module(copy)
    return copy


COPY = copy_of(time)


def distinct(name):
    """The copy's function of this name; where it is the library's own object, a function around it."""
    function = getattr(COPY, name)
    return (lambda: function()) if function is getattr(time, name) else function


perf_counter_ns = distinct("perf_counter_ns")
thread_time_ns = distinct("thread_time_ns")
process_time_ns = distinct("process_time_ns")
sleep = COPY.sleep
# Of threads by their ids, where the system has them; and the date, for names alone: it may jump.
clock_gettime_ns = getattr(COPY, "clock_gettime_ns", None)
pthread_getcpuclockid = getattr(COPY, "pthread_getcpuclockid", None)
date_s = COPY.time


class Stay:
    """How long this process has been here, by two clocks of the kernel: the fine one above, and one in steps of 10 ms.

    Nothing replaces the second one by the way, and so the parent can see if the first was changed.
    """

    def __init__(self):
        self.times = times
        self.begin_ns = perf_counter_ns()
        self.begin_s = times().elapsed

    def account(self):
        """The facts for the parent, so far."""
        return {
            "begin_ns": self.begin_ns,
            "end_ns": perf_counter_ns(),
            "elapsed_s": self.times().elapsed - self.begin_s,
        }


def outside_ns(reports, before, after):
    """How far the reports' readings of the clock lie outside of the time in which they were made, ns: 0 where clocks agree."""
    off = [max(before - one.start, one.start - one.stop, one.stop - after) for one in reports]
    return max(0, *off)
