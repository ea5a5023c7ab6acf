"""`concexp run --cluster`: the hosts of a cluster share a run, which is completed, refused and told as any other."""

import contextlib
import json
from pathlib import Path

import pytest

from concexp.commands.check import Check
from concexp.commands.questions import Questions
from concexp.commands.replicate import run_anywhere
from concexp.commands.run import RunRequest
from concexp.errors import InputError, Interrupted
from concexp.run.cluster import connection, coordinator, hosts, strategies
from concexp.run.storage import schema

pytest_plugins = ["tests.helpers.fake_cluster"]

RUNS = Path("reports/x/runs")
TEXT = """\
workload: cpu_sum
model: simulated
sweep: {workers: [1, 3, cpus]}
load: {ops: 10, scaling: strong}
measure: {repetitions: 4, iterations: 1, warmup: 0, control: off}
report: {plots: []}
baseline: {}
"""


@pytest.fixture(autouse=True)
def connected(monkeypatch, tmp_path, cluster):
    """`--cluster` connects to the fake one; the folder is empty, nothing waits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONCEXP_LOCK", str(tmp_path / "lock"))
    monkeypatch.setattr(hosts, "LOOK_S", 0.0)
    monkeypatch.setattr(coordinator, "LOOK_S", 0.05)
    monkeypatch.setattr(strategies, "GONE_S", 0.0)
    monkeypatch.setattr(connection, "connected", lambda name, folder: contextlib.nullcontext(cluster))
    cluster.start("w1", "a")
    cluster.start("w2", "b")
    cluster.together = 2


def command(write, text=TEXT, page=False, **more):
    request = RunRequest(write("x.yaml", text), cluster="tcp://host:8786", command="concexp run x.yaml", **more)
    return run_anywhere(request, "plain", page, Check.off, Questions(asks=False))


def test_hosts_share_a_run(write, capsys, cluster):
    """One run, whose page has a row for each host; `cpus` are those of the hosts, and progress shows them."""
    cluster.cpus = {"a": 4, "b": 4}
    outcome = command(write, page=True)
    journal = schema.read(outcome.measured.folder.journal)
    assert {record["host"] for record in journal.records} == {"a", "b"}
    assert journal.header["manifest"]["execution"] == {"engine": "dask", "strategy": "spread"}
    assert journal.header["manifest"]["machine"]["cpus"] == 4
    assert journal.header["axes"]["workers"] == [1, 3, 4]
    page = (outcome.measured.folder.page_folder / "README.md").read_text()
    assert "| `a` |" in page
    assert "| `b` |" in page
    said = capsys.readouterr().err
    assert "a takes part: 4 usable CPUs" in said
    assert any(f"12/12 {name} · cpu_sum" in said for name in "ab")


def test_several_workers_of_one_host_are_said(write, capsys, cluster):
    """So that nobody wonders why four local workers measure no faster than one."""
    cluster.start("w3", "b")
    command(write)
    assert "b has 2 workers: one of them measures, the others stand by for it" in capsys.readouterr().err


def test_an_interrupted_run_is_completed_by_the_same_command(write, cluster, monkeypatch):
    """Like any other: the same run, no trial twice. A run on this machine is another one."""
    real, count = coordinator.Coordinator._stepped, 0

    def stops(self, call, lane):
        nonlocal count
        count += 1
        if count == 5:
            raise KeyboardInterrupt
        real(self, call, lane)

    monkeypatch.setattr(coordinator.Coordinator, "_stepped", stops)
    with pytest.raises(Interrupted):
        command(write)
    (folder,) = RUNS.iterdir()
    outcome = command(write)
    assert outcome.measured.folder.path.name == folder.name
    trials = [record["trial"] for record in outcome.measured.journal.records]
    assert len(trials) == len(set(trials)) == 12
    here = run_anywhere(RunRequest(write("x.yaml", TEXT)), "none", False, Check.off, Questions(asks=False))
    assert here.measured.folder.path.name != folder.name


@pytest.mark.parametrize("key", ["precision: 3%", "budget: 1m", "max_repetitions: 20"])
def test_what_decides_block_by_block_needs_one_host(write, key):
    """Hosts that measure at the same time cannot: exit code 2, and what to do instead."""
    with pytest.raises(InputError) as refused:
        command(write, TEXT.replace("control: off", f"control: off, {key}"))
    (problem,) = refused.value.problems
    assert problem.path == f"measure.{key.partition(':')[0]}"
    assert "execution.strategy=replicate" in problem.hint


def test_a_wrong_name_of_a_cluster_is_a_mistake_of_the_command(write):
    """With the forms that a name has."""
    with pytest.raises(InputError) as refused:
        run_anywhere(
            RunRequest(write("x.yaml", TEXT), cluster="nowhere"), "none", False, Check.off, Questions(asks=False)
        )
    assert "local:4" in str(refused.value)


def test_an_engine_without_a_cluster_is_a_mistake(write):
    """`engine: dask` alone does not say whose machines."""
    with pytest.raises(InputError, match="which cluster runs it is not said"):
        run_anywhere(
            RunRequest(write("x.yaml", f"{TEXT}execution: {{engine: dask}}\n")),
            "none",
            False,
            Check.off,
            Questions(asks=False),
        )


def test_each_host_does_a_whole_run(write, capsys):
    """`strategy: replicate`: a run for each host, with that host's facts, and a page that compares them."""
    text = f"{TEXT}execution: {{engine: dask, cluster: local:2, strategy: replicate}}\n"
    outcome = command(write, text, page=True)
    (written,) = [line for line in outcome.lines if line.startswith("comparison of the hosts: ")]
    assert "host: a → b" in Path(written.partition(": ")[2]).read_text().replace("`", "")
    found = {}
    for folder in RUNS.iterdir():
        journal = schema.read(folder / "journal.jsonl")
        (host,) = {record["host"] for record in journal.records}
        found[host] = sorted(record["trial"] for record in journal.records)
        assert json.loads((folder / "manifest.json").read_text())["host"] == host
    assert found["a"] == found["b"]
    assert len(found["a"]) == 12
    assert "24 trials" in capsys.readouterr().err
