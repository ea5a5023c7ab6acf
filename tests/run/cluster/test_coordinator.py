"""The coordinator, on a cluster of threads whose workers end where a test says: nothing is lost, doubled, or measured at once."""

import os
import threading
from collections import Counter

import pytest

from concexp import __version__, experiment
from concexp.errors import EnvironmentRefused
from concexp.plan.planner import make_plan
from concexp.run.child import stage
from concexp.run.cluster import hosts as hosts_module
from concexp.run.cluster import strategies
from concexp.run.cluster.coordinator import LOST_TOO_OFTEN, Coordinator, complete
from concexp.run.cluster.hosts import Hosts
from concexp.run.cluster.parcel import packed
from concexp.run.cluster.strategies import Spread, Whole
from concexp.run.interpreters import interpreter
from concexp.run.machine.lock import MachineLock
from concexp.run.runner import Runner
from concexp.run.storage import journal, run_folder, schema

pytest_plugins = ["tests.helpers.fake_cluster"]

TEXT = """\
workload: [cpu_sum, sleep]
model: simulated
sweep: {workers: [1, 2]}
load: {ops: 10, scaling: strong}
measure: {repetitions: 4, iterations: 1, warmup: 0}
"""


class Listener:
    def __init__(self):
        self.where = []

    def trial_started(self, trial, host):
        self.where.append((host, trial.id))

    def __getattr__(self, name):
        return lambda *arguments: None


@pytest.fixture(autouse=True)
def at_once(monkeypatch, tmp_path):
    """Nothing waits for a host that was lost, and workers are looked for all the time."""
    monkeypatch.setattr(hosts_module, "LOOK_S", 0.0)
    monkeypatch.setattr("concexp.run.cluster.coordinator.LOOK_S", 0.05)
    monkeypatch.setattr(strategies, "GONE_S", 0.0)
    monkeypatch.setenv("CONCEXP_LOCK", str(tmp_path / "lock"))


@pytest.fixture(scope="module")
def current():
    """This interpreter, and the staged code of the child."""
    code = stage.stage_child_code()
    return interpreter.current(code), code


@pytest.fixture
def run(tmp_path, current):
    """A runner of a run whose folder is there, of an experiment that stands in a file."""
    python, code = current

    def make(text=TEXT, **manifest):
        file = tmp_path / "x.yaml"
        file.write_text(text)
        spec = experiment.load(file)
        known = {
            "concexp": __version__, "identity": "0badcafe" * 8, "seed": 1, "command": "concexp run x.yaml", "host": "here0000",
            "machine": {"cpus": 2}, "interpreters": {"current": python.facts}, "user_code": {}, "trial_code": code.sha256,
            **manifest,
        }  # fmt: skip
        runs = tmp_path / "runs"
        found = sorted(runs.glob("*/manifest.json"))
        folder = (
            run_folder.RunFolder(found[0].parent, run_folder.read_manifest(found[0].parent))
            if found
            else run_folder.create(runs, spec, {}, known)
        )
        lock = MachineLock("a test", lambda holder: None)
        return Runner(spec, make_plan(spec, 2), folder, code, {"current": python}, lock, Listener())

    return make


class Said(list):
    def __call__(self, text):
        self.append(text)

    def has(self, words):
        return sum(words in text for text in self)


def executed(cluster, runner, strategy=None, said=None):
    """Complete a run with the workers of a cluster; returns what was said."""
    said = Said() if said is None else said
    hosts = Hosts(cluster, said, lambda text: None)
    one = Coordinator(runner, hosts, packed(runner, "", os.environ, True), strategy or Spread(said))
    with journal.Writer(runner.folder.journal) as writer:
        one.begin(writer)
        complete(hosts, [one], 5.0)
    return said


def on_disk(runner):
    return [record for record in schema.read(runner.folder.journal).records if record.role != "machine"]


def check_whole(runner):
    """Each planned trial is there exactly once, and no block has trials of two hosts; returns the trials by host."""
    records = on_disk(runner)
    assert Counter(record["trial"] for record in records) == Counter(trial.id for trial in runner.plan.trials)
    hosts = {}
    for record in records:
        hosts.setdefault(record["block"], set()).add(record["host"])
    assert all(len(own) == 1 for own in hosts.values())
    return Counter(record["host"] for record in records)


def test_hosts_share_the_blocks(cluster, run):
    """The trials are those of a run on one machine, both hosts have some, and the records say which; the cells are the same."""
    cluster.start("w1", "a")
    cluster.start("w2", "b")
    cluster.together = 2
    runner = run()
    executed(cluster, runner)
    assert set(check_whole(runner)) == {"a", "b"}
    shown = {trial: host for host, trial in runner.listener.where}
    assert shown == {record["trial"]: record["host"] for record in on_disk(runner)}
    here = run()
    local = {trial.id: here.measure(trial) for trial in here.plan.trials}
    ours = ("started_at", "duration_s", "host")
    for record in on_disk(runner):
        other = local[record["trial"]]
        for name in ("cell", "axes", "parameters", "seed", "luck", "status", "load"):
            assert record[name] == other[name], name
        assert record.keys() - {*ours} == other.keys() - {*ours}


def test_workers_of_one_host_stand_by(cluster, run):
    """Four workers of one host: only one of them measures, and another one goes on when it is lost."""
    for number in range(4):
        cluster.start(f"w{number}", "a")
    seen = []

    def before(worker, function, arguments):
        if function == "perform":
            seen.append(worker)
            if len(seen) == 3:
                raise ConnectionError

    cluster.before = before
    runner = run()
    said = executed(cluster, runner)
    assert check_whole(runner) == {"a": len(runner.plan.trials)}
    assert cluster.most_busy == {"a": 1}
    assert len(set(seen)) == 2
    assert said.has("in mid-trial") == 1
    assert said.has("takes part again") == 1


@pytest.mark.parametrize("nth", [1, 2, 5])
def test_a_lost_hosts_block_is_given_to_another(cluster, run, nth):
    """Its trial is measured again elsewhere, the rest of its block is a block of its own, and both are said."""
    cluster.start("w1", "a")
    cluster.start("w2", "b")
    cluster.together = 2
    seen = Counter()

    def before(worker, function, arguments):
        if function == "perform":
            seen[worker] += 1
            if worker == "w1" and seen[worker] == nth:
                raise ConnectionError

    cluster.before = before
    runner = run()
    said = executed(cluster, runner)
    hosts = check_whole(runner)
    assert hosts["a"] == nth - 1
    assert said.has("a was lost in block") == 1
    began = [record for record in on_disk(runner) if record["host"] == "a"]
    size = len(runner.plan.trials) // 4
    assert said.has("they become a block of its own") == bool(len(began) % size)


def test_a_host_that_comes_back_goes_on_with_its_block(cluster, run, monkeypatch):
    """Within the time for that its block is left to it, so that no block is torn."""
    monkeypatch.setattr(strategies, "GONE_S", 60.0)
    cluster.start("w1", "a")
    cluster.start("w2", "b")
    cluster.together = 2
    seen = Counter()

    def before(worker, function, arguments):
        seen[worker, function] += 1
        if (worker, function) == ("w1", "perform") and seen[worker, function] == 2:
            threading.Timer(0.3, cluster.start, ("w3", "a")).start()
            raise ConnectionError

    cluster.before = before
    runner = run()
    said = executed(cluster, runner)
    assert set(check_whole(runner)) == {"a", "b"}
    assert {record["block"] for record in on_disk(runner)} == {trial.block for trial in runner.plan.trials}
    assert said.has("a takes part again") == 1


def test_a_late_worker_is_used(cluster, run):
    """A host that joins while others measure gets blocks as well."""
    cluster.start("w1", "a")

    seen = Counter()

    def before(worker, function, arguments):
        seen[function] += 1
        if function == "perform" and seen[function] == 3:
            cluster.start("w2", "b")
            cluster.wait_for_open(2)

    cluster.before = before
    runner = run()
    executed(cluster, runner)
    assert set(check_whole(runner)) == {"a", "b"}


@pytest.mark.parametrize("after", [0, 1, 6, 13])
def test_a_lost_coordinator_resumes(cluster, run, after):
    """What is on disk stays as it is; the next coordinator, with other hosts, measures the rest and nothing twice."""
    cluster.start("w1", "a")
    cluster.start("w2", "b")
    count = 0

    class Stops(Listener):
        def trial_ended(self, record):
            nonlocal count
            count += 1
            if count > after:
                raise KeyboardInterrupt

    runner = run()
    runner.listener = Stops()
    with pytest.raises(KeyboardInterrupt):
        executed(cluster, runner)
    kept = runner.folder.journal.read_bytes()
    cluster.end("w1")
    cluster.start("w3", "c")
    again = run()
    executed(cluster, again)
    check_whole(again)
    assert again.folder.journal.read_bytes().startswith(kept)


def test_a_worker_that_was_started_anew_at_its_address_gets_the_run_again(cluster, run):
    """It does not know the run: it is asked anew what it is, and its trial is measured."""
    cluster.start("w1", "a")
    seen = Counter()

    def before(worker, function, arguments):
        seen[function] += 1
        if function == "perform" and seen[function] == 3:
            cluster.opened[worker].clear()

    cluster.before = before
    runner = run()
    said = executed(cluster, runner)
    check_whole(runner)
    assert said.has("does not know the run") == 1
    assert seen["open_run"] == 2


def test_a_trial_that_takes_its_workers_with_it_has_crashed(cluster, run):
    """After some workers it is not tried again: its record says so, and the run goes on."""
    runner = run()
    deadly = runner.plan.trials[5].id
    cluster.start("w0", "a")
    started = 0

    def before(worker, function, arguments):
        nonlocal started
        if function == "perform" and arguments[1].get("trial", {}).get("id") == deadly:
            started += 1
            cluster.start(f"w{started}", "a")
            raise ConnectionError

    cluster.before = before
    executed(cluster, runner)
    check_whole(runner)
    (record,) = [record for record in on_disk(runner) if record["trial"] == deadly]
    assert record["status"] == "crashed"
    assert f"{LOST_TOO_OFTEN} workers" in record["reason"]
    assert started == LOST_TOO_OFTEN


def test_unequal_hosts_are_refused_and_said(cluster, run):
    """A host with other CPUs takes no part, and the run goes on without it."""
    cluster.start("w1", "a")
    cluster.start("w2", "b")
    cluster.cpus["b"] = 7
    runner = run()
    said = executed(cluster, runner)
    assert set(check_whole(runner)) == {"a"}
    assert said.has("b does not take part: 7 usable CPUs, and not 2") == 1


def test_a_host_that_fails_is_not_asked_again(cluster, run):
    """What cannot be done there is said with its reason; the others do its part."""
    cluster.start("w1", "a")
    cluster.start("w2", "b")
    asked = threading.Event()  # else the other host may do all trials before this one is asked for any

    def before(worker, function, arguments):
        if (worker, function) == ("w1", "perform"):
            asked.set()
            raise OSError("no space left on device")
        if function == "perform":
            asked.wait(60)

    cluster.before = before
    runner = run()
    said = executed(cluster, runner)
    assert set(check_whole(runner)) == {"b"}
    assert said.has("a does not take part: no space left on device") == 1


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({"trial_code": "0" * 64}, "the code of the trials did not arrive as it was sent"),
        ({"user_code": {"my.py": "0" * 64}}, "code/my.py did not arrive"),
        ({"interpreters": {"current": {"implementation": "CPython", "version": "2.7"}}}, "CPython 2.7 where the run"),
    ],
)
def test_without_any_host_the_run_is_refused(cluster, run, manifest, words):
    """Code whose hash differs, and another interpreter: all reasons stand in the refusal."""
    cluster.start("w1", "a")
    runner = run(**manifest)
    if "user_code" in manifest:
        (runner.folder.path / "code").mkdir()
        (runner.folder.path / "code" / "my.py").write_text("changed = True\n")
    with pytest.raises(EnvironmentRefused, match=words):
        executed(cluster, runner)


def test_a_host_does_a_whole_run(cluster, run):
    """`strategy: replicate` has a run for each host: it does all trials of its own, and leaves other hosts alone."""
    cluster.start("w1", "a")
    cluster.start("w2", "b")
    runner = run()
    executed(cluster, runner, Whole("b"))
    assert check_whole(runner) == {"b": len(runner.plan.trials)}
    assert {worker for worker, function in cluster.calls if function == "open_run"} == {"w2"}


def test_a_lost_host_of_a_whole_run_is_not_waited_for_without_end(cluster, run, monkeypatch):
    """The others are done: after some patience its run is left unfinished."""
    cluster.start("w1", "a")

    def before(worker, function, arguments):
        if function == "perform":
            raise ConnectionError

    cluster.before = before
    runner = run()
    said = Said()
    hosts = Hosts(cluster, said, lambda text: None)
    one = Coordinator(runner, hosts, packed(runner, "", os.environ, True), Whole("a"))
    with journal.Writer(runner.folder.journal) as writer:
        one.begin(writer)
        complete(hosts, [one], 0.2)
    assert not one.is_complete()
    assert said.has("there is no worker") == 1


def test_real_trials_have_the_machine_to_themselves(cluster, run):
    """Two hosts with one lock: no trial begins before another one has ended; each host's machine is measured and described."""
    cluster.start("w1", "a")
    cluster.start("w2", "b")
    cluster.together = 2
    text = (
        "workload: sleep\nmodel: serial\nload: {ops: 1, scaling: strong}\n"
        "measure: {repetitions: 2, iterations: 1, warmup: 0, control: off}\n"
    )
    runner = run(text)
    executed(cluster, runner)
    check_whole(runner)
    machine = [record for record in schema.read(runner.folder.journal).records if record.role == "machine"]
    assert {record["host"] for record in machine} == {"a", "b"}
    assert Counter(record["host"] for record in machine if record.get("joined")) == {"a": 1, "b": 1}
    joined = next(record["joined"] for record in machine if record.get("joined"))
    assert joined["clocks"]["current"]["timer_cost_s"] > 0
