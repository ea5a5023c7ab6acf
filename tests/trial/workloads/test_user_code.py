"""A user's own code in real trials: what each form does on each kind of model, what its values come to, who checks them."""

import pytest

from concexp.trial import passes
from concexp.trial.workloads import _user_code
from tests.helpers.children import function, trial

METHODS = ("fork", "forkserver", "spawn")
MODELS = ["serial", "threads", "process_pool", "asyncio", "to_thread", ("hybrid", {"inner": "asyncio"})]
MODELS += [("processes", {"start_method": method}) for method in METHODS]
OPS = {"ops": 6, "scaling": "strong"}


def run(target, model="serial", **more):
    """One iteration of 6 operations; its TrialOutcome."""
    return trial(target, model, load=OPS, warmup=0, **more)


def iteration(target, model="serial", **more):
    """The facts of an iteration that went well."""
    ending = run(target, model, **more)
    assert (ending.status, ending.reason) == ("ok", ""), ending
    return ending.answer["iterations"][0]


def call(path, name, **more):
    """A user's function in its long form."""
    kind, given = function(path, name)
    return kind, {**given, **more}


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_a_coroutine_function_is_awaited_on_every_model(write, model):
    """With a loop of the model's or of the worker's own, each operation runs to its end and its value counts."""
    path = write("mine.py", "import asyncio\nasync def work(n):\n await asyncio.sleep(0)\n return n\n")
    found = iteration(function(path, n=7), model)
    assert (found["ops"], found["counts"]) == (6, {"returned": 7.0})


def test_coroutines_of_one_loop_are_in_flight_together(write):
    """On asyncio two workers' operations wait for each other: one alone would wait for ever."""
    body = (
        "import asyncio\nhere = 0\n"
        "async def meet():\n global here\n here += 1\n mine = (here + 1) // 2 * 2\n"
        " while here < mine: await asyncio.sleep(0)\n"
    )
    assert iteration(function(write("mine.py", body), "meet"), "asyncio")["ops"] == 6


LIFE = """
import asyncio, contextlib, os
def note(log, what):
    with open(log, "a") as file: file.write(what + "\\n")
class Plain:
    def __init__(self, log): self.log = log
    def setup(self): note(self.log, "in"); self.data = [1, 2]
    def run(self): note(self.log, "op"); return sum(self.data)
    def teardown(self): note(self.log, "out")
class Called(Plain):
    setUp, tearDown = Plain.setup, Plain.teardown
    setup = None
    def __enter__(self): Plain.setup(self); return self
    def __call__(self): return self.run()
    def __exit__(self, *how): note(self.log, "out" if how == (None, None, None) else "bad")
class Awaited(Plain):
    async def __aenter__(self): await asyncio.sleep(0); Plain.setup(self); return self
    async def __call__(self): await asyncio.sleep(0); return self.run()
    async def __aexit__(self, *how): await asyncio.sleep(0); note(self.log, "out")
class AwaitedSetup(Plain):
    async def setup(self): await asyncio.sleep(0); Plain.setup(self)
    async def teardown(self): Plain.teardown(self)
@contextlib.contextmanager
def entered(log):
    note(log, "in")
    yield lambda: [note(log, "op"), 3][1]
    note(log, "out")
@contextlib.asynccontextmanager
async def entered_async(log):
    note(log, "in")
    async def operation(): await asyncio.sleep(0); note(log, "op"); return 3
    yield operation
    note(log, "out")
"""
FORMS = ["Plain", "Called", "Awaited", "AwaitedSetup", "entered", "entered_async"]


@pytest.mark.parametrize("model", ["serial", "threads", "processes", "process_pool", "asyncio"])
@pytest.mark.parametrize("form", FORMS)
def test_each_worker_sets_up_once_and_tears_down(write, tmp_path, form, model):
    """An object or a context of each worker's own: in before its first operation, out after its last."""
    log = tmp_path / "log"
    assert iteration(function(write("mine.py", LIFE), form, log=str(log)), model)["counts"] == {"returned": 3.0}
    lines = log.read_text().split()
    workers = 1 if model == "serial" else 2
    assert (lines.count("in"), lines.count("op"), lines.count("out")) == (workers, 6, workers)
    assert (lines[0], lines[-1]) == ("in", "out")


@pytest.mark.parametrize("method", METHODS)
def test_a_method_with_its_arguments(write, method):
    """`Class.method`: the class is made without arguments, those given go to the method; also in spawned processes."""
    path = write("mine.py", "class S:\n def setup(self): self.k = 2\n def times(self, n): return self.k * n\n")
    found = iteration(function(path, "S.times", n=5), ("processes", {"start_method": method}))
    assert found["counts"] == {"returned": 10.0}


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_nothing_of_the_users_is_pickled(write, model):
    """A closure, a lambda and an object that cannot be pickled run wherever a plain function does."""
    body = (
        "import threading\n"
        "def make():\n lock = threading.Lock()\n class Local:\n  def __call__(self):\n   with lock: return {'a': 1, 'b': 2.5}\n"
        " return Local()\nwork = make()\n"
    )
    assert iteration(function(write("mine.py", body)), model)["counts"] == {"returned.a": 1.0, "returned.b": 2.5}


def test_what_is_no_finite_number_is_left_out(write):
    """Texts, lists, mixed dicts, infinities and numbers too large for a float make no column and break nothing."""
    body = (
        "import itertools\nvalues = itertools.cycle(['x', [1], {'a': 'x'}, float('inf'), 10**400, {1: 2}])\n"
        "def work(): return next(values)\n"
        "mixed = itertools.cycle([1, None, True, 4.0, float('nan'), {'n': 1}])\ndef some(): return next(mixed)\n"
    )
    path = write("mine.py", body)
    assert iteration(function(path))["counts"] == {}
    assert iteration(function(path, "some"))["counts"] == {"returned": 2.0, "returned.n": 1.0}
    assert iteration(call(path, "some", returns="nothing"))["counts"] == {}


@pytest.mark.parametrize(
    ("check", "says"),
    [
        ("return v == 1", "3 of 6 returned values are wrong: 2"),
        ("return '' if v == 1 else 'two is one too many'", "3 of 6 returned values are wrong: two is one too many"),
        ("assert v == 1, 'not one'", "3 of 6 returned values are wrong: AssertionError: not one"),
        ("return None", ""),
        ("return True", ""),
    ],
)
@pytest.mark.parametrize("model", ["serial", "processes", "asyncio"])
def test_a_check_sees_each_value(write, check, says, model):
    """False, a text or an exception is `invalid` with the reason, and the numbers are kept."""
    body = f"n = 0\ndef work():\n global n\n n += 1\n return n % 2 + 1\ndef right(v):\n {check}\n"
    path = write("mine.py", body)
    by = {"path": str(path), "module": "", "home": "", "function": "right"}
    ending = trial(call(path, "work", check_by=by), model, load={"ops": 6, "scaling": "strong"}, warmup=0, workers=1)
    assert (ending.status, ending.reason) == ("invalid" if says else "ok", says)
    assert ending.answer["iterations"][0]["counts"] == {"returned": 1.5}


TIMED = """
import asyncio, time
def work():
    time.sleep(0.001)
    return 1e-6
async def awaited():
    await asyncio.sleep(0.001)
    return 1e-6
def none(): return 0.0
def milliseconds(): return 300.0
def text(): return "fast"
def negative(): return -1.0
def flag(): return True
"""


@pytest.mark.parametrize(
    ("name", "model", "lanes"),
    [
        ("work", "serial", 1),
        ("work", "threads", 2),
        ("work", "processes", 2),
        ("work", "process_pool", 2),
        ("work", "asyncio", 1),
        ("awaited", "asyncio", 2),
        ("awaited", "threads", 2),
    ],
)
def test_a_function_may_time_itself(write, name, model, lanes):
    """Its seconds are the service time and give the rate, as many at once as there are workers that run at once."""
    found = iteration(call(write("mine.py", TIMED), name, returns="seconds"), model)
    assert found["counts"]["self_timed_s"] == pytest.approx(1e-6)
    assert found["counts"]["self_timed_rate"] == pytest.approx(lanes * 1e6)
    assert found["wall_s"] > 0.001, "the window stays what it was"
    ((bucket, count),) = found["service_time"]
    assert count == 6
    assert bucket < 128 + 4 * 64, "microseconds, not the milliseconds that it really took"


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("milliseconds", "invalid", "it says that it took 1.8e+03 s in all"),
        ("none", "invalid", "it says that it took no time at all"),
        ("text", "failed", "`returns: seconds`, and it returned 'fast'"),
        ("negative", "failed", "`returns: seconds`, and it returned -1.0"),
        ("flag", "failed", "`returns: seconds`, and it returned True"),
    ],
)
def test_seconds_that_cannot_be(write, name, status, says):
    """More time than there was, none, or no time at all: a wrong unit does not become a number."""
    ending = run(call(write("mine.py", TIMED), name, returns="seconds"))
    assert ending.status == status
    assert says in ending.reason
    if status == "invalid":
        assert "self_timed_rate" not in ending.answer["iterations"][0]["counts"]


def test_where_seconds_say_nothing(write):
    """An open loop counts from the arrival, and several event loops hide how many operations went on at once."""
    timed = call(write("mine.py", TIMED), "work", returns="seconds")
    ending = trial(timed, "threads", load={"rate": 100.0, "duration": 0.1, "arrivals": "constant"})
    assert (ending.status, "in an open loop" in ending.reason) == ("unsupported", True)
    ending = run(timed, ("hybrid", {"inner": "asyncio"}))
    assert (ending.status, "several coroutines" in ending.reason) == ("unsupported", True)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("async def co(): pass\ndef work(): return co()", "an awaitable that nobody awaits"),
        ("work = 3", "it is of type int, which cannot be called"),
        ("def gen():\n yield 1\nimport functools\nwork = functools.partial(gen)", "a generator function"),
        ("class work: pass", "it gives nothing to call"),
        (
            "import contextlib\n@contextlib.contextmanager\ndef work():\n async def f(): pass\n yield f",
            "asynchronous itself",
        ),
        ("other = 1", "mine.py has no 'work' once it is imported"),
    ],
)
def test_what_cannot_be_an_operation(write, body, says):
    """A call that would do nothing fails and says why."""
    ending = run(function(write("mine.py", body + "\n")))
    assert ending.status == "failed"
    assert says in ending.reason


def test_user_code_in_the_background_may_be_a_coroutine_function(write):
    """The second role takes every form, too."""
    path = write("mine.py", "import asyncio\nasync def work():\n await asyncio.sleep(0)\n")
    background = {
        "workload": {"name": "_function", "parameters": function(path)[1]},
        "model": {"name": "threads", "parameters": {}},
        "workers": 1,
    }
    ending = trial("spin", background=background)
    assert ending.status == "ok", ending
    assert ending.answer["iterations"][0]["background_ops"] > 0


def test_tallies_add_up_whatever_the_order():
    """With plain numbers of calls and with each other, from either side, and none is changed by being added."""
    one, other = _user_code.Tally(), _user_code.Tally()
    for tally, value in ((one, {"a": 1}), (other, {"a": 3, "b": 5}), (one, 2)):
        tally.keep(value)
    one.judge(lambda value: False, 8)
    one.of(2), other.of(1)
    total = sum([4, one, other, 1])
    assert (total.calls, total.sums) == (8, {"a": [4.0, 2], "b": [5.0, 1], "": [2.0, 1]})
    assert (total.wrong, total.reason, one.calls, other.calls) == (1, "8", 2, 1)
    assert one.sums["a"] == [1.0, 1]


def test_the_check_notices_a_missing_call():
    """What was done must be what was asked for, with and without values."""
    from concexp.trial.workloads._function import Workload

    workload = Workload(path="x.py", function="f")
    outcome = passes.Outcome([passes.Report(0, 1, 0, 3, 3)], 1.0, 1)
    assert workload.check(None, outcome) == ("", {})
    outcome.total = 2
    assert workload.check(None, outcome)[0] == "2 calls, not 3"
    outcome.total = _user_code.Tally()
    outcome.total.keep(1.0)
    outcome.total.of(2)
    assert workload.check(None, outcome) == ("2 calls, not 3", {"returned": 1.0})
