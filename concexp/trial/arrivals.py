"""An open loop: operations arrive at their own times, whether or not a worker is free.

Arrivals have intended times, fixed before the pass. The next free worker takes the next arrival, waits for its time if
that is still to come, and does it. Latency counts from the intended time, so time in the queue is included (a closed
loop, which asks again only when it was served, would omit just that).
"""

from time import perf_counter_ns as clock
from time import sleep

from concexp.trial.passes import Report

SECOND = 1_000_000_000


def offsets(rate, duration, kind, luck):
    """The arrival times of `duration` seconds, ns after the beginning: an array of 64-bit integers.

    constant: 1 / rate apart; poisson: exponential gaps of that mean, which follow the luck of the block.
    """
    from array import array
    from random import Random

    found = array("q")
    if kind == "constant":
        found.extend(int(k * SECOND / rate) for k in range(max(1, int(rate * duration))))
        return found
    random = Random(luck)
    when = random.expovariate(rate)
    while when < duration:
        found.append(int(when * SECOND))
        when += random.expovariate(rate)
    return found or array("q", [0])


class Arrivals:
    """The arrivals of one pass; all workers take from the same. `tools` are the model's."""

    def __init__(self, tools, load, luck):
        self.offsets = offsets(load["rate"], load["duration"], load["arrivals"], luck)
        self.state = tools.array(2)  # the next arrival; the clock when the first worker began, ns
        # Coroutines take turns only where they await: taking the next one needs no guard.
        self.guard = None if tools.asynchronous else tools.make("Lock")

    def __len__(self):
        return len(self.offsets)

    def reset(self):
        """Make all arrivals pending again, before a pass."""
        self.state[0] = self.state[1] = 0

    def begin(self):
        """The clock at which the pass began, ns: that of the first call, for all workers."""
        if self.guard is None:
            self.state[1] = self.state[1] or clock()
        else:
            with self.guard:
                self.state[1] = self.state[1] or clock()
        return self.state[1]

    def take(self):
        """The number of the next arrival; `len(self)` or more when all are taken."""
        state = self.state
        if self.guard is None:
            state[0] += 1
            return state[0] - 1
        with self.guard:
            number = state[0]
            state[0] = number + 1
        return number

    def serve(self, work, me):
        """Serve as one plain worker until all arrivals are taken; returns its report."""
        due, count, take, arrived = self.offsets, len(self.offsets), self.take, latency_of(me).arrived
        begun = self.begin()
        total = done = 0
        while True:
            me.first = number = take()
            if number >= count:
                stop = clock()
                return Report(begun, stop, 0, done, total)
            intended = begun + due[number]
            ahead = intended - clock()
            if ahead > 0:
                sleep(ahead / SECOND)
            total += work(me, 1)
            arrived(clock() - intended)
            done += 1

    async def serve_async(self, work, me):
        """As `serve`, for a coroutine. asyncio's own timer wakes it, up to a millisecond late."""
        from asyncio import sleep

        due, count, take, arrived = self.offsets, len(self.offsets), self.take, latency_of(me).arrived
        begun = self.begin()
        total = done = 0
        while True:
            me.first = number = take()
            if number >= count:
                stop = clock()
                return Report(begun, stop, 0, done, total)
            intended = begun + due[number]
            ahead = intended - clock()
            if ahead > 0:
                await sleep(ahead / SECOND)
            total += await work(me, 1)
            arrived(clock() - intended)
            done += 1


def latency_of(me):
    """The watcher that keeps the latencies; an open loop always has it."""
    return next(watcher for watcher in me.watchers if hasattr(watcher, "arrived"))
