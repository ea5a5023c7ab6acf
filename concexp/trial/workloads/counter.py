"""One shared counter: does every increment arrive?"""

from concexp.trial import tools


def add_one(value):
    """A call between reading and writing: an interpreter may switch threads there."""
    return value + 1


class Workload(tools.Workload):
    """Increment one counter that all workers share. Updates that get lost are counted by the check.

    form: inline is `box[0] += 1`, call is `box[0] = add_one(box[0])`
    """

    form: "inline | call" = "inline"
    shape = "workers"
    takes = ("none", "guard")
    unit = "increment"

    def prepare(self, kit):
        return kit.tools.array(1)

    def reset(self, shared):
        shared[0] = 0

    # Each loop is written out: a null context or a flag inside would cost as much as the lock that is measured.
    def work(self, me, n):
        box, guard = me.shared, me.sync
        if guard is None and self.form == "inline":
            for _ in range(n):
                box[0] += 1
        elif guard is None:
            for _ in range(n):
                box[0] = add_one(box[0])
        elif self.form == "inline":
            for _ in range(n):
                with guard:
                    box[0] += 1
        else:
            for _ in range(n):
                with guard:
                    box[0] = add_one(box[0])
        return n

    async def work_async(self, me, n):
        box, guard = me.shared, me.sync
        if guard is None:
            return self.work(me, n)
        if self.form == "inline":
            for _ in range(n):
                async with guard:
                    box[0] += 1
        else:
            for _ in range(n):
                async with guard:
                    box[0] = add_one(box[0])
        return n

    def check(self, shared, outcome):
        lost = outcome.total - shared[0]
        return ("%d of %d increments were lost" % (lost, outcome.total) if lost else ""), {"lost_updates": lost}
