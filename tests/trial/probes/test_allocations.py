"""Allocations: how much is held at most, at which line, and what the collector did."""

import gc
import threading
import time
import tracemalloc

import pytest

from concexp.trial.probes import allocations
from tests.helpers.children import function, trial

MEGABYTE = 1 << 20
HOLDS = """\
def work():
    held = bytearray(4 << 20)
    return len(held)


KEPT = []


def keep():
    KEPT.append(bytes(1000))


def cycles():
    for _ in range(2000):
        one = []
        one.append(one)
"""


@pytest.fixture
def code(tmp_path):
    """A file with functions that allocate."""
    path = tmp_path / "mine.py"
    path.write_text(HOLDS)
    return path


def found(*what, **asked):
    """What the processes of one real trial of 200 operations allocated."""
    ending = trial(*what, probes=["allocations"], load={"ops": 200, "scaling": "strong"}, warmup=0, **asked)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    return [one for one in ending.answer["iterations"][0]["allocations"] if one]


@pytest.mark.parametrize(
    ("model", "processes"), [("serial", 1), ("threads", 1), ("thread_pool", 1), ("asyncio", 1), ("processes", 2)]
)
def test_what_is_held_at_once(code, model, processes):
    """Each process has one entry; what is freed again is in the peak and is not kept."""
    seen = found(function(code), model)
    assert len(seen) == processes
    for one in seen:
        assert 4 * MEGABYTE <= one["peak"] < 16 * MEGABYTE
        assert one["kept"] < MEGABYTE


def test_the_line_that_holds_it_is_named(code):
    """With its text, and no folder of this machine."""
    (one,) = found(function(code, "keep"), "serial")
    _, blocks, frames, texts = one["lines"][0]
    assert (frames[0][1], texts[0]) == (10, "KEPT.append(bytes(1000))")
    assert frames[0][0].endswith("mine.py")
    assert not frames[0][0].startswith("/")
    assert blocks >= 150  # a heap that grows by a tenth is not looked at again
    assert 200 * 1000 <= one["kept"] < 800 * 1000


def test_stretches_of_one_process_are_joined():
    """Coroutines that never await come one after the other: what was held at most is not added up, what was kept is."""

    def stretch(pid, peak, kept, seen, lines):
        counted = {"collections": [1, 0, 2], "collected": 5, "collecting_s": 0.5}
        return {"pid": pid, "peak": peak, "kept": kept, "seen": seen, "lines": lines, **counted}

    seen = [stretch(1, 30, 4, 20, ["a"]), None, stretch(1, 20, 3, 25, ["b"]), stretch(2, 5, 0, 5, ["c"])]
    one, other = allocations.Probe().merged(seen)["allocations"]
    assert (one["peak"], one["kept"], one["seen"], one["lines"]) == (30, 7, 25, ["b"])
    assert (one["collections"], one["collected"], one["collecting_s"]) == ([2, 0, 4], 10, 1.0)
    assert other == seen[-1]
    missing = {"missing": "in_use"}
    assert allocations.Probe().merged([missing, missing])["allocations"] == [missing]


def test_collections_are_counted(code):
    """2,000 cycles of one list each are many times the threshold of the youngest generation."""
    (one,) = found(function(code, "cycles"), "serial")
    assert sum(one["collections"]) > 100
    assert one["collected"] > 100_000
    assert one["collecting_s"] > 0


def test_nothing_is_left_behind():
    """Neither the tracer nor a thread nor the collector's callback stays after the last worker's pass."""
    before = threading.active_count(), list(gc.callbacks)
    first, second = allocations.Watcher(), allocations.Watcher()
    for one in (first, second):
        one.around(print, None)
    assert tracemalloc.is_tracing()
    assert first.seen() is None
    held = [bytes(5 * MEGABYTE)]
    seen = second.seen()
    assert seen["peak"] >= len(held[0])
    assert not tracemalloc.is_tracing()
    assert (threading.active_count(), list(gc.callbacks)) == before
    assert second.seen() is None


def test_it_ends_before_it_makes_a_trial_too_slow(monkeypatch):
    """The tracer goes when its time is over, and the work goes on at its own speed; the collector is watched to the end."""
    monkeypatch.setattr(allocations, "LIMIT", 10_000_000)
    watcher = allocations.Watcher()
    watcher.around(print, None)
    held = [bytes(5 * MEGABYTE)]
    deadline = time.monotonic() + 30
    while tracemalloc.is_tracing():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    gc.collect()
    seen = watcher.seen()
    assert seen["kept"] is None
    assert seen["peak"] >= len(held[0])
    assert sum(seen["collections"]) >= 1


def test_a_tracer_of_the_work_is_left_alone():
    """It is not ours to stop, and its blocks are not those of the pass."""
    tracemalloc.start()
    try:
        watcher = allocations.Watcher()
        watcher.around(print, None)
        assert watcher.seen() == {"missing": "in_use"}
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
