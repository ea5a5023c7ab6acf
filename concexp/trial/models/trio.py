"""trio: structured concurrency, as many tasks in one nursery as there are workers, for the whole trial."""

import queue
import sys
import threading
from functools import partial

from concexp.trial import passes, tools
from concexp.trial.models.asyncio import LOOP, Gate, member
from concexp.trial.own_time import perf_counter_ns as clock

COROUTINE = 0x80  # the flag of code that `async def` made


def factory_of(name):
    """The factory of trio's primitive of this name; imports trio when it is called."""

    def build(*arguments):
        import trio

        return getattr(trio, name)(*arguments)

    return build


def bounded(permits):
    """trio's semaphore with a maximum, so that it notices a release too many."""
    import trio

    return trio.Semaphore(permits, max_value=permits)


def written_for_asyncio(plugin):
    """True if a coroutine function of the plug-in, or of its file, names asyncio, whose loop it then needs."""
    module = sys.modules[type(plugin).__module__]
    functions = list(vars(module).values())
    classes = [thing for thing in functions if isinstance(thing, type) and thing.__module__ == module.__name__]
    for one in dict.fromkeys([*classes, *type(plugin).__mro__]):
        functions += vars(one).values()
    codes = [getattr(function, "__code__", None) for function in functions]
    return any(code.co_flags & COROUTINE and "asyncio" in code.co_names for code in codes if code is not None)


class Offloaded:
    """Wraps a workload as coroutines: each operation is awaited in one of trio's threads, of which there are `workers`."""

    def __init__(self, workload, workers):
        import trio

        self.workload = workload
        self.there = partial(trio.to_thread.run_sync, limiter=trio.CapacityLimiter(workers))

    async def enter_async(self, me):
        await self.there(self.workload.enter, me)

    async def work_async(self, me, n):
        there, work, first = self.there, self.work, me.first
        total = 0
        for number in range(first, first + n):
            me.first = number
            total += await there(work, me, 1)
        me.first = first
        return total

    def work(self, me, n):
        """An operation in a thread; since that may be another one each time, it first takes this worker's CPU."""
        me.pin()
        return self.workload.work(me, n)

    async def leave_async(self, me):
        await self.there(self.workload.leave, me)


class Model(tools.Model):
    """Tasks of one trio nursery, in one thread: they take turns where they await.

    Coroutines that are written for asyncio cannot run here: such workloads, and those whose calls block, need `offload`,
    and share nothing then.

    offload: await each operation in a thread, with `trio.to_thread.run_sync`, instead of doing it between two turns
    """

    known_as = ("trio.Nursery", "trio.open_nursery", "nursery", "structured concurrency")
    suits = "as asyncio, in code written for trio"
    price = "as asyncio; a package to install, and code that is written for it"

    offload: "bool" = False
    asynchronous = True
    packages = ("trio",)
    colour = "#b15928"
    marker = (3, 1, 0)

    def __init__(self, **parameters):
        super().__init__(**parameters)
        if self.offload:
            self.parallel = "threads"

    def primitives(self):
        factories = {name: factory_of(name) for name in ("Lock", "Semaphore", "Condition", "Event")}
        return "trio", dict(factories, BoundedSemaphore=bounded), lambda n: [0] * n

    def refuses(self, workload, sync, workers, load):
        name = tools.name_of(workload).lstrip("_")
        if self.offload:
            if workload.shape == "workers":
                return "in trio's threads the workers of %s could not use trio's primitives" % name
            if workload.work is None:
                return "%s has an asynchronous form only, and trio's threads need one that blocks" % tools.form_of(
                    workload
                )
            return ""
        if sync is not None and sync.interface == "signal":
            return "an event of trio cannot be cleared, and so not be used again"
        for plugin in (workload, sync):
            if plugin is not None and written_for_asyncio(plugin):
                return "%s is written for asyncio where it awaits: trio cannot run that%s" % (
                    tools.name_of(plugin),
                    ", but for tasks in threads: offload" if workload.shape == "tasks" else "",
                )
        if workload.work_async is None and workload.resource != "cpu":
            return (
                "%s has no asynchronous form: its blocking calls would stop all tasks of trio, unless offload is on"
                % name
            )
        return ""

    def loops(self):
        return 0 if self.offload else 1

    def open(self, job):

        workload = Offloaded(job.workload, job.workers) if self.offload else job.workload
        self.answers, self.inboxes = queue.SimpleQueue(), []
        # trio's loop cannot be left and entered again, so it has a thread; it waits for orders while this one waits for answers.
        self.thread = threading.Thread(target=self.carry, args=(workload, job), daemon=True)
        self.thread.start()
        self.created = clock()
        self.collect("ready")

    def carry(self, workload, job):
        """Run the loop; an error that ends it is an answer too, or this trial would wait until its timeout."""
        import trio

        try:
            trio.run(self.life, workload, job)
        except BaseException as error:
            self.reply(0)(("failed", passes.explain(error)))

    async def life(self, workload, job):
        """Run all workers until each has left."""
        import trio

        gate = Gate(job.workers, trio.Event) if job.workers > 1 else None
        soon = trio.lowlevel.current_trio_token().run_sync_soon
        async with trio.open_nursery() as nursery:
            for index in range(job.workers):
                send, receive = trio.open_memory_channel(1)
                self.inboxes.append(partial(soon, send.send_nowait))
                me = job.me(index, index if self.offload else LOOP)
                nursery.start_soon(member, workload, me, gate, receive.receive, self.reply(index), False, index == 0)

    def reply(self, index):
        """The function by which worker `index` answers."""
        put = self.answers.put
        return lambda message: put((index, message))

    def collect(self, expected):
        """One message of each worker, in the workers' order; WorkFailed for the first that failed."""
        values = {}
        while len(values) < len(self.inboxes) or not values:
            index, (kind, value) = self.answers.get()
            if kind != expected:
                raise passes.WorkFailed(*value)
            values[index] = value
        return [values[index] for index in sorted(values)]

    def send_orders(self, orders):
        for inbox, order in zip(self.inboxes, orders):
            inbox(order)

    def run(self, orders):
        self.send_orders(orders)
        return self.collect("report")

    def close(self):
        self.send_orders([None] * len(self.inboxes))
        changes = self.collect("left")
        self.thread.join()
        return changes
