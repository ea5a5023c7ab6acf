"""One pass of one worker, with a clock that the test turns: batches, the deadline, the notes of its progress."""

import asyncio
import pickle
import queue
import threading

import pytest

from concexp.trial import passes, tools
from concexp.trial.models.asyncio import Gate

MS = 1_000_000


class Clock:
    """A clock that stands still until somebody works."""

    def __init__(self):
        self.now = 1_000_000_000

    def __call__(self):
        return self.now


class Work(tools.Workload):
    """Operations that last `cost` ns of the given clock and return their own number; keeps what it was told to do."""

    def __init__(self, clock, cost):
        super().__init__()
        self.clock, self.cost, self.calls = clock, cost, []

    def work(self, me, n):
        self.calls.append((me.first, n))
        self.clock.now += n * self.cost
        return sum(range(me.first, me.first + n))


class AsyncWork(Work):
    """The same, with an asynchronous form."""

    async def work_async(self, me, n):
        await asyncio.sleep(0)
        return self.work(me, n)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(passes, "clock", clock)
    return clock


def me():
    return tools.WorkerView(0, 1, None, None, "")


def run(workload, view, orders, gate=None):
    """The report of one pass, plain or asynchronous as the workload has it."""
    if workload.work_async is None:
        return passes.run_pass(workload, view, orders, gate)
    return asyncio.run(passes.run_pass_async(workload, view, orders, None))


@pytest.fixture(params=[Work, AsyncWork])
def kind(request):
    return request.param


def test_counted_operations_are_one_call(clock, kind):
    """A number of operations is done in one loop: the clock is not looked at between them."""
    work = kind(clock, 5 * MS)
    report = run(work, me(), (100, 7, None))
    assert work.calls == [(100, 7)]
    assert report == passes.Report(1000 * MS, 1035 * MS, 100, 7, sum(range(100, 107)))


def test_a_batch_grows_until_it_lasts_a_millisecond(clock, kind):
    """Batches double while they are shorter than 1 ms, and no operation is done twice or left out."""
    work = kind(clock, MS // 10)
    report = run(work, me(), (0, None, 10 * MS))
    assert [n for _, n in work.calls] == [1, 2, 4, 8, 16, 16, 16, 16, 16, 16]
    assert [at for at, _ in work.calls] == [sum(n for _, n in work.calls[:i]) for i in range(len(work.calls))]
    assert (report.first, report.done, report.total) == (0, 111, sum(range(111)))
    assert report.progress[-1] == (report.stop - 16 * MS // 10, 111 - 16)
    assert report.stop - report.start == 111 * MS // 10


def test_the_batch_is_kept_for_the_next_pass(clock, kind):
    """What the warm-up found is used by the passes that count, which begin at their own number."""
    work, view = kind(clock, MS // 10), me()
    run(work, view, (0, None, 10 * MS))
    del work.calls[:]
    run(work, view, (1 << 40, None, 2 * MS))
    assert work.calls == [(1 << 40, 16), ((1 << 40) + 16, 16)]


def test_the_deadline_itself_is_over(clock, kind):
    """A batch that ends exactly at the deadline is the last."""
    work = kind(clock, 2 * MS)
    report = run(work, me(), (0, None, 6 * MS))
    assert (report.done, report.stop) == (3, 1006 * MS)


def test_at_least_one_batch_is_done(clock, kind):
    """An operation that lasts longer than the given time is done once."""
    report = run(kind(clock, 50 * MS), me(), (0, None, MS))
    assert report == passes.Report(1000 * MS, 1050 * MS, 0, 1, 0, [(1000 * MS, 0)])


def test_progress_is_noted_as_it_was(clock, kind):
    """Every note is the clock at the end of an operation, with the operations done by then; the last batch's start is one."""
    report = run(kind(clock, 2 * MS), me(), (0, None, 9 * MS))
    assert report.progress == [(1000 * MS + 2 * MS * n, n) for n in (1, 2, 3, 4, 4)]


def test_notes_are_few_however_long_a_pass_lasts(clock, kind):
    """A minute of short operations has no more notes than a second: some five hundred."""
    assert len(run(kind(clock, MS), me(), (0, None, 60_000 * MS)).progress) <= passes.NOTES + 1


class Opened:
    """A gate of workers that take turns, which is open: the first of them started at `started`."""

    def __init__(self, started):
        self.started = started

    def wait(self):
        pass

    def first_start(self, start):
        return self.started


def test_workers_that_take_turns_share_one_deadline(clock):
    """Where the pass began earlier for others, the time that went by since counts for this worker too."""
    work = Work(clock, 2 * MS)
    report = run(work, me(), (0, None, 6 * MS), Opened(clock.now - 5 * MS))
    assert (report.start, report.done) == (1000 * MS, 1)


def test_coroutines_that_never_await_share_one_deadline(clock):
    """Work without an asynchronous form blocks the loop: the second coroutine gets what time the first has left."""
    reports = two_coroutines(Work(clock, 2 * MS), Gate)
    assert sorted(report.done for report in reports) == [1, 3]


def two_coroutines(work, gate_class):
    """The reports of two coroutines that work for 6 ms, in passes after one another: of the second pass."""

    async def one(index, gate):
        await passes.run_pass_async(work, me(), (index << 40, None, 6 * MS), gate)
        return await passes.run_pass_async(work, me(), (index << 40, None, 6 * MS), gate)

    async def both():
        gate = gate_class(2)
        return await asyncio.gather(*[one(index, gate) for index in range(2)])

    return asyncio.run(both())


def test_the_time_begins_with_the_first_start(clock, kind):
    """However long the gate takes to let the first worker go on, the window lasts as long as was asked for."""

    class Slow(Gate):
        async def wait(self):
            await super().wait()
            clock.now += 5 * MS

    reports = two_coroutines(kind(clock, MS // 10), Slow)
    assert min(report.stop for report in reports) - min(report.start for report in reports) >= 6 * MS


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_report_travels(protocol):
    """A report that comes out of a pickle equals the one that went in, and needs little more than its numbers."""
    report = passes.Report(1 << 50, 1 << 51, 3 << 40, 1000, 1 << 40, [(1 << 50, 500)], [{"workers": 7}])
    packed = pickle.dumps(report, protocol)
    assert pickle.loads(packed) == report
    assert len(packed) < 200


def member(workload, orders):
    """What a member says to a list of orders."""
    inbox, said = queue.SimpleQueue(), []
    for order in [*orders, None]:
        inbox.put(order)
    passes.member(workload, me(), None, inbox.get, said.append, False)
    return said


def test_a_member_enters_reports_and_leaves(clock):
    """A persistent worker says that it is ready, one report per orders, and that it has left."""
    kinds = [kind for kind, _ in member(Work(clock, MS), [(0, 1, None), (1, 2, None)])]
    assert kinds == ["ready", "report", "report", "left"]


@pytest.mark.parametrize("step", ["enter", "work", "leave"])
@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()])
def test_whatever_a_member_raises_is_told(clock, step, error):
    """An exception in any step, of any kind, is answered with its text and its traceback."""

    def fail(*arguments):
        raise error

    work = Work(clock, MS)
    setattr(work, step, fail)
    kind, (summary, trace) = member(work, [(0, 1, None)])[-1]
    assert kind == "failed"
    assert summary.startswith(type(error).__name__)
    assert "in fail" in trace


def test_no_worker_starts_before_all_are_there(clock):
    """The gate holds everyone until the last has come, and only then is the clock read."""
    work = Work(clock, 0)
    gate = threading.Barrier(2)
    reports = []
    first = threading.Thread(target=lambda: reports.append(passes.run_pass(work, me(), (0, 1, None), gate)))
    first.start()
    while not gate.n_waiting:
        pass
    assert work.calls == []
    clock.now += 500 * MS
    reports.append(passes.run_pass(work, me(), (1, 1, None), gate))
    first.join()
    assert [report.start for report in reports] == [1500 * MS, 1500 * MS]


def made(kind, *arguments, notes=()):
    error = kind(*arguments)
    for note in notes:
        error.add_note(note)
    return error


class Silent(Exception):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ValueError("the limit is 3"), "ValueError: the limit is 3"),
        (
            made(ValueError, "the limit is 3", notes=["in row 5", "of x"]),
            "ValueError: the limit is 3 (note: in row 5; of x)",
        ),
        (made(KeyError, "k", notes=["n" * 900]), "KeyError: 'k' (note: %s)" % ("n" * 300)),
        (made(SyntaxError, "bad", ("x.py", 1, 1, "x"), notes=["here"]), "SyntaxError: bad (note: here)"),
        (
            ExceptionGroup("tasks", [made(OSError, 5, "I/O", notes=["disk"]), ValueError("x")]),
            "ExceptionGroup: tasks (2 sub-exceptions): OSError: [Errno 5] I/O (note: disk)",
        ),
        (Silent(), "Silent: <exception str() failed>"),
    ],
)
def test_a_summary_begins_with_the_exceptions_own_text(error, says):
    """Its notes come after it, and the first exception of a group after the group."""
    assert passes.summary_of(error).rpartition("test_passes.")[2] == says


def test_notes_that_are_none_change_nothing():
    """Whatever a user's class calls `__notes__`."""
    error = ValueError("mine")
    error.__notes__ = 3
    assert passes.summary_of(error) == "ValueError: mine"
    assert "ValueError: mine" in passes.explain(error)[1]
