"""A user's own code, called to learn what it returns: not one of its operations is timed.

The trials that are measured do not look at values in this way: to compare a value may cost more than the operation, and to
keep it for later would keep its memory.
"""

import os

from concexp.trial.workloads import _function, _user_code
from concexp.trial.workloads._value_forms import form_of

RUNS = 64  # stretches of equal values that are kept of a worker; a function whose values are all the same has one


class Workload(_function.Workload):
    """The same calls as of `_function`; the trial's count `answers` is what each worker's operations returned, see `Answers`."""

    def enter(self, me):
        super().enter(me)
        me.own.answers = Notes()

    async def enter_async(self, me):
        await super().enter_async(me)
        me.own.answers = Notes()

    def work(self, me, n):
        own = me.own
        if own.loop is not None:
            return own.loop.run_until_complete(self.awaited(me, n))
        for _ in range(n):
            own.answers.note(own.call(*own.given(own.answers.done)))
        return own.answers.handed_over()

    async def awaited(self, me, n):
        own = me.own
        for _ in range(n):
            value = own.call(*own.given(own.answers.done))
            own.answers.note(await value if own.awaits else value)
        return own.answers.handed_over()

    def check(self, shared, outcome):
        return "", {"answers": list(outcome.total.by_worker.values())}


class Notes:
    """One worker's values so far, by the number of its operation."""

    def __init__(self):
        self.key = "%d-%d" % (os.getpid(), id(self))  # workers may share a process, and numbers in a pool mean nothing
        self.done = 0
        self.stretches = 0
        self.latest = None
        self.runs = []

    def note(self, value):
        _user_code.done(value)
        self.done += 1
        if self.stretches >= RUNS:
            return
        form = form_of(value)
        if form != self.latest:
            self.latest = form
            self.stretches += 1
        if self.runs and self.runs[-1][2] == form:
            self.runs[-1][1] += 1
        else:
            self.runs.append([self.done - 1, 1, form])

    def handed_over(self):
        """What is new since the last time, as `Answers`."""
        found, self.runs = self.runs, []
        return Answers({self.key: found})


class Answers:
    """What operations returned: by worker a list of [number of the first operation, how many, form of their value].

    Adds up, also to a plain 0, as the totals of a pass do.
    """

    def __init__(self, by_worker):
        self.by_worker = by_worker

    def __add__(self, other):
        if not isinstance(other, Answers):
            return self
        both = {key: [list(run) for run in runs] for key, runs in self.by_worker.items()}
        for key, runs in other.by_worker.items():
            held = both.setdefault(key, [])
            for first, n, form in runs:
                if held and held[-1][2] == form and held[-1][0] + held[-1][1] == first:
                    held[-1][1] += n
                else:
                    held.append([first, n, form])
        return Answers(both)

    __radd__ = __add__
