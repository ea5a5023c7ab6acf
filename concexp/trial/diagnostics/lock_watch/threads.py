"""Stand-ins for the locks and semaphores of `threading`."""

import threading

from concexp.trial.diagnostics.lock_watch import registry

NATIVE_LOCK, NATIVE_RLOCK = threading.Lock, threading.RLock


class Lock:
    """A lock that records its holder. All other attributes are those of the native lock."""

    native = staticmethod(NATIVE_LOCK)
    kind = "Lock"

    def __init__(self):
        self.lock = self.native()
        self.key = registry.register_lock(self.kind)

    def attempt(self, blocking, timeout):
        return self.lock.acquire(blocking) if timeout is None else self.lock.acquire(blocking, timeout)

    def acquire(self, blocking=True, timeout=-1):
        return registry.acquire(self.key, self.attempt, blocking, None if timeout == -1 else timeout)

    def release(self):
        self.lock.release()
        registry.note_released(self.key)

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *error):
        self.release()

    def __getattr__(self, name):
        return getattr(self.lock, name)


class RLock(Lock):
    """As `Lock`, for a lock that its holder may take again."""

    native = staticmethod(NATIVE_RLOCK)
    kind = "RLock"

    # A condition releases all levels while it waits, and takes them again.

    def _release_save(self):
        state = self.lock._release_save()
        holders, me = registry.HELD.get(self.key, []), registry.caller()
        taken = [pair for pair in holders if pair[0] == me]
        holders[:] = [pair for pair in holders if pair[0] != me]
        return state, taken

    def _acquire_restore(self, saved):
        with registry.Waiting(self.key):
            self.lock._acquire_restore(saved[0])
        registry.HELD.setdefault(self.key, []).extend(saved[1])

    def _is_owned(self):
        return self.lock._is_owned()


class Counted:
    """Mixin that records the holders of a semaphore; it comes before the native class in the bases."""

    def __init__(self, value=1):
        super().__init__(value)
        self.key = registry.register_lock(type(self).__name__)

    def attempt(self, blocking, timeout):
        return super().acquire(blocking, timeout)

    def acquire(self, blocking=True, timeout=None):
        return registry.acquire(self.key, self.attempt, blocking, timeout)

    __enter__ = acquire

    def release(self, n=1):
        super().release(n)
        for _ in range(n):
            registry.note_released(self.key)


class Semaphore(Counted, threading.Semaphore):
    pass


class BoundedSemaphore(Counted, threading.BoundedSemaphore):
    pass


def install():
    for one in (Lock, RLock, Semaphore, BoundedSemaphore):
        setattr(threading, one.__name__, one)
