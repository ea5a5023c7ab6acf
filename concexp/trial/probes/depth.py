"""How many items stood in the channel: looked at a thousand times a second, in trials of their own."""

import threading
import time

from concexp.trial import probes

EVERY = 0.001  # seconds between two looks


class Probe(probes.SeparateProbe):
    """The mean number of items in the experiment's channel over a pass, of looks at even distances in time.

    A thread of the coordinator looks, which takes the GIL from threads: hence the trials of their own. Where a workload uses
    several channels, it is the first of them. Fact: depth_mean, missing where there was no time for a look.
    """

    columns = {"depth_mean": "number"}

    @classmethod
    def applies_to(cls, sync):
        return sync.sized

    def kit(self, kit, workload):
        self.holder = kit
        return kit

    def begin(self, processes, servers):
        self.seen = []
        self.over = threading.Event()
        self.looker = threading.Thread(target=self.look, daemon=True)
        self.looker.start()

    def look(self):
        size, seen = self.holder.primitive.qsize, self.seen
        while not self.over.is_set():
            seen.append(size())
            time.sleep(EVERY)

    def end(self, processes, servers):
        self.over.set()
        self.looker.join()
        return {"depth_mean": sum(self.seen) / len(self.seen)} if self.seen else {}
