"""Where asyncio's tasks stand: told on SIGUSR1 in a file of the trial's folder, named by the process.

A signal and not a thread that watches: a thread would take its turns of the GIL in every trial, and a later fork would
find it. The handler runs in the main thread, also while that waits for the loop or for a lock. Where nobody has imported
asyncio, it tells that there is nothing.
"""

import os
import sys

NAME = "tasks."


def dump_stacks_on_signal(folder):
    """Let this process, and whoever it forks, tell on SIGUSR1. In a thread or an interpreter of its own: nothing."""
    import _signal  # `signal` itself imports enum, which is half as slow to start as all the rest

    once = [True]

    def tell(number, frame):
        # It is sent until the file is there, and the next one may come before the handler's first line: whoever told after
        # the file is there would be ended in the middle of writing it again.
        try:
            once.pop()
        except IndexError:
            return
        holding = sys.modules.get("concexp.trial.diagnostics.lock_watch.registry")
        if holding is not None:
            with open(os.path.join(folder, "%s%d" % (holding.FILE, os.getpid())), "w", encoding="utf-8") as file:
                file.write(repr(holding.snapshot()))
        path = os.path.join(folder, "%s%d" % (NAME, os.getpid()))
        with open(path + "~", "w", encoding="utf-8", errors="replace") as file:
            for text in tasks():
                file.write(text)
        os.rename(path + "~", path)

    try:
        _signal.signal(_signal.SIGUSR1, tell)
    except ValueError:
        pass


def tasks():
    """The stack of each task that is not done, in all loops of this process."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return
    import gc

    if hasattr(gc, "unfreeze"):  # what was frozen is out of its sight
        gc.unfreeze()
    for loop in [one for one in gc.get_objects() if isinstance(one, asyncio.AbstractEventLoop)]:
        for task in sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name()):
            yield "Task %s of process %d (awaiting, innermost last):\n" % (task.get_name(), os.getpid())
            yield "".join(awaiting(task))


def awaiting(task):
    """The lines of a task's stack: through all coroutines that wait for each other, which `Task.get_stack` does not show."""
    coroutine = task.get_coro()
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None:
            code = frame.f_code
            yield '  File "%s", line %d in %s\n' % (code.co_filename, frame.f_lineno, code.co_name)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
