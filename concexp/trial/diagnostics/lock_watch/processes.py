"""Stand-ins for the locks and semaphores of `multiprocessing`. They are sent as the native ones are, and keep their key."""

from multiprocessing import synchronize

from concexp.trial.diagnostics.lock_watch import registry


class Shared:
    """Mixin that records the holders of a system semaphore."""

    def __init__(self, *arguments, **named):
        self.key = registry.register_lock(type(self).__name__, shared=True)
        super().__init__(*arguments, **named)

    def _make_methods(self):  # in a new process as well, where there is no __init__
        self.acquire = self.watched_acquire
        self.release = self.watched_release

    def attempt(self, blocking, timeout):
        return self._semlock.acquire(blocking, timeout)

    def watched_acquire(self, block=True, timeout=None):
        return registry.acquire(self.key, self.attempt, block, timeout)

    def watched_release(self):
        self._semlock.release()
        registry.note_released(self.key)

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *error):
        self.release()

    def __getstate__(self):
        return self.key, super().__getstate__()

    def __setstate__(self, state):
        registry.start_watching()
        self.key, native = state
        super().__setstate__(native)


class Lock(Shared, synchronize.Lock):
    pass


class RLock(Shared, synchronize.RLock):
    pass


class Semaphore(Shared, synchronize.Semaphore):
    pass


class BoundedSemaphore(Shared, synchronize.BoundedSemaphore):
    pass


def install():
    for one in (Lock, RLock, Semaphore, BoundedSemaphore):
        setattr(synchronize, one.__name__, one)  # where every context looks for them when it makes one
