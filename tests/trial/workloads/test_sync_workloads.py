"""Workloads that share state: what each loop does, what its check finds out, and which ways lead to a deadlock."""

import asyncio
import threading
import time
from itertools import pairwise
from math import gcd

import pytest

from concexp.trial import passes, tools
from concexp.trial.workloads import _busy, _meetings, bank_transfers, critical_section, lock_order, readers_writers
from tests.helpers.forks import trial
from tests.helpers.plugins import PACE, build

FAR = 3 << 40  # where the numbers of a fourth worker begin, when time is what is given
MODELS = ["threads", "processes", "asyncio"]


class Scene:
    """A workload prepared as a trial would do it, and its workers, to be played one after another."""

    def __init__(self, name, sync="lock", workers=2, model="threads", **parameters):
        self.workload = build("workload", name, **parameters)
        self.sync, self.model, self.workers = build("sync", sync), build("model", model), workers
        lent = tools.Tools(*self.model.primitives(), self.model.asynchronous, "", workers)
        self.kit = tools.Kit(lent, self.sync, None, workers, "", pace=PACE)
        self.kit.primitive = self.sync.build(lent, getattr(self.workload, "capacity", 0))
        self.shared = self.workload.prepare(self.kit)
        self.workload.reset(self.shared)
        self.crew = [tools.WorkerView(i, workers, self.kit.primitive, self.shared, "") for i in range(workers)]
        for me in self.crew:
            self.workload.enter(me)
        self.reports = []

    def play(self, index, first, n):
        """Worker `index` does n operations from number `first` on; what `work` returned."""
        me = self.crew[index]
        me.first = first
        work, work_async = self.workload.work, self.workload.work_async
        total = asyncio.run(work_async(me, n)) if self.model.asynchronous else work(me, n)
        self.reports.append(passes.Report(0, 1, first, n, total))
        return total

    @property
    def outcome(self):
        return passes.Outcome(self.reports, 1.0, self.workers)

    @property
    def verdict(self):
        """(reason, counts) of the check."""
        return self.workload.check(self.shared, self.outcome)

    def spoil(self, cells, read, index, first, n):
        """At the given read of `cells` (counted from 1), worker `index` comes in between and does n operations."""
        return Spoilt(cells, read, lambda: self.play(index, first, n))


class Spoilt(list):
    """Shared cells in which, between one reading and the writing that follows, somebody else gets the processor."""

    def __init__(self, cells, read, interrupt):
        super().__init__(cells)
        self.left, self.interrupt = read, interrupt

    def __getitem__(self, k):
        value = super().__getitem__(k)
        self.left -= 1
        if self.left == 0:
            self.interrupt()
        return value


class Diary:
    """A guard that notes when it is taken and given back, plainly or awaited."""

    def __init__(self, name, log):
        self.name, self.log = name, log

    def __enter__(self):
        self.log.append(f"+{self.name}")

    def __exit__(self, *error):
        self.log.append(f"-{self.name}")

    async def __aenter__(self):
        self.__enter__()

    async def __aexit__(self, *error):
        self.__exit__()


# Each workload in each of its forms; where two workers take turns, nobody ever has to wait.
FORMS = [
    *[("counter", {"form": form}) for form in ("inline", "call", "read_loop_write", "local_then_merge")],
    ("primitive_loop", {}),
    *[("critical_section", {"locks": 3, "assign": assign}) for assign in ("own", "round_robin", "random")],
    ("readers_writers", {"writes": 0.3}),
    *[("bank_transfers", {"locks": locks}) for locks in ("one", "per_account")],
    *[("lock_order", {"order": order, "hold": 0.0}) for order in ("same", "opposite")],
    *[
        ("philosophers", {"strategy": strategy, "thinking": 0.0, "eating": 0.0})
        for strategy in ("ordered", "unordered", "timeout")
    ],
]


@pytest.mark.parametrize(("name", "parameters"), FORMS)
def test_every_loop_does_the_same(name, parameters):
    """Guarded, unguarded and awaited loops are written out one by one, and come to the same, which the check agrees with."""
    ways = [("lock", "threads"), ("lock", "asyncio")]
    if "none" in build("workload", name).takes:
        ways += [("none", "threads"), ("none", "asyncio")]
    found = []
    for sync, model in ways:
        scene = Scene(name, sync, 2, model, **parameters)
        totals = scene.play(0, 5, 30), scene.play(1, FAR, 17)
        assert scene.verdict[0] == ""
        found.append((totals, scene.verdict))
    assert [one for one in found if one != found[0]] == []


@pytest.mark.parametrize(("name", "parameters"), FORMS)
def test_operations_may_come_one_by_one(name, parameters):
    """A share in one call of `work` or in many, as when each operation is timed: the outcome is the same."""
    whole, pieces = Scene(name, **parameters), Scene(name, **parameters)
    for index in (0, 1):
        whole.play(index, 40 * index, 40)
    assert sum(pieces.play(index, 40 * index + k, 1) for index in (0, 1) for k in range(40)) == whole.outcome.total
    assert pieces.workload.check(pieces.shared, whole.outcome)[0] == ""


# counter


@pytest.mark.parametrize("form", ["inline", "call", "read_loop_write", "local_then_merge"])
def test_an_interrupted_increment_loses_the_others(form):
    """Whoever is interrupted between reading and writing wipes out what others counted meanwhile, in every form."""
    scene = Scene("counter", "none", form=form)
    box = scene.spoil(scene.shared, 1, 1, 0, 7)
    scene.shared = scene.crew[0].shared = scene.crew[1].shared = box
    scene.play(0, 7, 5)
    assert scene.verdict == ("7 of 12 increments were lost", {"lost_updates": 7})


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("form", ["read_loop_write", "local_then_merge"])
def test_a_lock_keeps_every_form_whole(form, model):
    """Behind a lock the wide window and the late merge lose nothing either."""
    ending = trial(("counter", {"form": form}), model, "lock", load={"ops": 4000, "scaling": "strong"}, probes=[])
    assert (ending.status, ending.answer["iterations"][0]["counts"]) == ("ok", {"lost_updates": 0}), ending


def test_each_lock_of_several_has_a_counter_of_its_own():
    """With several locks worker i counts in counter i % locks, under that lock, and the check adds all of them up."""
    scene = Scene("counter", "sharded_lock", 10)
    for index in range(10):
        scene.play(index, 0, index + 1)
    assert scene.shared == [1 + 9, 2 + 10, 3, 4, 5, 6, 7, 8]
    assert scene.verdict == ("", {"lost_updates": 0})
    log = []
    scene.crew[9].sync = [Diary(k, log) for k in range(8)]
    scene.play(9, 0, 1)
    assert log == ["+1", "-1"]


# primitive_loop


@pytest.mark.parametrize("model", ["threads", "thread_pool", "processes", "process_pool", "asyncio"])
@pytest.mark.parametrize("probes", [[], ["latency"]])
@pytest.mark.parametrize(
    ("name", "sync"), [("primitive_loop", "barrier"), ("barrier_phases", "barrier"), ("barrier_phases", "condition")]
)
def test_shares_that_differ_by_one_can_meet(name, sync, model, probes):
    """Workers meet to the end though some have an operation less, whether they get their share at once or one by one."""
    load = {"ops": 8, "scaling": "strong"}
    ending = trial(name, model, sync, workers=3, load=load, iterations=2, probes=probes, timeout=20)
    assert ending.status == "ok", ending
    assert [iteration["worker_ops"] for iteration in ending.answer["iterations"]] == [[3, 3, 2]] * 2


@pytest.mark.parametrize(("ops", "workers"), [(7, 3), (8, 8), (9, 8), (100, 7), (5, 1)])
def test_nobody_waits_alone(ops, workers):
    """Each worker's own operations and its visits without one are as many as anybody else's."""
    crew = [tools.WorkerView(i, workers, None, None, "") for i in range(workers)]
    plan = _meetings.Meetings(tools.Tools("", {}, lambda n: [0] * n), workers)
    visits = []
    for me, (first, n) in zip(crew, plan.plan(tools.Workload().shares(ops, workers)), strict=True):
        me.first = first
        extra = plan.after(me, n)
        for me.first in range(first, first + n):
            assert plan.after(me, 1) == (extra if me.first == first + n - 1 else 0)
        visits.append(n + extra)
    assert visits == [-(-ops // workers)] * workers


@pytest.mark.parametrize(("name", "sync"), [("primitive_loop", "barrier"), ("barrier_phases", "condition")])
def test_who_meets_must_know_how_often(name, sync):
    """A given time, or fewer operations than workers, is refused with the reason; other primitives take both."""

    def reason(name, sync, load):
        return tools.unsupported(build("workload", name), build("model", "threads"), build("sync", sync), 4, load)

    assert reason(name, sync, {"duration": 1.0}).endswith("give load.ops, not load.duration")
    assert reason(name, sync, {"ops": 3, "scaling": "strong"}).endswith("3 operations are too few for 4 workers")
    assert reason(name, sync, {"ops": 3, "scaling": "weak"}) == ""
    assert reason(name, sync, {"ops": 4, "scaling": "strong"}) == ""
    assert reason("primitive_loop", "lock", {"duration": 1.0}) == ""


@pytest.mark.parametrize("model", MODELS)
def test_even_one_place_in_a_channel_is_enough(model):
    """Nobody waits for ever however small the channel is: who has put an item takes one next."""
    ending = trial(("primitive_loop", {"capacity": 1}), model, "queue", workers=4, load={"ops": 40, "scaling": "weak"})
    assert ending.status == "ok", ending


def test_what_is_left_of_a_loop_is_noticed():
    """An item in the channel, an item that nobody put, an event that is set and a broken barrier are wrong outcomes."""
    scene = Scene("primitive_loop", "queue")
    scene.play(0, FAR, 10)
    assert scene.verdict[0] == ""
    scene.shared.put(1)
    assert "left in the channel" in scene.verdict[0]
    scene.shared.get()
    assert scene.workload.check(
        scene.shared, passes.Outcome([passes.Report(0, 1, FAR + 1, 10, sum(range(FAR, FAR + 10)))], 1, 2)
    )[0]
    scene = Scene("primitive_loop", "event", 3)
    scene.play(1, 0, 10)
    assert scene.verdict[0] == ""
    assert len(set(map(id, scene.shared))) == 3
    scene.shared[2].set()
    assert scene.verdict[0] == "an event is still set"
    scene = Scene("primitive_loop", "barrier", 1)
    scene.workload.shares(5, 1)
    scene.play(0, 0, 5)
    assert scene.verdict[0] == ""
    scene.shared.abort()
    assert "broken" in scene.verdict[0]


def test_each_kind_uses_its_own_primitive():
    """A guard is taken once per operation; of several locks the worker's own is."""
    scene, log = Scene("primitive_loop"), []
    scene.crew[0].sync = Diary("guard", log)
    scene.play(0, 0, 3)
    assert log == ["+guard", "-guard"] * 3
    scene = Scene("primitive_loop", "sharded_lock", 10)
    del log[:]
    scene.crew[9].sync = [Diary(k, log) for k in range(8)]
    scene.play(9, 0, 2)
    assert log == ["+1", "-1"] * 2


# critical_section


@pytest.mark.parametrize("assign", ["own", "round_robin", "random"])
def test_operations_enter_the_sections_they_are_assigned_to(assign):
    """Which section an operation enters is fixed by worker or number; the lock that is held belongs to the cell written."""
    scene, log = Scene("critical_section", workers=3, locks=4, assign=assign), []
    scene.shared[0][:] = [Diary(k, log) for k in range(4)]
    ranges = [(0, 50), (50, 30), (FAR, 2100)]
    for index, (first, n) in enumerate(ranges):
        scene.play(index, first, n)
    entered = [log.count(f"+{k}") for k in range(4)]
    assert entered == list(scene.shared[1]) == scene.workload.visits(scene.outcome)
    assert log[1::2] == [entry.replace("+", "-") for entry in log[::2]]
    assert scene.verdict[0] == ""
    if assign == "own":
        assert entered == [50, 30, 2100, 0]
    if assign == "round_robin":
        assert max(entered) - min(entered) <= 3
    if assign == "random":
        assert min(entered) > 2180 / 4 * 0.8


def test_workers_far_apart_are_not_in_step():
    """The period of what repeats shares no factor with the distance of the workers' numbers: they do different things."""
    for period in (critical_section.PERIOD, bank_transfers.PERIOD):
        assert gcd(period, 1 << 40) == 1
        assert len({(k << 40) % period for k in range(64)}) == 64


def test_an_interrupted_section_is_found_out():
    """An update that another worker's section wiped out is counted, also if the sums are right."""
    scene = Scene("critical_section", "none")
    cells = scene.spoil(scene.shared[1], 1, 1, 0, 7)
    scene.shared = scene.crew[0].shared = scene.crew[1].shared = scene.shared[0], cells
    scene.play(0, 7, 5)
    reason, counts = scene.verdict
    assert (reason, counts["lost_updates"]) == ("7 of 12 updates were lost", 7)


def test_a_section_entered_in_anothers_place_is_noticed():
    """As many updates as operations are not enough: each section has its own number of them."""
    scene = Scene("critical_section", locks=2, assign="round_robin")
    scene.play(0, 0, 20)
    assert scene.verdict[0] == ""
    scene.shared[1][0] += 1
    scene.shared[1][1] -= 1
    assert "were entered [11, 9] times, not [10, 10]" in scene.verdict[0]


def test_inside_and_outside_are_in_proportion():
    """Both times are the run's pace times the time that was asked for, and the answer has the rounds."""
    counts = Scene("critical_section", inside=0.01, outside=0.03).verdict[1]
    assert (counts["rounds_inside"], counts["rounds_outside"]) == (100, 300)


# readers_writers


@pytest.mark.parametrize(
    ("fraction", "per_thousand"), [(0, 0), (0.0001, 1), (0.001, 1), (0.1, 100), (1 / 3, 333), (0.5, 500), (1, 1000)]
)
def test_writes_are_as_many_as_asked_and_evenly_spread(fraction, per_thousand):
    """The fraction of writes is met to the step, and the gaps between two writes differ by one operation at most."""
    plan = build("workload", "readers_writers", writes=fraction).plan()
    assert sum(plan) == per_thousand
    places = [number for number, write in enumerate(plan * 2) if write]
    gaps = {after - before for before, after in pairwise(places)}
    assert not gaps or max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("model", ["threads", "asyncio"])
def test_readers_take_the_readers_side(model):
    """Where the primitive has a side for readers, they take that, and writers the other; otherwise both take the same."""
    scene, log = Scene("readers_writers", model=model, writes=0.3), []
    guard = scene.crew[0].sync = Diary("writer", log)
    scene.play(0, 0, 1000)
    assert log == ["+writer", "-writer"] * 1000
    del log[:]
    guard.reader = Diary("reader", log)
    scene.play(0, 0, 1000)
    assert [log.count(entry) for entry in ("+writer", "-writer", "+reader", "-reader")] == [300, 300, 700, 700]


@pytest.fixture
def open_record():
    """An unguarded record that everybody half writes or half reads, and the number of an operation of each sort."""
    scene = Scene("readers_writers", "none", writes=0.5)
    plan = scene.workload.plan()
    return scene, plan.index(False), plan.index(True)


def test_a_write_in_the_midst_of_a_read_is_found_out(open_record):
    """A reader that sees the old first cell and the new others has read what never was: a torn read."""
    scene, read, write = open_record
    record = scene.spoil(scene.shared[0], 1, 1, write, 1)
    scene.shared = scene.crew[0].shared = scene.crew[1].shared = record, scene.shared[1]
    scene.play(0, read, 1)
    reason, counts = scene.verdict
    assert reason == "1 of 1 reads saw a record that was half written"
    assert (counts["torn_reads"], counts["reads"], counts["lost_writes"]) == (1, 1, 0)


def test_a_read_in_the_midst_of_a_write_is_found_out(open_record, monkeypatch):
    """A reader that comes while a writer has changed the first cell only has a torn read, though nothing gets lost."""
    scene, read, write = open_record
    spin = _busy.spin

    def interrupted(rounds, x):
        monkeypatch.setattr(_busy, "spin", spin)
        scene.play(1, read, 1)
        return spin(rounds, x)

    monkeypatch.setattr(_busy, "spin", interrupted)
    scene.play(0, write, 1)
    assert scene.shared[0] == [1] * readers_writers.CELLS
    reason, counts = scene.verdict
    assert reason == "1 of 1 reads saw a record that was half written"
    assert (counts["torn_reads"], counts["reads"], counts["lost_writes"]) == (1, 1, 0)


def test_a_lost_write_is_found_out():
    """A write that another one wiped out is counted: the record tells how many there were."""
    scene = Scene("readers_writers", "none", writes=1)
    record = scene.spoil(scene.shared[0], 1, 1, 0, 4)
    scene.shared = scene.crew[0].shared = scene.crew[1].shared = record, scene.shared[1]
    scene.play(0, 4, 1)
    reason, counts = scene.verdict
    assert reason == "after 5 writes the record holds [1, 1, 1, 1, 1, 1, 1, 1]"
    assert (counts["torn_reads"], counts["reads"], counts["lost_writes"]) == (0, 0, 4)


# bank_transfers


@pytest.mark.parametrize("accounts", [2, 3, 16, 100])
def test_no_account_pays_itself(accounts):
    """Every transfer goes between two different accounts, all accounts take part, and the lower one is named as such."""
    table = build("workload", "bank_transfers", accounts=accounts).transfers()
    assert all(source != target for source, target, _, _, _ in table)
    assert {source for source, _, _, _, _ in table} == {target for _, target, _, _, _ in table} == set(range(accounts))
    assert all((low, high) == tuple(sorted((source, target))) for source, target, _, low, high in table)
    assert all(amount >= 1 for _, _, amount, _, _ in table)


@pytest.mark.parametrize("model", ["threads", "asyncio"])
def test_locks_of_accounts_are_taken_in_order(model):
    """Each transfer holds the locks of its two accounts, the lower one first: so nobody can wait in a circle."""
    scene, log = Scene("bank_transfers", model=model, accounts=5, locks="per_account"), []
    assert len(set(map(id, scene.shared[0]))) == 5
    scene.shared[0][:] = [Diary(k, log) for k in range(5)]
    scene.play(0, 0, 100)
    expected = []
    for _, _, _, low, high in build("workload", "bank_transfers", accounts=5).transfers()[:100]:
        expected += [f"+{low}", f"+{high}", f"-{high}", f"-{low}"]
    assert log == expected


def test_one_lock_is_one_lock():
    """With one lock for all accounts no other primitive is made."""
    scene, log = Scene("bank_transfers"), []
    assert scene.shared[0] == [scene.kit.primitive]
    scene.crew[0].sync = Diary("all", log)
    scene.play(0, 0, 10)
    assert log == ["+all", "-all"] * 10


def test_money_that_gets_lost_is_found_out():
    """A deposit that another worker wiped out is missing in the sum, and the accounts that are wrong are counted."""
    scene = Scene("bank_transfers", "none", accounts=2)
    amounts = [
        amount if target else -amount
        for _, target, amount, _, _ in build("workload", "bank_transfers", accounts=2).transfers()
    ]
    balances = scene.spoil(scene.shared[1], 1, 1, 0, 3)
    scene.shared = scene.crew[0].shared = scene.crew[1].shared = scene.shared[0], balances
    scene.play(0, 3, 1)
    reason, counts = scene.verdict
    # Account 0 or 1, whichever pays first in transfer 3, forgets what transfers 0 to 2 did to it.
    forgotten = sum(amounts[:3]) * (1 if amounts[3] < 0 else -1)
    assert counts == {"lost_money": forgotten, "wrong_balances": 1}
    assert reason == f"the accounts hold {2000 - forgotten} in all, not 2000"


def test_money_on_the_wrong_account_is_found_out():
    """A transfer that never took place leaves the sum as it is: the balances tell."""
    scene = Scene("bank_transfers")
    scene.play(0, 0, 10)
    assert scene.verdict == ("", {"lost_money": 0, "wrong_balances": 0})
    scene.shared[1][3] -= 5
    scene.shared[1][4] += 5
    assert scene.verdict == (
        "the sum is right, but 2 accounts do not hold what they should",
        {"lost_money": 0, "wrong_balances": 2},
    )


# lock_order


@pytest.mark.parametrize(
    ("order", "second"), [("same", ["+A", "+B", "-B", "-A"]), ("opposite", ["+B", "+A", "-A", "-B"])]
)
@pytest.mark.parametrize("model", ["threads", "asyncio"])
def test_the_order_of_two_locks(order, second, model):
    """Every other worker takes the locks in the opposite order, or all in the same, as was asked."""
    scene, log = Scene("lock_order", model=model, workers=4, order=order, hold=0.0), []
    scene.shared = Diary("A", log), Diary("B", log)
    for index in range(4):
        scene.crew[index].shared = scene.shared, [0, 0]
        del log[:]
        scene.play(index, 0, 1)
        assert log == (second if index % 2 else ["+A", "+B", "-B", "-A"])


@pytest.mark.parametrize("name", ["lock_order", "philosophers"])
def test_one_alone_needs_no_company(name):
    """What shows how workers wait for each other is refused for one."""
    refused = tools.unsupported(build("workload", name), build("model", "serial"), build("sync", "lock"), 1, {"ops": 5})
    assert "at least 2" in refused


def test_amounts_add_up():
    """What n transfers move together is what a loop over them would count."""
    for first, n in [(0, 0), (0, 7), (5, 23), (FAR, 100)]:
        assert lock_order.amounts(first, n) == sum(k % lock_order.AMOUNTS + 1 for k in range(first, first + n))


def test_a_transfer_that_was_wiped_out_is_found_out():
    """Each of the two balances is known to the unit."""
    scene = Scene("lock_order", hold=0.0)
    scene.play(0, 0, 10)
    scene.play(1, FAR, 4)
    assert scene.verdict == ("", {"lost_money": 0, "wrong_balances": 0})
    scene.shared[1][1] -= 3
    reason, counts = scene.verdict
    assert reason.startswith("the accounts hold ")
    assert counts == {"lost_money": 3, "wrong_balances": 1}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("lock_order", {"order": "opposite", "hold": 0.05}),
        ("philosophers", {"strategy": "unordered", "reach": 0.05, "thinking": 0.0}),
    ],
)
def test_a_circle_of_waiting_is_a_real_deadlock(name, parameters, model):
    """Whoever takes locks so that all can wait for each other does it for real: the trial ends by its timeout, cleanly."""
    load = {"ops": 1000, "scaling": "weak"}
    ending = trial((name, parameters), model, "lock", load=load, probes=[], warmup=0, timeout=1.5)
    assert (ending.status, ending.left_behind) == ("timeout", 0), ending


# philosophers


@pytest.mark.parametrize("philosophers", [2, 3, 7])
@pytest.mark.parametrize("strategy", ["ordered", "unordered", "timeout"])
def test_forks_lie_between_neighbours(strategy, philosophers):
    """Each fork is within reach of two neighbours; in order it is taken so that no circle can come to be."""
    scene = Scene("philosophers", workers=philosophers, strategy=strategy)
    hands = [scene.workload.hands(me) for me in scene.crew]
    assert sorted(fork for pair in hands for fork in pair) == sorted([*range(philosophers)] * 2)
    assert all(
        set(pair) == {me.index, (me.index + 1) % philosophers} for pair, me in zip(hands, scene.crew, strict=True)
    )
    assert all(first < second for first, second in hands) == (strategy == "ordered")
    assert len(set(map(id, scene.shared[0]))) == philosophers


@pytest.mark.parametrize("sync", ["lock", "rlock", "semaphore", "bounded_semaphore"])
def test_a_philosopher_gives_up_and_tries_again(sync):
    """While the neighbour has the second fork, the first is put back, again and again; then the meal is eaten after all."""
    scene = Scene("philosophers", sync, strategy="timeout", patience=0.001, thinking=0.0, eating=0.0)
    forks, _, retries = scene.shared
    forks[1].acquire()
    diner = threading.Thread(target=scene.play, args=(0, 0, 5))
    diner.start()
    while retries[0] < 2:
        time.sleep(0.001)
    forks[1].release()
    diner.join()
    scene.play(1, 5, 5)
    reason, counts = scene.verdict
    assert (reason, counts["retries"]) == ("", retries[0])
    assert all(fork.acquire(False) for fork in forks)


def test_a_coroutine_gives_up_and_tries_again():
    """The same with asyncio, whose locks have no time limit of their own."""
    scene = Scene("philosophers", model="asyncio", strategy="timeout", patience=0.001, thinking=0.0, eating=0.0)
    forks, _, retries = scene.shared

    async def dinner():
        await forks[1].acquire()
        diner = asyncio.ensure_future(scene.workload.work_async(scene.crew[0], 5))
        while retries[0] < 2:
            await asyncio.sleep(0.001)
        forks[1].release()
        return await diner

    assert asyncio.run(dinner()) == 5
    assert scene.shared[1] == [5, 5]
    assert not any(fork.locked() for fork in forks)


@pytest.mark.parametrize("model", [*MODELS, "thread_pool", "process_pool"])
def test_whoever_gives_up_in_time_never_starves(model):
    """With a time limit even the worst table comes to all its meals, however often somebody gives up."""
    parameters = {"strategy": "timeout", "reach": 0.002, "patience": 0.001, "thinking": 0.0, "eating": 0.0}
    ending = trial(
        ("philosophers", parameters), model, "lock", workers=3, load={"ops": 4, "scaling": "weak"}, timeout=30
    )
    assert (ending.status, ending.answer["iterations"][0]["ops"]) == ("ok", 12), ending
    assert ending.answer["iterations"][0]["counts"]["retries"] >= 0


def test_a_fork_in_two_hands_is_found_out():
    """Each fork was used as often as its two neighbours ate; one that was used less often was in two hands at once."""
    scene = Scene("philosophers", workers=3, thinking=0.0, eating=0.0)
    for index, meals in enumerate([4, 5, 6]):
        scene.play(index, 10 * index, meals)
    assert (scene.shared[1], scene.verdict) == ([10, 9, 11], ("", {"retries": 0}))
    scene.shared[1][2] -= 1
    assert scene.verdict[0] == "1 of 3 forks were in two hands at once"


def test_forks_must_know_a_time_limit():
    """A primitive that can't be asked for with a time limit is no fork, and the reason says what is."""
    refused = tools.unsupported(
        build("workload", "philosophers"), build("model", "threads"), build("sync", "file_lock"), 3, {"ops": 5}
    )
    assert refused == "philosophers works with lock or rlock or semaphore or bounded_semaphore, not with file_lock"


# barrier_phases


class Open:
    """A barrier that lets everybody through."""

    def wait(self):
        pass


def test_a_barrier_that_does_not_hold_is_found_out():
    """Who goes on while another has not done the phase, or finds another two phases ahead, counts an error."""
    scene = Scene("barrier_phases", "barrier")
    scene.workload.shares(6, 2)
    for me in scene.crew:
        me.sync = Open()
    scene.play(0, 0, 3)
    assert scene.shared[1] == [3, 0]
    scene.play(1, 3, 3)
    assert scene.shared[1] == [3, 1]
    reason, counts = scene.verdict
    assert reason.startswith("4 times a worker was past the barrier")
    assert counts == {"phase_errors": 4, "rounds": 5}


def test_everybody_comes_to_the_last_phase():
    """A worker that stopped early is noticed, though nobody saw it at a barrier."""
    scene = Scene("barrier_phases", "barrier", 1)
    scene.workload.shares(5, 1)
    scene.play(0, 0, 5)
    assert scene.verdict == ("", {"phase_errors": 0, "rounds": 5})
    scene.shared[0][0] = 4
    assert scene.verdict[0] == "the workers came to phases [4], not all to 5"


@pytest.mark.parametrize("imbalance", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_load_goes_round(workers, imbalance):
    """In each phase the loads are spread about the mean, and after N phases all N workers have done the same."""
    scene = Scene("barrier_phases", "barrier", workers, busy=0.1, imbalance=imbalance)
    scene.workload.shares(workers * workers, workers)
    parts = [[part for _, part in scene.workload.parts(me, workers)] for me in scene.crew]
    for phase in zip(*parts, strict=True):
        loads = [scene.workload.rounds[part] for part in phase]
        assert sum(loads) == 1000 * workers
        assert max(loads) == (1000 if workers == 1 else 1000 * (1 + imbalance))
    assert len({tuple(sorted(own)) for own in parts}) == 1


def test_a_barrier_by_hand_holds():
    """Nobody comes through before the last is there, and it can be used again."""
    scene = Scene("barrier_phases", "condition", 3)
    scene.workload.shares(60, 3)
    crew = [threading.Thread(target=scene.play, args=(index, 20 * index, 20)) for index in range(3)]
    crew[0].start()
    crew[1].start()
    while scene.shared[2][0] < 2:
        time.sleep(0.001)
    assert (scene.shared[0], scene.reports) == ([1, 1, 0], [])
    crew[2].start()
    for thread in crew:
        thread.join()
    assert scene.shared == ([20, 20, 20], [0, 0, 0], [0, 20])
    scene.reports.sort(key=lambda report: report.first)  # in the workers' order, as a model answers
    assert scene.verdict == ("", {"phase_errors": 0, "rounds": 5})
