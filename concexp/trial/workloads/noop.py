"""Nothing at all: what is left is the price of concurrency itself."""

from concexp.trial import tools


class Workload(tools.Workload):
    """Do nothing but be handed over: the whole time is the model's own overhead per operation."""

    known_as = ("overhead", "empty")
    suits = "what a model costs for each operation"

    def work(self, me, n):
        if n == 1:  # as pools hand it over: there, even a loop of one turn would be seen
            return me.first
        total = 0
        for number in range(me.first, me.first + n):
            total += number
        return total

    def check(self, shared, outcome):
        expected = sum(n * first + n * (n - 1) // 2 for first, n in outcome.ranges)
        return ("" if outcome.total == expected else "not every operation was handed over exactly once"), {}
