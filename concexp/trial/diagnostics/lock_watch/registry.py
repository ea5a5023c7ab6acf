"""Who holds what and who waits for what: kept by locks that stand in for the native ones, and told on SIGUSR1.

Only in a diagnostic trial, whose times count nowhere: the environment says so, so that processes that are started
anew see it as well. `install` puts locks and semaphores of our own in the place of those of `threading`, `multiprocessing`
and `asyncio`, before anybody asks for one: user code that makes its own locks gets them too. What was made before, and
what is written in C (`queue.SimpleQueue`, an executor's queues in part), is not seen.

Each process keeps what its own threads and tasks do, since a forked one can tell nobody else in time, and tells it in a file
of the trial's folder (see `standing`): the parent puts the files together.
"""

import os
import sys

from concexp.trial.diagnostics import LOCK_WATCH as ENVIRONMENT

__all__ = ["ENVIRONMENT", "FILE", "start_watching"]

FILE = "holding."

HERE = os.path.dirname(__file__)
TRIAL = os.path.dirname(os.path.dirname(HERE))
STAGE = os.path.dirname(os.path.dirname(TRIAL))
LIBRARY = os.path.dirname(os.__file__)

MADE_AT = {}  # where a lock was made -> how many there were
HELD = {}  # key of a lock -> [(who, where it was taken)], of those taken in this process and not given back
WAITING = {}  # who -> (key of the lock, where)
RELEASED = {}  # key -> how often somebody here gave back what nobody here had taken
WORKERS = {}  # who -> the number of the worker
STATE = {"pid": None}


def start_watching():
    """Let this process tell. More than once does no harm; a fork has what was begun before."""
    if STATE["pid"] is not None:
        return
    STATE["pid"] = os.getpid()
    from concexp.trial.diagnostics import task_stacks

    os.register_at_fork(after_in_child=after_fork)
    task_stacks.dump_stacks_on_signal(os.environ["TMPDIR"])


def after_fork():
    """In a new process: of all threads only this one is here. What others held stays locked here, by nobody that is left."""
    me = caller()
    for key, holders in list(HELD.items()):
        HELD[key] = [(owner if owner == me else "lost", place) for owner, place in holders if not is_shared(key)]
    WAITING.clear()
    RELEASED.clear()
    WORKERS.clear()
    STATE["pid"] = os.getpid()


def is_shared(key):
    """Whether a lock is the same in all processes; of others each has a copy."""
    return key.startswith("shared ")


def caller():
    """The thread, or the task, that calls: a text that no other of this process has."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None:
        loop = asyncio._get_running_loop()
        task = asyncio.current_task(loop) if loop is not None else None
        if task is not None:
            return "task %d" % id(task)
    import _thread

    return "thread %d" % _thread.get_ident()


def name_worker(index):
    """Say which worker calls."""
    WORKERS[caller()] = index


def register_lock(kind, shared=False):
    """The key of a new lock: what it is, where it was made, and the how-manieth there."""
    place = "%s made at %s" % (kind, call_site())
    MADE_AT[place] = number = MADE_AT.get(place, 0) + 1
    # Two processes may make one at the same line: told apart by the process, which nobody is shown.
    return "%s%s #%d|%d" % ("shared " if shared else "", place, number, os.getpid())


def call_site():
    """`file:line in function` of the call that led here: the innermost line of the user's or of a workload's.

    Where there is none, of what else is ours: a primitive that the experiment names is made in the primitive's own file.
    """
    frame, ours = sys._getframe(1), ""
    while frame is not None:
        file = frame.f_code.co_filename
        folder = os.path.dirname(file)
        base = os.path.basename(file)
        place = "%s:%d in %s" % (base, frame.f_lineno, frame.f_code.co_name)
        if folder == TRIAL + os.sep + "workloads" and not base.startswith("_"):
            return place
        if folder == HERE or file.startswith("<") or (file.startswith(LIBRARY) and "site-packages" not in file):
            pass
        elif file.startswith(TRIAL):
            hidden = base.startswith("_") and base != "_function.py"  # a helper
            ours = ours or ("" if hidden or folder in (TRIAL, os.path.dirname(HERE)) else place)
        elif not file.startswith(STAGE):
            return place
        frame = frame.f_back
    return ours or "an unknown place"


def note_acquired(key):
    HELD.setdefault(key, []).append((caller(), call_site()))


def note_released(key):
    """Somebody gave it back: who took it, as a rule; else whoever took it first, where there is one."""
    holders = HELD.get(key)
    if not holders:
        RELEASED[key] = RELEASED.get(key, 0) + 1
        return
    me = caller()
    own = [index for index, (owner, _) in enumerate(holders) if owner == me]
    del holders[own[-1] if own else 0]


class Waiting:
    """While it lasts, somebody waits for a lock; what he waited for around it (a lock inside a lock) comes back after it."""

    def __init__(self, key):
        self.key = key

    def __enter__(self):
        self.me = caller()
        self.before = WAITING.get(self.me)
        WAITING[self.me] = self.key, call_site()

    def __exit__(self, *error):
        if self.before is None:
            WAITING.pop(self.me, None)
        else:
            WAITING[self.me] = self.before


def acquire(key, attempt, blocking=True, timeout=None):
    """Take a lock by `attempt(blocking, timeout)`, timeout None for no limit; whether it was got."""
    got = attempt(False, None)
    if not got and blocking:
        with Waiting(key):
            got = attempt(True, timeout)
    if got:
        note_acquired(key)
    return got


def snapshot():
    """All of it, as literals, with who is still there."""
    alive = ["thread %d" % ident for ident in sys._current_frames()]
    return {
        "pid": os.getpid(),
        "held": {key: list(holders) for key, holders in list(HELD.items()) if holders},
        "waiting": dict(WAITING),
        "released": dict(RELEASED),
        "names": dict(WORKERS),
        "alive": alive,
    }
