"""No primitive at all: the workload's unguarded loop runs."""

from concexp.trial import tools


class Sync(tools.Sync):
    """Nothing guards and nothing connects the workers."""

    known_as = ("nothing", "unguarded", "no lock", "without")
    suits = "as the baseline of primitives, and to see what gets lost without one"
    price = "nothing"

    interface = "none"

    def build(self, tools, capacity):
        return None
