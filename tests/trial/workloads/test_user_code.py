"""A user's own code in real trials: what each form does on each kind of model, what its values come to, who checks them."""

import re

import pytest

from concexp.trial import passes
from concexp.trial.workloads import _tally, _user_code
from tests.helpers.children import function
from tests.helpers.forks import trial

METHODS = ("fork", "forkserver", "spawn")
MODELS = [
    "serial",
    "threads",
    "process_pool",
    "asyncio",
    "to_thread",
    ("hybrid", {"inner": "asyncio"}),
    ("loops", {"limit": 2}),
]
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
    """Texts, lists and mixed dicts make no column; NaN, infinities and numbers too large for a float are counted."""
    body = (
        "import itertools\nvalues = itertools.cycle(['x', [1], {'a': 'x'}, float('inf'), 10**400, {1: 2}])\n"
        "def work(): return next(values)\n"
        "mixed = itertools.cycle([1, None, True, 4.0, float('nan'), {'n': 1}])\ndef some(): return next(mixed)\n"
    )
    path = write("mine.py", body)
    assert iteration(function(path))["counts"] == {"not_numbers": 2, "values": 2}
    some = {"returned": 2.0, "returned.n": 1.0, "not_numbers": 1, "values": 4}
    assert iteration(function(path, "some"))["counts"] == some
    assert iteration(call(path, "some", returns="nothing"))["counts"] == {}


@pytest.mark.parametrize("model", ["serial", "threads", ("processes", {"start_method": "fork"}), "asyncio"])
def test_a_value_that_is_no_number_costs_its_own_name_only(write, model):
    """The other names keep theirs, the same name those of the other operations; none is dropped without being counted."""
    body = (
        "import itertools\nnan, inf = float('nan'), float('inf')\n"
        "values = itertools.cycle([{'steps': 1, 'residual': nan, 'never': nan}, {'steps': 3, 'residual': 2.0, 'never': None},\n"
        "                          {'steps': 2, 'residual': inf, 'never': 10**400}])\ndef work(): return next(values)\n"
    )
    found = iteration(function(write("mine.py", body)), model, workers=1)["counts"]
    assert found == {
        "returned.steps": 2.0,
        "returned.residual": 2.0,
        "not_numbers.residual": 4,
        "values.residual": 6,
        "not_numbers.never": 6,
        "values.never": 6,
    }


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
        ("async def co(): pass\ndef work(): return co()", "an awaitable that is never awaited"),
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


LAZY = """
import asyncio, concurrent.futures, itertools, multiprocessing.pool, re
pool = concurrent.futures.ThreadPoolExecutor(1)
async def co(): return 1
async def agen(): yield 1
def slow(n=0): return n
def generator(): return (slow(n) for n in range(3))
def mapped(): return map(slow, range(3))
def filtered(): return filter(slow, range(3))
def zipped(): return zip(map(slow, range(3)))
def counted(): return enumerate(mapped())
def chained(): return itertools.starmap(slow, [(1,)])
def found(): return re.finditer("a", "aaa")
def future(): return pool.submit(slow)
def executor(): return pool.map(slow, range(3))
def pooled(): return multiprocessing.pool.ThreadPool(1).map_async(slow, range(3))
def forgotten(): return co()
def awaitable(): return agen()
async def waits_for_nothing(): return mapped()
async def task(): return asyncio.ensure_future(co())
def several(): return [pool.submit(slow) for _ in range(2)]
def parts(): return {"a": 1, "b": mapped()}
async def tasks(): return (asyncio.ensure_future(co()),)
turn = itertools.cycle([0, 1, 2, 3, 4])
def sometimes(): return mapped() if next(turn) == 3 else 1.0
class Runs:
    def run(self): return mapped()
class Called:
    def __call__(self): return generator()
class Awaited:
    async def run(self): return zipped()
"""
LISTED = "return list(...) of it"
PUT_OFF = [
    *(
        (name, LISTED)
        for name in ("generator", "mapped", "filtered", "zipped", "counted", "chained", "found", "executor")
    ),
    *((name, LISTED) for name in ("awaitable", "waits_for_nothing", "sometimes", "Runs", "Called", "Awaited")),
    ("future", "return its result()"),
    ("several", "a list with a Future, whose work may not be done yet: return its result()"),
    ("parts", "a dict with a map, whose work is not done yet: return list(...) of it"),
    ("tasks", "a tuple with an awaitable that is never awaited (Task): await it"),
    ("pooled", "return its get()"),
    *((name, "await it in an `async def`") for name in ("forgotten", "task")),
]


@pytest.mark.parametrize("returns", ["anything", "nothing", "seconds", "any"])
@pytest.mark.parametrize(("name", "cure"), PUT_OFF)
def test_work_that_was_put_off_is_refused(write, name, cure, returns):
    """What is returned is not the work: whatever is done with the value, nothing is measured, and the way out is named."""
    path = write("mine.py", LAZY)
    if (name, returns) == ("sometimes", "seconds"):
        returns = "nothing"
    ending = run(call(path, name, returns=returns))
    assert ending.status == "failed"
    assert cure in ending.reason
    assert "Unusable: it returned a" in ending.reason


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("name", ["mapped", "waits_for_nothing", "Runs"])
def test_work_that_was_put_off_is_refused_on_every_model(write, name, model):
    """In the model's event loop, in a worker's, and without one; also where a check consumes what was returned."""
    path = write("mine.py", LAZY + "def right(values): return list(values)\n")
    by = {"path": str(path), "module": "", "home": "", "function": "right"}
    for more in ({"returns": "nothing"}, {"check_by": by}):
        ending = run(call(path, name, **more), model)
        assert (ending.status, LISTED in ending.reason) == ("failed", True)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("class work:\n def run(self):\n  yield 1", "its `run` is a generator function"),
        ("class work:\n async def __call__(self):\n  yield 1", "its `__call__` is a generator function"),
        ("class work:\n def setup(self):\n  yield 1\n def run(self): pass", "its `setup` is a generator function"),
        (
            "import contextlib\n@contextlib.contextmanager\ndef work():\n def f():\n  yield 1\n yield f",
            "what it gives to call is a generator function",
        ),
    ],
)
def test_generator_functions_of_every_form_are_refused(write, body, says):
    """A call of one runs nothing of it, be it the operation or its set-up."""
    ending = run(function(write("mine.py", body + "\n")))
    assert (ending.status, says in ending.reason) == ("failed", True), ending.reason


def test_a_check_that_was_put_off_is_no_check(write):
    """A coroutine is true whatever it would come to: the trial fails instead of being right."""
    path = write("mine.py", "async def co(): return False\ndef work(): return 1\ndef right(v): return co()\n")
    by = {"path": str(path), "module": "", "home": "", "function": "right"}
    ending = run(call(path, "work", check_by=by))
    assert (ending.status, "an awaitable that is never awaited" in ending.reason) == ("failed", True)


@pytest.mark.parametrize(
    ("attributes", "cure"),
    [
        (["__dask_graph__", "compute"], "return its compute()"),
        (["collect", "explain"], "return its collect()"),
        (["get", "ready", "successful"], "return its get()"),
        (["get", "ready"], ""),
        (["collect"], ""),
    ],
)
def test_what_stands_for_work_of_a_library_is_known_by_its_methods(attributes, cure):
    """A graph of dask, a lazy frame of polars or Spark, a result of a pool: none of these libraries has to be there."""
    kind = type("Result", (), dict.fromkeys(attributes))
    if not cure:
        assert _user_code.done(kind()) is kind
        return
    with pytest.raises(
        _user_code.Unusable, match=re.escape(f"it returned a Result, whose work may not be done yet: {cure}")
    ):
        _user_code.done(kind())


def test_iterators_whose_work_is_done_are_taken(write):
    """A file, a cursor, an iterator over a list: iterating them later is no part of the operation."""
    body = (
        "import io, sqlite3\nlink = sqlite3.connect(':memory:', check_same_thread=False)\n"
        "def cursor(): return link.execute('select 1')\ndef file(): return io.StringIO('x')\ndef items(): return iter([1])\n"
        "def numbers(): return range(3)\n"
    )
    path = write("mine.py", body)
    for name in ("cursor", "file", "items", "numbers"):
        assert iteration(function(path, name))["ops"] == 6


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
    one, other = _tally.Tally(), _tally.Tally()
    for tally, value in ((one, {"a": 1, "b": None}), (other, {"a": 3, "b": 5}), (one, 2)):
        tally.keep(value)
    one.judge(lambda value: False, 8)
    one.of(2), other.of(1)
    total = sum([4, one, other, 1])
    assert (total.calls, total.sums) == (8, {"a": [4.0, 2, 0], "b": [5.0, 1, 1], "": [2.0, 1, 0]})
    assert (total.wrong, total.reason, one.calls, other.calls) == (1, "8", 2, 1)
    assert one.sums["a"] == [1.0, 1, 0]


def test_the_check_notices_a_missing_call():
    """What was done must be what was asked for, with and without values."""
    from concexp.trial.workloads._function import Workload

    workload = Workload(path="x.py", function="f")
    outcome = passes.Outcome([passes.Report(0, 1, 0, 3, 3)], 1.0, 1)
    assert workload.check(None, outcome) == ("", {})
    outcome.total = 2
    assert workload.check(None, outcome)[0] == "2 calls, not 3"
    outcome.total = _tally.Tally()
    outcome.total.keep(1.0)
    outcome.total.of(2)
    assert workload.check(None, outcome) == ("2 calls, not 3", {"returned": 1.0})


@pytest.mark.parametrize("model", ["process_pool", "mp_pool"])
def test_results_that_are_sent_pass_through_the_pool(write, model):
    """`returns: sent`: each value is pickled in the worker and unpickled by the caller, and its size is counted."""
    body = (
        "import os, pickle\n"
        "class Big:\n"
        "    def __init__(self, log): self.log, self.data = log, bytes(100_000)\n"
        "    def __getstate__(self): self.note('packed'); return self.__dict__\n"
        "    def __setstate__(self, state): self.__dict__ = state; self.note('unpacked')\n"
        "    def note(self, what):\n"
        "        with open(self.log, 'a') as file: file.write('%s %d\\n' % (what, os.getpid()))\n"
        "def work(log): return Big(log)\n"
    )
    path = write("mine.py", body)
    log = path.parent / "log"
    kind, given = function(path, log=str(log))
    found = iteration((kind, {**given, "returns": "sent"}), model, workers=2)
    lines = log.read_text().splitlines()
    packed = {line.split()[1] for line in lines[:12] if line.startswith("packed")}
    unpacked = {line.split()[1] for line in lines if line.startswith("unpacked")}
    assert sum(line.startswith("unpacked") for line in lines) == found["ops"] == 6
    assert len(unpacked) == 1
    assert packed - unpacked
    assert found["counts"]["pickled_bytes"] > 100_000


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("work = lambda: 1\n", "Can't pickle"),
        ("import threading\ndef work(): return threading.Lock()\n", "cannot pickle"),
    ],
)
def test_what_cannot_be_pickled_fails_only_where_it_is_sent(write, body, says):
    """A lambda and a lock go through a pool of processes with `returns: sent` as little as through `executor.submit`."""
    path = write("mine.py", body)
    ending = run(call(path, "work", returns="sent"), "process_pool")
    assert ending.status == "failed"
    assert says in ending.reason
    for model in ("serial", "threads", "asyncio"):
        assert iteration(call(path, "work", returns="sent"), model)["ops"] == 6
    assert iteration(call(path, "work"), "process_pool")["ops"] == 6


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("prefix", ["", "async "])
def test_items_are_taken_by_the_number_of_the_operation(write, model, prefix):
    """Six operations over four items, on every model: the first two items twice, wherever the operations run."""
    path = write(
        "mine.py",
        f"def items(): return iter([1, 10, 100, 1000])\n{prefix}def work(item, factor=1): return item * factor\n",
    )
    over = {"path": str(path), "home": "", "module": "", "function": "items"}
    found = iteration(call(path, "work", over_by=over, arguments={"factor": 2}), model, workers=2)
    assert found["counts"]["returned"] * 6 == pytest.approx(2 * (1111 + 11))


GRADES = {"once": "acceptable", "odd": "interesting", "twice": "forbidden"}


@pytest.mark.parametrize("model", ["serial", "threads", "asyncio", "process_pool", "processes"])
def test_outcomes_are_counted_over_all_workers(write, model):
    """Each by its name, those that never came as 0; an interesting one is no mistake."""
    body = "import itertools\nnumbers = itertools.count()\ndef work(n=1): return {'once': n, 'odd': 1}\n"
    found = iteration(call(write("mine.py", body), "work", outcomes=GRADES), model, workers=2)
    assert found["counts"] == {"outcomes": 12, "outcomes.once": 6, "outcomes.odd": 6, "outcomes.twice": 0}


def test_a_check_may_name_outcomes(write):
    """Then what the function returns is averaged as ever; an exception of the check means wrong."""
    body = (
        "def work(n): return n\n"
        "def name(value): return 'once' if value == 7 else 'odd'\n"
        "def fails(value): raise KeyError('no')\n"
    )
    path = write("mine.py", body)
    by = {"path": str(path), "home": "", "module": "", "function": "name"}
    target = ("_function", {**function(path, n=7)[1], "outcomes": GRADES, "check_by": by})
    assert iteration(target)["counts"] == {
        "outcomes": 6, "outcomes.once": 6, "outcomes.odd": 0, "outcomes.twice": 0, "returned": 7.0,
    }  # fmt: skip
    ending = run(("_function", {**target[1], "check_by": {**by, "function": "fails"}}))
    assert (ending.status, "6 of 6 returned values are wrong: KeyError" in ending.reason) == ("invalid", True)


@pytest.mark.parametrize(
    ("returned", "status", "says"),
    [
        ("'twice'", "invalid", "6 of 6 outcomes are forbidden: twice"),
        ("{'once': 2, 'twice': 1}", "invalid", "6 of 18 outcomes are forbidden: twice"),
        ("'else'", "invalid", "6 of 6 outcomes are forbidden: else (not declared)"),
        ("{}", "ok", ""),
        ("None", "failed", "what should name one, or map names to numbers, is None"),
        ("True", "failed", "is True"),
        ("{'once': -1}", "failed", "is {'once': -1}"),
        ("{'once': 0.5}", "failed", "is {'once': 0.5}"),
        ("{'once': True}", "failed", "is {'once': True}"),
        ("{1: 1}", "failed", "is {1: 1}"),
    ],
)
def test_forbidden_and_undeclared_outcomes_are_wrong(write, returned, status, says):
    """The trial is invalid; what names none at all ends it."""
    ending = run(call(write("mine.py", f"def work(): return {returned}\n"), "work", outcomes=GRADES))
    assert ending.status == status, ending
    assert says in ending.reason


def test_outcomes_add_up_whatever_the_order():
    """Like all of a tally."""
    one, other = _tally.Tally(), _tally.Tally()
    one.count({"once": 2, "twice": 1})
    other.count("once")
    one.of(1), other.of(1)
    total = sum([1, one, other])
    assert (total.calls, total.outcomes) == (3, {"once": 3, "twice": 1})
    assert one.outcomes == {"once": 2, "twice": 1}
