"""Where workers run and how their interpreters are set: the order of CPUs, and what each worker finds of itself."""

import os

import pytest

from concexp.run.child.stage import stage_child_code
from concexp.run.interpreters import discovery
from concexp.run.interpreters.interpreter import Interpreter
from concexp.trial import placement
from tests.helpers.children import trial
from tests.helpers.plugins import REAL_MODELS, build

INTERVAL = 0.0007  # seconds; nobody's default
OPS = {"ops": 20, "scaling": "strong"}
pins = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot pin threads")
# Every model, and every way in which it can bring its workers into being.
VARIANTS = [
    *((name, {}) for name in REAL_MODELS),
    *(
        (name, {"start_method": method})
        for name in REAL_MODELS
        if hasattr(build("model", name), "start_method")
        for method in ("fork", "forkserver", "spawn")
    ),
    ("asyncio", {"spawn": "gather"}),
    ("hybrid", {"inner": "asyncio"}),
]


def system(folder, *cpus):
    """A /sys/devices/system/cpu with these CPUs: (node, package, core) of each, None where it does not tell."""
    for number, cpu in enumerate(cpus):
        place = folder / f"cpu{number}"
        place.mkdir()
        if cpu is None:
            continue
        node, package, core = cpu
        (place / f"node{node}").mkdir()
        (place / "topology").mkdir()
        (place / "topology" / "physical_package_id").write_text(f"{package}\n")
        (place / "topology" / "core_id").write_text(f"{core}\n")
    return str(folder)


def test_compact_fills_neighbours_first(tmp_path):
    """Both threads of a core, then the next core, then the next node; numbers of CPUs tell nothing of neighbourhood."""
    # As Linux numbers them on two sockets of two cores with two threads each: first threads first.
    where = system(tmp_path, *[(n, n, c) for _ in range(2) for n in (0, 1) for c in (0, 1)])
    assert placement.compact(set(range(8)), where) == [0, 4, 1, 5, 2, 6, 3, 7]


def test_spread_goes_far_first(tmp_path):
    """A core of each node in turn, and the second threads only when every core has a worker."""
    where = system(tmp_path, *[(n, n, c) for _ in range(2) for n in (0, 1) for c in (0, 1)])
    assert placement.spread(set(range(8)), where) == [0, 2, 1, 3, 4, 6, 5, 7]


@pytest.mark.parametrize("order", [placement.compact, placement.spread])
def test_only_usable_cpus_are_taken(tmp_path, order):
    """What the affinity leaves out is not there."""
    where = system(tmp_path, *[(n, n, c) for _ in range(2) for n in (0, 1) for c in (0, 1)])
    assert sorted(order({1, 3, 5}, where)) == [1, 3, 5]


@pytest.mark.parametrize("order", [placement.compact, placement.spread])
@pytest.mark.parametrize("folders", [True, False])
def test_without_a_topology_the_order_is_that_of_the_numbers(tmp_path, order, folders):
    """Where the system tells nothing, each CPU is a core of its own."""
    where = system(tmp_path, *[None] * 4 * folders)
    assert order({3, 1, 0, 2}, where) == [0, 1, 2, 3]


def found(model, parameters, python=None, **setting):
    """What the workers of a real trial found of themselves: (CPUs of each, switch interval of each), and the trial's facts."""
    load = OPS if parameters.get("spawn") else {"duration": 0.02}
    more = {"python": python} if python else {}
    ending = trial(("cpu_sum", {"size": 50}), (model, parameters), load=load, **setting, **more)
    if ending.status == "unsupported":
        pytest.skip(ending.reason)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    iteration = ending.answer["iterations"][0]
    return iteration["worker_cpus"], iteration["worker_switch_interval"], ending.answer


@pytest.mark.parametrize(("model", "parameters"), VARIANTS, ids=str)
def test_every_worker_has_the_switch_interval(model, parameters):
    """Asked inside each worker, of each model and start method: none begins with another interval."""
    _, intervals, answer = found(model, parameters, switch_interval=INTERVAL)
    assert intervals == pytest.approx([INTERVAL] * len(intervals))
    assert answer["switch_interval"] == pytest.approx(INTERVAL)


@pins
@pytest.mark.parametrize("pin", ["compact", "spread", "one"])
@pytest.mark.parametrize(("model", "parameters"), VARIANTS, ids=str)
def test_every_worker_has_its_cpu(model, parameters, pin):
    """Asked inside each worker: one CPU each, in the order of the pinning, round robin; coroutines share their loop's."""
    order = placement.ORDERS[pin](os.sched_getaffinity(0))
    cpus, _, _ = found(model, parameters, pin=pin)
    bodies = build("model", model, **parameters).bodies(2)
    places = [0] * bodies if model in ("serial", "asyncio") else [0, 1] * (bodies // 2)
    assert sorted(cpus) == sorted([order[place % len(order)]] for place in places)


def test_one_cpu_for_all_is_the_last(tmp_path):
    """The first ones serve most interrupts."""
    assert placement.one({3, 1, 2}) == [3]


@pins
def test_workers_without_a_setting_are_left_alone():
    """Nobody is pinned, and no interval set, who was not to be."""
    cpus, intervals, _ = found("threads", {})
    assert cpus == [sorted(os.sched_getaffinity(0))] * 2
    assert intervals == pytest.approx([0.005, 0.005])


@pins
def test_more_workers_than_cpus_go_round(tmp_path):
    """The first CPU gets a second worker when each has one."""
    order = placement.compact(os.sched_getaffinity(0))
    count = len(order) + 1
    cpus, _, _ = found("threads", {}, pin="compact", workers=count)
    assert cpus == [[cpu] for cpu in order] + [[order[0]]]


@pins
@pytest.mark.parametrize("startup", ["each", "timed"])
def test_workers_that_are_made_anew_have_their_place_again(startup):
    """The second crew stands where the first one stood."""
    order = placement.spread(os.sched_getaffinity(0))
    for model in ("threads", "processes", "asyncio"):
        cpus, _, _ = found(model, {}, pin="spread", startup=startup, iterations=2)
        assert cpus == [[order[index % len(order) if model != "asyncio" else 0]] for index in range(2)]


@pytest.mark.parametrize("setting", [{"switch_interval": INTERVAL}, pytest.param({"pin": "spread"}, marks=pins)])
def test_interpreters_in_threads_are_set_one_by_one(setting):
    """A sub-interpreter begins with an interval of its own, and its thread with all CPUs: its worker sets both."""
    able = [path for path, one in discovery.InterpreterFinder(stage_child_code()).answers() if isinstance(one, Interpreter)
            and tuple(map(int, one.facts["version"].split(".")[:2])) >= (3, 14)]  # fmt: skip
    if build("model", "interpreters").missing() and not able:
        pytest.skip("no CPython 3.14 or later is on this machine")
    cpus, intervals, _ = found("interpreters", {}, python=str(able[0]) if able else None, **setting)
    if "pin" in setting:
        order = placement.spread(os.sched_getaffinity(0))
        assert cpus == [[order[index % len(order)]] for index in range(2)]
    else:
        assert intervals == pytest.approx([INTERVAL] * 2)
