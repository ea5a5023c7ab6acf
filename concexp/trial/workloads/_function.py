"""A user's own code as a workload: one operation is one call."""

import os

from concexp.trial import tools
from concexp.trial.workloads import _sent, _tally, _user_code, _user_sync

# A function's own clock may differ a little from this one, and its seconds are rounded: a greater difference is another unit.
SLACK = 1.05


class Workload(tools.Workload):
    """Call a function of the user's, or what an object of a class or a context manager gives each worker to call.

    A coroutine function runs in the model's event loop; where there is none, each worker has a loop of its own, in which
    it does one operation after the other.

    path: the file that defines it, where it is one
    home: the folder of the experiment
    module: the name of the module that defines it, where it is no file
    function: its name
    arguments: its keyword arguments
    returns: what is done with what it returns
    check_by: the same four of what is called with each returned value
    over_by: the same four of the items that it is called with, one after the other
    takes_sync: whether it gets its worker's primitive as the argument `sync`
    tree: where a version of the code is, as `_version_finder` takes it
    outcomes: what its check names, or else what it returns, each with its grade
    """

    path: str = ""
    home: str = ""
    module: str = ""
    function: str
    arguments: dict = {}
    returns: "anything | sent | seconds | nothing | any" = "anything"
    check_by: dict = {}
    over_by: dict = {}
    takes_sync: bool = False
    tree: dict = {}
    outcomes: dict = {}
    unit = "call"
    form = "function"  # what it really is shows once it is imported
    sends = False

    def __init__(self, **parameters):
        super().__init__(**parameters)
        if self.takes_sync:
            self.takes = _user_sync.INTERFACES

    def refuses(self, model, sync, workers, load):
        if self.returns == "sent" and model.parallel not in ("one", "threads") and model.lasting:
            return "its workers stay for the whole pass and keep what a call returns: `returns: sent` needs a pool of processes"
        if self.returns == "seconds" and "rate" in load:
            return "in an open loop time counts from the arrival: a function that times itself does not know it"
        if self.returns == "seconds" and model.asynchronous and model.parallel != "one":
            return "where workers have several coroutines each, seconds do not show how many went on at once"
        return ""

    @property
    def work_async(self):
        return self.awaited if self.form in _user_code.ASYNCHRONOUS else None

    def prepare(self, kit):
        # Here, so that an error in the file shows before a worker exists, and a fork inherits it.
        target, method = self.resolve()
        self.form = _user_code.form_of(target, method)
        self.sends = self.returns == "sent"
        self.home_pid = os.getpid()
        # What never awaits has the event loop to itself: of its own seconds, those of one operation at a time.
        alone = kit.tools.asynchronous and self.form not in _user_code.ASYNCHRONOUS
        self.lanes = 1 if alone else kit.workers
        if alone and self.takes_sync and kit.primitive is not None:
            raise tools.Unsupported(
                "%s has the event loop to itself, and cannot wait for a primitive of asyncio: let it be an `async def`"
                % self.function
            )
        self.asynchronous = kit.tools.asynchronous

    def reset(self, shared):
        _sent.RECEIVED.clear()

    def resolve(self):
        """(the target itself, its method if one is named)."""
        return _user_code.resolve(self.function, self.path, self.module, self.home, self.tree)

    def part(self, me):
        """A worker's own part, not begun."""
        check = _user_code.resolve(**self.check_by)[0] if self.check_by else None
        arguments = self.arguments
        if self.takes_sync:
            awaits = self.form in _user_code.ASYNCHRONOUS
            arguments = {**arguments, _user_sync.NAME: _user_sync.given(me.sync, awaits, self.asynchronous)}
        part = _user_code.Part(*self.resolve(), self.form, arguments, check, self.returns == "seconds")
        part.items = _user_code.items_of(**self.over_by) if self.over_by else None
        return part

    def enter(self, me):
        part = me.own = self.part(me)
        if self.form in _user_code.ASYNCHRONOUS:
            from asyncio import new_event_loop

            part.loop = new_event_loop()
            part.loop.run_until_complete(part.begin())
        else:
            _user_code.plainly(part.begin())

    async def enter_async(self, me):
        me.own = self.part(me)
        await me.own.begin()

    def leave(self, me):
        loop = me.own.loop
        if loop is None:
            _user_code.plainly(me.own.end())
        else:
            loop.run_until_complete(me.own.end())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def leave_async(self, me):
        await me.own.end()

    def work(self, me, n):
        own = me.own
        if own.loop is not None:
            return own.loop.run_until_complete(self.awaited(me, n))
        call, tally, kind = own.call, _tally.Tally(), None
        take = tally.taker(self.returns, own.check, bool(self.outcomes))
        if own.items is not None:
            items, size = own.items, len(own.items)
            for number in range(me.first, me.first + n):
                value = call(items[number % size])
                if type(value) is not kind:
                    kind = _user_code.done(value)
                take(value)
        elif own.check is None and self.returns != "seconds" and not self.outcomes:
            keeps = self.returns != "nothing"
            for _ in range(n):
                value = call()
                if type(value) is not kind:
                    kind = _user_code.done(value)
                if keeps and value is not None:
                    take(value)
        else:
            for _ in range(n):
                value = call()
                if type(value) is not kind:
                    kind = _user_code.done(value)
                take(value)
        return self.sent(own, tally.of(n), value) if self.sends else tally.of(n)

    async def awaited(self, me, n):
        own = me.own
        call, awaits, tally, kind = own.call, own.awaits, _tally.Tally(), None
        take = tally.taker(self.returns, own.check, bool(self.outcomes))
        if own.items is not None:
            items, size = own.items, len(own.items)
            for number in range(me.first, me.first + n):
                value = await call(items[number % size]) if awaits else call(items[number % size])
                if type(value) is not kind:
                    kind = _user_code.done(value)
                take(value)
        else:
            for _ in range(n):
                value = await call() if awaits else call()
                if type(value) is not kind:
                    kind = _user_code.done(value)
                take(value)
        return self.sent(own, tally.of(n), value) if self.sends else tally.of(n)

    def sent(self, own, tally, value):
        """The tally; from another process together with the value, which travels with it as a pool's result does."""
        if os.getpid() == self.home_pid:
            _sent.received(tally, value)
            return tally
        return _sent.Sent(tally, value, own.target if own.form in _user_code.FUNCTIONS else None)

    def check(self, shared, outcome):
        if self.tree:
            from concexp.trial.workloads import _version_finder

            if strays := _version_finder.strays(self.tree):
                return "imported from the working tree, and not from the version: %s" % ", ".join(strays[:3]), {}
        total = outcome.total
        counts = _sent.pickled_size() if self.sends else {}
        forbidden = self.counted(getattr(total, "outcomes", {}), counts) if self.outcomes else ""
        if not isinstance(total, _tally.Tally):
            return ("" if total == outcome.ops else "%d calls, not %d" % (total, outcome.ops)), counts
        for name, (sum_, n, missing) in total.sums.items():
            end = name and ".%s" % name
            if n:
                counts["returned%s" % end] = sum_ / n
            if missing:
                counts.update({"not_numbers%s" % end: missing, "values%s" % end: n + missing})
        reason = forbidden if total.calls == outcome.ops else "%d calls, not %d" % (total.calls, outcome.ops)
        if total.wrong:
            reason = "%d of %d returned values are wrong: %s" % (total.wrong, total.calls, total.reason)
        if total.seconds is not None:
            problem, more = self.timed(total, outcome)
            reason = reason or problem
            counts.update(more)
        return reason, counts

    def counted(self, seen, counts):
        """Note how often each declared outcome was seen; returns those that are forbidden, undeclared ones included."""
        counts["outcomes"] = sum(seen.values())
        for name in self.outcomes:
            counts["outcomes.%s" % name] = seen.get(name, 0)
        undeclared = sum(n for name, n in seen.items() if name not in self.outcomes)
        if undeclared:
            counts["outcomes.undeclared"] = undeclared
        bad = {name: n for name, n in seen.items() if n and self.outcomes.get(name, "forbidden") == "forbidden"}
        if not bad:
            return ""
        names = ["%.60s%s" % (name, "" if name in self.outcomes else " (not declared)") for name in sorted(bad)]
        return "%d of %d outcomes are forbidden: %s" % (sum(bad.values()), counts["outcomes"], ", ".join(names[:5]))

    def timed(self, total, outcome):
        """(reason, counts) of what a function says that it took: more than there was is wrong."""
        mean = total.seconds / total.calls
        lanes = min(outcome.workers, total.calls, self.lanes)
        most = outcome.wall_s * lanes
        claimed = mean * total.calls
        if claimed > most * SLACK:
            text = "it says that it took %.3g s in all, of %.3g s that there were: it must return seconds"
            return text % (claimed, most), {"self_timed_s": mean}
        if not mean:
            return "it says that it took no time at all", {"self_timed_s": mean}
        return "", {"self_timed_s": mean, "self_timed_rate": lanes / mean}
