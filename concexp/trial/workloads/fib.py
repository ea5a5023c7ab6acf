"""Fibonacci numbers by the well-known recursion: function calls in pure Python."""

from concexp.trial import tools


def fib(n):
    """The n-th Fibonacci number, as slowly as its definition says."""
    return n if n < 2 else fib(n - 1) + fib(n - 2)


class Workload(tools.Workload):
    """Compute a Fibonacci number by naive recursion: tens of thousands of calls, and the GIL is held throughout.

    Operations alternate between the n-th number and the one before it.

    n: which Fibonacci number; each further one takes 1.6 times as long
    """

    known_as = ("fibonacci", "recursion")
    suits = "which model speeds up Python code made of calls"

    n: "int >= 1" = 20
    unit = "number"

    def work(self, me, n):
        index = self.n
        total = 0
        for number in range(me.first, me.first + n):
            total += fib(index - number % 2)
        return total

    def check(self, shared, outcome):
        before, last = 0, 1
        for _ in range(self.n - 1):
            before, last = last, before + last
        even, odd = outcome.per_residue(2)
        expected = even * last + odd * before
        return ("" if outcome.total == expected else "the numbers add up to %d, not %d" % (outcome.total, expected)), {}
