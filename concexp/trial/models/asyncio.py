"""Coroutines on one event loop: N tasks in flight, alive for the whole trial."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns as clock

from concexp.trial import passes, tools

NAMES = ("Lock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier", "Queue")


class Gate:
    """A barrier for coroutines that can be used again (asyncio's own came with 3.11), and tells when it opened."""

    def __init__(self, parties):
        self.parties = parties
        self.here = 0
        self.opened = 0
        self.open = asyncio.Event()

    async def wait(self):
        self.here += 1
        if self.here < self.parties:
            await self.open.wait()
            return self.opened
        self.here = 0
        self.opened = clock()
        self.open.set()
        self.open = asyncio.Event()
        return self.opened


class Model(tools.Model):
    """Coroutines of one event loop in one thread: they take turns where they await."""

    colour = "#009e73"
    marker = "D"

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.loop = None

    def lends(self):
        return "asyncio", {n: getattr(asyncio, n) for n in NAMES if hasattr(asyncio, n)}, lambda n: [0] * n

    def refuses(self, workload, sync, workers, load):
        if workload.work_async is None and workload.wants != "cpu":
            return "%s has no asynchronous form: its blocking calls would stop the event loop" % tools.name_of(
                workload
            ).lstrip("_")
        return ""

    def inside(self, function, *arguments):
        # Before 3.10 a primitive belongs to the loop that is current when it is built.
        async def call():
            return function(*arguments)

        return self.on_loop(call())

    def on_loop(self, coroutine):
        if self.loop is None:
            self.loop = asyncio.new_event_loop()
        return self.loop.run_until_complete(coroutine)

    def open(self, job):
        self.on_loop(self.start(job))

    async def start(self, job):
        gate = Gate(job.workers) if job.workers > 1 else None
        self.answers = asyncio.Queue()
        self.inboxes = [asyncio.Queue() for _ in range(job.workers)]
        self.tasks = [
            self.loop.create_task(self.member(job.workload, job.me(index), gate, inbox))
            for index, inbox in enumerate(self.inboxes)
        ]
        self.created = clock()
        await self.collect("ready")

    async def member(self, workload, me, gate, inbox):
        """The life of a worker: as `passes.member`, in coroutines."""
        put = self.answers.put_nowait
        try:
            await workload.enter_async(me)
            put((me.index, "ready", None))
            while True:
                orders = await inbox.get()
                if orders is None:
                    break
                put((me.index, "report", await passes.run_pass_async(workload, me, orders, gate)))
            await workload.leave_async(me)
            put((me.index, "left", None))
        except BaseException as error:
            put((me.index, "failed", passes.explain(error)))

    async def collect(self, expected):
        values = [None] * len(self.tasks)
        for _ in self.tasks:
            index, kind, value = await self.answers.get()
            if kind != expected:
                raise passes.WorkFailed(*value)
            values[index] = value
        return values

    def run(self, orders):
        return self.on_loop(self.one_pass(orders))

    async def one_pass(self, orders):
        for inbox, order in zip(self.inboxes, orders):
            inbox.put_nowait(order)
        return await self.collect("report")

    def close(self):
        self.on_loop(self.stop())

    async def stop(self):
        for inbox in self.inboxes:
            inbox.put_nowait(None)
        await self.collect("left")
        await asyncio.gather(*self.tasks)
