"""The second role: it runs while the first is measured, on its own model, and is told apart."""

import pytest

from concexp.trial import tools
from tests.helpers.forks import trial
from tests.helpers.plugins import HERE, build

LASTING = [name for name in HERE if build("model", name).lasting]


def role(workload="cpu_sum", model="threads", workers=2, **parameters):
    return {
        "workload": {"name": workload, "parameters": parameters},
        "model": {"name": model, "parameters": {}},
        "workers": workers,
    }


@pytest.mark.parametrize("second", LASTING)
@pytest.mark.parametrize("first", HERE)
def test_any_first_role_beside_any_second(first, second):
    """Both do their work in each pass, the first's outcome is right, and nothing is left behind."""
    workers = 2 if build("model", second).needs_workers else 1
    background = role("cpu_sum", second, workers, size=100)
    load = {"ops": 6, "scaling": "strong"}
    ending = trial(("sleep", {"delay": 0.002}), first, load=load, iterations=2, background=background)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    for iteration in ending.answer["iterations"]:
        assert iteration["ops"] == 6
        assert iteration["background_ops"] > 0
        assert iteration["background_s"] > 0
    # Of workers that share a thread it cannot be told which role used the CPU.
    shares = build("model", second).parallel == "one" or build("model", second).asynchronous
    assert shares or iteration["background_cpu_s"] > 0


@pytest.mark.parametrize("startup", ["once", "each", "timed"])
def test_it_goes_on_while_the_first_starts_anew(startup):
    """The first role's workers may be new for each pass; the second's stay."""
    ending = trial("cpu_sum", "processes", startup=startup, iterations=2, background=role(size=100))
    assert (ending.status, ending.left_behind) == ("ok", 0), ending


def test_no_worker_is_no_background():
    """With 0 workers the trial is as if there were none."""
    answer = trial("cpu_sum", "threads", background=role(workers=0)).answer
    assert "background_ops" not in answer["iterations"][0]


def test_its_failure_is_the_trials(write):
    """What the second role raises is told with its traceback."""
    path = write("mine.py", "def falls_here():\n    raise LookupError('behind the scenes')\n")
    background = role("_function", path=str(path), function="falls_here", arguments={})
    ending = trial("sleep", "threads", background=background)
    assert (ending.status, ending.reason) == ("failed", "LookupError: behind the scenes")
    assert "in falls_here" in ending.answer["traceback"]


def test_its_servers_end_with_the_trial():
    """A second role may have a server of its own; nothing of it stays."""
    ending = trial("cpu_sum", "threads", background=role("echo"))
    assert (ending.status, ending.left_behind) == ("ok", 0), ending


@pytest.mark.parametrize(
    ("workload", "model", "workers", "reason"),
    [
        ("counter", "threads", 2, "counter cannot run in the background: its workers share state"),
        ("sleep", "thread_pool", 2, "thread_pool cannot carry a background: it has no workers that stay"),
        ("sleep", "serial", 2, "serial has one worker, so it cannot carry a background of 2"),
        ("file_io", "asyncio", 2, "file_io has no asynchronous form"),
        ("sleep", "threads", 2, ""),
    ],
)
def test_what_cannot_be_the_second_role_has_a_reason(workload, model, workers, reason):
    """The reason tells what would have to be different."""
    found = tools.background_refusal(build("workload", workload), build("model", model), workers)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)
