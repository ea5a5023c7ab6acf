"""Numbers side by side in memory: do workers that share nothing but a cache line get in each other's way?"""

from concexp.trial import tools

WORD = 8  # bytes of a number


class Workload(tools.Workload):
    """Let each worker increment a number of its own in one shared block, near the others' or far from them.

    With a stride of 1 eight numbers share a cache line of 64 bytes; with 8 or more each has a line of its own. Threads have
    a list, whose numbers are objects elsewhere: there is nothing to see. What an interpreter costs may hide the effect.

    stride: from one worker's number to the next one's, in numbers of 8 bytes
    """

    known_as = ("cache line",)
    suits = "whether neighbouring data of different workers slows them down"

    stride: "int >= 1" = 1
    shape = "workers"
    unit = "increment"

    def prepare(self, kit):
        return kit.tools.array(self.stride * kit.workers)

    def reset(self, shared):
        for k in range(len(shared)):
            shared[k] = 0

    def work(self, me, n):
        cells, k = me.shared, self.stride * me.index
        for _ in range(n):
            cells[k] += 1
        return n

    def check(self, shared, outcome):
        found = [shared[k] for k in range(0, len(shared), self.stride)]
        expected = [n for _, n in outcome.ranges]
        if outcome.total != outcome.ops:
            return "%d increments, not %d" % (outcome.total, outcome.ops), {"lost_updates": 0}
        lost = sum(expected) - sum(found)
        reason = "" if found == expected else "the workers' numbers are %s, not %s" % (found, expected)
        return reason, {"lost_updates": lost}
