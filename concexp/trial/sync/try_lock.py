"""Try-lock: never wait for a lock, but try again a little later.

Exponential back-off as for the spin locks of Anderson 1990, but with naps between the attempts, and not randomised. No
queue exists, so no worker's turn ever comes: the one that has just released it is the likeliest to get it again.
"""

from time import sleep

from concexp.trial import tools


class TryLock:
    """The lock of threads and processes."""

    def __init__(self, lock, first, longest):
        self.lock = lock
        self.first = min(first, longest)
        self.longest = longest

    def __enter__(self):
        acquire = self.lock.acquire
        pause = self.first
        while not acquire(False):
            sleep(pause)
            pause = min(2 * pause, self.longest)

    def __exit__(self, *error):
        self.lock.release()


class AsyncTryLock:
    """The lock of coroutines."""

    def __init__(self, lock, first, longest):
        self.lock = lock
        self.first = min(first, longest)
        self.longest = longest

    async def __aenter__(self):
        pause = self.first
        while self.lock.locked():
            from asyncio import sleep  # here: threads and processes are not to pay for an event loop

            await sleep(pause)
            pause = min(2 * pause, self.longest)
        await self.lock.acquire()  # at once: it is free, and no coroutine ever waits for it

    async def __aexit__(self, *error):
        self.lock.release()


class Sync(tools.Sync):
    """The native lock, taken without waiting: where it is held, nap and try again, each nap twice as long.

    Naps are as coarse as the clock that ends them: about 0.1 ms on Linux, and 1 ms in asyncio, whose loop rounds up.

    first: how long the first nap lasts; 0 only lets others run, however often
    longest: no nap lasts longer
    """

    known_as = ("acquire(blocking=False)", "spin lock", "spinlock", "backoff")
    suits = "showing what trying again costs in comparison with waiting"
    price = "naps that are longer than needed, and CPU time for each try"

    first: "duration >= 0" = 0.00001
    longest: "duration >= 0" = 0.001

    def build(self, tools, capacity):
        return (AsyncTryLock if tools.asynchronous else TryLock)(tools.make("Lock"), self.first, self.longest)
