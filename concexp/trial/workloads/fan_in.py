"""Many to one: does a single taker keep up?"""

from concexp.trial.workloads import _transfer


class Workload(_transfer.Transfer):
    """Move messages through one channel from all workers but one to that one, which takes and compares them.

    size: bytes of a message
    capacity: messages that the channel holds at most, where it has a limit
    """

    known_as = ("many to one",)
    suits = "what one consumer of many producers can take"

    def producers(self, workers):
        return workers - 1
