"""Workloads that compute: their answers against known ones, and wrong answers that must be found."""

import asyncio
import hmac
import itertools
import os
import pickle
import sys
import threading

import pytest

from concexp import catalog
from concexp.run.child.launch import launch
from concexp.run.child.stage import compile_for, stage_child_code
from concexp.trial import passes, tools
from concexp.trial.workloads import (
    _busy,
    compress,
    fanout,
    fib,
    mandelbrot,
    matmul,
    mixed,
    pidigits,
    sort,
    triad,
    uneven_tasks,
)
from tests.helpers.children import PACE, request
from tests.helpers.forks import trial
from tests.helpers.plugins import build

FAR = 3 << 40  # where the fourth worker begins when a time is given

# Small ones, so that a check costs nothing.
VARIANTS = [
    ("noop", {}),
    ("fib", {"n": 1}),
    ("fib", {"n": 8}),
    ("pidigits", {"digits": 1}),
    ("pidigits", {"digits": 40}),
    ("mandelbrot", {"size": 9, "iterations": 30}),
    ("mandelbrot", {"size": 1, "iterations": 1}),
    ("regex", {"lines": 1}),
    ("regex", {"lines": 20}),
    ("sort", {"size": 1}),
    ("sort", {"size": 100}),
    ("compress", {"size": 1}),
    ("compress", {"size": 5000, "level": 0}),
    ("compress", {"size": 5000, "codec": "bz2", "level": 9}),
    ("compress", {"size": 5000, "codec": "lzma", "level": 1}),
    ("spin", {"time": 1e-5}),
    ("mixed", {"time": 1e-5}),
    ("mixed", {"time": 1e-5, "held": 0.0}),
    ("mixed", {"time": 1e-5, "held": 1.0}),
    ("fanout", {"width": 1}),
    ("fanout", {"width": 3}),
    ("triad", {"size": 1}),
    ("triad", {"size": 4800}),
    ("matmul", {"n": 1}),
    ("matmul", {"n": 13}),
]
DISTRIBUTIONS = catalog.parameters(uneven_tasks.Workload)["distribution"].choices


class Bench:
    """A workload that is prepared and entered, without any model; `ops` is how many operations a pass has in all."""

    def __init__(self, name, parameters, ops=None):
        for package in catalog.load("workload", name).packages:
            pytest.importorskip(package)
        self.workload = build("workload", name, **parameters)
        kit = tools.Kit(tools.Tools("nobody", {}, lambda n: [0] * n), build("sync", "none"), None, 1, "", ops, PACE)
        self.shared = self.workload.prepare(kit)
        self.me = tools.WorkerView(0, 1, None, self.shared, "")
        self.workload.enter(self.me)

    def work(self, first, n):
        """What `work` returns for n operations from `first` on."""
        self.me.first = first
        return self.workload.work(self.me, n)

    def check(self, first, n, total, wall_s=1e9):
        """What the check finds wrong with them."""
        return self.workload.check(self.shared, passes.Outcome([passes.Report(0, 1, first, n, total)], wall_s, 1))[0]


@pytest.fixture(autouse=True)
def own_environment():
    """What a workload tells BLAS ends with its test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.parametrize(("name", "parameters"), VARIANTS, ids=str)
@pytest.mark.parametrize("first", [0, 7, FAR])
def test_the_check_agrees_wherever_the_numbers_begin(name, parameters, first):
    """What operations return is right by another way, for small and for huge numbers, and nothing beside it is."""
    bench = Bench(name, parameters)
    total = bench.work(first, 20)
    assert isinstance(total, int)
    assert bench.check(first, 20, total) == ""
    assert bench.check(first, 20, total + 1) != ""
    assert bench.work(first, 6) + bench.work(first + 6, 14) == total, "operations depend on their number alone"


@pytest.mark.parametrize(("name", "parameters"), [("spin", {}), ("mixed", {}), ("compress", {}), ("regex", {})])
def test_what_travels_to_a_started_process_does_the_same(name, parameters):
    """A copy that went through pickle does the work that its original checks: the same rounds, the same blocks."""
    bench = Bench(name, parameters)
    parcel = pickle.dumps(bench.workload)
    assert len(parcel) < 1000, "what can be built again is not sent"
    bench.workload, original = pickle.loads(parcel), bench.workload
    bench.workload.enter(bench.me)
    total = bench.work(0, 3)
    bench.workload = original
    assert bench.check(0, 3, total) == ""


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("spin", {}), ("mixed", {}), ("uneven_tasks", {}), ("sort", {"size": 50}), ("compress", {"size": 999})],
)
def test_it_runs_in_processes_that_were_started_anew(name, parameters):
    """Nothing that a worker needs is lost where it has to be sent."""
    ending = trial((name, parameters), ("processes", {"start_method": "spawn"}), load={"ops": 6, "scaling": "strong"})
    assert (ending.status, ending.left_behind) == ("ok", 0), ending


def swapped(values):
    """A sort that leaves the first two in the wrong order."""
    first, second, *rest = sorted(values)
    return [second, first, *rest]


@pytest.mark.parametrize(
    ("name", "parameters", "module", "part", "broken"),
    [
        ("fib", {"n": 8}, fib, "fib", lambda n: n),
        ("pidigits", {"digits": 40}, pidigits, "spigot", lambda digits: 10 ** (digits - 1) * 22 // 7),
        ("mandelbrot", {"size": 9}, mandelbrot, "height", lambda row, size: 0.0),
        ("sort", {"size": 100}, sort, "sorted", swapped),
        ("sort", {"size": 100}, sort, "sorted", list),
        ("compress", {"size": 999}, compress, "import_module", lambda name: Lossy),
        ("spin", {}, _busy, "spin", lambda rounds, x: _busy.leap(rounds - 1, x)),
        ("mixed", {}, _busy, "spin", lambda rounds, x: _busy.leap(rounds - 1, x)),
        ("mixed", {}, mixed, "pbkdf2_hmac", lambda name, key, salt, rounds: key if len(key) > 64 else b"other"),
        ("fanout", {"width": 3}, fanout, "add_up", lambda results, place, top: None),
    ],
)
def test_a_wrong_computation_is_found(name, parameters, module, part, broken, monkeypatch):
    """Work that was not done as it should have been does not pass the check."""
    bench = Bench(name, parameters)
    monkeypatch.setattr(module, part, broken, raising=False)
    total = bench.work(0, 8)
    if name == "mandelbrot":  # its check measures heights with the same function
        monkeypatch.undo()
        mandelbrot.steps.cache_clear()
    assert bench.check(0, 8, total) != ""


class Lossy:
    """A codec that loses a byte."""

    @staticmethod
    def compress(block, level):
        return block

    @staticmethod
    def decompress(block):
        return block[:-1]


# The loop and its closed form.


def test_the_closed_form_is_the_loop():
    """`leap` comes to where `spin` comes, from anywhere and after any number of rounds."""
    for x, rounds in itertools.product([0, 1, 12_345, 65_535], [*range(40), 1000, 65_536]):
        assert _busy.leap(rounds, x) == _busy.spin(rounds, x)
    assert _busy.leap(65_536, 7) == 7, "the generator runs through all of its values"


def test_other_beginnings_end_otherwise():
    """Results vary with the operation: no two beginnings end alike."""
    assert len({_busy.spin(100, x) for x in range(65_536)}) == 65_536


def test_all_workers_do_the_same_work_and_say_how_much():
    """The request decides: every iteration of a trial counts the rounds that it asks for, and its check agrees with them."""
    given = {"pace": {"_busy.spin": 1_234_000}, "load": {"ops": 4, "scaling": "strong"}}
    iterations = trial("spin", "threads", iterations=3, **given).answer["iterations"]
    assert {iteration["counts"]["rounds"] for iteration in iterations} == {1234}


CALIBRATED = [name for name in catalog.names("workload") if build("workload", name).loops]
ROUNDS = {
    "barrier_phases": {"busy": 0.001}, "critical_section": {"inside": 0.001, "outside": 0.001},
    "mixed": {"time": 0.002, "held": 0.5}, "readers_writers": {"reading_time": 0.001, "writing_time": 0.001},
    "spin": {"time": 0.001}, "uneven_tasks": {"mean": 0.001},
}  # fmt: skip


@pytest.mark.parametrize("model", ["threads", ("processes", {"start_method": "spawn"}), "process_pool", "asyncio"])
@pytest.mark.parametrize("name", [*CALIBRATED, "pipeline"])
def test_every_calibrated_workload_does_the_rounds_of_the_request(name, model):
    """However workers start, an operation of 1 ms is a thousandth of the pace that the request gives."""
    sync = {"barrier_phases": "condition", "pipeline": "queue"}.get(name, "none")
    parameters = {"busy": 0.001} if name == "pipeline" else ROUNDS[name]
    load = {"ops": 6, "scaling": "strong"}
    pace = {"_busy.spin": 777_000, "mixed.derive": 777_000}
    ending = trial((name, parameters), model, sync, pace=pace, load=load)
    if ending.status == "unsupported":
        assert (name, model) in [("pipeline", "process_pool"), ("barrier_phases", "process_pool")], ending
        return
    (iteration,) = ending.answer["iterations"]
    counts = iteration["counts"]
    assert {value for key, value in counts.items() if key.startswith("rounds")} == {777}


def test_another_amount_of_work_than_was_asked_for_is_refused():
    """A workload that does not get the pace of its loop fails: it never measures one for itself."""
    ending = trial("spin", "threads", pace={})
    assert (ending.status, ending.reason) == ("failed", "KeyError: '_busy.spin'")


def test_the_parts_of_mixed_are_as_asked():
    """All held is no C at all, nothing held is no Python at all, and between them there is both."""
    parts = [Bench("mixed", {"held": held}).workload for held in (0.0, 0.5, 1.0)]
    assert [(w.rounds_held > 0, w.rounds_released > 0) for w in parts] == [(False, True), (True, True), (True, False)]


def test_the_c_part_of_mixed_is_the_published_derivation():
    """PBKDF2 by its definition (RFC 8018), HMACs of HMACs in exclusive or; and a long key stands for its digest."""
    link = hmac.digest(mixed.KEY, mixed.SALTS[3] + b"\0\0\0\1", "sha256")
    block = int.from_bytes(link, "big")
    for _ in range(4):
        link = hmac.digest(mixed.KEY, link, "sha256")
        block ^= int.from_bytes(link, "big")
    assert mixed.derive(5, 3) == mixed.derive(5, 3, mixed.KEY_DIGEST) == block >> 224


# Known answers.


def test_known_numbers():
    """The twentieth Fibonacci number and the first fifty digits of pi, by both ways."""
    assert fib.fib(20) == 6765
    digits = 31415926535897932384626433832795028841971693993751
    assert pidigits.spigot(50) == pidigits.machin(50) == digits
    assert pidigits.spigot(800) == pidigits.machin(800), "six nines in a row, at the 762nd place"


def test_the_mandelbrot_set_is_symmetric_and_has_its_area():
    """Each row has the steps of its mirror image, and the points that never leave cover an area of about 1.5066."""
    rows = [Bench("mandelbrot", {"size": 20}).work(row, 1) for row in range(20)]
    assert rows == rows[::-1]
    size, iterations = 200, 200
    inside = sum(
        mandelbrot.steps(row, size, iterations) - mandelbrot.steps(row, size, iterations - 1) for row in range(size)
    )
    assert inside * (2.5 / size) ** 2 == pytest.approx(1.5066, rel=0.03)


def test_every_third_line_is_found():
    """Of the near misses none is taken for an address."""
    bench = Bench("regex", {"lines": 9})
    assert [bench.work(number, 1) for number in range(4)] == [3 + 6 + 9, 2 + 5 + 8, 1 + 4 + 7, 3 + 6 + 9]
    assert all("user" in line for text in bench.workload.texts for line in text.splitlines())


def test_the_lists_are_shuffled_and_everybodys_own():
    """What is sorted is not in order, is the same for the same seed, and shares no object with another worker's."""
    bench = Bench("sort", {"size": 1000, "seed": 5})
    other = tools.WorkerView(1, 2, None, bench.shared, "")
    bench.workload.enter(other)
    for ours, theirs in zip(bench.me.own, other.own, strict=True):
        assert ours == theirs != sorted(ours)
        assert not {id(value) for value in ours if value > 256} & {id(value) for value in theirs}
    assert Bench("sort", {"size": 1000, "seed": 5}).shared == bench.shared != Bench("sort", {"size": 1000}).shared


def test_text_is_really_compressed():
    """The blocks have the size that was asked for, differ, and shrink as text does: to between a fifth and a half."""
    blocks = Bench("compress", {"size": 20_000}).workload.blocks
    assert {len(block) for block in blocks} == {20_000}
    assert len(set(blocks)) == len(blocks)
    for codec in ("zlib", "bz2", "lzma"):
        module = pytest.importorskip(codec)
        assert all(4_000 < len(module.compress(block)) < 10_000 for block in blocks)


def test_a_level_that_a_codec_lacks_is_refused():
    """bz2 begins at 1; the others begin at 0."""

    def refusal(codec, level):
        return build("workload", "compress", codec=codec, level=level).refuses(None, None, 1, {"duration": 1.0})

    assert [refusal(codec, 0) for codec in ("zlib", "bz2", "lzma")] == ["", "bz2 has no level 0", ""]
    assert refusal("bz2", 1) == ""


def test_a_codec_that_is_not_there_is_refused(monkeypatch):
    """An interpreter that was built without a codec says so, and does not fail."""
    monkeypatch.setitem(sys.modules, "lzma", None)
    reason = build("workload", "compress", codec="lzma").refuses(None, None, 1, {"duration": 1.0})
    assert reason == "this interpreter was built without lzma"


def test_a_fan_out_starts_a_thread_for_each_part(monkeypatch):
    """As many threads are started as the operation is wide, and all of them have ended when it ends."""
    started = []

    class Counted(threading.Thread):
        def start(self):
            started.append(self)
            super().start()

    monkeypatch.setattr(threading, "Thread", Counted)
    Bench("fanout", {"width": 5}).work(0, 3)
    assert len(started) == 15
    assert not any(thread.is_alive() for thread in started)


def test_a_fan_out_of_coroutines_comes_to_the_same():
    """The asynchronous form returns what the other one returns, and starts no thread."""
    bench = Bench("fanout", {"width": 5})
    expected = bench.work(0, 20)
    bench.me.first, threads = 0, threading.active_count()
    assert asyncio.run(bench.workload.work_async(bench.me, 20)) == expected
    assert threading.active_count() == threads


# Tasks of unequal length.


def tasks(**parameters):
    """A prepared workload of 40 tasks."""
    return Bench("uneven_tasks", {"mean": 1e-5, **parameters}, 40)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("ops", [1, 2, 64, 1000])
def test_the_mean_is_exact(distribution, ops):
    """Whatever the distribution, the costs' mean is 1 and none is negative; the same seed gives the same costs."""
    workload = build("workload", "uneven_tasks", distribution=distribution)
    costs = workload.costs(ops)
    assert len(costs) == ops
    assert min(costs) >= 0
    assert sum(costs) == pytest.approx(ops)
    assert costs == build("workload", "uneven_tasks", distribution=distribution).costs(ops)


def test_distributions_are_what_they_are_called():
    """Alike, evenly spread, ascending, long-tailed, and one as long as all the others together."""

    def costs(distribution, seed=1):
        return build("workload", "uneven_tasks", distribution=distribution, seed=seed).costs(1000)

    assert set(costs("constant")) == {1.0}
    uniform = sorted(costs("uniform"))
    assert all(abs(cost - 2 * (k + 0.5) / 1000) < 0.15 for k, cost in enumerate(uniform))
    linear = costs("linear")
    assert all(later - earlier == pytest.approx(linear[0]) for earlier, later in itertools.pairwise(linear))
    pareto = sorted(costs("pareto"))
    assert pareto[500] < 0.7  # the median of the distribution is 0.53 of its mean, and a sample's mean is mostly lower
    assert max(pareto) > 10
    giant = costs("one_giant")
    assert max(giant) == pytest.approx(sum(giant) - max(giant))
    assert len(set(giant)) == 2
    for distribution in ("uniform", "pareto", "one_giant"):
        assert costs(distribution, seed=1) != costs(distribution, seed=2)


@pytest.mark.parametrize("by", ["spin", "sleep"])
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_task_is_checked(distribution, by):
    """All tasks done: right. A task left out, or done for another one: wrong."""
    bench = tasks(distribution=distribution, by=by)
    parts = [bench.work(number, 1) for number in range(40)]
    assert bench.work(0, 20) + bench.work(20, 20) == sum(parts)
    assert bench.check(0, 40, sum(parts)) == ""
    assert bench.check(0, 40, sum(parts[1:])) != ""
    if len(set(parts)) > 1:
        other = next(part for part in parts if part != parts[0])
        assert bench.check(0, 40, sum(parts[1:]) + other) != ""


def test_the_lengths_are_those_of_all_tasks_together():
    """Each worker finds the lengths of its own tasks in one table, whoever hands them out."""
    bench = tasks(distribution="linear")
    assert list(bench.shared) == bench.workload.lengths(40)
    bench.shared[7] += 1
    assert bench.check(0, 40, bench.work(0, 40)) != ""


def test_waiting_that_nobody_can_have_done_is_noticed():
    """Tasks that wait longer in sum than all workers were there are a wrong outcome."""
    bench = tasks(by="sleep", mean=0.1)
    total = sum(bench.workload.lengths(40))
    assert "of sleep in" in bench.check(0, 40, total, wall_s=3.9)
    assert bench.check(0, 40, total, wall_s=4.1) == ""


@pytest.mark.parametrize("by", ["spin", "sleep"])
@pytest.mark.parametrize("model", ["asyncio", "thread_pool", "processes"])
def test_waiting_and_computing_run_everywhere(model, by):
    """Both kinds of tasks pass their check in coroutines, a pool and processes; what is waited for is no CPU work."""
    parameters = {"by": by, "mean": 1e-4}
    ending = trial(("uneven_tasks", parameters), model, load={"ops": 10, "scaling": "weak"}, iterations=2)
    assert ending.status == "ok", ending
    assert [iteration["ops"] for iteration in ending.answer["iterations"]] == [20, 20]
    assert build("workload", "uneven_tasks", **parameters).resource == {"spin": "cpu", "sleep": "io"}[by]


def test_without_a_number_of_tasks_there_are_no_lengths():
    """A load that is a duration is refused with its cure."""
    refuses = build("workload", "uneven_tasks").refuses
    assert "give load.ops" in refuses(None, None, 2, {"duration": 1.0})
    assert refuses(None, None, 2, {"ops": 64, "scaling": "weak"}) == ""


# numpy.


@pytest.mark.parametrize(("name", "parameters"), [("triad", {"size": 4800}), ("matmul", {"n": 13})])
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_it_runs_where_numpy_is_installed(name, parameters, method):
    """A real child that sees what is installed runs it in processes, whether they inherit numpy or import it."""
    pytest.importorskip("numpy")
    asked = request((name, parameters), ("processes", {"start_method": method}), load={"ops": 6, "scaling": "strong"})
    ready = stage_child_code()
    compile_for(sys.executable, ready)
    ending = launch(asked, sys.executable, ready, 60, site=True)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending


@pytest.mark.parametrize("name", ["triad", "matmul"])
def test_without_numpy_it_is_unsupported(name):
    """A child that sees nothing but the standard library gives the reason."""
    ending = trial(name, site=False, load={"ops": 2, "scaling": "strong"})
    assert (ending.status, ending.reason) == (
        "unsupported",
        f"{name} needs numpy, which this interpreter does not have: pip install numpy",
    )


def test_blas_is_told_how_many_threads_it_may_use():
    """Every library that numpy may have been built with hears of it."""
    Bench("matmul", {"n": 3, "blas_threads": 2})
    assert {os.environ[name] for name in matmul.THREADS} == {"2"}


@pytest.mark.parametrize("spoilt", ["a", "b"])
def test_a_product_that_is_wrong_anywhere_is_found(spoilt):
    """One element of a factor that is off by one shows in the result."""
    bench = Bench("matmul", {"n": 13})
    pair = bench.me.own[0][0]
    pair["ab".index(spoilt)][12, 5] += 1
    assert bench.check(0, 4, bench.work(0, 4)) != ""


def test_a_triad_that_left_out_a_term_is_found():
    """a = s c alone, or a = b alone, is not a = b + s c."""
    for spoilt in (1, 2):
        bench = Bench("triad", {"size": 4800})
        bench.me.own[spoilt][:] = 0
        assert bench.check(0, triad.PLACES, bench.work(0, triad.PLACES)) != ""
