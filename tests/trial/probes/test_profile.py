"""The sampling profile: it names the line at which workers compute, or wait, and no folder of this machine."""

import threading
import time

import pytest

from concexp.trial.probes import profile
from tests.helpers.children import trial

LOAD = {"duration": 0.2}


def places(*what, **asked):
    """{(file, function, text of the line): [samples, on a CPU]} of all workers of one real trial."""
    ending = trial(*what, probes=["profile"], load=LOAD, warmup=0, **asked)
    assert ending.status == "ok", ending
    found = {}
    for worker in ending.answer["iterations"][0]["profile"]:
        for samples, on_cpu, frames, texts in (worker or {}).get("places", ()):
            total = found.setdefault((frames[0][0], frames[0][2], texts[0]), [0, 0])
            total[0] += samples
            total[1] += on_cpu
    return found


@pytest.mark.parametrize("model", ["serial", "threads", "thread_pool", "processes", "asyncio"])
def test_it_names_the_line_that_computes(model):
    """In every model: the loop of the workload."""
    found = places("cpu_sum", model)
    (file, function, _), _ = max(found.items(), key=lambda item: item[1])
    assert (file, function) == ("concexp/trial/workloads/cpu_sum.py", "work")


def test_it_names_the_line_that_waits_for_a_lock():
    """Workers that wait for each other stand at the lock, mostly without a CPU."""
    found = places(("critical_section", {"inside": 0.002, "outside": 0.0}), "threads", "lock")
    lock = {key: counts for key, counts in found.items() if key[2].startswith("with guard")}
    samples = sum(count for count, _ in lock.values())
    assert samples > 0.2 * sum(count for count, _ in found.values())
    assert sum(on_cpu for _, on_cpu in lock.values()) < samples


def test_files_have_no_folder_of_this_machine():
    """Below the code of trials, in the standard library, or with the name of their own folder."""
    assert profile.shown(profile.__file__) == "concexp/trial/probes/profile.py"
    assert profile.shown(threading.__file__) == "<library>/threading.py"
    assert profile.shown("/home/somebody/project/src/mine.py") == "src/mine.py"


@pytest.fixture
def watcher():
    """A watcher whose pass ends with the test."""
    one = profile.Watcher()
    yield one
    one.seen()


class Me:
    index = 0


def test_only_work_is_counted(watcher):
    """What a worker's thread does between its pieces of work is counted apart; no more places are kept than fit."""
    work = watcher.around(lambda me, n: time.sleep(n), Me)
    work(Me, 0.05)
    time.sleep(0.05)
    seen = watcher.seen()
    assert seen["samples"] > 0
    assert seen["elsewhere"] > 0
    assert len(seen["places"]) <= profile.PLACES
    (place,) = seen["places"]
    assert place[2][0][2] == "<lambda>"
    assert "time.sleep(n)" in place[3][0]


def test_the_sampler_ends_with_the_last_pass():
    """No thread is left that would disturb later passes, and a second pass begins anew."""
    before = threading.active_count()
    first, second = profile.Watcher(), profile.Watcher()
    for one in (first, second):
        one.around(print, Me)
    assert threading.active_count() == before + 1
    first.seen()
    assert threading.active_count() == before + 1
    assert second.seen() == {"samples": 0, "elsewhere": 0, "places": []}
    assert threading.active_count() == before
    assert second.seen() is None


def test_frames_are_not_kept(watcher):
    """A frame that lived until the next look would keep a worker's data alive."""
    work = watcher.around(lambda me, n: time.sleep(n), Me)
    work(Me, 0.02)
    assert all(isinstance(part, (str, int)) for place in watcher.places for frame in place for part in frame)
