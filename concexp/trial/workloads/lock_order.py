"""Two locks and two orders to take them in: the shortest way to a deadlock, and the way out."""

import time

from concexp.trial import tools

OPENING = 1000  # what each of the two accounts holds at the beginning
AMOUNTS = 7  # transfer number k moves k % 7 + 1


class Workload(tools.Workload):
    """Move money between two accounts, each with a lock of its own: half of the workers to and half of them fro.

    With `opposite` each worker takes the lock of the account that it takes from first. Sooner or later two of them
    hold one lock each and wait for the other's: they wait for ever, and the trial ends by its timeout. With `same` all
    take the first account's lock first, whichever way the money goes: then no holder of a lock waits in a circle.

    order: in which order the two halves of the workers take the locks
    hold: how long the first lock is held before the second is asked for; 0 only gives way to others
    """

    known_as = ("deadlock",)
    suits = "what a deadlock of two locks looks like, and that an order avoids it"

    order: "same | opposite" = "same"
    hold: "duration >= 0" = 0.0002
    shape = "workers"
    resource = "io"
    takes = ("guard",)
    unit = "transfer"

    def refuses(self, model, sync, workers, load):
        return "lock_order needs workers that go to and fro: at least 2" if workers < 2 else ""

    def prepare(self, kit):
        return (kit.primitive, kit.new_primitive()), kit.tools.array(2)

    def reset(self, shared):
        shared[1][0] = shared[1][1] = OPENING

    def way(self, me):
        """(the account whose lock comes first, the other, +1 or -1: whether the first one receives or gives)."""
        back = me.index % 2
        if back and self.order == "opposite":
            return 1, 0, -1
        return 0, 1, 1 if back else -1

    def work(self, me, n):
        guards, balances = me.shared
        first, second, sign = self.way(me)
        one, other = guards[first], guards[second]
        sleep, hold = time.sleep, self.hold
        total = 0
        for number in range(me.first, me.first + n):
            amount = number % AMOUNTS + 1
            with one:
                balance = balances[first]  # read before the pause, so that a lock that does not guard is found out
                sleep(hold)
                with other:
                    balances[first] = balance + sign * amount
                    balances[second] -= sign * amount
            total += amount
        return total

    async def work_async(self, me, n):
        from asyncio import sleep  # here: threads and processes are not to pay for an event loop

        guards, balances = me.shared
        first, second, sign = self.way(me)
        one, other = guards[first], guards[second]
        hold = self.hold
        total = 0
        for number in range(me.first, me.first + n):
            amount = number % AMOUNTS + 1
            async with one:
                balance = balances[first]
                await sleep(hold)
                async with other:
                    balances[first] = balance + sign * amount
                    balances[second] -= sign * amount
            total += amount
        return total

    def check(self, shared, outcome):
        moved = [amounts(first, n) for first, n in outcome.ranges]
        there = sum(moved[::2]) - sum(moved[1::2])
        expected, balances = [OPENING - there, OPENING + there], list(shared[1])
        lost = 2 * OPENING - sum(balances)
        wrong = sum(balance != right for balance, right in zip(balances, expected))
        counts = {"lost_money": lost, "wrong_balances": wrong}
        if wrong:
            return "the accounts hold %d and %d, not %d and %d" % (*balances, *expected), counts
        return ("" if outcome.total == sum(moved) else "%d was moved, not %d" % (outcome.total, sum(moved))), counts


def amounts(first, n):
    """What the n transfers from number `first` on move together."""
    whole, rest = divmod(n, AMOUNTS)
    return whole * (AMOUNTS * (AMOUNTS + 1) // 2) + sum((first + k) % AMOUNTS + 1 for k in range(rest))
