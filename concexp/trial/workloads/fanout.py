"""Fork and join in the small: start sub-tasks, wait for all of them."""

import threading
from math import comb

from concexp.trial import tools

SIZES = 16  # so that operations differ


def add_up(results, place, top):
    """A sub-task: the sum of the numbers below `top`."""
    total = 0
    for k in range(top):
        total += k
    results[place] = total


async def add_up_async(top, sleep):
    """The same for a coroutine, which lets the others begin first."""
    await sleep(0)
    total = 0
    for k in range(top):
        total += k
    return total


class Workload(tools.Workload):
    """Start a number of sub-tasks and wait for all of them: a thread each, or coroutines where workers are coroutines.

    width: sub-tasks per operation
    """

    known_as = ("scatter gather", "sub-tasks")
    suits = "what it costs to start sub-tasks and wait for them"

    width: "int >= 1" = 8
    unit = "fan-out"

    def work(self, me, n):
        width, thread = self.width, threading.Thread
        total = 0
        for number in range(me.first, me.first + n):
            size = number % SIZES + 2
            results = [0] * width
            crew = [thread(target=add_up, args=(results, k, size + k)) for k in range(width)]
            for member in crew:
                member.start()
            for member in crew:
                member.join()
            total += sum(results)
        return total

    async def work_async(self, me, n):
        from asyncio import gather, sleep  # here: threads and processes are not to pay for an event loop

        width = self.width
        total = 0
        for number in range(me.first, me.first + n):
            size = number % SIZES + 2
            total += sum(await gather(*[add_up_async(size + k, sleep) for k in range(width)]))
        return total

    def check(self, shared, outcome):
        # The numbers below m add up to "m over 2", and those sums along a diagonal of Pascal's triangle to the next one.
        sums = [comb(size + self.width, 3) - comb(size, 3) for size in range(2, SIZES + 2)]
        expected = sum(count * s for count, s in zip(outcome.per_residue(SIZES), sums))
        return ("" if outcome.total == expected else "not every sub-task was done, or waited for"), {}
