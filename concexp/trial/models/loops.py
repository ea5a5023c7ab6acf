"""Several event loops in threads of one interpreter, with several coroutines in each: alive for the whole trial."""

import asyncio
import queue
import threading

from concexp.trial import runtime, tools
from concexp.trial.loop_time import watch_selector
from concexp.trial.models import threads
from concexp.trial.models.asyncio import CommonGate, blocks, member, stopping_loops, stops_loops
from concexp.trial.own_time import perf_counter_ns as clock


class Crew:
    """The coroutines of one thread, and the event loop that they take turns in."""

    def __init__(self, workload, views, others, answer):
        self.workload = workload
        self.views = views
        self.others = others
        self.answer = answer
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.live, daemon=True)  # as those of `threads`

    def live(self):
        """The body of the thread."""
        self.loop.run_until_complete(self.work())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    async def work(self):
        """The lives of all coroutines. Before Python 3.10 queues and gates belong to the loop in which they are built."""
        gate = CommonGate(len(self.views), self.others)
        self.inboxes = [asyncio.Queue() for _ in self.views]
        lives = []
        for me, inbox in zip(self.views, self.inboxes):
            send = self.answer(me.index)
            lives.append(member(self.workload, me, gate, inbox.get, send, False, me is self.views[0]))
        await asyncio.gather(*lives)

    def send(self, orders):
        """Give each coroutine its orders, from another thread, in one turn of the loop."""
        self.loop.call_soon_threadsafe(self.deliver, orders)

    def deliver(self, orders):
        for inbox, order in zip(self.inboxes, orders):
            inbox.put_nowait(order)


class Model(tools.Model):
    """Event loops in threads: each worker is a thread with a loop of its own, which has several coroutines in flight.

    Operations are dealt out evenly to all coroutines of all loops, as `asyncio` deals them out to those of one. A workload whose
    workers share state has as many workers as there are coroutines. Under a GIL the loops take turns. Operations that arrive by a
    rate wake all loops with a free coroutine, as requests to a socket do on which all of them listen, and the first takes them.

    limit: coroutines in flight in each loop
    """

    known_as = ("asyncio.Runner", "event loop per thread", "loop per thread", "thread per core")
    suits = "very many operations that wait, in code written with async and await, on all CPUs where the GIL is off"
    price = (
        "a thread and a loop for each worker; loops cannot share what belongs to asyncio, such as its locks and queues"
    )

    limit: "int >= 1" = 10
    parallel = "threads"
    asynchronous = True
    threaded = True
    opens = lasting = True
    colour = "#0f8b8d"
    marker = (5, 1, 0)

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.crews = []

    def bodies(self, workers):
        return workers * self.limit

    def primitives(self):
        owner, factories, array = threads.LENDS
        return stopping_loops(owner, array, factories, "threads")

    def refuses(self, workload, sync, workers, load):
        if sync is not None and sync.interface != "none":
            return stops_loops("threads")
        return blocks(workload)

    def open(self, job):
        count = job.workers // self.limit
        others = threading.Barrier(count) if count > 1 else None
        self.answers = queue.SimpleQueue()
        self.workers = job.workers
        self.crews = []
        for number in range(count):
            # In turns: of fewer operations than coroutines each loop has its part.
            views = [job.me(index, number) for index in range(number, job.workers, count)]
            self.crews.append(Crew(job.workload, views, others, self.answer))
        for crew in self.crews:
            crew.thread.start()
        self.created = clock()
        self.collect("ready")

    def answer(self, index):
        """The function by which coroutine `index` answers."""
        put = self.answers.put
        return lambda message: put((index, message))

    def collect(self, expected):
        """One message of each coroutine, in their order."""
        return threads.collected(self.answers, self.workers, expected)

    def run(self, orders):
        self.send_orders(orders)
        return self.collect("report")

    def send_orders(self, orders):
        for number, crew in enumerate(self.crews):
            crew.send(orders[number :: len(self.crews)])

    def close(self):
        self.send_orders([None] * self.workers)
        changes = self.collect("left")
        for crew in self.crews:
            crew.thread.join()
        return changes

    def loops(self):
        # Where loops take turns at a GIL, one that waits for it cannot be told from one that a call blocks.
        return len(self.crews) if len(self.crews) == 1 or not runtime.gil_enabled() else 0

    def watch_idle(self):
        ends = [watch_selector(crew.loop) for crew in self.crews]
        return None if None in ends else lambda: sum(end() for end in ends)
