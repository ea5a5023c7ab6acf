"""An open loop: operations arrive at their own times, whether or not a worker is free.

Arrivals have intended times, fixed before the pass. A process of its own (`load_generator`) waits for each time and then
writes a record into a FIFO from which all workers read: a record of one size is read whole and by one reader, so the FIFO
is the line in which arrivals stand. Latency counts from the intended time, so time in the line is included (a closed loop,
which asks again only when it was served, would omit just that).

The generator is outside of what is measured: a worker that waited for the times itself would be as late as its timer, a
millisecond in asyncio, and that would count as its latency. How late the generator was, and how long a worker then took to
wake, are recorded beside the latency.
"""

import errno
import os
import struct
from collections import deque
from select import select

from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.passes import Report

SECOND = 1_000_000_000
RECORD = struct.Struct("=3q")  # an arrival: its number, its intended time, and the clock when it was written, ns
# The number in the record that ends a pass, one for each reader; then follow the beginning of the pass and the generator's
# CPU time in it, ns.
END = -1
READERS = struct.Struct("=q")  # what a reader that is ready writes: how many readers there are
LINE, READY = "arrivals", "arrivals-ready"  # the FIFOs, in the trial's folder


def offsets(rate, duration, kind, luck):
    """The arrival times of `duration` seconds, ns after the beginning: an array of 64-bit integers.

    constant: 1 / rate apart; poisson: exponential gaps of that mean, which follow the luck of the block.
    """
    from array import array
    from random import Random

    found = array("q")
    if kind == "constant":
        found.extend(int(k * SECOND / rate) for k in range(max(1, int(rate * duration))))
        return found
    random = Random(luck)
    when = random.expovariate(rate)
    while when < duration:
        found.append(int(when * SECOND))
        when += random.expovariate(rate)
    return found or array("q", [0])


class Arrivals:
    """The arrivals of each pass, all workers take from the same; made by a generator that is started with it.

    `tools` are the model's. `in_turns` says that the workers take turns in one thread, and wait by a patched standard
    library: then one of them waits for all.
    """

    def __init__(self, tools, load, luck, in_turns=False):
        self.given = load["duration"], load["arrivals"], luck
        self.duration = int(load["duration"] * SECOND)
        self.folder = tools.folder
        self.blocking = not in_turns
        self.turn = tools.make("Lock") if in_turns else None
        self.line = self.ready = None
        self.reset()
        for name in (LINE, READY):
            os.mkfifo(os.path.join(self.folder, name), 0o600)
        self.start(load["rate"])
        self.open()
        tools.at_end(self.stop)

    def __len__(self):
        return self.count

    def __getstate__(self):
        return dict(self.__dict__, line=None, ready=None, generator=None)

    def __setstate__(self, state):
        self.__dict__.update(state)
        self.open()  # by its path: a process that was spawned has none of its parent's descriptors

    def start(self, rate):
        """Start a generator of this rate; when its line comes it has opened both FIFOs, so that to open them does not wait."""
        from concexp.trial import servers

        given = (rate, *self.given)
        self.count = len(offsets(*given))
        self.generator, _ = servers.spawn("the load generator", "load_generator.py", self.folder, repr(given))

    def change_rate(self, rate):
        """Between two passes: go on with a generator of another rate."""
        self.end_generator()
        self.start(rate)

    def end_generator(self):
        """End the generator; what it wrote was taken."""
        self.generator.terminate()
        self.generator.communicate()

    def open(self):
        """Open both FIFOs in this process."""
        flags = os.O_RDONLY | (0 if self.blocking else os.O_NONBLOCK)
        self.line = os.open(os.path.join(self.folder, LINE), flags)
        self.ready = os.open(os.path.join(self.folder, READY), os.O_WRONLY)

    def stop(self):
        """End the generator, and close and remove what led to it."""
        self.end_generator()
        for descriptor in (self.line, self.ready):
            if descriptor is not None:
                os.close(descriptor)
        self.line = self.ready = None
        for name in (LINE, READY):
            os.unlink(os.path.join(self.folder, name))

    def reset(self):
        """Before a pass. The last one has left nothing in the line: each reader stayed until its end."""
        self.waiters = {}  # event loop -> its coroutines that wait at the line

    def join(self, readers):
        """Report one of `readers` readers as ready; the pass begins a moment after the last."""
        os.write(self.ready, READERS.pack(readers))

    def take(self):
        """The next record of the line; waits for it."""
        if self.turn is None:
            return self.read()
        with self.turn:
            while True:
                try:
                    return self.read()
                except BlockingIOError:
                    select([self.line], [], [])

    def read(self):
        """One record; BlockingIOError if there is none and reading does not wait."""
        data = os.read(self.line, RECORD.size)
        if not data:
            raise ended_early()
        return RECORD.unpack(data)

    def serve(self, work, me):
        """Serve as one plain worker until all arrivals are taken; returns its report."""
        note, take = latency_of(me), self.take
        arrived = note.arrived
        self.join(me.workers)
        total = done = 0
        free = clock()
        while True:
            number, intended, sent = take()
            woke = clock()
            if number == END:
                note.over(intended, self.duration, sent)
                return Report(intended, woke, 0, done, total)
            me.first = number
            total += work(me, 1)
            end = clock()
            arrived((intended, sent, free, woke, end))
            free = end
            done += 1

    async def serve_async(self, work, me):
        """As `serve`, for a coroutine."""
        note = latency_of(me)
        arrived = note.arrived
        take = self.join_async(me.workers)
        total = done = 0
        free = clock()
        while True:
            number, intended, sent = await take()
            woke = clock()
            if number == END:
                note.over(intended, self.duration, sent)
                return Report(intended, woke, 0, done, total)
            me.first = number
            total += await work(me, 1)
            end = clock()
            arrived((intended, sent, free, woke, end))
            free = end
            done += 1

    def join_async(self, readers):
        """As `join`, for a coroutine; returns what is awaited in place of `take`."""
        import asyncio

        loop = asyncio.get_running_loop()
        if loop not in self.waiters:
            os.set_blocking(self.line, False)
            self.waiters[loop] = Waiters(self, loop)
        self.join(readers)
        return self.waiters[loop].take


class Waiters:
    """The coroutines of one event loop that wait at the line; who has waited longest gets the next record.

    A loop takes no more records than coroutines wait for, so that none lies in a busy loop while another one is free. All loops
    with a free coroutine wake at an arrival, as those that share a listening socket do, and the first takes it.
    """

    def __init__(self, source, loop):
        self.source = source
        self.loop = loop
        self.turns = deque()
        self.watching = False

    async def take(self):
        """The next record of the line; waits for it."""
        record = await self.turn() if self.turns else await self.read_or_wait()
        if record[0] == END and not self.turns:
            self.watch(False)
        return record

    async def read_or_wait(self):
        """The next record, for a coroutine before which no other waits."""
        try:
            return self.source.read()
        except BlockingIOError:
            self.watch(True)
            return await self.turn()

    async def turn(self):
        """What `receive` hands out to the one that comes last."""
        turn = self.loop.create_future()
        self.turns.append(turn)
        return await turn

    def watch(self, on):
        """Let the loop call `receive` when the line has records, or no longer."""
        if on != self.watching:
            self.watching = on
            if on:
                self.loop.add_reader(self.source.line, self.receive)
            else:
                self.loop.remove_reader(self.source.line)

    def receive(self):
        """Hand out records to those that wait."""
        if (
            not self.turns
        ):  # not when the last of them was served: mostly it soon waits again, and a system call is saved
            self.watch(False)
            return
        try:
            data = os.read(self.source.line, len(self.turns) * RECORD.size)
        except BlockingIOError:  # another loop was faster
            return
        for record in RECORD.iter_unpack(data):
            self.turns.popleft().set_result(record)
        if not data:
            self.watch(False)
            while self.turns:
                self.turns.popleft().set_exception(ended_early())


def ended_early():
    """The error of a worker that waits for arrivals after their sender has ended."""
    return OSError(errno.EPIPE, "the load generator ended before the pass was over")


def latency_of(me):
    """The watcher that keeps the latencies; an open loop always has it."""
    return next(watcher for watcher in me.watchers if hasattr(watcher, "arrived"))
