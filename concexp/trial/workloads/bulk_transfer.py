"""Many messages, one way: how much does a channel carry?"""

from concexp.trial.workloads import _transfer


class Workload(_transfer.Transfer):
    """Move messages through one channel; half of the workers (rounded down) put, the others take and compare.

    Between 2 workers it is 1:1, between more n:n. A queue of threads hands over a reference, one of processes a copy.

    size: bytes of a message
    capacity: messages that the channel holds at most, where it has a limit
    """

    suits = "which channel carries large messages best"

    def producers(self, workers):
        return workers // 2
