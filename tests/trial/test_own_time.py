"""The trial's own clocks: what freezes or replaces `time` does not reach them, in any worker of any model."""

import ast
import time
from pathlib import Path

import pytest

from concexp import trial as trial_package
from concexp.trial import own_time, passes
from tests.helpers.children import function, trial

CLOCKS = ("perf_counter_ns", "thread_time_ns", "process_time_ns")
CHANGES = {
    "frozen": "import freezegun\nfreezegun.freeze_time('2020-01-01').start()\n",
    "replaced": "time.perf_counter = time.monotonic = lambda: 0.0\ntime.perf_counter_ns = lambda: 0\n",
    "patched": "from unittest import mock\nmock.patch('time.time', lambda: 0).start()\n"
    "mock.patch('time.perf_counter_ns', lambda: 1).start()\n",
    "found by its identity": "import sys\nreal = time.perf_counter_ns\nfor module in list(sys.modules.values()):\n"
    "    for name in [name for name, value in vars(module).items() if value is real]:\n"
    "        setattr(module, name, lambda: 5)\n",
}
OPS = 20
SLEEP = 0.005  # seconds of one operation


@pytest.fixture(params=CHANGES)
def code(request, write):
    """A file whose workers change the clock when they enter, and then sleep."""
    change = CHANGES[request.param].replace("\n", "\n        ")
    return write(
        "mine.py",
        f"import time\n\nclass Work:\n    def setup(self):\n        {change}\n    def run(self):\n        time.sleep({SLEEP})\n",
    )


def test_a_clock_is_an_object_of_its_own():
    """Nothing finds it by the identity of the library's function; both show the same time."""
    for name in CLOCKS:
        assert getattr(own_time, name) is not getattr(time, name)
    before = time.perf_counter_ns()
    assert before <= own_time.perf_counter_ns() <= time.perf_counter_ns()


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        "serial",
        "threads",
        "thread_pool",
        "to_thread",
        "asyncio",
        "processes",
        ("processes", {"start_method": "spawn"}),
        ("processes", {"start_method": "forkserver"}),
        "process_pool",
        "mp_pool",
        "hybrid",
    ],
)
def test_times_are_true_whatever_the_code_does_to_its_clock(code, model):
    """Operations that sleep take as long as they sleep, in every worker."""
    ended = trial(function(code, "Work"), model, site=True, load={"ops": OPS, "scaling": "strong"})
    assert ended.status == "ok", ended
    (iteration,) = ended.answer["iterations"]
    workers = 1 if model in ("serial", "asyncio") else 2
    assert OPS * SLEEP / workers <= iteration["wall_s"] < 20
    assert 0 < iteration["startup_s"] < 20


def test_no_other_module_reads_the_clocks_of_the_library():
    """Each would be frozen. The load generator and the sampler of the GIL are processes without any code under test."""
    names = ("perf_counter", "monotonic", "thread_time", "process_time", "clock_gettime", "time")
    readers = set()
    for file in Path(trial_package.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "time":
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "time":
                found = [node.attr]
            else:
                continue
            if any(name.removesuffix("_ns") in names for name in found):
                readers.add(file.name)
    assert readers == {"load_generator.py", "_gil_sampler.py"}


def test_readings_outside_of_their_time_are_seen():
    """A worker whose clock runs apart from the coordinator's."""
    report = passes.Report(100, 200, 0, 1, 0)
    assert own_time.outside_ns([report], 90, 210) == 0
    assert own_time.outside_ns([report, passes.Report(0, 200, 0, 1, 0)], 90, 210) == 90
    assert own_time.outside_ns([passes.Report(100, 300, 0, 1, 0)], 90, 210) == 90
    assert own_time.outside_ns([passes.Report(200, 100, 0, 1, 0)], 90, 210) == 100
