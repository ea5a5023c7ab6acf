"""How long each operation took: a histogram per pass, exact below 128 ns and to 0.8 % above."""

from array import array
from time import perf_counter_ns as clock

from concexp.trial import tools

SECOND = 1_000_000_000
BITS = 6  # 2^6 classes per octave: half a class is at most 1/128 of its value


def histogram(values):
    """{class: count} of values in ns, classes as HdrHistogram makes them: as wide as 1/64 of the octave's beginning.

    Class c stands for the values v with class_of(v) == c; `analysis.stats.histogram` reads it.
    """
    counts = {}
    for value in values:
        shift = max(0, value.bit_length() - BITS - 1)
        index = (shift << BITS) + (value >> shift)
        counts[index] = counts.get(index, 0) + 1
    return counts


def added(histograms):
    """The sum of several histograms as a sorted list of (class, count)."""
    total = {}
    for one in histograms:
        for index, count in one.items():
            total[index] = total.get(index, 0) + count
    return sorted(total.items())


class Watcher(tools.Watcher):
    """Notes how long each operation took, and in an open loop also how long after its intended time it was done."""

    name = "latency"

    def __init__(self):
        self.service = array("q")
        self.response = array("q")
        self.arrived = self.response.append

    def __reduce__(self):
        return Watcher, ()

    def around(self, work, me):
        note, times_itself = self.service.append, getattr(me.own, "times_itself", False)

        def observed(me, n):
            first = me.first
            total = 0
            for number in range(first, first + n):
                me.first = number
                begin = clock()
                done = work(me, 1)
                spent = clock() - begin
                note(int(done.seconds * SECOND) if times_itself else spent)
                total += done
            me.first = first
            return total

        return observed

    def around_async(self, work, me):
        note, times_itself = self.service.append, getattr(me.own, "times_itself", False)

        async def observed(me, n):
            first = me.first
            total = 0
            for number in range(first, first + n):
                me.first = number
                begin = clock()
                done = await work(me, 1)
                spent = clock() - begin
                note(int(done.seconds * SECOND) if times_itself else spent)
                total += done
            me.first = first
            return total

        return observed

    def seen(self):
        found = histogram(self.service), histogram(self.response)
        del self.service[:]
        del self.response[:]
        return found


class Probe(tools.Probe):
    """The time of each operation: `service_time` from its start, `latency` from its intended start in an open loop.

    Of a function that times itself the service time is what it returned.

    Facts: lists of (class, count); see `histogram`. The clock is read before and after each operation: about 0.3 us.
    """

    columns = {"service_time": "histogram", "latency": "histogram"}

    @classmethod
    def always_on(cls, load):
        return "rate" in load

    def watcher(self):
        return Watcher()

    def merged(self, seen):
        facts = {"service_time": added(service for service, _ in seen)}
        responses = added(response for _, response in seen)
        return dict(facts, latency=responses) if responses else facts
