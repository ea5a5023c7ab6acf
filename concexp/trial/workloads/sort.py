"""Sorting a shuffled list: comparisons and memory traffic in C, under the GIL."""

from operator import mul

from concexp.trial import tools

OFFSETS = 4  # so that operations differ


class Workload(tools.Workload):
    """Sort a shuffled list of integers with `sorted`: C code that holds the GIL; each worker has lists of its own.

    size: integers per list
    seed: of the shuffling
    """

    known_as = ("sorted", "list.sort")
    suits = "which model speeds up C code that holds the GIL"

    size: "int >= 1" = 5_000
    seed: int = 1
    unit = "list"
    draws = "the order of the integers"

    def prepare(self, kit):
        numbers = list(range(self.size))
        self.dice(self.seed).shuffle(numbers)
        return numbers

    def enter(self, me):
        # Its own objects, too: where there is no GIL, workers would meet at the reference counts of common integers.
        me.own = [[value + offset for value in me.shared] for offset in range(OFFSETS)]

    def work(self, me, n):
        lists = me.own
        places = range(1, self.size + 1)
        total = 0
        for number in range(me.first, me.first + n):
            total += sum(map(mul, places, sorted(lists[number % OFFSETS])))
        return total

    def check(self, shared, outcome):
        # The sum of place times value is largest in ascending order, and there alone (the rearrangement inequality):
        # the sum of (i + 1) (i + offset) for i = 0 … size - 1.
        size = self.size
        firsts, squares = size * (size - 1) // 2, size * (size - 1) * (2 * size - 1) // 6
        sums = [squares + (offset + 1) * firsts + offset * size for offset in range(OFFSETS)]
        expected = sum(count * s for count, s in zip(outcome.per_residue(OFFSETS), sums))
        return ("" if outcome.total == expected else "the lists are not in order"), {}
