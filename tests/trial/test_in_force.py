"""What workers read back of their settings: the truth of each model's workers, whatever was asked for."""

import pytest

from concexp.plan.cell import Runtime
from tests.helpers.children import trial
from tests.helpers.interpreters import at_hand, newest
from tests.helpers.plugins import build

MODELS = [
    ("serial", {}), ("threads", {}), ("thread_pool", {}), ("asyncio", {}), ("loops", {"limit": 2}),
    *(("processes", {"start_method": method}) for method in ("fork", "forkserver", "spawn")),
    ("process_pool", {"start_method": "spawn"}), ("interpreters", {}), ("interpreter_pool", {}),
]  # fmt: skip
SETTINGS = [
    {"gc": "on"}, {"gc": "off"}, {"gc": "freeze"}, {"gc": [1234]}, {"pin": "one"}, {"hash_seed": 0}, {"hash_seed": 7},
    {"malloc": "malloc"}, {"malloc": "pymalloc"}, {"flags": "-O"}, {"flags": "-Xdev"}, {"flags": "-Werror::UserWarning"},
]  # fmt: skip


def seen(model, settings, python=None):
    """What the workers of a real trial with these settings read back; the test is skipped where the model is not there."""
    runtime = Runtime("x", settings)
    python = python or (newest() if build("model", model[0]).missing() else None)
    more = {"python": python} if python else {}
    ending = trial(
        ("cpu_sum", {"size": 10}), model, load={"ops": 8, "scaling": "strong"}, probes=["placement"],
        variables=runtime.variables(), more_flags=runtime.flags(), **runtime.request(), **more,
    )  # fmt: skip
    if ending.status == "unsupported":
        pytest.skip(ending.reason)
    assert ending.status == "ok", ending
    return runtime, ending.answer["iterations"][0]["worker_settings"]


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_every_setting_is_in_force_in_every_worker(model):
    """The collector of this process, of a process that starts anew, and of an interpreter of its own: each is set by itself."""
    together = {"gc": "off", "hash_seed": 7, "malloc": "malloc", "flags": "-O", "pin": "one"}
    runtime, workers = seen(model, together)
    assert workers
    assert runtime.difference(workers) == ""


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("model", [("threads", {}), ("processes", {"start_method": "spawn"})], ids=str)
def test_a_setting_by_itself(model, settings):
    """Each value, in workers that share this interpreter and in those that start anew."""
    runtime, workers = seen(model, settings)
    assert runtime.difference(workers) == ""


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.13", "3.14", "3.15"])
def test_settings_on_every_version(version):
    """What is read back is there in the oldest and the newest CPython."""
    if version not in at_hand():
        pytest.skip(f"no CPython {version} is at hand")
    runtime, workers = seen(("processes", {"start_method": "spawn"}), {"gc": [1234], "hash_seed": 7, "flags": "-O"},
                            at_hand()[version])  # fmt: skip
    assert runtime.difference(workers) == ""


def test_a_setting_that_did_not_reach_a_worker_is_seen():
    """An option that multiprocessing does not pass on is lost in a process that starts anew: read back, and not believed."""
    settings = {"flags": "-Xno_such_option_is_known"}
    runtime, here = seen(("threads", {}), settings)
    assert runtime.difference(here) == ""
    runtime, anew = seen(("processes", {"start_method": "spawn"}), settings)
    assert "a worker has not -Xno_such_option_is_known" in runtime.difference(anew)
