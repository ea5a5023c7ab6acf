"""Which worker is which thread or task: for the diagnostic trial after a timeout, whose times count nowhere."""

from concexp.trial import probes, tools
from concexp.trial.diagnostics.lock_watch import registry


class Watcher(tools.Watcher):
    """Records which thread or task is which worker."""

    name = "holders"

    def around(self, work, me):
        def named(me, n):
            registry.name_worker(me.index)
            return work(me, n)

        return named

    def around_async(self, work, me):
        async def named(me, n):
            registry.name_worker(me.index)
            return await work(me, n)

        return named


class Probe(probes.SeparateProbe):
    """Which worker is which thread or task, for the report of `lock_watch` when a trial hangs. It has no facts and no metric."""

    @classmethod
    def applies_to(cls, sync):
        return False

    def watcher(self):
        return Watcher()
