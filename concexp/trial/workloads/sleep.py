"""Waiting for a clock: the purest I/O there is."""

import time

from concexp.trial import tools


class Workload(tools.Workload):
    """Sleep: a worker that waits needs no CPU and no GIL. Below 0.1 ms the kernel's timer slack is what is measured.

    delay: how long one operation sleeps
    """

    known_as = ("time.sleep", "asyncio.sleep", "wait", "io", "i/o")
    suits = "which model suits work that only waits"

    delay: "duration >= 0" = 0.005
    resource = "io"
    unit = "nap"

    def work(self, me, n):
        sleep, delay = time.sleep, self.delay
        for _ in range(n):
            sleep(delay)
        return n

    async def enter_async(self, me):
        # Threads and processes are not to pay for an event loop, and no operation for an import.
        from asyncio import sleep

        self.sleep = sleep

    async def work_async(self, me, n):
        sleep, delay = self.sleep, self.delay
        for _ in range(n):
            await sleep(delay)
        return n

    def check(self, shared, outcome):
        # The sleeps cannot be longer than all workers together were there.
        slept, present = outcome.total * self.delay, outcome.wall_s * outcome.workers
        if slept > present * 1.01:
            return "%.3f s of sleep in %.3f s of presence" % (slept, present), {}
        return ("" if outcome.total == outcome.ops else "%d naps, not %d" % (outcome.total, outcome.ops)), {}
