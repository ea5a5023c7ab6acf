"""The measured window: made-up schedules, whose rate is known, come out with that rate."""

import heapq
import random
import statistics

import pytest

from concexp.trial import window
from concexp.trial.passes import Report

S = window.SECOND
MS = S // 1000


def report(start, stop, done, progress=()):
    """A worker's report; times in seconds."""
    noted = [(int(at * S), ops) for at, ops in progress]
    return Report(int(start * S), int(stop * S), 0, done, done, noted)


def rate(reports, duration, workers=None):
    """The throughput of a pass, operations per second."""
    found = window.timed(reports, duration, None, workers or len(reports))
    return found.ops / found.wall_s


def alone(length, start, duration):
    """The report of a worker that nobody hinders; `length()` is how long its next operation takes, ns."""
    now, done, progress = start, 0, []
    while True:
        begun, now, done = now, now + length(), done + 1
        if now >= start + duration:
            return Report(start, now, 0, done, 0, [*progress, (begun, done - 1)])
        progress.append((now, done))


def taking_turns(workers, length, duration, turn):
    """The reports of threads under a GIL: one computes for a turn, then the next; each starts with its first turn."""
    now, queue = 0, list(range(workers))
    starts, left, done, progress = {}, [length] * workers, [0] * workers, [[] for _ in range(workers)]
    reports = []
    while queue:
        index = queue.pop(0)
        starts.setdefault(index, now)
        begun, rest = now, turn
        while rest:
            spent = min(rest, left[index])
            now, rest, left[index] = now + spent, rest - spent, left[index] - spent
            if not left[index]:
                done[index], left[index] = done[index] + 1, length
                if now >= starts[index] + duration:
                    before = progress[index][-1] if progress[index] else (begun, 0)
                    reports.append(Report(starts[index], now, 0, done[index], 0, [*progress[index], before]))
                    break
                progress[index].append((now, done[index]))
        else:
            queue.append(index)
    return reports


def pool(workers, length, duration):
    """The report of a pool with two tasks per worker in flight until the time is over."""
    free, ends, queued = [0] * workers, [], workers
    while True:
        begun = heapq.heappop(free)
        queued -= begun >= duration
        if queued < 0:
            return [window.pool_report(0, ends, 0, workers, duration)]
        ends.append(begun + length())
        heapq.heappush(free, ends[-1])


@pytest.mark.parametrize(("served", "rate"), [(0.484, 50.0), (0.5, 50.0), (1.0, 25.0)])
def test_work_that_arrives_lasts_as_long_as_it_arrives(served, rate):
    """Of 25 operations in half a second the last arrives after 0.48 s: as many as were asked were served, or fewer."""
    found = window.counted([report(0, served, 13), report(0, served, 12)], 25, None, S // 2)
    assert found.ops / found.wall_s == pytest.approx(rate)
    assert found.all_active == 1


def test_counted_work_lasts_from_the_first_start_to_the_last_stop():
    """A number of operations: the window holds all of them, and ends with the last worker."""
    reports = [report(1, 4, 10), report(2, 6, 11)]
    found = window.counted(reports, 21, None)
    assert (found.wall_s, found.ops) == (5, 21)
    assert window.by_worker(reports, 2) == ([10, 11], [3, 4])
    assert (found.start_skew_s, found.stop_skew_s, found.all_active, found.window_s) == (1, 2, 2 / 5, None)


def test_a_worker_has_what_all_its_bodies_did():
    """Of four bodies of two workers, each worker has those in turns: their operations, from the first start to the last stop."""
    reports = [report(1, 4, 10), report(2, 6, 11), report(2, 7, 5), report(3, 4, 1)]
    assert window.by_worker(reports, 2) == ([15, 12], [6, 4])


def test_what_was_under_way_at_a_cut_counts_by_its_share():
    """Each worker does an operation in 2 s, out of step by a second: the rate is 1/s, though stops differ by a second."""
    even, odd = (
        report(0, 16, 8, [(2 * k, k) for k in range(1, 8)]),
        report(0, 17, 9, [(2 * k - 1, k) for k in range(1, 9)]),
    )
    odd.progress.insert(0, (0, 0.5))
    found = window.timed([even, odd], 16 * S, None, 2)
    assert found.ops == 17
    assert found.wall_s == pytest.approx(17)
    assert found.window_s == 14


def test_a_timed_start_up_belongs_to_the_window():
    """With `startup: timed` the window begins with the creation of the first worker, whatever the load."""
    found = window.counted([report(3, 4, 5), report(3.5, 5, 5)], 10, S)
    assert (found.wall_s, found.start_skew_s) == (4, 0.5)
    assert found.all_active == 0.5 / 2
    assert window.timed([report(3, 11, 8)], 8 * S, S, 1).wall_s == 10


def test_workers_that_ran_one_after_another_were_never_all_active():
    """The share of the window with everybody at work is never below zero, and an empty window is no error."""
    assert window.counted([report(0, 1, 1), report(2, 3, 1)], 2, None).all_active == 0
    assert window.counted([report(1, 1, 0)], 0, None).all_active == 0
    assert window.time_taken([report(1, 1, 0)], S, 2 * S) == S


@pytest.mark.parametrize("skew", [0, 10, 100])
@pytest.mark.parametrize("length", [20, 30])
def test_sleepers_of_one_length_are_exact(length, skew):
    """8 workers, 0.3 s: operations of 20 or 30 ms are neither lost nor doubled, however apart the workers start."""
    draw = random.Random(1).random
    reports = [alone(lambda: length * MS, int(draw() * skew * MS), 300 * MS) for _ in range(8)]
    assert rate(reports, 300 * MS) == pytest.approx(8000 / length, rel=1e-9)


@pytest.mark.parametrize("skew", [0, 10])
def test_sleepers_of_few_operations_are_not_too_fast(skew):
    """Of operations of 100 ms in 0.3 s no cut is right for all kinds of work: the rate is one that was reached."""
    draw = random.Random(1).random
    reports = [alone(lambda: 100 * MS, int(draw() * skew * MS), 300 * MS) for _ in range(8)]
    assert 0.95 * 80 < rate(reports, 300 * MS) <= 80 * (1 + 1e-9)


def one_call_at_a_time(workers, length, duration):
    """The reports of coroutines that block their loop in turns: each call makes all others wait."""
    now, queue = 0, list(range(workers))
    begun, done, progress, reports = [0] * workers, [0] * workers, [[] for _ in range(workers)], []
    while queue:
        index = queue.pop(0)
        now, done[index] = now + length, done[index] + 1
        if now >= duration:
            reports.append(Report(0, now, 0, done[index], 0, [*progress[index], (begun[index], done[index] - 1)]))
        else:
            progress[index].append((now, done[index]))
            begun[index] = now
            queue.append(index)
    return reports


@pytest.mark.parametrize("workers", [2, 16, 32])
@pytest.mark.parametrize("length", [5, 12, 20, 50])
@pytest.mark.parametrize("duration", [300, 500, 1000])
def test_no_workers_that_take_turns_are_faster_than_one(duration, length, workers):
    """Threads under the GIL and coroutines that block their loop do what one does, also where an operation takes long."""
    for reports in (
        one_call_at_a_time(workers, length * MS, duration * MS),
        taking_turns(workers, length * MS, duration * MS, 5 * MS),
        taking_turns(workers, length * MS, duration * MS, 20 * MS),
    ):
        assert rate(reports, duration * MS) == pytest.approx(1000 / length, rel=0.1)


def test_unequal_workers_add_up():
    """Workers of eight speeds: the throughput is the sum of the eight."""
    lengths = (7, 11, 13, 17, 20, 33, 50, 90)
    reports = [alone(lambda length=length: length * MS, 0, 300 * MS) for length in lengths]
    assert rate(reports, 300 * MS) == pytest.approx(sum(1000 / length for length in lengths))


@pytest.mark.parametrize(("spread", "within"), [(0.1, 0.002), (0.3, 0.003)])
def test_operations_of_chance_lengths_have_no_bias(spread, within):
    """8 workers, 20 ms on average, 0.3 s: the mean of 400 passes is the true rate."""
    gauss = random.Random(2).gauss

    def length():
        return max(MS, int(gauss(20 * MS, spread * 20 * MS)))

    for made in (lambda: [alone(length, 0, 300 * MS) for _ in range(8)], lambda: pool(8, length, 300 * MS)):
        assert statistics.fmean(rate(made(), 300 * MS, 8) for _ in range(400)) == pytest.approx(400, rel=within)


@pytest.mark.parametrize("workers", [2, 8, 32])
@pytest.mark.parametrize("length", [MS // 10, MS])
def test_threads_that_take_turns_are_as_fast_as_one(length, workers):
    """Under a GIL the threads start a turn apart: what the first do while they have it to themselves is not multiplied."""
    draw = random.Random(3).uniform
    rates = [rate(taking_turns(workers, length, 500 * MS, int(draw(4.5, 5.5) * MS)), 500 * MS) for _ in range(20)]
    assert statistics.fmean(rates) == pytest.approx(S / length, rel=0.01)


def test_workers_that_come_after_one_another_share_one_rate():
    """Coroutines that never await: the first has all the time, the others an operation each, which nobody can do meanwhile."""
    first = alone(lambda: 2 * MS, 0, 100 * MS)
    others = [Report(now * MS, (now + 2) * MS, 0, 1, 0, [(now * MS, 0)]) for now in (100, 102, 104)]
    assert rate([first, *others], 100 * MS) == pytest.approx(500)


@pytest.mark.parametrize("length", [20, 100])
def test_tasks_of_a_pool_are_neither_lost_nor_doubled(length):
    """A pool reports only when its tasks ended: those under way when the time is over count by their share."""
    assert rate(pool(8, lambda: length * MS, 290 * MS), 290 * MS) == pytest.approx(8000 / length)


def test_an_operation_longer_than_the_window_has_its_rate():
    """One operation of a second in a tenth of a second: one per second and worker."""
    assert rate([alone(lambda: S, 0, S // 10) for _ in range(3)], S // 10) == pytest.approx(3)
    assert rate(pool(3, lambda: S, S // 10), S // 10) == pytest.approx(3)
