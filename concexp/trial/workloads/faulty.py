"""A fault on purpose: is it noticed, how soon, and what is lost?"""

import os
import signal
import sys
import time

from concexp.trial import tools
from concexp.trial.diagnostics import notes
from concexp.trial.own_time import perf_counter_ns as clock

FOREVER = 3600.0  # seconds


class Fault(Exception):
    """The exception that was asked for."""


class Workload(tools.Workload):
    """Sleep a little, operation by operation, until one of them goes wrong in the way that was chosen.

    `raise` is an ordinary exception, `sys_exit` raises SystemExit, `os_exit` ends the worker's process at once, as `sigkill`
    and `sigsegv` do from outside, and `hang` waits for ever. The trial ends as the model lets it end: the row is kept with
    the time until the model noticed, and with how many tasks were not done.

    how: what happens
    at: the number of the operation to which it happens; from the number of operations on, nothing happens at all
    delay: how long each other operation sleeps
    """

    known_as = ("os._exit", "signal.SIGKILL", "crash", "deadlock test")
    suits = "what a model does when a worker raises, dies or hangs"

    how: "raise | sys_exit | os_exit | sigkill | sigsegv | hang" = "raise"
    at: "int >= 0" = 5
    delay: "duration >= 0" = 0.001
    resource = "io"
    load = {"ops": 20, "scaling": "strong"}
    unit = "task"

    def refuses(self, model, sync, workers, load):
        return "" if "ops" in load else "faulty counts the tasks that are lost: give load.ops"

    def prepare(self, kit):
        return notes.Notes(kit.folder)

    def reset(self, shared):
        shared.write("pass")

    def work(self, me, n):
        total = 0
        for number in range(me.first, me.first + n):
            if number == self.at:
                me.shared.write("fault", clock())
                strike(self.how)
            time.sleep(self.delay)
            me.shared.write("done")
            total += number
        return total

    async def work_async(self, me, n):
        from asyncio import sleep  # here: threads and processes are not to pay for an event loop

        total = 0
        for number in range(me.first, me.first + n):
            if number == self.at:
                me.shared.write("fault", clock())
                if self.how == "hang":
                    await sleep(FOREVER)
                strike(self.how)
            await sleep(self.delay)
            me.shared.write("done")
            total += number
        return total

    def check(self, shared, outcome):
        expected = sum(n * first + n * (n - 1) // 2 for first, n in outcome.ranges)
        return ("" if outcome.total == expected else "not every task was done exactly once"), {}


def strike(how):
    """Let it happen."""
    if how == "raise":
        raise Fault("as asked")
    if how == "sys_exit":
        sys.exit("as asked")
    if how == "os_exit":
        os._exit(3)
    if how != "hang":
        os.kill(os.getpid(), signal.SIGSEGV if how == "sigsegv" else signal.SIGKILL)
    time.sleep(FOREVER)  # another thread may be the one that the signal reaches, a little later
