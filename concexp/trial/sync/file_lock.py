"""File lock: `flock` on a file, which also excludes programs that share nothing but a file system.

A lock of flock(2) belongs to an open file description. Two threads that use one descriptor, or a parent and its forked
child, have the same one, and would not exclude each other at all. So no two acquisitions may use one description at the
same time. To open the file anew for each would be correct, at two more system calls and a path's look-up; a descriptor
for each thread would be of no use to coroutines, which share a thread. Here descriptors are kept for the next worker:
one is taken out of the free ones, and comes back when it is unlocked. A forked child starts with none, since those it
inherits lock what its parent locks; a spawned one gets the path alone. They stay open as long as the process lives.
"""

import itertools
import os
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock

from concexp.trial import tools

FIRST, LONGEST = 0.001, 0.016  # naps of a coroutine between two attempts, s; an event loop has no shorter ones
NUMBERS = itertools.count()


class File:
    """What both forms share: where the file is, its free descriptors, and the one that is locked."""

    def __init__(self, path):
        self.path = path
        self.pid = os.getpid()
        self.free = []
        self.held = None  # written and read by the holder alone

    def __reduce__(self):
        return type(self), (self.path,)

    def take(self):
        """A descriptor that is not in use, in this process or another."""
        if self.pid != os.getpid():
            self.free = []
            self.pid = os.getpid()
        try:
            return self.free.pop()
        except IndexError:
            return os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)

    def give_back(self):
        # Unlocked and not only closed: a process that was forked meanwhile would keep the description open, and locked.
        descriptor = self.held
        flock(descriptor, LOCK_UN)
        self.free.append(descriptor)


class FileLock(File):
    """The lock of threads and processes."""

    def __enter__(self):
        descriptor = self.take()
        flock(descriptor, LOCK_EX)
        self.held = descriptor

    def __exit__(self, *error):
        self.give_back()


class AsyncFileLock(File):
    """The lock of coroutines: it only ever tries, so the event loop goes on; a waiting worker holds no descriptor."""

    async def __aenter__(self):
        pause = FIRST
        while True:
            descriptor = self.take()
            try:
                flock(descriptor, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                self.free.append(descriptor)
            else:
                self.held = descriptor
                return
            from asyncio import sleep  # here: threads and processes are not to pay for an event loop

            await sleep(pause)
            pause = min(2 * pause, LONGEST)

    async def __aexit__(self, *error):
        self.give_back()


class Sync(tools.Sync):
    """A lock on a file of the trial's temporary folder (`flock`): between threads as between processes.

    Coroutines try again after naps of 1 to 16 ms, each twice as long as the one before.
    """

    known_as = ("fcntl.flock", "fcntl.lockf", "filelock")
    suits = "excluding programs that know nothing of each other but a path"
    price = "a system call to enter and one to leave"

    def build(self, tools, capacity):
        path = os.path.join(tools.folder, "file_lock-%d" % next(NUMBERS))
        return (AsyncFileLock if tools.asynchronous else FileLock)(path)
