"""What the pools of `concurrent.futures` share: tasks are handed over one by one, bodies all at once.

A pool hides its workers, so each of them gets its view (`WorkerView`) through the model's `call`.
"""

import os
from concurrent.futures import FIRST_EXCEPTION, wait
from itertools import repeat
from threading import Semaphore
from time import sleep

from concexp.trial import passes, tools
from concexp.trial.arrivals import END, latency_of
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.passes import Report
from concexp.trial.window import pool_report


class PoolModel(tools.Model):
    """A model over an executor. Subclasses start `self.executor` in `start(job)` and name their `call`:
    a function that a task runs in a worker, `call(function_name, argument)`.
    """

    opens = True

    def open(self, job):
        self.job = job
        self.start(job)
        # Executors start their workers when they are needed: N tasks that wait for each other need them all.
        self.pids = self.on_every_worker("enter")

    def on_every_worker(self, step, arguments=None):
        """Run one step on every worker at the same time; returns their answers: see `act`."""
        arguments = arguments or [None] * self.job.workers
        try:
            futures = [self.executor.submit(self.call, step, argument) for argument in arguments]
        except BaseException as error:  # a pool that has lost a worker takes no more tasks
            self.fail(error)
        self.created = clock()
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        for future in done:
            if future.exception() is not None:
                self.fail(future.exception())
        return [future.result() for future in futures]

    def fail(self, error):
        """Raise what an exception of a task means for the trial."""
        raise passes.WorkFailed(*passes.explain(error))

    def run(self, orders):
        if self.parallel != "threads":  # those share the collector of this interpreter
            self.on_every_worker("settle")
        if self.job.workload.shape == "workers":
            return self.on_every_worker("body", [(index, order) for index, order in enumerate(orders)])
        watched = bool(self.job.me(0).watchers)
        if watched:
            self.on_every_worker("watch")
        try:
            report = self.tasks(orders)
        except BaseException as error:
            return self.fail(error)
        if watched:
            report.seen = [*report.seen, *self.on_every_worker("seen")]
        return [report]

    def tasks(self, orders):
        """One pass of tasks: the report of all workers together."""
        duration = orders[0][2]
        if self.job.source is not None:
            return self.arriving(self.job.source)
        if duration is None:
            return self.counted(sum(order[1] for order in orders))
        return self.timed(duration)

    def counted(self, ops):
        """`ops` tasks through `Executor.map`, as a user would write it."""
        start = clock()
        total = sum(self.executor.map(self.call, repeat("task"), range(ops)))
        stop = clock()
        return Report(start, stop, 0, ops, total)

    def timed(self, duration):
        """Tasks for `duration` ns, two per worker in flight, and then until all have ended."""
        free = Semaphore(2 * self.job.workers)
        ends, futures = [], []

        def ended(future):
            ends.append(clock())
            futures.append(future)
            free.release()

        submit, call = self.executor.submit, self.call
        number = 0
        start = clock()
        deadline = start + duration
        while clock() < deadline:
            free.acquire()
            submit(call, "task", number).add_done_callback(ended)
            number += 1
        for _ in range(2 * self.job.workers):
            free.acquire()
        total = sum(future.result() for future in futures)
        return pool_report(start, ends, total, self.job.workers, duration)

    def arriving(self, source):
        """A task for each arrival of an open loop, as it comes; the report holds their latencies."""
        note = latency_of(self.job.me(0))
        futures, ends = [], []

        def submit(number, *moments):
            future = self.executor.submit(self.call, "task", number)
            future.add_done_callback(lambda _: ends.append((*moments, clock())))
            futures.append(future)

        source.join(1)
        free = clock()
        while True:
            number, intended, sent = source.take()
            woke = clock()
            if number == END:
                break
            submit(number, intended, sent, free, woke)
            free = clock()
        begun, generator_cpu = intended, sent
        total = sum(future.result() for future in futures)
        stop = clock()
        # A result can be had a moment before the callbacks have run.
        while len(ends) < len(futures):
            sleep(0)
        for moments in ends:
            note.arrived(moments)
        note.over(begun, source.duration, generator_cpu)
        return Report(begun, stop, 0, len(futures), total, seen=[{note.name: note.seen()}])

    def close(self):
        changes = self.on_every_worker("leave")
        self.executor.shutdown(wait=True)
        return changes


def act(workload, me, gate, step, argument):
    """One step of a task, in a worker; returns the operation's value, a report, the watchers' facts, the changes or the pid."""
    if step == "task":
        me.first = argument
        return me.task(me, 1)
    if step == "body":
        # Any worker may get these orders: it takes the index they were written for.
        me.index, order = argument
        return passes.run_pass(workload, me, order, gate)
    if gate is not None:
        gate.wait()
    if step == "watch":
        me.task = passes.watched(workload.work, me)
    elif step == "seen":
        return passes.seen(me)
    elif step == "enter":
        me.task = workload.work
        me.take_place()
        workload.enter(me)
    elif step == "leave":
        changes = me.changes()
        workload.leave(me)
        return changes
    else:
        passes.settle()
    return os.getpid()
