"""One worker, no concurrency: the plain loop that everything else is compared with."""

from concexp.trial import passes, tools
from concexp.trial.models import _shared_factories
from concexp.trial.own_time import perf_counter_ns as clock


def lent():
    """The factories of `threads`, by name."""
    from concexp.trial.models.threads import LENDS

    return LENDS[1]


class Model(tools.Model):
    """One thread, no concurrency: the baseline."""

    known_as = ("sequential", "single thread", "for loop", "loop")
    suits = "as the baseline that the others are compared with"
    price = "nothing beyond the loop itself"

    needs_workers = False
    opens = lasting = True
    colour = "#4d4d4d"
    marker = "o"

    def primitives(self):
        return "threading", _shared_factories.WhenAsked(lent), lambda n: [0] * n

    def refuses(self, workload, sync, workers, load):
        if sync is not None and sync.interface in ("channel", "stream"):
            return "a channel needs two sides at once; serial has one worker"
        return ""

    def open(self, job):
        self.workload, self.me = job.workload, job.me(0)
        self.created = clock()
        self.me.take_place()
        self.workload.enter(self.me)

    def run(self, orders):
        return [passes.run_pass(self.workload, self.me, orders[0], None)]

    def close(self):
        changes = self.me.changes()
        self.workload.leave(self.me)
        return [changes]
