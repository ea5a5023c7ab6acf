"""Stand-ins for the locks and semaphores of `asyncio`."""

import asyncio
from asyncio import locks

from concexp.trial.diagnostics.lock_watch import registry


class Awaited:
    """Mixin that records the holders of one of asyncio's locks."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.key = registry.register_lock(type(self).__name__)

    async def acquire(self):
        with registry.Waiting(self.key):
            got = await super().acquire()
        registry.note_acquired(self.key)
        return got

    def release(self):
        super().release()
        registry.note_released(self.key)


class Lock(Awaited, asyncio.Lock):
    pass


class Semaphore(Awaited, asyncio.Semaphore):
    pass


class BoundedSemaphore(Awaited, asyncio.BoundedSemaphore):
    pass


def install():
    for one in (Lock, Semaphore, BoundedSemaphore):
        setattr(locks, one.__name__, one)
        setattr(asyncio, one.__name__, one)
