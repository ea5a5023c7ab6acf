"""Which thread or task holds which lock and which waits for it: recorded by stand-in locks, written out on SIGUSR1.

Only in a diagnostic trial, whose times count nowhere. An environment variable says so, so that processes that are started
anew see it as well. `install` replaces the locks and semaphores of `threading`, `multiprocessing` and `asyncio` before
any is made, so user code that makes its own locks gets the stand-ins too. Locks that were made before, and those written
in C (`queue.SimpleQueue`, an executor's queues in part), are not recorded.

Each process records its own threads and tasks, since a forked one cannot reach the others in time, and writes them to a
file of the trial's folder (see `task_stacks`). The parent puts the files together.
"""

import os
import sys

__all__ = ["FILE", "start_watching"]

FILE = "holding."

HERE = os.path.dirname(__file__)
TRIAL = os.path.dirname(os.path.dirname(HERE))
VERBS = os.path.join(TRIAL, "verbs")
STAGE = os.path.dirname(os.path.dirname(TRIAL))
LIBRARY = os.path.dirname(os.__file__)

MADE_AT = {}  # kind and place of a lock -> the number made there
HELD = {}  # key of a lock -> [(caller, call site)], if taken in this process and not released
WAITING = {}  # caller -> (key of the lock, call site)
RELEASED = {}  # key -> how often it was released in this process without having been taken in it
WORKERS = {}  # caller -> the number of the worker
STATE = {"pid": None}


def start_watching():
    """Let this process record and answer SIGUSR1. More than once does no harm; a fork inherits it."""
    if STATE["pid"] is not None:
        return
    STATE["pid"] = os.getpid()
    from concexp.trial.diagnostics import task_stacks

    os.register_at_fork(after_in_child=after_fork)
    task_stacks.dump_stacks_on_signal(os.environ["TMPDIR"])


def after_fork():
    """In a forked process only the forking thread is left: locks that the others held stay locked for ever."""
    me = caller()
    for key, holders in list(HELD.items()):
        HELD[key] = [(owner if owner == me else "lost", place) for owner, place in holders if not is_shared(key)]
    WAITING.clear()
    RELEASED.clear()
    WORKERS.clear()
    STATE["pid"] = os.getpid()


def is_shared(key):
    """True if a lock is the same in all processes; of any other lock each process has a copy."""
    return key.startswith("shared ")


def caller():
    """The calling thread or task, as a text that is unique in this process."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None:
        loop = asyncio._get_running_loop()
        task = asyncio.current_task(loop) if loop is not None else None
        if task is not None:
            return "task %d" % id(task)
    import _thread

    return "thread %d" % _thread.get_ident()


def name_worker(index):
    """Record that the caller is the worker of this index."""
    WORKERS[caller()] = index


def register_lock(kind, shared=False):
    """The key of a new lock: its kind, where it was made, and its number there."""
    place = "%s made at %s" % (kind, call_site())
    MADE_AT[place] = number = MADE_AT.get(place, 0) + 1
    # Two processes may make one at the same line: the process id, which is not shown, keeps them apart.
    return "%s%s #%d|%d" % ("shared " if shared else "", place, number, os.getpid())


def call_site():
    """`file:line in function` of the call that led here: the innermost line of user code or of a workload.

    Without one, the innermost line of another plug-in: a primitive of the experiment is made in the primitive's own file.
    """
    frame, plugin = sys._getframe(1), ""
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
            plugin = plugin or ("" if hidden or folder in (TRIAL, VERBS, os.path.dirname(HERE)) else place)
        elif not file.startswith(STAGE):
            return place
        frame = frame.f_back
    return plugin or "an unknown place"


def note_acquired(key):
    HELD.setdefault(key, []).append((caller(), call_site()))


def note_released(key):
    """Remove a holder: the caller if it is one, else the first that took it, if there is any."""
    holders = HELD.get(key)
    if not holders:
        RELEASED[key] = RELEASED.get(key, 0) + 1
        return
    me = caller()
    own = [index for index, (owner, _) in enumerate(holders) if owner == me]
    del holders[own[-1] if own else 0]


class Waiting:
    """Records that the caller waits for a lock. Afterwards an outer wait (a lock inside a lock) is recorded again."""

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
    """Take a lock by `attempt(blocking, timeout)`, timeout None for no limit; returns whether it was taken."""
    got = attempt(False, None)
    if not got and blocking:
        with Waiting(key):
            got = attempt(True, timeout)
    if got:
        note_acquired(key)
    return got


def snapshot():
    """Everything recorded, as literals, with the threads that are alive."""
    alive = ["thread %d" % ident for ident in sys._current_frames()]
    return {
        "pid": os.getpid(),
        "held": {key: list(holders) for key, holders in list(HELD.items()) if holders},
        "waiting": dict(WAITING),
        "released": dict(RELEASED),
        "names": dict(WORKERS),
        "alive": alive,
    }
