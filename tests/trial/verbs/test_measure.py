"""One trial: what the check sees, what each kind of start-up starts, and how every end is told."""

import sys

import pytest

from concexp.trial import interpreter_state, passes, tools
from concexp.trial.verbs import measure
from tests.helpers.children import function, request, trial

S = measure.SECOND


def report(start, stop, done, first=0):
    """A worker's report; start and stop in seconds."""
    return passes.Report(int(start * S), int(stop * S), first, done, done)


def test_an_outcome_sums_up_all_that_was_done():
    """The check sees every operation that was done."""
    outcome = passes.Outcome([report(0, 1, 10, 5), report(0, 1, 4, 100)], 1.0, 2)
    assert (outcome.ranges, outcome.ops, outcome.total) == ([(5, 10), (100, 4)], 14, 14)


@pytest.mark.parametrize("modulus", [1, 2, 3, 7, 16])
def test_residues_are_counted_as_if_one_by_one(modulus):
    """The operations per residue are those that a loop over all their numbers would count."""
    outcome = passes.Outcome([report(0, 1, 23, 5), report(0, 1, 0), report(0, 1, 4, 1 << 40)], 1.0, 3)
    numbers = [*range(5, 28), *range(1 << 40, (1 << 40) + 4)]
    assert outcome.per_residue(modulus) == [sum(n % modulus == r for n in numbers) for r in range(modulus)]


class Model(tools.Model):
    """A model that keeps a diary instead of working; each worker does its orders in a second."""

    def __init__(self, diary, fault=None):
        super().__init__()
        self.diary, self.fault = diary, fault

    def primitives(self):
        return "nobody", {}, list

    def set_up(self):
        self.diary.append("set up")

    def open(self, job):
        self.diary.append("open")
        self.created = measure.clock()

    def run(self, orders):
        self.diary.append("run")
        if self.fault:
            raise self.fault
        self.orders = orders
        return [report(1, 2, order[1] if order[1] is not None else 5, first=order[0]) for order in orders]

    def close(self):
        self.diary.append("close")


class Workload(tools.Workload):
    """A workload that finds fault with the passes of the given numbers."""

    def __init__(self, diary, wrong=()):
        super().__init__()
        self.diary, self.wrong, self.number = diary, wrong, -1

    def prepare(self, kit):
        self.diary.append("prepare")

    def reset(self, shared):
        self.diary.append("reset")

    def check(self, shared, outcome):
        self.number += 1
        return (f"pass {self.number} is wrong" if self.number in self.wrong else ""), {"counted": self.number}

    def release(self, shared):
        self.diary.append("release")


class Sync(tools.Sync):
    """No primitive."""

    interface = "none"

    def build(self, tools, capacity):
        return None


@pytest.fixture
def play(monkeypatch, tmp_path):
    """Run a trial with the stand-ins above; (answer, diary, model)."""

    def play(wrong=(), fault=None, diary=None, **more):
        diary = [] if diary is None else diary
        model = Model(diary, fault)
        plugins = {"workloads": Workload(diary, wrong), "models": model, "sync": Sync()}
        monkeypatch.setattr(measure, "load_plugin", lambda kind, entry: plugins[kind])
        return measure.answer(request(folder=str(tmp_path), probes=[], **more)), diary, model

    return play


PASS = ["reset", "run"]


def test_once_opens_once(play):
    """`startup: once`: the same workers do the warm-up and all iterations."""
    answer, diary, _ = play(startup="once", warmup=1, iterations=2)
    assert diary == ["set up", "prepare", "open", *PASS, *PASS, *PASS, "close", "release"]
    assert len(answer["iterations"]) == 2
    assert len({iteration["startup_s"] for iteration in answer["iterations"]}) == 1


@pytest.mark.parametrize("startup", ["once", "each", "timed"])
def test_the_speed_is_measured_outside_of_every_pass(play, monkeypatch, startup):
    """The reference loop runs before the workers are created and after each pass, and never between creation and work."""
    diary = []

    def loop():
        number = 1 + sum(step.startswith("loop") for step in diary)
        diary.append(f"loop {number}")
        return float(number)

    monkeypatch.setattr(measure, "reference_s", loop)
    answer, _, _ = play(startup=startup, warmup=1, iterations=2, diary=diary)
    pairs = [(one["reference_before_s"], one["reference_after_s"]) for one in answer["iterations"]]
    assert pairs == [(2.0, 3.0), (3.0, 4.0)]
    assert all(one["worker_reference_before_s"] is None for one in answer["iterations"])
    assert diary.index("loop 1") < diary.index("open")
    assert diary[diary.index("loop 2") - 1] == "run"
    opened = [place for place, step in enumerate(diary) if step == "open"]
    assert all(diary[place + 1 : place + 3] == PASS for place in opened)


def test_workers_without_threads_of_the_system_are_invalid(play, monkeypatch):
    """Whatever has replaced them: a model of threads needs one for each worker."""
    monkeypatch.setattr(Model, "threaded", True)
    answer = play(workers=500)[0]
    assert answer["status"] == "invalid"
    assert answer["reason"].startswith("the 500 workers had only ")
    assert len(answer["iterations"]) == 1


@pytest.mark.parametrize("startup", ["each", "timed"])
def test_each_opens_each_time(play, startup):
    """`startup: each` and `timed`: every pass has workers of its own."""
    answer, diary, _ = play(startup=startup, warmup=1, iterations=1)
    assert diary == ["set up", "prepare", *["open", *PASS, "close"] * 2, "release"]
    assert len(answer["iterations"]) == 1


def test_only_timed_measures_the_creation(play):
    """`startup: each` leaves the creation out of the window, `timed` puts it in."""
    iteration = play(startup="each")[0]["iterations"][0]
    assert iteration["wall_s"] == pytest.approx(1)
    # The stand-in's workers stop 2 s after the clock's zero: whatever the clock shows at their creation is in the window.
    assert play(startup="timed")[0]["iterations"][0]["wall_s"] != pytest.approx(1)


def test_what_the_probes_take_is_none_of_a_timed_start_up(monkeypatch, tmp_path):
    """Creation takes 1 s, the probes look around for 5 s, the work takes 2 s: the window is 3 s, and 2 s where it is untimed."""
    now = [0]

    class Slow(tools.Probe):
        def begin(self, processes, servers):
            now[0] += 5 * S

    class Timed(Model):
        def open(self, job):
            now[0] += S
            self.created = now[0]

        def run(self, orders):
            begin = now[0]
            now[0] += 2 * S
            return [passes.Report(begin, now[0], 0, orders[0][1], 0)]

    plugins = {"workloads": Workload([]), "models": Timed([]), "sync": Sync(), "probes": Slow()}
    monkeypatch.setattr(measure, "load_plugin", lambda kind, entry: plugins[kind])
    monkeypatch.setattr(measure, "clock", lambda: now[0])
    for startup, wall in (("timed", 3), ("each", 2)):
        given = request(
            folder=str(tmp_path), workers=1, startup=startup, load={"ops": 4, "scaling": "strong"}, probes=["x"]
        )
        assert measure.answer(given)["iterations"][0]["wall_s"] == wall


@pytest.mark.parametrize(
    ("scaling", "workers", "shares"),
    [
        ("strong", 3, [(0, 4), (4, 3), (7, 3)]),
        ("weak", 3, [(0, 10), (10, 10), (20, 10)]),
        ("strong", 12, [*[(i, 1) for i in range(10)], (10, 0), (10, 0)]),
    ],
)
def test_strong_shares_what_weak_multiplies(play, scaling, workers, shares):
    """`strong` divides the operations among the workers, each number once; `weak` gives as many to each worker."""
    answer, _, model = play(load={"ops": 10, "scaling": scaling}, workers=workers)
    assert model.orders == [(first, n, None) for first, n in shares]
    assert answer["iterations"][0]["ops"] == sum(n for _, n in shares)
    assert answer["iterations"][0]["worker_ops"] == [n for _, n in shares]


def test_a_duration_is_the_same_for_all(play):
    """A given time: every worker gets all of it, and numbers so far apart that none is done twice."""
    answer, _, model = play(load={"duration": 0.25}, workers=3)
    assert model.orders == [(i << 40, None, S // 4) for i in range(3)]
    assert answer["iterations"][0]["ops"] == 15


def test_a_wrong_outcome_is_invalid(play):
    """One wrong iteration makes the trial invalid, for the first reason, and all numbers are kept."""
    answer, _, _ = play(wrong=(2, 3), warmup=1, iterations=3)
    assert (answer["status"], answer["reason"]) == ("invalid", "pass 2 is wrong")
    assert [iteration["invalid"] for iteration in answer["iterations"]] == ["", "pass 2 is wrong", "pass 3 is wrong"]
    assert [iteration["counts"] for iteration in answer["iterations"]] == [{"counted": n} for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("fault", "status", "reason"),
    [
        (tools.Unsupported("it has none"), "unsupported", "it has none"),
        (tools.WorkerDied("worker 1 was killed by SIGKILL"), "crashed", "worker 1 was killed by SIGKILL"),
        (passes.WorkFailed("KeyError: 1", "Traceback …"), "failed", "KeyError: 1"),
        (KeyError(1), "failed", "KeyError: 1"),
        (SystemExit(0), "failed", "SystemExit: 0"),
        (KeyboardInterrupt(), "failed", "KeyboardInterrupt"),
    ],
)
def test_every_end_has_its_status(play, fault, status, reason):
    """Whatever ends a trial is told as status and reason, and what `prepare` started is released."""
    answer, diary, _ = play(fault=fault)
    assert (answer["status"], answer["reason"]) == (status, reason)
    assert diary[-1] == "release"
    assert ("Traceback" in answer.get("traceback", "")) == (status == "failed")


def test_a_workload_that_cannot_prepare_fails(tmp_path):
    """An error before any worker exists is `failed` with its traceback, and nothing is released that was not there."""
    nowhere = "_function", {"path": str(tmp_path / "none.py"), "function": "work", "arguments": {}}
    answer = measure.answer(request(nowhere, folder=str(tmp_path), workers=1))
    assert (answer["status"], "none.py" in answer["reason"]) == ("failed", True)
    assert "in prepare" in answer["traceback"]


def test_a_plug_in_that_cannot_be_loaded_fails(tmp_path):
    """A trial that cannot even be put together is told, too."""
    answer = measure.answer(request("no_such_workload", folder=str(tmp_path)))
    assert (answer["status"], "no_such_workload" in answer["reason"]) == ("failed", True)


def test_a_start_method_that_is_not_there_is_unsupported(tmp_path):
    """What this system's multiprocessing lacks is a reason, not an error."""
    answer = measure.answer(request(model=("processes", {"start_method": "telepathy"}), folder=str(tmp_path)))
    assert (answer["status"], answer["reason"]) == ("unsupported", "this system has no start method telepathy")


def test_an_impossible_combination_is_unsupported():
    """A real child says for itself what cannot be, with the reason that the plan would give."""
    ending = trial("counter", "asyncio", "rlock")
    assert (ending.status, ending.reason) == ("unsupported", "asyncio has no RLock")


def test_the_facts_of_a_real_trial():
    """A trial tells about its interpreter, its phases and, per iteration, CPU time, skew and work per worker."""
    answer = trial("cpu_sum", "threads", iterations=2, load={"ops": 5, "scaling": "strong"}).answer
    assert {"gil", "gil_end", "traced", "switch_interval", "python", "parallel", "phases", "iterations"} <= set(answer)
    assert answer["traced"] is False
    assert set(answer["phases"]) == {"prepare_s", "create_s", "ready_s", "join_s"}
    for iteration in answer["iterations"]:
        assert iteration["ops"] == 5
        assert iteration["worker_ops"] == [3, 2]
        assert iteration["cpu_s"] > 0
        assert iteration["wall_s"] > 0
        assert 0 <= iteration["all_active"] <= 1
        assert iteration["server_cpu_s"] is None


@pytest.mark.parametrize("model", ["thread_pool", "process_pool"])
def test_nobody_sleeps_more_than_there_is_time(model):
    """In a given time, sleepers in a pool cannot have slept longer than all of them were there."""
    delay = 0.05
    for iteration in trial(("sleep", {"delay": delay}), model, load={"duration": 0.12}).answer["iterations"]:
        assert iteration["ops"] >= 2
        assert iteration["ops"] * delay <= 2 * iteration["wall_s"]


def test_start_up_is_told_for_each_iteration():
    """With `startup: each` real processes are started anew, and each iteration has the start-up of its own workers."""
    answer = trial("counter", "processes", "lock", startup="each", warmup=0, iterations=2).answer
    first, second = [iteration["startup_s"] for iteration in answer["iterations"]]
    assert 0 < first != second > 0


def test_a_timed_start_up_is_part_of_the_wall_time():
    """With `startup: timed` no wall time is shorter than the start-up that it holds."""
    answer = trial("cpu_sum", "processes", startup="timed", load={"ops": 2, "scaling": "strong"}, iterations=3).answer
    assert all(iteration["wall_s"] > iteration["startup_s"] for iteration in answer["iterations"])


def test_threads_hand_over_the_gil_at_once_while_probes_look():
    """Beside a background of threads each file that a probe reads would take several switch intervals otherwise."""
    intervals = []

    class Probe(tools.Probe):
        def begin(self, processes, servers):
            intervals.append(sys.getswitchinterval())

        def end(self, processes, servers):
            intervals.append(sys.getswitchinterval())
            return {}

    before = sys.getswitchinterval()
    observation = measure.Observation([Probe()], [], [])
    observation.begin()
    intervals.append(sys.getswitchinterval())
    observation.end([])
    assert max(intervals[0], intervals[2]) < 1e-5
    assert intervals[1] == sys.getswitchinterval() == before


def test_the_coordinator_rests_right_before_each_pass(monkeypatch):
    """A thread that has run on since its process began is slower on some machines; the rest is no part of a start-up."""
    events = []

    class Probe(tools.Probe):
        def begin(self, processes, servers):
            events.append("look")

    monkeypatch.setattr(measure, "sleep", lambda seconds: events.append(seconds))
    ticks = iter(range(10))
    monkeypatch.setattr(measure, "clock", lambda: events.append("clock") or next(ticks))
    observation = measure.Observation([Probe()], [], [])
    observation.begin()
    assert events == ["clock", "look", measure.REST_S, "clock"]
    assert observation.begin_ns == 1


@pytest.mark.parametrize(
    ("more", "draws"),
    [
        ({}, False),
        ({"workload": {"name": "_function", "parameters": {}}}, True),
        ({"sync": {"name": "theirs", "parameters": {}, "reference": "theirs:Sync"}}, True),
        ({"background": {"workload": {"name": "spin"}, "model": {"name": "threads"}, "workers": 1}}, False),
        ({"background": {"workload": {"name": "_roles"}, "model": {"name": "threads"}, "workers": 1}}, True),
    ],
)
def test_random_is_seeded_for_code_that_is_not_our_own(more, draws):
    """User code and plug-ins of other packages may draw from `random`; our own have dice, so their trials need not import it."""
    assert interpreter_state.may_draw({**request(), **more}) == draws


def test_what_user_code_draws_follows_the_luck(write):
    """The same in all trials of a block, another in the next."""
    path = write("draws.py", "import random\nfirst = random.random()\ndef work():\n    return first\n")
    lucks = (1, 1, 2)
    found = [trial(function(path), luck=luck, load={"ops": 1, "scaling": "strong"}) for luck in lucks]
    assert [one.status for one in found] == ["ok"] * 3
    numbers = [str(one.answer["iterations"][0]["counts"]["returned"]) for one in found]
    assert numbers[0] == numbers[1] != numbers[2]
