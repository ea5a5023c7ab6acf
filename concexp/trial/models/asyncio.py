"""Coroutines on one event loop: N tasks in flight, alive for the whole trial or each for one operation."""

from __future__ import annotations

import asyncio
import sys

from concexp.trial import passes, tools
from concexp.trial.loop_time import watch_selector
from concexp.trial.models import _shared_factories
from concexp.trial.own_time import perf_counter_ns as clock

LOOP = 0  # the place of all workers: they share the loop's thread
NAMES = (
    "Lock",
    "Semaphore",
    "BoundedSemaphore",
    "Condition",
    "Event",
    "Barrier",
    "Queue",
    "LifoQueue",
    "PriorityQueue",
)


class Gate:
    """A barrier for coroutines that can be used again (asyncio's own came with 3.11), and knows the first start after it.

    `event` builds what they wait for: something with `set` and an awaited `wait`.
    """

    def __init__(self, parties, event=asyncio.Event):
        self.parties = parties
        self.here = 0
        self.started = None
        self.event = event
        self.open = event()

    async def wait(self):
        self.here += 1
        if self.here < self.parties:
            await self.open.wait()
            return
        self.here = 0
        self.started = None
        self.open.set()
        self.open = self.event()

    def first_start(self, start):
        """See `passes.first_start_of`. The last to come goes on first, without letting the others have a turn."""
        if self.started is None:
            self.started = start
        return self.started


class CommonGate(Gate):
    """A gate for the coroutines of one of several loops: the last of them waits for the other loops, at `others`.

    `others` is a barrier for one of each loop, None if there are no others. To wait there blocks the loop, but all of its
    coroutines have come.
    """

    def __init__(self, parties, others):
        super().__init__(parties)
        self.others = others

    async def wait(self):
        if self.others is not None and self.here == self.parties - 1:
            self.others.wait()
        await super().wait()


def stopping_loops(owner, array, factories, where):
    """The primitives of a model with several event loops, for `Model.primitives`: each of them is Unsupported.

    `where` is what they would be between: processes, threads.
    """

    def refuse(*arguments, **named):
        raise tools.Unsupported(stops_loops(where))

    return owner, dict.fromkeys(factories, refuse), array


def stops_loops(where):
    """Why event loops in several processes or threads cannot share a primitive."""
    return (
        "a primitive between %s blocks the worker that waits for it, and with it an event loop and all its coroutines"
        % where
    )


async def member(workload, me, gate, receive, send, alone, notes):
    """The life of a persistent worker: as `passes.member`, in a coroutine; `receive` is awaited, `send` is not.

    `notes` is True for one of those that share a loop: it notes how their interpreter is set.
    """
    try:
        me.take_place(notes)
        await workload.enter_async(me)
        send(("ready", None))
        while True:
            orders = await receive()
            if orders is None:
                break
            if alone:
                passes.settle()
            send(("report", await passes.run_pass_async(workload, me, orders, gate)))
        changes = me.changes()
        await workload.leave_async(me)
        send(("left", changes))
    except BaseException as error:
        send(("failed", passes.explain(error)))


def blocks(workload):
    """Why coroutines cannot carry this workload, or an empty text."""
    if workload.work_async is None and workload.resource != "cpu":
        return "%s has no asynchronous form: its blocking calls would stop the event loop" % tools.form_of(workload)
    return ""


async def gathered(operation, ops):
    """The values of `ops` operations, each a task of its own, awaited with `asyncio.gather`."""
    return await asyncio.gather(*[operation(number) for number in range(ops)])


async def grouped(operation, ops):
    """As `gathered`, in an `asyncio.TaskGroup`."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(operation(number)) for number in range(ops)]
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None  # the first is why the others were cancelled
    return [task.result() for task in tasks]


async def started_at_once(operation, ops):
    """As `gathered`, with eager tasks: they run until their first wait when they are made, and may never enter the loop."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    try:
        return await gathered(operation, ops)
    finally:
        loop.set_task_factory(None)


# How each operation becomes a task: the function, and the name in asyncio that it needs, with the version that brought it.
SPAWN = {
    "gather": (gathered, "gather", ""),
    "task_group": (grouped, "TaskGroup", "3.11"),
    "eager": (started_at_once, "eager_task_factory", "3.12"),
}


class Model(tools.Model):
    """Coroutines of one event loop in one thread: they take turns where they await.

    Persistent ones last for the whole trial, one per worker. Otherwise each operation is a task of its own, all made at
    once, and where there are more of them than workers a semaphore lets in as many as there are workers.

    spawn: how coroutines come into being: persistent, or each operation a task by gather, in a task group, or started eagerly
    """

    known_as = (
        "asyncio.create_task",
        "asyncio.Task",
        "asyncio.run",
        "coroutine",
        "coroutines",
        "async",
        "await",
        "event loop",
        "asyncio.gather {spawn: gather}",
        "asyncio.TaskGroup {spawn: task_group}",
        "asyncio.eager_task_factory {spawn: eager}",
    )
    suits = "very many operations that wait, in code written with async and await"
    price = "a task for each worker or operation; one that computes or blocks keeps all others waiting"

    spawn: "persistent | gather | task_group | eager" = "persistent"
    asynchronous = True
    opens = lasting = True
    colour = "#009e73"
    marker = "D"

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.loop = None

    def primitives(self):
        own = {name: getattr(asyncio, name) for name in NAMES if hasattr(asyncio, name)}
        return (
            "asyncio",
            dict(own, JoinableQueue=asyncio.Queue, SocketPair=_shared_factories.socket_pair),
            lambda n: [0] * n,
        )

    def refuses(self, workload, sync, workers, load):
        if self.spawn != "persistent":
            name = tools.name_of(workload).lstrip("_")
            if workload.shape == "workers":
                return "%s makes a task of each operation, and the workers of %s last" % (self.spawn, name)
            if "ops" not in load:
                return "%s makes a task of each of a known number of operations: give load.ops" % self.spawn
            _, needed, since = SPAWN[self.spawn]
            if not hasattr(asyncio, needed):
                return "asyncio has %s since Python %s; this is %d.%d" % (needed, since, *sys.version_info[:2])
        return blocks(workload)

    def inside(self, function, *arguments):
        # Before 3.10 a primitive belongs to the loop that is current when it is built.
        async def call():
            return function(*arguments)

        return self.on_loop(call())

    def on_loop(self, coroutine):
        if self.loop is None:
            self.loop = self.new_loop()
        return self.loop.run_until_complete(coroutine)

    def new_loop(self):
        """The event loop of the trial."""
        return asyncio.new_event_loop()

    def loops(self):
        return 1

    def watch_idle(self):
        return watch_selector(self.loop)

    def open(self, job):
        self.crew = Lasting() if self.spawn == "persistent" else Spawned(SPAWN[self.spawn][0])
        self.on_loop(self.crew.start(job))
        self.created = self.crew.created

    def run(self, orders):
        return self.on_loop(self.crew.one_pass(orders))

    def close(self):
        return self.on_loop(self.crew.stop())


class Lasting:
    """Workers that are tasks for the whole trial."""

    async def start(self, job):
        gate = Gate(job.workers) if job.workers > 1 else None
        self.answers = asyncio.Queue()
        self.inboxes = [asyncio.Queue() for _ in range(job.workers)]
        self.tasks = [
            asyncio.ensure_future(
                member(job.workload, job.me(index, LOOP), gate, inbox.get, self.reply(index), False, index == 0)
            )
            for index, inbox in enumerate(self.inboxes)
        ]
        self.created = clock()
        await self.collect("ready")

    def reply(self, index):
        """The function by which worker `index` answers."""
        put = self.answers.put_nowait
        return lambda message: put((index, message))

    async def collect(self, expected):
        """One message of each worker, in the workers' order; WorkFailed for the first that failed."""
        values = [None] * len(self.tasks)
        for _ in self.tasks:
            index, (kind, value) = await self.answers.get()
            if kind != expected:
                raise passes.WorkFailed(*value)
            values[index] = value
        return values

    async def one_pass(self, orders):
        for inbox, order in zip(self.inboxes, orders):
            inbox.put_nowait(order)
        return await self.collect("report")

    async def stop(self):
        for inbox in self.inboxes:
            inbox.put_nowait(None)
        changes = await self.collect("left")
        await asyncio.gather(*self.tasks)
        return changes


class Spawned:
    """Views without workers: each task of a pass takes one and gives it back. `spawn` makes the tasks."""

    def __init__(self, spawn):
        self.spawn = spawn

    async def start(self, job):
        self.created = clock()
        self.workload = job.workload
        self.views = [job.me(index, LOOP) for index in range(job.workers)]
        self.views[0].take_place()
        await asyncio.gather(*[self.workload.enter_async(me) for me in self.views])

    async def one_pass(self, orders):
        ops = sum(order[1] for order in orders)
        for me in self.views:
            me.task = self.workload.work_async or passes.blocking(self.workload.work)
            for watcher in me.watchers:
                me.task = watcher.around_async(me.task, me)
        operation = limited(self.views) if ops > len(self.views) else unlimited(self.views)
        start = clock()
        total = sum(await self.spawn(operation, ops))
        stop = clock()
        report = passes.Report(start, stop, 0, ops, total)
        if self.views[0].watchers:
            report.seen = [passes.seen(me) for me in self.views]
        return [report]

    async def stop(self):
        changes = self.views[0].changes()
        await asyncio.gather(*[self.workload.leave_async(me) for me in self.views])
        return [changes]


def unlimited(views):
    """A function from an operation's number to its coroutine, for at most `len(views)` operations at a time."""
    idle = views[:]

    # Not a coroutine around the work's own: that would be measured as part of the price of a task.
    def operation(number):
        me = idle.pop()
        me.first = number
        return me.task(me, 1)

    return operation


def limited(views):
    """As `unlimited`, for more operations: a semaphore lets in `len(views)` at a time."""
    idle = views[:]
    room = asyncio.Semaphore(len(views))

    async def operation(number):
        async with room:
            me = idle.pop()
            me.first = number
            value = await me.task(me, 1)
            idle.append(me)
            return value

    return operation
