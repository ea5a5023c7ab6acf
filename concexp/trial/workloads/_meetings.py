"""Workers that meet must all come equally often, though their shares of the operations may differ by one.

A worker with fewer operations than others comes to the last meetings all the same, and does nothing there. So any number
of operations can be done, exactly that number is done, and no worker waits for one that has already left.
"""


def refusal(workers, load):
    """Why this number of workers cannot meet under this load, or an empty text."""
    if "ops" not in load:
        return "all workers must meet equally often: give load.ops, not load.duration"
    if load.get("scaling") == "strong" and load["ops"] < workers:
        return "all workers must meet: %d operations are too few for %d workers" % (load["ops"], workers)
    return ""


class Meetings:
    """What each worker's share is in this pass: written by the coordinator, read by the workers, in shared memory.

    A worker cannot know by itself: its share may be handed to it in one call of `work` or in many.
    """

    def __init__(self, tools, workers):
        self.ends = tools.array(workers)
        self.missing = tools.array(workers)

    def plan(self, shares):
        """Note the shares of the coming pass, (first, n) for each worker; they are returned as they are."""
        most = max(n for _, n in shares)
        for index, (first, n) in enumerate(shares):
            self.ends[index] = first + n
            self.missing[index] = most - n
        return shares

    def after(self, me, n):
        """How many meetings come after the n operations from me.first on, to which this worker brings no operation."""
        return self.missing[me.index] if me.first + n == self.ends[me.index] else 0
