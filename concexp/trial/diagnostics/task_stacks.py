"""Where asyncio's tasks are: their stacks, written on SIGUSR1 to a file of the trial's folder, named by the process.

A signal and not a thread that watches: a thread would take its turns of the GIL in every trial, and a later fork would
find it. The handler runs in the main thread, also while that waits for the loop or for a lock. Where asyncio is not
imported, the file is empty.
"""

import os
import sys

NAME = "tasks."


def dump_stacks_on_signal(folder):
    """Let this process, and its forks, write their files on SIGUSR1. In a thread or an interpreter of its own: nothing."""
    import _signal  # `signal` itself imports enum, which is half as slow to start as all the rest

    unanswered = [True]

    def dump(number, frame):
        # The signal is sent until the file is there, and the next one may come before the handler's first line: a process
        # that answered again after that would be ended in the middle of writing.
        try:
            unanswered.pop()
        except IndexError:
            return
        lock_watch = sys.modules.get("concexp.trial.diagnostics.lock_watch.registry")
        if lock_watch is not None:
            with open(os.path.join(folder, "%s%d" % (lock_watch.FILE, os.getpid())), "w", encoding="utf-8") as file:
                file.write(repr(lock_watch.snapshot()))
        path = os.path.join(folder, "%s%d" % (NAME, os.getpid()))
        with open(path + "~", "w", encoding="utf-8", errors="replace") as file:
            for text in stacks():
                file.write(text)
        os.rename(path + "~", path)

    try:
        _signal.signal(_signal.SIGUSR1, dump)
    except ValueError:
        pass


def stacks():
    """The stack of each task that is not done, in all loops of this process, as text."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return
    import gc

    if hasattr(gc, "unfreeze"):  # frozen objects are out of its sight
        gc.unfreeze()
    for loop in [one for one in gc.get_objects() if isinstance(one, asyncio.AbstractEventLoop)]:
        for task in sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name()):
            yield "Task %s of process %d (awaiting, innermost last):\n" % (task.get_name(), os.getpid())
            yield "".join(stack_lines(task))


def stack_lines(task):
    """The lines of a task's stack: through all coroutines that await each other, which `Task.get_stack` does not show."""
    coroutine = task.get_coro()
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None:
            code = frame.f_code
            yield '  File "%s", line %d in %s\n' % (code.co_filename, frame.f_lineno, code.co_name)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
