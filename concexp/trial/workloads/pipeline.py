"""Stages in a row, a channel between each two: an assembly line."""

from concexp.trial import tools
from concexp.trial.workloads import _busy, _messages


class Workload(tools.Workload):
    """Pass messages through a row of stages, one worker each, with a channel between neighbours; the last compares them.

    Every stage computes for a while before it passes a message on: as much as is measured once, alone; it is pure Python,
    which holds the GIL. The slowest stage sets the pace of all.

    size: bytes of a message
    busy: CPU time that each stage spends on a message, where nothing hinders it
    capacity: messages that each channel holds at most, where it has a limit
    """

    known_as = ("stages",)
    suits = "how fast a row of stages is, and what its channels cost"

    size: "size >= 1" = 64
    busy: "duration >= 0" = 0.0
    capacity: "int >= 1" = 16
    shape = "workers"
    takes = ("channel", "stream")
    load = {"ops": 2_000, "scaling": "strong"}
    unit = "message"

    def __init__(self, **parameters):
        super().__init__(**parameters)
        if self.busy:
            self.loops = (_busy.spin,)
        else:
            self.resource = "io"

    def refuses(self, model, sync, workers, load):
        if workers < 2:
            return "a pipeline has a first and a last stage: at least 2 workers"
        if "duration" in load:
            return "a pipeline counts the messages that pass: give load.ops, not load.duration"
        return ""

    def prepare(self, kit):
        self.rounds = round(kit.rounds(_busy.spin, self.busy)) if self.busy else 0
        return [kit.primitive] + [kit.new_primitive(self.capacity) for _ in range(2, kit.workers)]

    def enter(self, me):
        me.own = _messages.payloads(int(self.size))

    def shares(self, ops, workers):
        return [(0, ops)] * workers

    def work(self, me, n):
        spin, rounds, found, kinds = _busy.spin, self.rounds, me.own, _messages.KINDS
        total = 0
        if me.index == 0:
            put = me.shared[0].put
            for number in range(me.first, me.first + n):
                total += spin(rounds, number % kinds)
                put(found[number % kinds])
            return total
        get = me.shared[me.index - 1].get
        if me.index < me.workers - 1:
            put = me.shared[me.index].put
            for number in range(me.first, me.first + n):
                message = get()
                total += spin(rounds, number % kinds)
                put(message)
            return total
        values = _messages.numbers(found)
        for number in range(me.first, me.first + n):
            message = get()
            if message != found[message[0]]:
                raise _messages.Damaged(_messages.what_is_wrong(message, found))
            total += spin(rounds, number % kinds) + values[message[0]]
        return total

    async def work_async(self, me, n):
        spin, rounds, found, kinds = _busy.spin, self.rounds, me.own, _messages.KINDS
        total = 0
        if me.index == 0:
            put = me.shared[0].put
            for number in range(me.first, me.first + n):
                total += spin(rounds, number % kinds)
                await put(found[number % kinds])
            return total
        get = me.shared[me.index - 1].get
        if me.index < me.workers - 1:
            put = me.shared[me.index].put
            for number in range(me.first, me.first + n):
                message = await get()
                total += spin(rounds, number % kinds)
                await put(message)
            return total
        values = _messages.numbers(found)
        for number in range(me.first, me.first + n):
            message = await get()
            if message != found[message[0]]:
                raise _messages.Damaged(_messages.what_is_wrong(message, found))
            total += spin(rounds, number % kinds) + values[message[0]]
        return total

    def check(self, shared, outcome):
        size, items = int(self.size), outcome.ops // outcome.workers  # every stage handled every message
        whole, rest = divmod(items, _messages.KINDS)
        spun = sum(_busy.leap(self.rounds, kind) * (whole + (kind < rest)) for kind in range(_messages.KINDS))
        expected = spun * outcome.workers + _messages.expected(size, items)
        reason = "" if outcome.total == expected else "what left the last stage is not what entered the first"
        counts = {"message_bytes": size, "pickled_bytes": _messages.pickled_bytes(size)}
        return reason, dict(counts, rounds=self.rounds) if self.busy else counts
