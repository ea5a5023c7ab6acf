"""Operations that fail by chance: what do retries cost, and what do they save?"""

import time

from concexp.trial import tools

TRIES, SUCCESSES = 0, 1  # a worker's two counts
SLOWEST = 10.0  # a slow attempt takes this many times as long


class Workload(tools.Workload):
    """Try something that fails, or is slow, with a given chance, and try again by a policy.

    `none` tries once; `immediate` again at once; `backoff` after a pause that doubles from try to try, of which a random part
    is waited ("full jitter"); `hedge` starts another attempt beside the first when that has not answered for a while, and
    takes whichever succeeds first. What an attempt comes to depends on the block, the seed, the operation and the attempt
    alone, so that all policies meet the same luck in a block. Counts: tries and successes.

    failure: the chance that an attempt fails
    slow: the chance that an attempt takes ten times as long
    service: how long an attempt takes otherwise
    policy: what is done after a failed attempt
    attempts: how many attempts an operation has at most
    pause: the longest first pause of `backoff`
    patience: how long `hedge` waits for an answer before it starts another attempt
    seed: of the luck
    """

    known_as = ("retry", "retries", "tenacity")
    suits = "what retries and hedging cost, and what they save"

    failure: "fraction" = 0.2
    slow: "fraction" = 0.0
    service: "duration >= 0" = 0.001
    policy: "none | immediate | backoff | hedge" = "immediate"
    attempts: "int >= 1" = 10
    pause: "duration >= 0" = 0.001
    patience: "duration >= 0" = 0.003
    seed: int = 1
    resource = "io"
    unit = "task"
    draws = "which attempts fail, which are slow, and the pauses of backoff"

    def prepare(self, kit):
        return kit.tools.array(2 * kit.workers)

    def reset(self, shared):
        for k in range(len(shared)):
            shared[k] = 0

    def enter(self, me):
        me.own = None
        if self.policy == "hedge":
            from concurrent.futures import ThreadPoolExecutor  # it loads logging

            # An attempt that has lost goes on to its end: there must be room for the next one beside it.
            me.own = ThreadPoolExecutor(2 * self.attempts)

    def leave(self, me):
        if me.own is not None:
            me.own.shutdown()

    async def enter_async(self, me):
        me.own = None

    async def leave_async(self, me):
        pass

    def luck_of(self, number, attempt):
        """(seconds, whether it succeeds, the part of a pause to wait) of one attempt."""
        random = self.dice(self.seed, number, attempt).random
        slow, fails, part = random() < self.slow, random() < self.failure, random()
        return self.service * (SLOWEST if slow else 1), not fails, part

    def allowed(self):
        """How many attempts an operation has."""
        return 1 if self.policy == "none" else self.attempts

    def work(self, me, n):
        counts, at = me.shared, 2 * me.index
        once = self.hedged if self.policy == "hedge" else self.retried
        for number in range(me.first, me.first + n):
            tries, success = once(number, me)
            counts[at + TRIES] += tries
            counts[at + SUCCESSES] += success
        return n

    def retried(self, number, me):
        """(tries, whether one succeeded) of one operation whose attempts follow one another."""
        for attempt in range(self.allowed()):
            seconds, success, part = self.luck_of(number, attempt)
            time.sleep(seconds)
            if success:
                return attempt + 1, True
            if self.policy == "backoff" and attempt + 1 < self.attempts:
                time.sleep(part * self.pause * 2**attempt)
        return self.allowed(), False

    def hedged(self, number, me):
        """The same for attempts beside each other."""
        from concurrent.futures import FIRST_COMPLETED, wait

        running, tries = set(), 0
        while True:
            if tries < self.attempts:
                running.add(me.own.submit(self.attempt, number, tries))
                tries += 1
            patience = self.patience if tries < self.attempts else None
            done, running = wait(running, patience, return_when=FIRST_COMPLETED)
            if any(future.result() for future in done):
                return tries, True
            if not running and tries == self.attempts:
                return tries, False

    def attempt(self, number, attempt):
        """One attempt; whether it succeeded."""
        seconds, success, _ = self.luck_of(number, attempt)
        time.sleep(seconds)
        return success

    async def work_async(self, me, n):
        counts, at = me.shared, 2 * me.index
        once = self.hedged_async if self.policy == "hedge" else self.retried_async
        for number in range(me.first, me.first + n):
            tries, success = await once(number)
            counts[at + TRIES] += tries
            counts[at + SUCCESSES] += success
        return n

    async def retried_async(self, number):
        from asyncio import sleep  # here: threads and processes are not to pay for an event loop

        for attempt in range(self.allowed()):
            seconds, success, part = self.luck_of(number, attempt)
            await sleep(seconds)
            if success:
                return attempt + 1, True
            if self.policy == "backoff" and attempt + 1 < self.attempts:
                await sleep(part * self.pause * 2**attempt)
        return self.allowed(), False

    async def hedged_async(self, number):
        from asyncio import FIRST_COMPLETED, ensure_future, wait

        running, tries = set(), 0
        while True:
            if tries < self.attempts:
                running.add(ensure_future(self.attempt_async(number, tries)))
                tries += 1
            patience = self.patience if tries < self.attempts else None
            done, running = await wait(running, timeout=patience, return_when=FIRST_COMPLETED)
            if any(future.result() for future in done):
                for loser in running:
                    loser.cancel()
                return tries, True
            if not running and tries == self.attempts:
                return tries, False

    async def attempt_async(self, number, attempt):
        from asyncio import sleep

        seconds, success, _ = self.luck_of(number, attempt)
        await sleep(seconds)
        return success

    def check(self, shared, outcome):
        tries, successes = sum(shared[TRIES::2]), sum(shared[SUCCESSES::2])
        counts = {"tries": tries, "successes": successes}
        if outcome.total != outcome.ops:
            return "%d tasks, not %d" % (outcome.total, outcome.ops), counts
        if self.policy == "hedge":  # how many attempts there were depends on when answers came
            possible = outcome.ops <= tries <= outcome.ops * self.attempts
            return ("" if possible else "%d tries of %d tasks" % (tries, outcome.ops)), counts
        expected = [self.fate(number) for first, n in outcome.ranges for number in range(first, first + n)]
        if [tries, successes] != [sum(one[k] for one in expected) for k in range(2)]:
            return "%d tries with %d successes are not what the dice say" % (tries, successes), counts
        return "", counts

    def fate(self, number):
        """(tries, whether one succeeds) of one operation whose attempts follow one another, by the dice alone."""
        for attempt in range(self.allowed()):
            if self.luck_of(number, attempt)[1]:
                return attempt + 1, True
        return self.allowed(), False
