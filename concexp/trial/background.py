"""The second role of a trial: work that runs on a model of its own while the first role is measured."""

import threading
import time

from concexp.trial import passes, runtime, tools
from concexp.trial.own_time import perf_counter_ns as clock
from concexp.trial.window import time_taken

SECOND = 1_000_000_000
# A loop that releases the GIL for a moment more often than every switch interval can starve the threads that wait for it:
# woken, they find it taken again, and start their interval anew (seen on CPython 3.11). A batch of two intervals cannot.
INTERVALS = 2
READY_WITHIN = 30  # seconds for the second role to begin a pass; then the trial fails instead of measuring without it


class Endless:
    """A source of operations without end: each worker does batches until `halt` is set."""

    def __init__(self, tools, workers):
        self.halt = tools.array(1)
        self.begun = tools.array(workers)

    def reset(self):
        """Clear `halt`, and which workers have begun."""
        self.halt[0] = 0
        for index in range(len(self.begun)):
            self.begun[index] = 0

    def serve(self, work, me):
        """Serve as one plain worker; returns its report."""
        halt, batch, total = self.halt, me.batch, 0
        first = me.first = me.index << 40
        start = before = now = clock()
        last = start, 0
        self.begun[me.index] = 1
        while not halt[0]:
            total += work(me, batch)
            me.first += batch
            now = clock()
            last = before, batch
            if now - before < passes.SHORTEST_BATCH:
                batch *= 2
            before = now
        me.batch = batch
        return self.report(start, now, first, me.first - first, total, last)

    async def serve_async(self, work, me):
        """As `serve`, for a coroutine, which lets the others run after each batch."""
        from asyncio import sleep

        halt, batch, total = self.halt, me.batch, 0
        first = me.first = me.index << 40
        start = before = now = clock()
        last = start, 0
        shortest = max(passes.SHORTEST_BATCH, INTERVALS * int((runtime.switch_interval() or 0) * SECOND))
        self.begun[me.index] = 1
        while not halt[0]:
            total += await work(me, batch)
            me.first += batch
            now = clock()
            last = before, batch
            if now - before < shortest:
                batch *= 2
            before = now
            await sleep(0)
        me.batch = batch
        return self.report(start, now, first, me.first - first, total, last)

    def report(self, start, stop, first, done, total, last):
        """A worker's report; `last` is when its last batch began, and of how many operations it was."""
        begun, batch = last
        return passes.Report(start, stop, first, done, total, [(begun, done - batch)])


class Background:
    """The second role of a trial: opened after the first, run by a thread of the coordinator during each pass.

    `workload` and `model` are plug-in objects; `probe` measures the CPU time of its workers; `setting` and `pace` apply to
    them as well.
    """

    def __init__(self, workload, model, workers, folder, probe, setting, pace):
        self.workload = workload
        self.model = model
        self.workers = model.bodies(workers)
        self.folder = folder
        self.probe = probe
        self.setting = setting
        self.pace = pace
        self.failure = None
        self.opened = self.prepared = False

    def open(self):
        """Prepare the work and start the workers."""
        self.model.set_up()
        self.model.inside(self.prepare)
        job = tools.Job(
            self.workload, self.workers, None, self.shared, self.folder, self.source, (self.probe,), self.setting
        )
        self.model.open(job)
        self.opened = True

    def prepare(self):
        model_tools = tools.Tools(*self.model.primitives(), self.model.asynchronous, self.folder, self.workers)
        kit = tools.Kit(model_tools, None, None, self.workers, self.folder, pace=self.pace)
        self.shared = self.workload.prepare(kit)
        self.prepared = True
        self.source = Endless(model_tools, self.workers)

    def begin(self):
        """Start a pass; returns when every worker is at work."""
        self.model.inside(self.workload.reset, self.shared)
        self.source.reset()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        deadline = clock() + READY_WITHIN * SECOND
        while not all(self.source.begun):
            if self.failure is not None:
                raise self.failure
            if clock() > deadline:
                raise RuntimeError("the background did not begin within %d s" % READY_WITHIN)
            time.sleep(0.0002)

    def run(self):
        try:
            self.reports = self.model.run([(0, None, None)] * self.workers)
        except BaseException as error:
            self.failure = error

    def end(self):
        """Halt the pass; returns its operations, seconds and CPU seconds by column name."""
        end = clock()
        self.source.halt[0] = 1
        self.thread.join()
        if self.failure is not None:
            raise self.failure
        name = tools.name_of(self.probe)
        used = self.probe.merged([one[name] for report in self.reports for one in report.seen if name in one])
        begin = min(report.start for report in self.reports)
        cpu = used.get("worker_cpu_s")
        return {
            "background_ops": sum(report.done for report in self.reports),
            "background_s": time_taken(self.reports, begin, end) / SECOND,
            "background_cpu_s": None if cpu is None else sum(cpu),
        }

    def close(self):
        """End its workers; returns the changes that they noticed."""
        if not self.opened:
            return []
        self.opened = False
        return self.model.close() or []

    def release(self):
        """End what `prepare` started, also after a failure."""
        if self.prepared:
            self.workload.release(self.shared)
