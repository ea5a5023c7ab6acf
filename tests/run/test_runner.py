"""The runner, with a launcher that answers at once: what is on disk after each trial, whatever stops the run."""

import contextlib
import dataclasses
import math
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concexp.errors import EnvironmentRefused
from concexp.experiment import parse_text
from concexp.plan.planner import make_plan
from concexp.run import calibration, runner
from concexp.run.child.answer import decode
from concexp.run.child.launch import TrialOutcome
from concexp.run.interpreters.interpreter import Interpreter
from concexp.run.machine import spinners
from concexp.run.machine.lock import MachineLock
from concexp.run.runner import Runner
from concexp.run.storage import journal, run_folder, schema
from concexp.trial import wire

TEXT = """\
workload: cpu_sum
model: [serial, threads]
sweep: {workers: [1, 2]}
load: {ops: 10, scaling: strong}
measure: {repetitions: 3, iterations: 1, warmup: 0}
"""
ANSWER = {"status": "ok", "reason": "", "iterations": [{"wall_s": 0.1, "ops": 10}], "gil": True}
SPIN = {"alone": [10], "together": [20], "cpu_s": 0.2, "run_queue_wait_s": 0.0}


class Listener:
    """Writes down what it is called with."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return lambda *arguments: self.calls.append((name, *arguments))

    def notes(self):
        return [text for name, text in filter(lambda call: call[0] == "note", self.calls)]


class Launcher:
    """Stands for `launch`: answers from a list of outcomes, then that all went well; an exception in it is raised."""

    def __init__(self):
        self.requests, self.answers = [], []

    def __call__(self, request, python, stage, timeout, *limits):
        self.requests.append(request)
        answer = self.answers.pop(0) if self.answers and request["verb"] == "measure" else None
        if isinstance(answer, BaseException):
            raise answer
        if request["verb"] == "spin":
            return TrialOutcome("", "", SPIN, duration_s=1.0)
        return answer or TrialOutcome("ok", "", dict(ANSWER), duration_s=0.1)


@pytest.fixture
def launcher(monkeypatch, tmp_path):
    """No child is started, and no other run is waited for."""
    launcher = Launcher()
    monkeypatch.setenv("CONCEXP_LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr(runner, "launch", launcher)
    monkeypatch.setattr(spinners, "launch", launcher)
    return launcher


def prepared(tmp_path, text=TEXT, next_trials=None):
    """A runner of an experiment, and the folder of its run."""
    spec = parse_text(text, "x.yaml")
    plan = make_plan(spec, 2)
    manifest = {
        "concexp": "0", "identity": "0badcafe" * 8, "seed": 1, "command": "concexp run x.yaml", "machine": {"cpus": 2},
        "interpreters": {"current": {"version": "3.11.7"}},
    }  # fmt: skip
    (tmp_path / "run").mkdir(exist_ok=True)
    folder = run_folder.RunFolder(tmp_path / "run", manifest)
    pythons = {"current": Interpreter("current", sys.executable, {})}
    lock = MachineLock("a test", lambda holder: None)
    return Runner(spec, plan, folder, None, pythons, lock, Listener(), next_trials, "0badcafe")


def on_disk(run):
    """The trials in the journal, in order, without the measurements of the machine."""
    return [r["trial"] for r in schema.read(run.folder.journal).records if r.role != "machine"]


def planned(run):
    return [trial.id for trial in run.plan.trials]


def test_a_run_is_on_disk_in_the_order_of_the_plan(tmp_path, launcher):
    """Every trial once, the machine measured before the first, in the middle and after the last, and the listener hears of all."""
    run = prepared(tmp_path)
    run.execute()
    assert on_disk(run) == planned(run)
    records = schema.read(run.folder.journal).records
    looks = [number for number, record in enumerate(records) if record.role == "machine"]
    assert looks == [0, 1 + len(planned(run)) // 2, len(records) - 1]
    assert [(records[n]["trial"], records[n]["block"]) for n in looks] == [
        ("spin-0000", 0), ("spin-0001", 1), ("spin-0002", 3),
    ]  # fmt: skip
    assert [request["rounds"] for request in launcher.requests if request["verb"] == "spin"] == [1, 1, 1]
    assert run.listener.calls[0] == ("run_started", len(planned(run)), 0)
    assert [call[1].id for call in run.listener.calls if call[0] == "trial_started"] == planned(run)
    assert [call[1]["trial"] for call in run.listener.calls if call[0] == "trial_ended"] == planned(run)
    assert run.listener.notes()[0] == "block 0: the machine gives 2.00 of 2 CPUs"


@pytest.mark.parametrize("after", [0, 1, 5])
def test_an_interruption_costs_only_the_trial_it_meets(tmp_path, launcher, after):
    """All trials before it are on disk; the same run goes on with the one that was cut off, and measures none twice."""
    run = prepared(tmp_path)
    launcher.answers = [None] * after + [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        run.execute()
    assert on_disk(run) == planned(run)[:after]
    again = prepared(tmp_path)
    again.execute()
    assert on_disk(again) == planned(again)
    assert again.listener.calls[0] == ("run_started", len(planned(again)), after)
    spins = [r["trial"] for r in schema.read(run.folder.journal).records if r.role == "machine"]
    assert len(spins) == len(set(spins))


def test_a_finished_run_measures_nothing_more(tmp_path, launcher):
    """Executed again, it starts no child."""
    prepared(tmp_path).execute()
    before = (tmp_path / "run" / journal.NAME).read_bytes()
    launcher.requests.clear()
    prepared(tmp_path).execute()
    assert launcher.requests == []
    assert (tmp_path / "run" / journal.NAME).read_bytes() == before


def test_a_trial_past_its_deadline_is_a_record_and_the_run_goes_on(tmp_path, launcher):
    """A timeout that a lock may explain is followed by one diagnostic trial of its cell, and not by a second."""
    run = prepared(tmp_path)
    hang = TrialOutcome("timeout", "no answer after 1 s", None, stacks="File", hang={"kind": "deadlock", "why": "x"})
    slow = TrialOutcome("timeout", "no answer after 1 s", None, hang={"kind": "slow", "why": "x"})
    first = run.plan.trials[0]
    again = [place for place, trial in enumerate(run.plan.trials) if trial.cell.id == first.cell.id][1]
    launcher.answers = [hang, slow, slow, *[None] * (again - 2), hang]
    run.execute()
    diagnostic = f"{first.cell.id}-diagnostic"
    assert on_disk(run) == [first.id, diagnostic, *planned(run)[1:]]
    by_id = {r["trial"]: r for r in schema.read(run.folder.journal).records}
    assert by_id[first.id]["hang"] == {"kind": "deadlock", "why": "x"}
    assert by_id[diagnostic].role == "diagnostic"
    asked = [request for request in launcher.requests if request["verb"] == "measure"]
    assert "holders" in asked[1]["probes"]
    assert "holders" not in asked[0]["probes"]


class Refusing(journal.Writer):
    """A writer whose disk is full after a number of records."""

    room = 0

    def append(self, record):
        if Refusing.room == 0 and "concexp_journal" not in record:
            raise EnvironmentRefused("cannot write: No space left on device", "make room")
        Refusing.room -= "concexp_journal" not in record
        super().append(record)


def test_a_writer_that_refuses_ends_the_run_before_another_trial(tmp_path, launcher, monkeypatch):
    """What cannot be written down is not measured on: the refusal goes up, and all before it stays."""
    run = prepared(tmp_path)
    Refusing.room = 3  # a measurement of the machine and two trials
    with monkeypatch.context() as patch:
        patch.setattr(journal, "Writer", Refusing)
        with pytest.raises(EnvironmentRefused, match="No space left"):
            run.execute()
    assert on_disk(run) == planned(run)[:2]
    assert sum(request["verb"] == "measure" for request in launcher.requests) == 3
    prepared(tmp_path).execute()
    assert on_disk(run) == planned(run)


def test_what_comes_next_may_depend_on_the_records(tmp_path, launcher):
    """`next_trials` sees every record so far, those of the machine included; its trials beyond the plan are announced."""
    run = prepared(tmp_path, TEXT.replace("repetitions: 3", "repetitions: 1"))
    trials, seen = run.plan.trials, []

    def next_trials(records):
        seen.append([record.role for record in records])
        done = sum(record.role != "machine" for record in records)
        if done < len(trials):
            return trials
        if done < 2 * len(trials):
            return [runner.replace(trial, id=f"{trial.id}-more", block=1) for trial in trials]
        return []

    run.next_trials = next_trials
    run.execute()
    assert on_disk(run) == [*planned(run), *(f"{name}-more" for name in planned(run))]
    assert seen[0] == []
    assert seen[1].count("machine") == 2
    assert ("trials_added", len(trials)) in run.listener.calls


def test_cells_that_cannot_run_are_recorded_once(tmp_path, launcher):
    """With their reason, before the first trial, also where the run goes on later."""
    text = TEXT.replace("workload: cpu_sum", "workload: counter").replace("threads]", "threads, asyncio]\nsync: rlock")
    run = prepared(tmp_path, text)
    assert run.plan.unsupported
    launcher.answers = [KeyboardInterrupt()]
    with contextlib.suppress(KeyboardInterrupt):
        run.execute()
    prepared(tmp_path, text).execute()
    records = schema.read(run.folder.journal).records
    refused = [r for r in records if r["role"] == "measured" and r["status"] == "unsupported"]
    assert [r["cell"] for r in refused] == [cell.id for cell in run.plan.unsupported]
    assert all(r["reason"] for r in refused)


def test_a_machine_whose_cpus_could_not_be_measured(tmp_path, launcher, monkeypatch):
    """The record says so, and the listener is given the reason."""
    monkeypatch.setattr(spinners, "launch", lambda *arguments: TrialOutcome("crashed", "it died", None, duration_s=1.0))
    run = prepared(tmp_path)
    run.execute()
    first = schema.read(run.folder.journal).records[0]
    assert (first.role, first["effective_cpus"], first["cpus"]) == ("machine", None, 2)
    assert run.listener.notes()[0] == "block 0: effective CPUs could not be measured: it died"


SPINNING = """\
workload: [spin, cpu_sum]
model: [serial, threads]
sync: none
sweep: {workers: [1, 2]}
background: spin
load: {ops: 10, scaling: strong}
measure: {repetitions: 3, iterations: 1, warmup: 0}
metrics: [throughput, wait_share]
"""


def test_all_trials_of_a_run_do_the_same_work(tmp_path, launcher, monkeypatch):
    """The pace is measured once, stands in the header, and is in every request that needs it; a resumed run keeps it."""
    calibrated = []

    def calibrate(request, *arguments):
        calibrated.append(request["verb"])
        return TrialOutcome("", "", {"pace": {"_busy.spin": len(calibrated)}})

    monkeypatch.setattr(calibration, "launch", calibrate)
    run = prepared(tmp_path, SPINNING)
    launcher.answers = [None] * 4 + [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        run.execute()
    prepared(tmp_path, SPINNING).execute()
    assert calibrated == ["calibrate"] * calibration.TRIES
    pace = {"_busy.spin": calibration.TRIES}
    assert schema.read(run.folder.journal).header["pace"] == {"python": "current", "rounds_per_s": pace}
    asked = [request for request in launcher.requests if request["verb"] == "measure"]
    assert len(asked) == len(planned(run)) + 1
    sentinel = [request for request in asked if "background" not in request]
    assert all(request["pace"] == pace for request in asked if request not in sentinel)
    assert all("pace" not in request for request in sentinel)


def test_what_is_simulated_waits_for_no_other_run(tmp_path, launcher):
    """A run that starts no child holds no lock, not even to measure a pace: here there is none to hold."""
    text = "workload: spin\nmodel: simulated\nload: {ops: 10, scaling: strong}\nmeasure: {repetitions: 3}\n"
    run = dataclasses.replace(prepared(tmp_path, text), lock=None)
    run.execute()
    assert on_disk(run) == planned(run)
    assert launcher.requests == []


def test_a_journal_without_a_pace_is_read(tmp_path, launcher):
    """Where no operation fills a given time nothing is measured, and the header is as it was in older versions."""
    run = prepared(tmp_path)
    run.execute()
    assert "pace" not in schema.read(run.folder.journal).header
    assert all("pace" not in request for request in launcher.requests)


NONSENSE = [
    {},
    {"iterations": []},
    {"iterations": [[]]},
    {"iterations": {"a": 1}},
    {"iterations": [{"wall_s": "long", "ops": 1}]},
    {"iterations": [{"wall_s": math.inf, "ops": 1}]},
    {"iterations": [{"wall_s": 1, "ops": 10**200}]},
    {"iterations": [{"wall_s": 1, "ops": 1, "counts": {f"n{k}": 1 for k in range(3000)}}]},
    {"iterations": [{"wall_s": 1, "ops": 1, "counts": {"a": "b"}}]},
    {"iterations": [{"wall_s": 1, "ops": 1, "worker_ops": 5}]},
    {**ANSWER, "gil": "maybe"},
    {**ANSWER, "threads_at_fork": 2**80},
]


@pytest.mark.parametrize("answer", NONSENSE)
def test_an_answer_that_makes_no_sense_is_a_crashed_trial(tmp_path, launcher, answer):
    """The row says what is wrong with it; the run goes on, and the journal can be read."""
    run = prepared(tmp_path)
    launcher.answers = [None, TrialOutcome("ok", "", answer, duration_s=0.1)]
    run.execute()
    records = [r for r in schema.read(run.folder.journal).records if r.role != "machine"]
    assert [r["trial"] for r in records] == planned(run)
    assert [r["status"] for r in records] == ["ok", "crashed"] + ["ok"] * (len(records) - 2)
    assert records[1]["reason"].startswith("its answer makes no sense: ")
    assert records[1]["answer"] is None


def test_names_beyond_what_a_table_can_hold_are_refused_as_they_come(tmp_path, launcher):
    """However many trials bring them: a journal that was written can be read again, and a resumed run knows the names so far."""
    run = prepared(tmp_path)
    answers = [
        {**ANSWER, "iterations": [{"wall_s": 1, "ops": 1, "counts": {f"{k}.{n}": 1 for n in range(900)}}]}
        for k in range(4)
    ]
    launcher.answers = [TrialOutcome("ok", "", answer, duration_s=0.1) for answer in answers[:2]] + [
        KeyboardInterrupt()
    ]
    with pytest.raises(KeyboardInterrupt):
        run.execute()
    launcher.answers = [TrialOutcome("ok", "", answer, duration_s=0.1) for answer in answers[2:]]
    run = prepared(tmp_path)
    run.execute()
    records = [r for r in schema.read(run.folder.journal).records if r.role != "machine"]
    assert [r["status"] for r in records[:4]] == ["ok", "ok", "crashed", "crashed"]
    assert "more than 2000 names" in records[2]["reason"]


LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LITERALS, LITERALS)
def test_any_answer_gives_a_row_that_can_be_read(tmp_path_factory, launcher, one, other):
    """Whatever value of literals stands in an answer, or in its iterations, the journal is whole afterwards."""
    run = prepared(tmp_path_factory.mktemp("any"))
    answers = [
        {"iterations": one},
        {"iterations": [{"wall_s": 0.1, "ops": 10, "counts": one, "x": other}]},
        {**ANSWER, "python": one},
    ]
    answers += [{**ANSWER, "phases": one, "gil_end": other}]
    arrived = [decode(wire.encode_answer(answer)) for answer in answers]
    launcher.answers = [TrialOutcome("ok", "", answer, duration_s=0.1) for answer in arrived]
    run.execute()
    assert on_disk(run) == planned(run)


def settings_run(launcher, tmp_path, sweep, *seen):
    """The record of one trial with these settings, whose workers read these back."""
    iteration = {"wall_s": 0.1, "ops": 10, "worker_settings": list(seen)}
    text = TEXT.replace("model: [serial, threads]", "model: threads").replace("workers: [1, 2]", f"workers: 2, {sweep}")
    run = prepared(tmp_path, text.replace("repetitions: 3", "repetitions: 1"))
    launcher.answers += [TrialOutcome("ok", "", {**ANSWER, "iterations": [iteration]})] * len(run.plan.trials)
    run.execute()
    return next(record for record in schema.read(run.folder.journal).records if record.role == "measured")


@pytest.mark.parametrize(
    ("sweep", "seen", "status", "reason"),
    [
        ("gc: off", [{"gc": [False, [700, 10, 10], True]}] * 2, "ok", ""),
        (
            "gc: off",
            [{"gc": [False, [700, 10, 10], True]}, {"gc": [True, [700, 10, 10], True]}],
            "invalid",
            "gc is not what was asked for, off: a worker has on, thresholds [700, 10, 10], frozen objects",
        ),
        ("hash_seed: 7", [{"hash_seed": [True, "1"]}, {"hash_seed": [True, "2"]}], "invalid",
         "hash_seed is not what was asked for, 7: a worker has other hashes than another worker"),
        ("gc: off", [{"gc": 3}], "invalid", "what its workers report of their settings makes no sense"),
        ("seed: 3", [{"gc": [True, [700, 10, 10], True]}], "ok", ""),
    ],
)  # fmt: skip
def test_a_setting_that_is_not_in_force_makes_the_trial_invalid(launcher, tmp_path, sweep, seen, status, reason):
    """What a worker read back counts, not what was asked for."""
    record = settings_run(launcher, tmp_path, sweep, *seen)
    assert (record["status"], record["reason"]) == (status, reason)


def test_settings_travel_in_their_own_ways(launcher, tmp_path, monkeypatch):
    """In the request what workers apply, in the environment and on the command line what the interpreter reads at its start."""
    given = []

    def launch(request, python, stage, timeout, site, variables, memory, provided, flags):
        given.append((request, variables, flags))
        return launcher(request, python, stage, timeout)

    monkeypatch.setattr(runner, "launch", launch)
    settings_run(launcher, tmp_path, 'gc: 2000, hash_seed: 7, malloc: malloc, flags: "-O -X dev", pin: one')
    request, variables, flags = given[0]
    assert (request["gc"], request["pin"]) == ([2000], "one")
    assert set(request["read_back"]) == {"gc", "pin", "hash_seed", "malloc", "flags"}
    assert "placement" in request["probes"]
    assert variables == {"PYTHONHASHSEED": "7", "PYTHONMALLOC": "malloc"}
    assert flags == ["-O", "-Xdev"]
