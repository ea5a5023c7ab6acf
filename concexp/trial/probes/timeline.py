"""What each worker did when, on one clock: its tasks, its waits, and the gaps between them."""

from concexp.trial import probes, tools
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.own_time import thread_time_ns
from concexp.trial.probes import waits

ROWS = 32  # the first workers, which are recorded: more rows than a picture has room for
MOST = 2000  # segments of one worker …
IN_ALL = 4000  # … and of all together: the journal needs about 60 bytes for each
SHORT = 10_000  # ns: a wait below that has no segment of its own, since telling the CPU time costs a good part of it


def together(segments, grain):
    """Neighbours as one wherever both are no longer than `grain` (ns) from the first one's begin to the other's end."""
    found = segments[:1]
    for segment in segments[1:]:
        last = found[-1]
        if segment[1] - last[0] > grain:
            found.append(segment)
            continue
        last[1] = segment[1]
        for place in (2, 3, 4):
            last[place] += segment[place]
        for label, ns in segment[5].items():
            last[5][label] = last[5].get(label, 0) + ns
    return found


def in_line():
    """How long this thread has waited in the run queue in all, ns; None where the system does not report it."""
    try:
        with open("/proc/thread-self/schedstat") as file:
            return int(file.read().split()[1])
    except (OSError, IndexError):
        return None


class Turns:
    """A coroutine that is awaited through this, so that its watcher knows how much CPU time it used when it had its turns."""

    def __init__(self, coroutine, watcher):
        self.coroutine = coroutine
        self.watcher = watcher

    def __await__(self):
        coroutine, watcher = self.coroutine, self.watcher
        go_on, value = coroutine.send, None
        while True:
            watcher.turn = thread_time_ns()
            try:
                wanted = go_on(value)
            except StopIteration as end:
                return end.value
            finally:
                watcher.spent += thread_time_ns() - watcher.turn
                watcher.turn = None
            try:
                go_on, value = coroutine.send, (yield wanted)
            except BaseException as error:
                go_on, value = coroutine.throw, error


class Watcher(tools.Watcher):
    """Keeps the segments of one worker: [begin, end, operations that ended with it, ns of work, ns of CPU time, ns of waits].

    The waits are by what was waited in; what is left between begin and end, work and waits taken off, was idle.
    """

    name = "timeline"

    def __init__(self, apart, most):
        self.apart = apart  # whether operations are independent, so that each can be a segment of its own
        self.most = most
        self.made = clock()
        self.came = None
        self.spent, self.turn = 0, None
        self.clear()

    def clear(self):
        self.segments, self.grain, self.events = [], 0, 0

    def come(self, me, cpu, own):
        """Begin a pass. `cpu()` is the CPU time of this worker, ns; `own` is whether its thread is its own."""
        self.clear()
        self.index, self.cpu, self.came = me.index, cpu, clock()
        self.lined = in_line() if own else None

    def around(self, work, me):
        if me.index >= ROWS:
            return work
        self.come(me, thread_time_ns, True)

        def watched(me, n):
            # Put back afterwards: a worker may be the trial's own thread, which also prepares and checks.
            before = waits.WATCHER.set(self)
            first, total = me.first, 0
            self.start()
            try:
                for number, some in self.portions(first, n):
                    me.first = number
                    total += work(me, some)
                    self.close(clock(), some)
            finally:
                waits.WATCHER.reset(before)
            me.first = first
            return total

        return watched

    def around_async(self, work, me):
        if me.index >= ROWS:
            return work
        self.come(me, self.own_cpu, False)

        async def watched(me, n):
            waits.WATCHER.set(self)  # in the context of this task alone
            first, total = me.first, 0
            self.start()
            for number, some in self.portions(first, n):
                me.first = number
                total += await Turns(work(me, some), self)
                self.close(clock(), some)
            me.first = first
            return total

        return watched

    def own_cpu(self):
        """The CPU time of a coroutine, ns: that of its thread while it had its turns."""
        return self.spent + (0 if self.turn is None else thread_time_ns() - self.turn)

    def portions(self, first, n):
        """(first, n) of what is done at once."""
        return ((number, 1) for number in range(first, first + n)) if self.apart else [(first, n)]

    def start(self):
        """Begin a segment."""
        self.since, self.used, self.short = clock(), self.cpu(), {}

    def close(self, now, done):
        """A segment of work ends, and the next begins. What CPU time a wait used counts for the work before it."""
        used = self.cpu()
        worked = max(0, now - self.since - sum(self.short.values()))
        if now > self.since:
            self.add([self.since, now, done, worked, min(worked, used - self.used), self.short])
        self.since, self.used, self.short = now, used, {}

    def note(self, label, begin, end):
        """Record a wait that is over; called by `waits`."""
        begin = max(begin, self.since)  # a wait within this one was recorded before it
        if end - begin < SHORT:
            self.short[label] = self.short.get(label, 0) + end - begin
            self.events += 1
            return
        self.close(begin, 0)
        self.add([begin, end, 0, 0, 0, {label: end - begin}])
        self.since = end

    def add(self, segment):
        self.events += 1
        self.segments.append(segment)
        if len(self.segments) > self.most:
            # Any two neighbours are longer than this afterwards: so at most two thirds are left.
            self.grain = 3 * (segment[1] - self.segments[0][0]) // self.most
            self.segments = together(self.segments, self.grain)

    def seen(self):
        if self.came is None:
            return None
        lined = None if self.lined is None else in_line() - self.lined
        found = [self.index, self.made, self.came, lined, self.grain, self.events, self.segments]
        self.clear()
        return found


class Probe(probes.SeparateProbe):
    """What each worker did when, in one trial of its own per cell, with one measured pass and with wrapped primitives.

    Tasks are done and told one by one, also where a worker has a share of many; workers that share state do theirs in one
    go, and what shows are their waits: as for the probe `waits`, at the experiment's primitive and at those that the
    workload makes. A sleep and a wait in the kernel are work without CPU time. A worker that is not at work is idle,
    whatever keeps it: it may lack a task, or be slow to begin. Not known: at which moments who is at work without CPU time
    lacks a CPU or the GIL, or has nothing to compute (in all, the kernel reports how long a thread stood in line for a CPU);
    and the CPU time of what shares a thread with others, coroutines apart.
    Times are ns after the coordinator gave the order, on the clock that all processes of the machine share.

    Fact: timeline, a dict of `end`, when all had answered; `more`, how many workers were not recorded; and `workers`, of each
    its `index`, when it was `made` and `came` to the start, how long it stood in line for a CPU since (`lined`; None: not
    known), its `segments` (see `Watcher`), of how many `events` they were made, and up to which length (`grain`) neighbours
    were put together, 0 for none.
    """

    once = True
    columns = {"timeline": "timeline"}

    def kit(self, kit, workload):
        self.apart = workload.shape == "tasks"
        self.most = min(MOST, IN_ALL // min(ROWS, kit.workers))
        return waits.Kit(kit)

    def begin(self, processes, servers):
        self.begun = clock()

    def end(self, processes, servers):
        self.ended = clock()
        return {}

    def watcher(self):
        return Watcher(self.apart, self.most)

    def merged(self, seen):
        known = sorted(one for one in seen if one is not None)
        return {
            "timeline": {
                "end": self.ended - self.begun,
                "more": len(seen) - len(known),
                "workers": [self.row(*one) for one in known],
            }
        }

    def row(self, index, made, came, lined, grain, events, segments):
        """One worker's entry of the fact, from what its watcher saw; times count from the beginning of the pass."""
        begun = self.begun
        return {
            "index": index,
            "made": made - begun,
            "came": came - begun,
            "lined": lined,
            "grain": grain,
            "events": events,
            "segments": [[begin - begun, end - begun, *rest] for begin, end, *rest in segments],
        }
