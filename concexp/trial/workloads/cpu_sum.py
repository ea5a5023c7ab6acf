"""Arithmetic in pure Python: holds the GIL from beginning to end."""

from concexp.trial import tools


class Workload(tools.Workload):
    """Add up integers in a pure-Python loop: CPU-bound work that never lets go of the GIL by itself.

    size: additions per operation
    """

    known_as = ("sum", "cpu-bound", "cpu bound")
    suits = "which model speeds up Python code that never waits"

    size: "int >= 1" = 100_000
    unit = "sum"

    def work(self, me, n):
        size = self.size
        total = 0
        for number in range(me.first, me.first + n):
            x = number
            for k in range(size):
                x += k
            total += x
        return total

    def check(self, shared, outcome):
        numbers = sum(n * first + n * (n - 1) // 2 for first, n in outcome.ranges)
        expected = numbers + outcome.ops * (self.size * (self.size - 1) // 2)
        return ("" if outcome.total == expected else "the sums are %d, not %d" % (outcome.total, expected)), {}
