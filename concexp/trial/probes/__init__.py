"""Probes, which observe a pass from outside the timed loop: one file is one probe."""

from concexp.trial import tools


class SeparateProbe(tools.Probe):
    """Base of a probe that changes what it observes: it gets trials of its own (role `observed`), whose times count nowhere.

    once   True if one trial of each cell, with one measured pass, is enough (role `pictured`): no numbers are made of its
           records
    diagnoses  True if an experiment asks for it by `diagnose:`
    known_as   other words for it, in small letters, that people write there
    """

    own_trials = True
    once = False
    diagnoses = False
    known_as = ()

    @classmethod
    def applies_to(cls, sync):
        """Whether there is anything to observe with this primitive; else no trials are run for it."""
        return True

    def kit(self, kit, workload):
        """The kit that the workload prepares itself with, in place of this one."""
        return kit
