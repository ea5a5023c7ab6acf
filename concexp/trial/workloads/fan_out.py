"""One to many: does a single giver feed all the others?"""

from concexp.trial.workloads import _transfer


class Workload(_transfer.Transfer):
    """Move messages through one channel from one worker to all the others, which take and compare them.

    size: bytes of a message
    capacity: messages that the channel holds at most, where it has a limit
    """

    known_as = ("one to many",)
    suits = "what one producer can hand out to many consumers"

    def producers(self, workers):
        return 1
