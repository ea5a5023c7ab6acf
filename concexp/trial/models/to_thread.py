"""Coroutines over threads: an event loop that hands its blocking work to `asyncio.to_thread`."""

import asyncio
from itertools import count

from concexp.trial.arrivals import END, latency_of
from concexp.trial.models import thread_pool
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.passes import Report
from concexp.trial.window import pool_report


class Model(thread_pool.Model):
    """Coroutines that await their work in threads: each operation is an `await asyncio.to_thread(...)` of one event loop.

    As many coroutines are in flight as there are workers, and as many threads do their work. Primitives are those of
    threads.
    """

    known_as = ("asyncio.to_thread", "run_in_executor")
    suits = "blocking calls in a program that is written with async and await"
    price = "those of a thread pool, and an event loop that each operation passes twice"

    colour = "#117733"
    marker = ">"

    def start(self, job):
        super().start(job)
        self.loop = asyncio.new_event_loop()
        self.loop.set_default_executor(self.executor)

    def on_every_worker(self, step, arguments=None):
        return self.loop.run_until_complete(self.on_every_worker_async(step, arguments or [None] * self.job.workers))

    async def on_every_worker_async(self, step, arguments):
        calls = [asyncio.ensure_future(asyncio.to_thread(self.call, step, argument)) for argument in arguments]
        await asyncio.sleep(0)  # now each has handed over its call, and its thread exists
        self.created = clock()
        try:
            return await asyncio.gather(*calls)
        except BaseException as error:
            return self.fail(error)

    def counted(self, ops):
        return self.loop.run_until_complete(self.count_async(ops))

    async def count_async(self, ops):
        """`ops` operations by as many coroutines as there are workers, each of which takes the next number."""
        numbers = iter(range(ops))
        to_thread, call = asyncio.to_thread, self.call

        async def lane():
            total = 0
            for number in numbers:
                total += await to_thread(call, "task", number)
            return total

        start = clock()
        totals = await asyncio.gather(*[lane() for _ in range(self.job.workers)])
        stop = clock()
        return Report(start, stop, 0, ops, sum(totals))

    def timed(self, duration):
        return self.loop.run_until_complete(self.time_async(duration))

    async def time_async(self, duration):
        """Operations for `duration` ns; those under way then come to their end."""
        numbers, ends = count(), []
        to_thread, call = asyncio.to_thread, self.call

        async def lane():
            total = 0
            while clock() < deadline:
                total += await to_thread(call, "task", next(numbers))
                ends.append(clock())
            return total

        start = clock()
        deadline = start + duration
        total = sum(await asyncio.gather(*[lane() for _ in range(self.job.workers)]))
        return pool_report(start, ends, total, self.job.workers, duration)

    def arriving(self, source):
        return self.loop.run_until_complete(self.arrive_async(source))

    async def arrive_async(self, source):
        """A coroutine for each arrival of an open loop, as it comes."""
        note = latency_of(self.job.me(0))

        async def request(number, *moments):
            value = await asyncio.to_thread(self.call, "task", number)
            note.arrived((*moments, clock()))
            return value

        requests = []
        take = source.join_async(1)
        free = clock()
        while True:
            number, intended, sent = await take()
            woke = clock()
            if number == END:
                break
            requests.append(asyncio.ensure_future(request(number, intended, sent, free, woke)))
            free = clock()
        total = sum(await asyncio.gather(*requests))
        stop = clock()
        note.over(intended, source.duration, sent)
        return Report(intended, stop, 0, len(requests), total, seen=[{note.name: note.seen()}])

    def close(self):
        changes = super().close()
        self.loop.close()
        return changes
