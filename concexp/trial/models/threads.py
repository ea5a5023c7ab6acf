"""`threading.Thread`, one per worker, alive for the whole trial."""

import queue
import threading

from concexp.trial import passes
from concexp.trial.models import _schedules, _shared_factories
from concexp.trial.own_time import perf_counter_ns as clock

LENDS = (
    "threading",
    {
        "Lock": threading.Lock,
        "RLock": threading.RLock,
        "Semaphore": threading.Semaphore,
        "BoundedSemaphore": threading.BoundedSemaphore,
        "Condition": threading.Condition,
        "Event": threading.Event,
        "Barrier": threading.Barrier,
        "Queue": queue.Queue,
        "SimpleQueue": queue.SimpleQueue,
        "LifoQueue": queue.LifoQueue,
        "PriorityQueue": queue.PriorityQueue,
        "JoinableQueue": queue.Queue,
        "Pipe": _shared_factories.pipe,
        "SocketPair": _shared_factories.socket_pair,
        "SharedMemory": _shared_factories.shared_memory,
        "Manager": _shared_factories.manager,
    },
    lambda n: [0] * n,
)


def collected(answers, workers, expected):
    """One message of each worker, in the workers' order; WorkFailed for the first that failed.

    `answers` is a queue of (index, (kind, value)); `expected` is the kind that a worker sends if all is well.
    """
    values = [None] * workers
    for _ in values:
        index, (kind, value) = answers.get()
        if kind != expected:
            raise passes.WorkFailed(*value)
        values[index] = value
    return values


class Model(_schedules.Scheduled):
    """Threads of one interpreter: they share memory and, in most builds, the GIL.

    schedule: how counted operations are handed out; block gives each worker its share at once, the others as they go
    chunk: operations handed out at once; guided never fewer
    """

    known_as = ("threading.Thread", "thread", "multithreading", "_thread.start_new_thread")
    suits = "work that waits for something, or computes in C code that releases the GIL; any work where the GIL is off"
    price = "a thread for each worker; under a GIL, Python code takes turns, and shared data needs a primitive"

    parallel = "threads"
    threaded = True
    opens = lasting = True
    colour = "#d55e00"
    marker = "s"

    def primitives(self):
        return LENDS

    def open(self, job):
        gate = self.gate(job.workers) if job.workers > 1 else None
        self.answers = queue.SimpleQueue()
        self.inboxes = [queue.SimpleQueue() for _ in range(job.workers)]
        self.threads = []
        for index, inbox in enumerate(self.inboxes):
            arguments = (job.workload, job.me(index, self.place(index)), gate, inbox.get, self.reply(index), False)
            # Daemons, so that a worker that waits for ever can't keep a failed trial from ending.
            self.threads.append(threading.Thread(target=passes.member, args=arguments, daemon=True))
        for thread in self.threads:
            thread.start()
        self.created = clock()
        self.collect("ready")

    def gate(self, workers):
        """The barrier at which the workers meet before each pass."""
        return threading.Barrier(workers)

    def place(self, index):
        """The place of worker `index` among the CPUs, where workers are pinned."""
        return index

    def reply(self, index):
        """The function by which worker `index` answers."""
        put = self.answers.put
        return lambda message: put((index, message))

    def collect(self, expected):
        """One message of each worker, in the workers' order; WorkFailed for the first that failed."""
        return collected(self.answers, len(self.threads), expected)

    def run(self, orders):
        for inbox, order in zip(self.inboxes, orders):
            inbox.put(order)
        return self.collect("report")

    def close(self):
        for inbox in self.inboxes:
            inbox.put(None)
        changes = self.collect("left")
        for thread in self.threads:
            thread.join()
        return changes
