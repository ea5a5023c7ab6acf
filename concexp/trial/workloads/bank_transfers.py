"""Money that moves between accounts: does any of it get lost?"""

from concexp.trial import tools

OPENING = 1000  # what every account holds at the beginning
PERIOD = 1009  # the number after which transfers repeat; a prime, so that workers whose numbers are 2**40 apart are not in step


class Workload(tools.Workload):
    """Move money between two of several accounts: the sum of all accounts never changes, unless updates get lost.

    With `per_account` each account has a lock of its own, and a transfer takes both in the order of the accounts, so
    that no two transfers can wait for each other.

    accounts: how many accounts there are
    locks: whether one lock guards all accounts, or each account has its own
    """

    suits = "what one lock for all, a lock for each account, or none at all costs and spoils"

    accounts: "int >= 2" = 16
    locks: "one | per_account" = "one"
    shape = "workers"
    takes = ("none", "guard")
    unit = "transfer"
    draws = "the accounts and the amounts"

    def prepare(self, kit):
        count = self.accounts if self.locks == "per_account" else 1
        guards = [kit.primitive] + [kit.new_primitive() for _ in range(1, count)]
        return guards, kit.tools.array(self.accounts)

    def reset(self, shared):
        balances = shared[1]
        for account in range(self.accounts):
            balances[account] = OPENING

    def enter(self, me):
        me.own = self.transfers()

    def transfers(self):
        """What the operations do: (source, target, amount, the lower account, the higher account), never to itself."""
        choose, accounts = self.dice().randrange, self.accounts
        table = []
        for _ in range(PERIOD):
            source = choose(accounts)
            target = (source + 1 + choose(accounts - 1)) % accounts
            table.append((source, target, 1 + choose(100), min(source, target), max(source, target)))
        return table

    def work(self, me, n):
        if me.sync is None:
            return unguarded(me, n)
        return (one if self.locks == "one" else per_account)(me, n)

    async def work_async(self, me, n):
        if me.sync is None:
            return unguarded(me, n)
        return await (one_async if self.locks == "one" else per_account_async)(me, n)

    def check(self, shared, outcome):
        expected, moved = [OPENING] * self.accounts, 0
        for (source, target, amount, _, _), count in zip(self.transfers(), outcome.per_residue(PERIOD)):
            expected[source] -= amount * count
            expected[target] += amount * count
            moved += amount * count
        balances = list(shared[1])
        lost = sum(expected) - sum(balances)
        wrong = sum(balance != right for balance, right in zip(balances, expected))
        counts = {"lost_money": lost, "wrong_balances": wrong}
        if lost:
            return "the accounts hold %d in all, not %d" % (sum(balances), sum(expected)), counts
        if wrong:
            return "the sum is right, but %d accounts do not hold what they should" % wrong, counts
        return ("" if outcome.total == moved else "%d was moved, not %d" % (outcome.total, moved)), counts


def add(balance, amount):
    """A call between reading and writing: an interpreter may switch threads there."""
    return balance + amount


# Each loop is written out: a null context or a flag inside would cost as much as the lock that is measured.
def unguarded(me, n):
    table, balances = me.own, me.shared[1]
    total = 0
    for number in range(me.first, me.first + n):
        source, target, amount, _, _ = table[number % PERIOD]
        balances[source] = add(balances[source], -amount)
        balances[target] = add(balances[target], amount)
        total += amount
    return total


def one(me, n):
    guard, table, balances = me.sync, me.own, me.shared[1]
    total = 0
    for number in range(me.first, me.first + n):
        source, target, amount, _, _ = table[number % PERIOD]
        with guard:
            balances[source] = add(balances[source], -amount)
            balances[target] = add(balances[target], amount)
        total += amount
    return total


async def one_async(me, n):
    guard, table, balances = me.sync, me.own, me.shared[1]
    total = 0
    for number in range(me.first, me.first + n):
        source, target, amount, _, _ = table[number % PERIOD]
        async with guard:
            balances[source] = add(balances[source], -amount)
            balances[target] = add(balances[target], amount)
        total += amount
    return total


def per_account(me, n):
    table, (guards, balances) = me.own, me.shared
    total = 0
    for number in range(me.first, me.first + n):
        source, target, amount, low, high = table[number % PERIOD]
        with guards[low], guards[high]:
            balances[source] = add(balances[source], -amount)
            balances[target] = add(balances[target], amount)
        total += amount
    return total


async def per_account_async(me, n):
    table, (guards, balances) = me.own, me.shared
    total = 0
    for number in range(me.first, me.first + n):
        source, target, amount, low, high = table[number % PERIOD]
        async with guards[low], guards[high]:
            balances[source] = add(balances[source], -amount)
            balances[target] = add(balances[target], amount)
        total += amount
    return total
