"""What the primitives have in common that hold a number for all workers."""

from concexp.trial import tools


class Held:
    """Where the number is held, and the lock that guards its updates; None where nothing guards them."""

    def __init__(self, holder, guard):
        self.holder = holder
        self.guard = guard


class State(tools.Sync):
    """A holder of a number, with or without a guard."""

    guarded: bool = True
    interface = "state"
