"""The dining philosophers: workers that take several things one after another can wait for each other in a circle."""

import time

from concexp.trial import tools


class Workload(tools.Workload):
    """Let every worker think and eat at a round table, with one fork between each two neighbours and two forks a meal.

    `ordered`: the fork with the lower number is taken first; no circle of waiting can arise. `unordered`: the left fork is
    taken first; once all hold their left one, all wait for ever, and the trial ends by its timeout. `timeout`: the left
    fork is put back when the right one does not come in time, and taken again a little later.

    strategy: in which order a philosopher takes the forks, and whether it gives up
    thinking: how long a philosopher thinks before each meal; 0 only gives way to others
    eating: how long a meal takes, with both forks in hand; 0 only gives way to others
    reach: how long the first fork is held before the second is asked for; 0 only gives way to others
    patience: how long `timeout` waits for the second fork; it then pauses for at most as long, each philosopher differently
    """

    known_as = ("dining philosophers",)
    suits = "how a circle of waiting comes about, and what avoids it"

    strategy: "ordered | unordered | timeout" = "ordered"
    thinking: "duration >= 0" = 0.0005
    eating: "duration >= 0" = 0.0005
    reach: "duration >= 0" = 0.0
    patience: "duration > 0" = 0.005
    shape = "workers"
    resource = "io"
    takes = ("lock", "rlock", "semaphore", "bounded_semaphore")  # what can be asked for with a time limit
    unit = "meal"

    def refuses(self, model, sync, workers, load):
        return "philosophers need neighbours: at least 2 workers" if workers < 2 else ""

    def prepare(self, kit):
        forks = [kit.primitive] + [kit.new_primitive() for _ in range(1, kit.workers)]
        # How often each fork was used, and how often each philosopher gave up.
        return forks, kit.tools.array(kit.workers), kit.tools.array(kit.workers)

    def reset(self, shared):
        _, used, retries = shared
        for k in range(len(used)):
            used[k] = retries[k] = 0

    def hands(self, me):
        """The numbers of the forks, in the order in which this philosopher takes them."""
        left, right = me.index, (me.index + 1) % me.workers
        return (min(left, right), max(left, right)) if self.strategy == "ordered" else (left, right)

    def work(self, me, n):
        return (self.give_up if self.strategy == "timeout" else self.wait)(me, n)

    async def work_async(self, me, n):
        return await (self.give_up_async if self.strategy == "timeout" else self.wait_async)(me, n)

    def wait(self, me, n):
        """Meals for which both forks are waited for, however long it takes."""
        forks, used, _ = me.shared
        first, second = self.hands(me)
        one, other = forks[first], forks[second]
        sleep, thinking, eating, reach = time.sleep, self.thinking, self.eating, self.reach
        for _ in range(n):
            sleep(thinking)
            with one:
                sleep(reach)
                with other:
                    uses = used[first], used[second]  # read before the meal: a fork in two hands is found out
                    sleep(eating)
                    used[first], used[second] = uses[0] + 1, uses[1] + 1
        return n

    async def wait_async(self, me, n):
        from asyncio import sleep  # here: threads and processes are not to pay for an event loop

        forks, used, _ = me.shared
        first, second = self.hands(me)
        one, other = forks[first], forks[second]
        thinking, eating, reach = self.thinking, self.eating, self.reach
        for _ in range(n):
            await sleep(thinking)
            async with one:
                await sleep(reach)
                async with other:
                    uses = used[first], used[second]
                    await sleep(eating)
                    used[first], used[second] = uses[0] + 1, uses[1] + 1
        return n

    def pause(self, me):
        """How long this philosopher rests after giving up: were all alike, they would all come back at the same time."""
        return self.patience * me.index / me.workers

    def give_up(self, me, n):
        """Meals for which the second fork is waited for only so long; then the first is put back."""
        forks, used, retries = me.shared
        first, second = self.hands(me)
        one, other = forks[first], forks[second]
        sleep, thinking, eating, reach = time.sleep, self.thinking, self.eating, self.reach
        patience, pause = self.patience, self.pause(me)
        for _ in range(n):
            sleep(thinking)
            while True:
                one.acquire()
                sleep(reach)
                if other.acquire(True, patience):
                    break
                one.release()
                retries[me.index] += 1
                sleep(pause)
            uses = used[first], used[second]
            sleep(eating)
            used[first], used[second] = uses[0] + 1, uses[1] + 1
            other.release()
            one.release()
        return n

    async def give_up_async(self, me, n):
        from asyncio import TimeoutError as Late
        from asyncio import sleep, wait_for

        forks, used, retries = me.shared
        first, second = self.hands(me)
        one, other = forks[first], forks[second]
        thinking, eating, reach = self.thinking, self.eating, self.reach
        patience, pause = self.patience, self.pause(me)
        for _ in range(n):
            await sleep(thinking)
            while True:
                await one.acquire()
                await sleep(reach)
                try:
                    await wait_for(other.acquire(), patience)
                    break
                except Late:
                    one.release()
                    retries[me.index] += 1
                    await sleep(pause)
            uses = used[first], used[second]
            await sleep(eating)
            used[first], used[second] = uses[0] + 1, uses[1] + 1
            other.release()
            one.release()
        return n

    def check(self, shared, outcome):
        _, used, retries = shared
        counts = {"retries": sum(retries)}
        if outcome.total != outcome.ops:
            return "%d meals, not %d" % (outcome.total, outcome.ops), counts
        # Each philosopher's meals are counted twice more: by the fork on the left and by the one on the right.
        meals = [n for _, n in outcome.ranges]
        expected = [meals[k - 1] + meals[k] for k in range(len(meals))]
        wrong = sum(count != right for count, right in zip(used, expected))
        return ("%d of %d forks were in two hands at once" % (wrong, len(meals)) if wrong else ""), counts
