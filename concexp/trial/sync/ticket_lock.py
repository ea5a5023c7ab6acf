"""Ticket lock: first come, first served.

Reed & Kanodia 1979 (sequencers); by this name, as a fair lock, in Mellor-Crummey & Scott 1991. Theirs spins; this one
waits at a condition. A condition can wake one or all, but not a chosen one, so each release wakes all waiting workers, and all
but one of them go back to sleep: that is the price of being fair with the standard library's means.
"""

from concexp.trial import tools

NEXT, SERVING = 0, 1  # the number of the next ticket, and of the ticket whose turn it is


class TicketLock:
    """The lock of threads and processes.

    A worker that is interrupted while waiting leaves a ticket that is never taken up, and all behind it wait for ever.
    """

    def __init__(self, turn, numbers):
        self.turn = turn
        self.numbers = numbers

    def __enter__(self):
        turn, numbers = self.turn, self.numbers
        with turn:
            mine = numbers[NEXT]
            numbers[NEXT] = mine + 1
            while numbers[SERVING] != mine:
                turn.wait()

    def __exit__(self, *error):
        with self.turn:
            self.numbers[SERVING] += 1
            self.turn.notify_all()


class AsyncTicketLock:
    """The lock of coroutines; one that is cancelled while it waits leaves the queue."""

    def __init__(self, turn, numbers):
        self.turn = turn
        self.numbers = numbers
        self.given_up = set()

    # No coroutine awaits anything while it holds the condition, so `async with turn` itself never has to wait, and the only
    # place where a coroutine can be cancelled is `turn.wait()`.
    async def __aenter__(self):
        turn, numbers = self.turn, self.numbers
        async with turn:
            mine = numbers[NEXT]
            numbers[NEXT] = mine + 1
            try:
                while numbers[SERVING] != mine:
                    await turn.wait()
            except BaseException:
                self.given_up.add(mine)
                self.skip()  # its turn may have come just before
                raise

    async def __aexit__(self, *error):
        async with self.turn:
            self.numbers[SERVING] += 1
            self.skip()
            self.turn.notify_all()

    def skip(self):
        """Pass over the tickets that were given up."""
        while self.numbers[SERVING] in self.given_up:
            self.given_up.remove(self.numbers[SERVING])
            self.numbers[SERVING] += 1
            self.turn.notify_all()


class Sync(tools.Sync):
    """A fair lock: waiting workers get it in the order of coming; made of a condition and two shared numbers."""

    known_as = ("fair lock", "fifo lock")
    suits = "where no worker may wait much longer than the others"
    price = "a condition and a wake-up of all waiters at each release"

    def build(self, tools, capacity):
        return (AsyncTicketLock if tools.asynchronous else TicketLock)(tools.make("Condition"), tools.array(2))
