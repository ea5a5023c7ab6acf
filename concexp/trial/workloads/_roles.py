"""A user's own code in two roles: some workers call one function, the others another, and what they share lies between them."""

from concexp.trial import tools
from concexp.trial.workloads import _function, _user_code


class Workload(_function.Workload):
    """Half of the workers call the user's producer, the others (half, rounded up) the consumer, each equally often in all.

    One operation is an item: a call of the producer, and one of the consumer. Both get the primitive as the argument `sync`, if
    they ask for it.

    path: the file that defines the producer, where it is one
    home: the folder of the experiment
    module: the name of the module that defines it, where it is no file
    function: its name
    arguments: its keyword arguments
    returns: what is done with what both return
    check_by: the same four of what is called with each returned value
    over_by: the same four of the items that it is called with, one after the other
    takes_sync: whether it gets its worker's primitive as the argument `sync`
    tree: where a version of the code is, as `_version_finder` takes it
    consumer: the same of the consumer: what names it, and whether it takes the primitive
    """

    consumer: dict = {}
    shape = "workers"
    load = {"ops": 1000, "scaling": "strong"}
    unit = "item"

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.second = _function.Workload(returns=self.returns, **self.consumer)
        if self.second.takes_sync:
            self.takes = self.second.takes

    def refuses(self, model, sync, workers, load):
        if workers < 2:
            return "two roles need at least 2 workers"
        if "duration" in load:
            return "two roles count the items that pass: give load.ops, not load.duration"
        return super().refuses(model, sync, workers, load)

    def prepare(self, kit):
        super().prepare(kit)
        self.second.prepare(kit)
        if (self.form in _user_code.ASYNCHRONOUS) is not (self.second.form in _user_code.ASYNCHRONOUS):
            raise tools.Unsupported(
                "%s is a %s and %s a %s: both roles have to await, or neither"
                % (self.function, self.form, self.second.function, self.second.form)
            )

    def producers(self, workers):
        """How many of the workers produce; they come first."""
        return workers // 2

    def shares(self, ops, workers):
        producers = self.producers(workers)
        return super().shares(ops, producers) + super().shares(ops, workers - producers)

    # A worker of a pool may get the orders of any other, and with them its role: so each has a part of its own for both.

    def enter(self, me):
        super().enter(me)
        producer = me.own
        self.second.enter(me)
        me.own = producer, me.own

    async def enter_async(self, me):
        await super().enter_async(me)
        producer = me.own
        await self.second.enter_async(me)
        me.own = producer, me.own

    def leave(self, me):
        me.own, consumer = me.own
        super().leave(me)
        me.own = consumer
        self.second.leave(me)

    async def leave_async(self, me):
        me.own, consumer = me.own
        await super().leave_async(me)
        me.own = consumer
        await self.second.leave_async(me)

    def work(self, me, n):
        both = me.own
        me.own = both[me.index >= self.producers(me.workers)]
        try:
            return super().work(me, n)
        finally:
            me.own = both

    async def awaited(self, me, n):
        both = me.own
        if isinstance(both, tuple):  # not where `work` has chosen already
            me.own = both[me.index >= self.producers(me.workers)]
        try:
            return await super().awaited(me, n)
        finally:
            me.own = both
