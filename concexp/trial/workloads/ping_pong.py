"""To and fro: what does it take to hand something over?"""

from concexp.trial import tools
from concexp.trial.workloads import _messages


class Misplaced(Exception):
    """The token was not where it had to be."""


class Workload(tools.Workload):
    """Hand a token to and fro between the two workers of each pair, through whatever the primitive is.

    Through a channel or a stream the token is a message, compared when it has come back, and each way has a channel of its
    own unless one carries both. With a signal or a condition the token is a number in shared memory, and what is handed over
    is the turn: a condition and whose turn it is, two events, two semaphores, or a barrier of two.

    size: bytes of the message, where the token is one
    """

    known_as = ("round trip",)
    suits = "how fast two workers hand over to each other, by primitive"

    size: "size >= 1" = 1
    shape = "workers"
    resource = "io"
    takes = ("channel", "stream", "condition", "event", "semaphore", "barrier")
    load = {"ops": 2_000, "scaling": "strong"}
    unit = "round trip"

    def refuses(self, model, sync, workers, load):
        if workers < 2 or workers % 2:
            return "ping_pong needs pairs: an even number of workers, at least 2"
        if "duration" in load:
            return "both of a pair make the same number of round trips: give load.ops, not load.duration"
        if "ops" in load and load.get("scaling") == "strong" and load["ops"] < workers // 2:
            return "each pair needs a round trip: %d are too few for %d pairs" % (load["ops"], workers // 2)
        return ""

    def prepare(self, kit):
        pairs = kit.workers // 2
        interface = kit.sync.interface
        self.kind = "message" if interface in ("channel", "stream") else tools.name_of(kit.sync)
        if self.kind == "message":
            made = [kit.pair() for _ in range(pairs)]
        elif self.kind == "condition":
            made = [(one, one) for one in [kit.primitive] + [kit.new_primitive() for _ in range(1, pairs)]]
        elif self.kind == "event":
            made = [(kit.new_primitive(), kit.new_primitive()) for _ in range(pairs)]
        elif self.kind == "semaphore":
            made = [(kit.tools.make("Semaphore", 1), kit.tools.make("Semaphore", 0)) for _ in range(pairs)]
        else:
            made = [(one, one) for one in [kit.tools.make("Barrier", 2) for _ in range(pairs)]]
        return made, kit.tools.array(2 * pairs)  # for each pair: the token, and whose turn it is

    def reset(self, shared):
        made, cells = shared
        for k in range(len(cells)):
            cells[k] = 0
        if self.kind == "event":
            for mine, other in made:
                mine.set()  # the first of a pair begins
                other.clear()

    def enter(self, me):
        if self.kind == "message":
            me.own = _messages.payloads(int(self.size))

    def shares(self, ops, workers):
        return [share for share in super().shares(ops, workers // 2) for _ in range(2)]

    def work(self, me, n):
        pair, side = divmod(me.index, 2)
        return globals()["by_%s" % self.kind](me, n, me.shared[0][pair], me.shared[1], 2 * pair, side)

    async def work_async(self, me, n):
        pair, side = divmod(me.index, 2)
        return await globals()["by_%s_async" % self.kind](me, n, me.shared[0][pair], me.shared[1], 2 * pair, side)

    def check(self, shared, outcome):
        trips = outcome.ops // 2
        counts = {"pairs": len(shared[0])}
        if self.kind == "message":
            counts.update(message_bytes=int(self.size), pickled_bytes=_messages.pickled_bytes(int(self.size)))
            values = _messages.numbers(_messages.payloads(int(self.size)))
            residues = outcome.per_residue(_messages.KINDS)
            expected = sum(value * count // 2 for value, count in zip(values, residues))
        else:
            expected = outcome.ops  # each side of a pair counts its moves
            moves = sum(shared[1][::2])
            if moves != outcome.ops:
                return "the tokens were moved %d times, not %d" % (moves, outcome.ops), counts
        reason = "" if outcome.total == expected else "not every one of %d round trips was made" % trips
        return reason, counts


# Each loop is written out: what is measured is so short that a call more would show.
def by_message(me, n, ends, cells, at, side):
    put, get, found = ends[side].put, ends[side].get, me.own
    if side:
        for _ in range(n):
            put(get())
        return 0
    values, kinds = _messages.numbers(found), _messages.KINDS
    total = 0
    for number in range(me.first, me.first + n):
        kind = number % kinds
        put(found[kind])
        message = get()
        if message != found[kind]:
            raise _messages.Damaged(_messages.what_is_wrong(message, found))
        total += values[kind]
    return total


async def by_message_async(me, n, ends, cells, at, side):
    put, get, found = ends[side].put, ends[side].get, me.own
    if side:
        for _ in range(n):
            await put(await get())
        return 0
    values, kinds = _messages.numbers(found), _messages.KINDS
    total = 0
    for number in range(me.first, me.first + n):
        kind = number % kinds
        await put(found[kind])
        message = await get()
        if message != found[kind]:
            raise _messages.Damaged(_messages.what_is_wrong(message, found))
        total += values[kind]
    return total


def move(cells, at, side):
    """Move the token; Misplaced if it is the other side's turn."""
    if cells[at] % 2 != side:
        raise Misplaced("side %d of a pair found the token on the other side, after %d moves" % (side, cells[at]))
    cells[at] += 1


def by_condition(me, n, ends, cells, at, side):
    changed = ends[side]
    for _ in range(n):
        with changed:
            while cells[at + 1] != side:
                changed.wait()
            move(cells, at, side)
            cells[at + 1] = 1 - side
            changed.notify()
    return n


async def by_condition_async(me, n, ends, cells, at, side):
    changed = ends[side]
    for _ in range(n):
        async with changed:
            while cells[at + 1] != side:
                await changed.wait()
            move(cells, at, side)
            cells[at + 1] = 1 - side
            changed.notify()
    return n


def by_event(me, n, ends, cells, at, side):
    mine, other = ends[side], ends[1 - side]
    for _ in range(n):
        mine.wait()
        mine.clear()
        move(cells, at, side)
        other.set()
    return n


async def by_event_async(me, n, ends, cells, at, side):
    mine, other = ends[side], ends[1 - side]
    for _ in range(n):
        await mine.wait()
        mine.clear()
        move(cells, at, side)
        other.set()
    return n


def by_semaphore(me, n, ends, cells, at, side):
    mine, other = ends[side], ends[1 - side]
    for _ in range(n):
        mine.acquire()
        move(cells, at, side)
        other.release()
    return n


async def by_semaphore_async(me, n, ends, cells, at, side):
    mine, other = ends[side], ends[1 - side]
    for _ in range(n):
        await mine.acquire()
        move(cells, at, side)
        other.release()
    return n


# The first moves before a meeting and the second after it; a second meeting gives the turn back.
def by_barrier(me, n, ends, cells, at, side):
    wait = ends[side].wait
    for _ in range(n):
        if side == 0:
            move(cells, at, side)
            wait()
            wait()
        else:
            wait()
            move(cells, at, side)
            wait()
    return n


async def by_barrier_async(me, n, ends, cells, at, side):
    wait = ends[side].wait
    for _ in range(n):
        if side == 0:
            move(cells, at, side)
            await wait()
            await wait()
        else:
            await wait()
            move(cells, at, side)
            await wait()
    return n
