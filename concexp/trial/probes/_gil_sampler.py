"""The sampler of the probe `gil`: what the threads of some processes do, seen from outside, so that it never needs their GIL.

    PYTHON -s -S <stage>/concexp/trial/probes/_gil_sampler.py PIDS

PIDS is a literal, a list of process ids. Linux shows in /proc/PID/task/TID/syscall whether a thread is running or could run, and
else in which system call it sleeps, with its arguments. CPython's GIL is a variable of the interpreter, and a thread that waits
for it sleeps in `futex` on an address within the data of the program or of libpython. Locks of Python code lie elsewhere, on
the heap or a stack. No interpreter has to be built for that.

It samples until SIGTERM, and then prints a line per sample: the clock, ns, and for each thread TID:STATE.
"""

import os
import re
import signal
import sys
from time import perf_counter_ns, sleep

INTERVAL = 0.002  # seconds between two samples
MOST = 30_000  # samples: a minute
RUNS, GIL, SLEEPS = "r", "g", "s"
# The number of `futex` on the machines that have it under one name.
FUTEX = {
    "x86_64": "202",
    "aarch64": "98",
    "riscv64": "98",
    "i686": "240",
    "armv7l": "240",
    "ppc64le": "221",
    "s390x": "238",
}
INTERPRETER = re.compile(r"(lib)?(python|pypy)[\w.+-]*$")


def data_of_interpreter(maps):
    """The address ranges of the variables of the program or library that is the interpreter, with those that begin as 0.

    `maps` are the lines of /proc/PID/maps. Extension modules are not among them, though their names have `python` in them.
    """
    found, end_of_own = [], None
    for line in maps:
        words = line.split(None, 5)
        begin, end = (int(address, 16) for address in words[0].split("-"))
        path = words[5].strip() if len(words) > 5 else ""
        own = "w" in words[1] and INTERPRETER.match(os.path.basename(path)) is not None
        if own or (not path and begin == end_of_own):  # what begins as 0 has no file, and follows at once
            found.append((begin, end))
            end_of_own = end
    return found


def state(words, futex, ranges):
    """What a thread does, from the words of its file `syscall`."""
    if words[0] == "running":
        return RUNS
    if words[0] == futex:
        address = int(words[1], 16)
        if any(begin <= address < end for begin, end in ranges):
            return GIL
    return SLEEPS


class Process:
    """One process that is looked at."""

    def __init__(self, pid):
        self.tasks = "/proc/%d/task" % pid
        with open("/proc/%d/maps" % pid) as file:
            self.ranges = data_of_interpreter(file)

    def states(self, futex):
        """[(thread, state)] now; threads that end meanwhile are left out."""
        found = []
        for thread in os.listdir(self.tasks):
            try:
                with open("%s/%s/syscall" % (self.tasks, thread)) as file:
                    words = file.read().split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            found.append((thread, state(words, futex, self.ranges)))
        return found


class Ended(Exception):
    """The signal to stop."""


def stop(*_):
    raise Ended


def main(given):
    import ast

    from concexp.trial.load_generator import end_with_input

    end_with_input()
    signal.signal(signal.SIGTERM, stop)
    samples = []
    try:
        os.write(1, b"ready\n")
        sample(ast.literal_eval(given), FUTEX.get(os.uname().machine), samples)
    except Ended:
        pass
    except PermissionError:
        samples = ["not_permitted"]
    except FileNotFoundError:
        samples = ["not_reported"]
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is asked to end once, perhaps while it writes
    sys.stdout.write("\n".join(samples))


def sample(pids, futex, samples):
    """Add a line to `samples` for each look."""
    if futex is None:
        raise FileNotFoundError
    processes = [Process(pid) for pid in pids]
    while len(samples) < MOST:
        begin = perf_counter_ns()
        states = [one for process in processes for one in process.states(futex)]
        samples.append(" ".join(["%d" % begin, *["%s:%s" % one for one in states]]))
        sleep(INTERVAL)


if __name__ == "__main__":
    # A script's own folder stands first in the path: put the folder of `concexp` there.
    sys.path[0] = os.path.abspath(__file__).rsplit(os.sep, 4)[0]
    main(*sys.argv[1:])
