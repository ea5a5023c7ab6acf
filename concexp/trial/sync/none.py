"""No primitive at all: the workload's unguarded loop runs."""

from concexp.trial import tools


class Sync(tools.Sync):
    """Nothing guards and nothing connects the workers."""

    interface = "none"

    def build(self, tools, capacity):
        return None
