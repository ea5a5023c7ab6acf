"""How long each operation took: a histogram per pass, exact below 128 ns and to 0.8 % above."""

from array import array

from concexp.trial import tools
from concexp.trial.own_time import perf_counter_ns as clock

SECOND = 1_000_000_000
PARTS = 5  # of the time in which operations arrive, for the shortest latency of each
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
        # Of each arrival: when it was meant to come, when it was sent, since when a worker was free for it, when that worker
        # woke, and when it was done; the clock, ns.
        self.moments = array("q")
        self.arrived = self.moments.extend
        self.span = None

    def __reduce__(self):
        return Watcher, ()

    def over(self, begun, duration, generator_cpu):
        """The end of a pass of an open loop: when it began, how long operations arrived, the generator's CPU time, ns."""
        self.span = begun, duration, generator_cpu

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
        """(service times, what `of_arrivals` returns, the generator's CPU time in ns); the last two None in a closed loop."""
        found = histogram(self.service), None, None
        if self.span is not None:
            begun, duration, generator_cpu = self.span
            found = found[0], of_arrivals(self.moments, begun, duration), generator_cpu
        del self.service[:]
        del self.moments[:]
        self.span = None
        return found


def of_arrivals(moments, begun, duration):
    """(latencies, lateness, wake-ups, floor) of arrivals, of each `moments` has five numbers: three histograms and a list.

    The load was late where a worker was free when the arrival was sent: then none stood in line before it. What a busy worker
    takes later was sent before it was free.
    """
    due, sent, free, woke, done = [moments[k::5] for k in range(5)]
    latencies = [end - meant for end, meant in zip(done, due)]
    lateness = [max(0, when - meant) if since <= when else 0 for when, meant, since in zip(sent, due, free)]
    wake_ups = [max(0, awake - max(when, since)) for awake, when, since in zip(woke, sent, free)]
    floor = [None] * PARTS
    for meant, latency in zip(due, latencies):
        part = min(PARTS - 1, (meant - begun) * PARTS // duration)
        if floor[part] is None or latency < floor[part]:
            floor[part] = latency
    return histogram(latencies), histogram(lateness), histogram(wake_ups), floor


class Probe(tools.Probe):
    """The time of each operation: `service_time` from its start, `latency` from its intended start in an open loop.

    Of a function that times itself the service time is what it returned. An open loop also has what the load generator adds:
    `lateness`, how late an arrival was sent to a worker that was free for it; `wake_up`, the time from its coming to the worker's
    waking; `generator_cpu_s`. In a pool the worker here is the thread that hands out the tasks. `latency_floor_s` is the
    shortest latency among the operations that were to arrive in each fifth of the time, or None.

    Facts: lists of (class, count); see `histogram`. The clock is read before and after each operation: about 0.3 us.
    """

    columns = {
        "service_time": "histogram",
        "latency": "histogram",
        "lateness": "histogram",
        "wake_up": "histogram",
        "latency_floor_s": "list",
        "generator_cpu_s": "number",
    }

    @classmethod
    def always_on(cls, load):
        return "rate" in load

    def watcher(self):
        return Watcher()

    def merged(self, seen):
        facts = {"service_time": added(service for service, _, _ in seen)}
        arrivals = [found for _, found, _ in seen if found is not None]
        if not arrivals:
            return facts
        latencies, lateness, wake_ups, floors = zip(*arrivals)
        lowest = [min((one for one in part if one is not None), default=None) for part in zip(*floors)]
        return dict(
            facts,
            latency=added(latencies),
            lateness=added(lateness),
            wake_up=added(wake_ups),
            latency_floor_s=[None if one is None else one / SECOND for one in lowest],
            generator_cpu_s=max(cpu for _, _, cpu in seen if cpu is not None) / SECOND,
        )
