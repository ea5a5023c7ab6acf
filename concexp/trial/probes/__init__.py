"""What watches a pass from outside the timed loop: one file is one probe."""

from concexp.trial import tools


class SeparateProbe(tools.Probe):
    """A probe that changes what it looks at: with it come trials of their own (role `observed`), whose times count nowhere.

    once   whether one trial of each cell, with one measured pass, is enough (role `pictured`): of what it recorded no number
           is made
    """

    own_trials = True
    once = False

    @classmethod
    def applies_to(cls, sync):
        """Whether there is anything to see with this primitive; else no trials are run for it."""
        return True

    def kit(self, kit, workload):
        """What the workload is given to prepare itself with, instead of this kit."""
        return kit
