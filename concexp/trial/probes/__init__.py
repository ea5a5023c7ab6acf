"""What watches a pass from outside the timed loop: one file is one probe."""

from concexp.trial import tools


class Alone(tools.Probe):
    """A probe that changes what it looks at: with it come trials of their own (role `observed`), whose times count nowhere."""

    alone = True

    @classmethod
    def applies(cls, sync):
        """Whether there is anything to see with this primitive; else no trials are run for it."""
        return True

    def kit(self, kit):
        """What the workload is given to prepare itself with, instead of this kit."""
        return kit
