"""A number that all workers share, held in one of the ways that Python has for it."""

from concexp.trial import tools


class Workload(tools.Workload):
    """Increment one number that all workers share, held in whatever the state is: the price of an update of it.

    Updates that get lost are counted by the check.
    """

    suits = "what an update of a shared number costs, by where it is held"

    shape = "workers"
    takes = ("state",)
    unit = "update"

    def prepare(self, kit):
        self.kind = tools.name_of(kit.sync)
        return kit.primitive

    def reset(self, shared):
        HELD[self.kind][2](shared, 0)

    def work(self, me, n):
        guarded, unguarded, _, _ = HELD[self.kind]
        (unguarded if me.sync.guard is None else guarded)(me.sync, n)
        return n

    def check(self, shared, outcome):
        lost = outcome.total - HELD[self.kind][3](shared)
        return ("%d of %d updates were lost" % (lost, outcome.total) if lost else ""), {"lost_updates": lost}


# What is timed is what a reader of the library's manual would write.
def value_guarded(held, n):
    value, guard = held.holder, held.guard
    for _ in range(n):
        with guard:
            value.value += 1


def value_unguarded(held, n):
    value = held.holder
    for _ in range(n):
        value.value += 1


def set_value(held, number):
    held.holder.value = number


def get_value(held):
    return held.holder.value


def item_guarded(held, n):
    items, guard = held.holder, held.guard
    for _ in range(n):
        with guard:
            items[0] += 1


def item_unguarded(held, n):
    items = held.holder
    for _ in range(n):
        items[0] += 1


def set_item(held, number):
    held.holder[0] = number


def get_item(held):
    return held.holder[0]


def memory_guarded(held, n):
    words, guard = held.holder.buf.cast("q"), held.guard
    for _ in range(n):
        with guard:
            words[0] += 1
    words.release()


def memory_unguarded(held, n):
    words = held.holder.buf.cast("q")
    for _ in range(n):
        words[0] += 1
    words.release()


def set_memory(held, number):
    with held.holder.buf.cast("q") as words:
        words[0] = number


def get_memory(held):
    with held.holder.buf.cast("q") as words:
        return words[0]


HELD = {
    "mp_value": (value_guarded, value_unguarded, set_value, get_value),
    "mp_array": (item_guarded, item_unguarded, set_item, get_item),
    "manager_dict": (item_guarded, item_unguarded, set_item, get_item),
    "shared_memory": (memory_guarded, memory_unguarded, set_memory, get_memory),
}
