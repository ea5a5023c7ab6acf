"""What an event loop does with its time in one pass: it waits for events, its thread runs or wants a CPU, or a call blocks it.

How long it waits is seen in a warm-up pass, whose time does not count: two looks at the clock in each turn of the loop would be
measured. Where the work never awaits, the loop cannot wait, and any pass will do.
"""

from concexp.trial.own_time import perf_counter_ns as clock

SECOND = 1_000_000_000


class LoopTime:
    """Watches the first pass that shows it. `fact` is then {"loops", "wall_s", "idle_s", "cpu_s", "run_queue_wait_s"}.

    `sole` is False where others, such as a background, use the same processes: then there is no fact.
    """

    def __init__(self, model, workload, load, sole):
        self.model = model
        self.workload = workload
        self.arrives = "rate" in load
        self.sole = sole
        self.seen = None
        self.fact = None

    def run(self, orders, warming):
        """One pass of the model; returns its reports. `warming` says that its time does not count."""
        if not self.sole or self.fact is not None or not self.model.loops():
            return self.model.run(orders)
        end = self.model.watch_idle() if warming else None
        begin = clock()
        reports = self.model.run(orders)
        elapsed = clock() - begin
        never_waits = self.workload.work_async is None and not self.arrives
        idle = end() if end is not None else (0 if never_waits else None)
        self.seen = None if idle is None else (elapsed, idle)
        return reports

    def note(self, facts):
        """Complete the fact by what the probes saw of the same pass."""
        cpu, queue = facts.get("cpu_s"), facts.get("run_queue_wait_s")
        if self.seen is not None and cpu is not None and queue is not None:
            elapsed, idle = self.seen
            self.fact = {"loops": self.model.loops(), "wall_s": elapsed / SECOND, "idle_s": idle / SECOND,
                         "cpu_s": cpu, "run_queue_wait_s": queue}  # fmt: skip
        self.seen = None


def watch_selector(loop):
    """Count how long a loop of asyncio waits in its selector; returns a function that ends it and gives the ns so far.

    None for loops that have no selector in Python.
    """
    selector = getattr(loop, "_selector", None)
    if not hasattr(selector, "select"):
        return None
    select, waited = selector.select, [0]

    def timed(timeout=None):
        begin = clock()
        events = select(timeout)
        waited[0] += clock() - begin
        return events

    def end():
        del selector.select
        return waited[0]

    selector.select = timed
    return end
