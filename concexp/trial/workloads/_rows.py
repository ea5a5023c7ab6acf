"""Rows of a database that all workers share: some operations update one, the others read one, and each is accounted for."""

from concexp.trial import tools

PERIOD = 1000  # operations repeat after this number
ROWS = 100


class Rows(tools.Workload):
    """Base of a workload over rows. Which operations write is decided by their numbers, evenly spread."""

    writes: "fraction" = 0.1
    resource = "io"

    def pattern(self):
        """(whether it writes, the row) of the operations with number % PERIOD == 0, 1, …"""
        share = round(self.writes * PERIOD)
        return [(r * share % PERIOD < share, r * ROWS // PERIOD) for r in range(PERIOD)]

    def verdict(self, updates, outcome, times=1):
        """Why a pass is wrong, or an empty text.

        `updates` has the updates that each row holds; an operation reads or updates its row `times` times, and returns the sum
        of the labels that it read, or the number of its updates.
        """
        done, expected = [0] * ROWS, 0
        for count, (writes, row) in zip(outcome.per_residue(PERIOD), self.pattern()):
            done[row] += times * count * writes
            expected += times * count * (1 if writes else label(row))
        if sum(updates) != sum(done):
            return "the rows hold %d updates, not %d" % (sum(updates), sum(done))
        if updates != done:
            return "updates are in rows where they do not belong"
        return "" if outcome.total == expected else "what was read is not what the rows hold"


def label(row):
    """What a reader finds in a row."""
    return 1000 + row
