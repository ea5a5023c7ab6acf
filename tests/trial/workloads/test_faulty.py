"""Faults on purpose: each ends as the model lets it end, by its deadline, with what is known of it, and nothing stays."""

import json
import statistics
from concurrent.futures import ThreadPoolExecutor

import pytest

from concexp.analysis import results
from concexp.analysis.stats.ratios import ratio
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.trial.diagnostics import notes
from tests.helpers.children import trial
from tests.helpers.plugins import build
from tests.helpers.processes import mine

OPS = {"ops": 20, "scaling": "strong"}
ONCE = {"load": OPS, "warmup": 0, "iterations": 1, "probes": ["rusage"]}
STARTED = [("processes", {"start_method": method}) for method in ("fork", "forkserver", "spawn")]
MODELS = ["serial", "threads", "thread_pool", "asyncio", "to_thread", *STARTED, "process_pool", "mp_pool", "hybrid"]
# Who does not notice that a worker has died: the pool replaces it, and waits for the task that was lost with it.
BLIND = ("mp_pool",)
DEATHS = {"os_exit": "exit code 3", "sigkill": "SIGKILL", "sigsegv": "SIGSEGV"}


@pytest.mark.parametrize("how", ["raise", "sys_exit"])
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_what_is_raised_fails(model, how):
    """An exception, SystemExit among them, is `failed` in every model, with what was raised and when it was noticed."""
    ending = trial(("faulty", {"how": how}), model, **ONCE)
    assert ending.status == "failed", ending
    assert ("Fault: as asked" if how == "raise" else "SystemExit: as asked") in ending.reason
    assert ending.noticed_ns > ending.notes["fault"][1]
    assert mine() == []


@pytest.mark.parametrize("how", DEATHS)
@pytest.mark.parametrize("model", [model for model in MODELS if model not in BLIND], ids=str)
def test_a_death_is_a_crash(model, how):
    """A process that dies is `crashed`, by whatever the model's library says of it, and soon."""
    ending = trial(("faulty", {"how": how}), model, **ONCE)
    assert ending.status == "crashed", ending
    assert DEATHS[how] in ending.reason or "BrokenProcessPool" in ending.reason
    assert ending.noticed_ns > ending.notes["fault"][1]
    assert mine() == []


def by_the_deadline(faults):
    """The Endings of trials that hang until the deadline, by (model, how): some at a time, for they only wait."""
    with ThreadPoolExecutor(4) as pool:
        endings = list(pool.map(lambda one: trial(("faulty", {"how": one[1]}), one[0], timeout=3, **ONCE), faults))
    assert mine() == []
    return zip(faults, endings, strict=True)


def test_a_pool_that_does_not_notice_hangs():
    """`multiprocessing.Pool` replaces a worker that died and waits for ever for its task: `timeout`, and the reason says so."""
    for fault, ending in by_the_deadline([("mp_pool", how) for how in DEATHS]):
        assert ending.status == "timeout", (fault, ending)
        assert "replaced a worker that had died" in ending.reason, fault
        assert ending.noticed_ns is None, fault


@pytest.mark.parametrize("how", DEATHS)
def test_a_pool_that_is_told_to_watch_notices(how):
    """The same deaths are a crash where the model looks after its pool."""
    watched = trial(("faulty", {"how": how}), ("mp_pool", {"watch": True}), **ONCE)
    assert (watched.status, DEATHS[how] in watched.reason) == ("crashed", True), watched


def test_a_hang_ends_by_the_deadline():
    """Whoever waits for ever is `timeout`; nobody noticed, and the tasks that were done are known: in every model."""
    for fault, ending in by_the_deadline([(model, "hang") for model in MODELS]):
        assert (ending.status, ending.reason) == ("timeout", "no answer after 3 s"), fault
        assert ending.noticed_ns is None, fault
        assert ending.notes["fault"][0] == 1, fault
        assert ending.notes.get("done", (0, None))[0] < 20, fault


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_without_a_fault_all_is_well(model):
    """A fault that never comes leaves an ordinary trial: all tasks done, nothing orphaned."""
    ending = trial(("faulty", {"at": 20, "delay": 0.0}), model, **ONCE)
    assert (ending.status, ending.orphans) == ("ok", 0), ending
    assert ending.notes == {"done": (20, None)}


def test_notes_of_the_last_pass_count():
    """What was done in earlier passes is not counted with the one in which the fault happened."""
    ending = trial(("faulty", {"at": 5}), "serial", load=OPS, warmup=0, iterations=3, probes=[])
    assert (ending.status, ending.notes["done"][0], ending.notes["fault"][0]) == ("failed", 5, 1)
    ending = trial(("faulty", {"at": 20, "delay": 0.0}), "threads", load=OPS, warmup=1, iterations=2, probes=[])
    assert ending.notes["done"] == (20, None)


def test_a_note_is_there_at_once(tmp_path):
    """What was written is in the file before anything else happens; a copy that was sent elsewhere writes there too."""
    first = notes.Notes(str(tmp_path))
    first.write("fault", 12)
    second = first.__reduce__()[0](*first.__reduce__()[1])
    second.write("done")
    assert (tmp_path / notes.NAME).read_text() == "fault 12\ndone\n"


@pytest.fixture(scope="module")
def dead(tmp_path_factory):
    """A run with a death in two models, read back."""
    from concexp.commands.run import RunRequest, run_experiment

    folder = tmp_path_factory.mktemp("dead")
    path = folder / "dead.yaml"
    path.write_text(
        "workload: {faulty: {how: sigkill}}\nmodel: [processes, process_pool]\nsweep: {workers: 2}\n"
        "load: {ops: 20, scaling: strong}\nmeasure: {repetitions: 3, iterations: 1, warmup: 0}\n"
        "metrics: [detection_s, lost_tasks, orphans]\nallow: [{status: crashed}]\n"
    )
    done = run_experiment(RunRequest(path, (), "", folder / "out", False, False, True, "concexp run"), "none", False)
    assert done.bad == 0
    return results.load(folder / "out" / "dead")


def test_rows_that_end_badly_carry_what_is_known(dead):
    """Time to notice, lost tasks and orphans are in the rows and in the cells, though no iteration was finished."""
    frame = dead.trials[dead.trials["role"] == "measured"]
    assert set(frame["status"]) == {"crashed"}
    assert frame["iteration"].isna().all()
    assert (frame["detection_s"] > 0).all()
    assert frame["lost_tasks"].between(1, 20).all()
    cells = dead.cells
    assert cells["detection_s_lo"].notna().all()
    assert cells["lost_tasks"].between(1, 20).all()
    assert cells["orphans"].ge(0).all()


def test_no_home_is_told_of(dead, monkeypatch):
    """What is recorded of tracebacks and output names no home of this machine."""
    from concexp.run import records

    monkeypatch.setenv("HOME", "/home/somebody")
    assert records.without_home("File '/home/somebody/x.py'") == "File '~/x.py'"
    monkeypatch.setenv("HOME", "/")
    assert records.without_home("File '/x.py'") == "File '/x.py'"
    assert "left_behind" in json.dumps(dead.records[-2])


# Retries.

POLICIES = ["none", "immediate", "backoff", "hedge"]


def tried(policy, model="threads", luck=1, **parameters):
    """The counts of a trial of 60 tasks."""
    given = {"policy": policy, "service": 0.0002, "failure": 0.5, **parameters}
    ending = trial(("flaky", given), model, load={"ops": 60, "scaling": "strong"}, warmup=0, probes=[], luck=luck)
    assert (ending.status, ending.left_behind) == ("ok", 0), ending
    return ending.answer["iterations"][0]["counts"]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("model", ["serial", "threads", "processes", "process_pool", "asyncio"])
def test_every_policy_runs_everywhere(model, policy):
    """All of 60 tasks are tried; who tries again succeeds more often than who does not."""
    counts = tried(policy, model)
    assert counts["tries"] >= 60
    assert (counts["tries"] == 60) == (policy == "none")
    assert counts["successes"] > 50 or policy == "none"


def test_luck_is_the_same_for_all():
    """Which attempt fails depends on block, seed, task and attempt alone: policies that try one after another try equally often."""
    assert tried("immediate") == tried("backoff") == tried("immediate", "processes")
    assert tried("none")["successes"] < 60 == tried("immediate", attempts=20)["successes"]
    assert tried("immediate", seed=2) != tried("immediate")
    assert tried("immediate", luck=2) != tried("immediate")


def goodput(policy, luck, tasks=400):
    """Successes per second of attempts, the chances and the service of lesson 10; by the dice, with nothing run."""
    workload = build("workload", "flaky", failure=0.2, slow=0.05, policy=policy)
    workload.luck = luck
    fates = [workload.fate(number) for number in range(tasks)]
    spent = sum(workload.luck_of(n, attempt)[0] for n, (tries, _) in enumerate(fates) for attempt in range(tries))
    return sum(success for _, success in fates) / spent


def test_the_interval_covers_the_luck():
    """Trying again gains nothing per attempt, so the ratio is 1: intervals over blocks hold that whatever the seed."""
    text = "workload: flaky\nmodel: threads\nsweep: {flaky.policy: [none, immediate]}\nmeasure: {repetitions: 10, seed: %d}\n"
    found = []
    for seed in range(1, 9):
        trials = make_plan(parse_text(text % seed, "x.yaml"), 2).trials
        lucks = {trial.block: trial.luck for trial in trials if trial.role == "measured"}
        again, once = (
            {block: goodput(policy, luck) for block, luck in lucks.items()} for policy in ("immediate", "none")
        )
        assert len(set(again.values())) > 5, "blocks differ in their luck"
        found.append(ratio(again, once))
    held = [interval.lo <= 1 <= interval.hi for interval in found]
    assert sum(held) >= 7  # of eight intervals of 95 %, one in three times none misses, in six of seven at most one
    assert all(interval.hi / interval.lo < 1.1 for interval in found)


def test_mean_attempts_are_one_over_the_chance():
    """Without a limit that matters the mean number of attempts is 1 / (1 - p), within 4 standard errors."""
    workload = build("workload", "flaky", failure=0.3, attempts=50)
    tries = [workload.fate(number)[0] for number in range(4000)]
    error = statistics.stdev(tries) / len(tries) ** 0.5
    assert abs(statistics.mean(tries) - 1 / 0.7) < 4 * error


def test_nobody_tries_more_often_than_allowed():
    """With a chance of 1 every task has all its attempts, and none succeeds."""
    for policy in ("immediate", "backoff", "hedge"):
        assert tried(policy, failure=1.0, attempts=3, patience=0.0) == {"tries": 180, "successes": 0}


def test_a_hedge_is_tried_only_where_the_first_is_late():
    """With more patience than any attempt needs, and no failure, nobody is tried twice."""
    assert tried("hedge", failure=0.0, patience=60.0) == {"tries": 60, "successes": 60}


def test_a_wrong_count_is_found():
    """A task too few, or a try too many, is no right outcome."""
    from concexp.trial import passes

    workload = build("workload", "flaky")
    fates = [workload.fate(number) for number in range(10)]
    right = [sum(tries for tries, _ in fates), sum(success for _, success in fates)]
    outcome = passes.Outcome([passes.Report(0, 1, 0, 10, 10)], 1.0, 1)
    assert workload.check(right, outcome)[0] == ""
    assert workload.check([right[0] + 1, right[1]], outcome)[0] != ""
    outcome.total = 9
    assert workload.check(right, outcome)[0] != ""
    assert workload.check([0, 0], outcome)[0] != ""


def test_cells_without_numbers_can_be_told_apart(dead):
    """Where no cell has a number, what differs between those that were run still names them."""
    from concexp.report.view import View

    view = View(dead)
    assert not any(point.has_numbers for point in view.points)
    assert view.varying_axes == {"model"}
