"""What the workloads have in common that move messages from some workers to others through one channel."""

from concexp.trial import tools
from concexp.trial.workloads import _messages


class Transfer(tools.Workload):
    """Workers 0 … producers - 1 put messages into one channel, the others take them out and compare each with what was sent.

    A pass counts messages, each once, however many workers handled it. Counts: message_bytes, and pickled_bytes, the length
    of a message where it has to be pickled.
    """

    size: "size >= 1" = 64
    capacity: "int >= 1" = 16
    shape = "workers"
    resource = "io"  # they wait for each other more than for a CPU
    takes = ("channel", "stream")
    load = {"ops": 5_000, "scaling": "strong"}
    unit = "message"

    def producers(self, workers):
        """How many of the workers put; the others take."""
        raise NotImplementedError

    def refuses(self, model, sync, workers, load):
        if workers < 2:
            return "messages need a sender and a receiver: at least 2 workers"
        if "duration" in load:
            return "a transfer counts the messages that pass: give load.ops, not load.duration"
        if sync.ends == "one" and workers > 2:
            return "%s has one writer and one reader: the messages of several would mix" % tools.name_of(sync)
        return ""

    def prepare(self, kit):
        self.joins = kit.sync.joins

    def enter(self, me):
        me.own = _messages.payloads(int(self.size))

    def shares(self, ops, workers):
        producers = self.producers(workers)
        return super().shares(ops, producers) + super().shares(ops, workers - producers)

    def work(self, me, n):
        if me.index < self.producers(me.workers):
            return _messages.put(me.sync, me.own, me.first, n, self.joins)
        return _messages.take(me.sync, me.own, n, self.joins)

    async def work_async(self, me, n):
        if me.index < self.producers(me.workers):
            return await _messages.put_async(me.sync, me.own, me.first, n, self.joins)
        return await _messages.take_async(me.sync, me.own, n, self.joins)

    def check(self, shared, outcome):
        size = int(self.size)
        expected = _messages.expected(size, outcome.ops // 2)  # each message was put, and taken
        reason = "" if outcome.total == expected else "the messages taken are not the messages put"
        return reason, {"message_bytes": size, "pickled_bytes": _messages.pickled_bytes(size)}
