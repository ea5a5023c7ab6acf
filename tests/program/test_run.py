"""Whole commands: from a YAML to a page, resumed after a kill, with the exit codes of the contract."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

import pandas as pd
import pytest

from tests.helpers.program import SIMULATED, concexp, run_folder, unfinish


def trials(run):
    lines = (run / "journal.jsonl").read_text().splitlines()
    return [record["trial"] for record in map(json.loads, lines[1:]) if record["role"] == "measured"]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A folder with an experiment that was run."""
    folder = tmp_path_factory.mktemp("ran")
    (folder / "x.yaml").write_text(SIMULATED)
    done = concexp(folder, "run", "x.yaml")
    assert (done.returncode, done.stdout.strip()) == (0, "report: reports/x/README.md")
    return folder


@pytest.fixture
def finished(ran, tmp_path):
    """A copy of it, of the test's own."""
    return shutil.copytree(ran, tmp_path / "finished")


def test_a_run_leaves_everything_that_the_contract_names(finished):
    """One command: the page, its pictures, and a run folder with all its files."""
    names = {path.name for path in run_folder(finished).iterdir()}
    assert names >= {
        "experiment.yaml",
        "resolved.yaml",
        "manifest.json",
        "journal.jsonl",
        "results.parquet",
        "cells.csv",
    }
    assert (finished / "reports/x/README.md").read_text().startswith("# x\n")
    assert list((finished / "reports/x/figures").glob("*.png"))
    manifest = json.loads((run_folder(finished) / "manifest.json").read_text())
    assert "finished_at" in manifest
    assert set(manifest["clocks"]) == set(manifest["interpreters"])
    assert manifest["clocks"]["current"]["timer_cost_s"] > 0
    assert manifest["doctor"]["summary"]
    assert {finding["level"] for finding in manifest["doctor"]["findings"]} <= {"warning", "danger"}


def test_the_page_can_be_made_again_from_the_journal_alone(finished):
    """Everything but the journal is deleted; the page is the same to the byte."""
    page = finished / "reports/x/README.md"
    before = page.read_bytes()
    page.unlink()
    for path in run_folder(finished).iterdir():
        if path.name != "journal.jsonl":
            path.unlink()
    assert concexp(finished, "report", "reports/x").returncode == 0
    assert page.read_bytes() == before


@pytest.mark.parametrize("outcome", ["failed", "crashed", "timeout", "invalid"])
def test_a_bad_trial_is_exit_code_1_unless_allowed(tmp_path, write, outcome):
    """Trials that end badly make 1; where `allow` expects them, 0."""
    text = f"workload: sleep\nmodel: {{simulated: {{outcome: {outcome}}}}}\nmeasure: {{repetitions: 1}}\n"
    write("x.yaml", text)
    assert concexp(tmp_path, "run", "x.yaml", "--no-report").returncode == 1
    write("y.yaml", text + f"allow: [{{status: {outcome}}}]\n")
    assert concexp(tmp_path, "run", "y.yaml", "--no-report").returncode == 0


CLAIMED = (
    SIMULATED.replace("baseline: {}", "baseline: {workers: 1}")
    + """\
claims:
  - {says: it grows without end, expect: 'speedup >= 0.9 * workers'}
  - {says: it bends, of: workers > 2, expect: 'speedup < 0.95 * workers'}
"""
)


def test_a_refuted_claim_is_exit_code_1_only_with_check(tmp_path, write):
    """A run reports claims; with --check a refuted one, and no other, makes 1 and is named."""
    write("x.yaml", CLAIMED)
    assert concexp(tmp_path, "run", "x.yaml").returncode == 0
    page = (tmp_path / "reports/x/README.md").read_text()
    assert "**Refuted**: it grows without end" in page
    assert "**Supported**: it bends" in page
    for arguments in ([], ["--no-report"]):
        done = concexp(tmp_path, "run", "x.yaml", "--check", *arguments)
        assert done.returncode == 1
        assert done.stdout.splitlines()[1:] == ["refuted: it grows without end"]
    write("y.yaml", CLAIMED.replace("0.9 * workers", "0.5 * workers"))
    assert concexp(tmp_path, "run", "y.yaml", "--check", "--no-report").returncode == 0


def test_a_status_that_a_claim_expects_is_no_failure(tmp_path, write):
    """A bad end that a claim expects makes no 1; that of another cell does."""
    text = (
        "workload: sleep\nmodel: [{simulated: {outcome: timeout}, as: a}, {simulated: {outcome: crashed}, as: b}]\n"
        "sweep: {workers: [1]}\nmeasure: {repetitions: 1}\nclaims:\n  - {of: {model: a}, expect: status == timeout}\n"
    )
    write("x.yaml", text)
    assert concexp(tmp_path, "run", "x.yaml", "--check", "--no-report").returncode == 1
    write("y.yaml", text + "  - {expect: 'status[b] in [crashed, failed]'}\n")
    assert concexp(tmp_path, "run", "y.yaml", "--check", "--no-report").returncode == 0


def test_a_claimed_metric_turns_its_probe_on(tmp_path, write):
    """A metric that only a claim names is recorded, judged, and stands in cells.csv."""
    write("x.yaml", "workload: sleep\nmodel: threads\nsweep: {workers: [1]}\nload: {duration: 20ms}\n"
                    "measure: {repetitions: 3}\nclaims:\n  - {expect: service_time_p50_s >= 1us}\n")  # fmt: skip
    assert concexp(tmp_path, "run", "x.yaml", "--check").returncode == 0
    assert "service_time_p50_s_lo" in (run_folder(tmp_path) / "cells.csv").read_text().splitlines()[0]
    assert "**Supported**: service\\_time\\_p50\\_s" in (tmp_path / "reports/x/README.md").read_text()


def test_a_claim_about_nothing_is_exit_code_2(tmp_path, write):
    """A claim that selects no cell is told by `plan` and `run`, with its place, before anything runs."""
    write("x.yaml", SIMULATED + "claims:\n  - {of: workers > 9, expect: throughput > 1}\n")
    for verb in ("plan", "run"):
        done = concexp(tmp_path, verb, "x.yaml")
        assert (done.returncode, "x.yaml:9:10: claims[0].of: there is no cell with workers > 9" in done.stderr) == (
            2,
            True,
        )
    assert not (tmp_path / "reports").exists()


def test_mistakes_are_exit_code_2_and_refusals_3(tmp_path, write):
    """A wrong YAML makes 2 with the place, an impossible experiment 3 with the reason; neither a traceback."""
    write("x.yaml", "workload: slep\nmodel: serial\n")
    done = concexp(tmp_path, "validate", "x.yaml")
    assert (done.returncode, "x.yaml:1:11" in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    write("x.yaml", "workload: counter\nmodel: asyncio\nsync: rlock\n")
    done = concexp(tmp_path, "run", "x.yaml")
    assert (done.returncode, "asyncio has no RLock" in done.stderr) == (3, True)


def test_a_killed_run_is_completed_without_loss_or_repetition(tmp_path, write):
    """kill -9 at several moments; the same command goes on: every planned trial is there exactly once."""
    write("x.yaml", "workload: sleep\nmodel: [serial, threads]\nsweep: {workers: [1, 2]}\n"
                    "load: {duration: 30ms}\nmeasure: {repetitions: 4, iterations: 1, warmup: 0}\n")  # fmt: skip
    command = [sys.executable, "-m", "concexp", "run", "x.yaml", "--progress", "none"]
    for wanted in (1, 5, 9):
        process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            runs = list((tmp_path / "reports").glob("x/runs/*/journal.jsonl"))
            if runs and runs[0].read_bytes().count(b'"role":"measured"') >= wanted:
                break
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert concexp(tmp_path, "run", "x.yaml", "--no-report").returncode == 0
    found = trials(run_folder(tmp_path))
    assert len(found) == len(set(found)) == 3 * 4


WAITS = (
    "workload: counter\nmodel: threads\nsync: [none, lock, semaphore, condition]\nsweep: {workers: [1, 2]}\n"
    "load: {ops: 2000, scaling: weak}\nmetrics: [throughput, wait_share, wait_p99_s]\n"
    "measure: {repetitions: 3, iterations: 1}\n"
)


def test_waits_come_from_trials_of_their_own(tmp_path, write):
    """Asked for the waits' share, a run looks at each guard in trials of its own: it is in cells.csv and on the page.

    Asked for a picture of who did what when, it records that once for each cell, and makes no number of it.
    """
    write("x.yaml", WAITS + "report: {plots: [comparison, timeline]}\n")
    done = concexp(tmp_path, "run", "x.yaml")
    assert done.returncode == 0, done.stderr
    with (run_folder(tmp_path) / "cells.csv").open() as file:
        cells = list(csv.DictReader(file))
    assert len(cells) == 8
    for cell in cells:
        assert float(cell["throughput"]) > 0
        if cell["sync"] == "none":
            assert cell["wait_share"] == cell["wait_share_lo"] == cell["wait_p99_s"] == ""
        else:
            assert 0 < float(cell["wait_share"]) < 1
            assert float(cell["wait_share_lo"]) <= float(cell["wait_share"]) <= float(cell["wait_share_hi"])
            assert float(cell["wait_p99_s"]) > 0
    records = [json.loads(line) for line in (run_folder(tmp_path) / "journal.jsonl").read_text().splitlines()[1:]]
    observed = [record for record in records if record["role"] == "observed"]
    assert sorted(record["axes"]["sync"] for record in observed) == sorted(3 * 2 * ["condition", "lock", "semaphore"])
    for record in observed:
        (iteration,) = record["answer"]["iterations"]
        assert iteration["waits"] == iteration["ops"] == 2000 * record["axes"]["workers"]
        assert len(iteration["worker_waits"]) == record["axes"]["workers"]
    assert not any("waits" in i for r in records if r["role"] == "measured" for i in r["answer"]["iterations"])
    page = (tmp_path / "reports/x/README.md").read_text()
    assert "`wait_share` and `wait_p99_s` come from 18 trials of their own" in page
    pictured = [record for record in records if record["role"] == "pictured"]
    assert len({record["cell"] for record in pictured}) == len(pictured) == 8
    assert {record["block"] for record in pictured} == {0}
    for record in pictured:
        (iteration,) = record["answer"]["iterations"]
        assert len(iteration["timeline"]["workers"]) == record["axes"]["workers"]
    assert all(int(cell["trials"]) == 3 for cell in cells)
    assert "](figures/timeline.png)" in page


def test_a_run_with_observed_trials_is_completed_without_repetition(tmp_path, write):
    """Cut after an observed trial and before its measured one, or the other way round: each is measured exactly once."""
    write("x.yaml", WAITS.replace("repetitions: 3", "repetitions: 1"))
    assert concexp(tmp_path, "run", "x.yaml", "--no-report").returncode == 0
    run = run_folder(tmp_path)
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    whole = [json.loads(line)["trial"] for line in lines[1:]]
    roles = [json.loads(line)["role"] for line in lines[1:]]
    cuts = {roles.index(role) + 2 for role in ("measured", "observed")}  # just after the first of that role
    for cut in cuts:
        (run / "journal.jsonl").write_bytes(b"".join(lines[:cut]))
        assert concexp(tmp_path, "run", "x.yaml", "--no-report").returncode == 0
        found = [json.loads(line)["trial"] for line in (run / "journal.jsonl").read_bytes().splitlines()[1:]]
        assert [t for t in found if not t.startswith("spin")] == [t for t in whole if not t.startswith("spin")]
        assert len(found) == len(set(found))


def test_an_observed_trial_that_ends_badly_is_exit_code_1(tmp_path, write):
    """A deadlock ends measured and observed trials alike by their timeout: all are named, and `allow` allows all."""
    text = (
        "workload: {lock_order: {order: opposite, hold: 20ms}}\nmodel: threads\nsync: lock\nsweep: {workers: 2}\n"
        "load: {ops: 200, scaling: strong}\nmetrics: wait_share\n"
        "measure: {repetitions: 1, iterations: 1, warmup: 0, timeout: 3s}\n"
    )
    write("x.yaml", text)
    done = concexp(tmp_path, "run", "x.yaml")
    assert (done.returncode, "2 trials ended badly" in done.stdout) == (1, True), done
    assert "1 observed trial of workload lock\\_order" in (tmp_path / "reports/x/README.md").read_text()
    write("y.yaml", text + "allow: [{status: timeout}]\n")
    assert concexp(tmp_path, "run", "y.yaml", "--no-report").returncode == 0


def undated(page):
    """A page without what two runs of one question may differ in when their numbers are the same: run id, the moment's load."""
    moment = "load before the run|clock|checked before the run"
    return re.sub(rf"\| ({moment}) \|.*", "", re.sub(r"\d{8}T\d{6}Z", "", page))


def kept(run):
    """What the journal holds of the trials, but for clocks."""
    lines = (run / "journal.jsonl").read_text().splitlines()
    clocks = {"started_at", "duration_s", "crc32"}
    return [{k: v for k, v in json.loads(line).items() if k not in clocks} for line in lines[1:]]


def test_the_page_of_a_killed_run_is_that_of_an_undisturbed_one(tmp_path, write):
    """kill -9 at whatever moment, the same command until it ends: the page and the records differ in clocks alone."""
    text = SIMULATED.replace("repetitions: 4", "repetitions: 60")
    calm, stormy = tmp_path / "calm", tmp_path / "stormy"
    for folder in (calm, stormy):
        folder.mkdir()
        (folder / "x.yaml").write_text(text)
    assert concexp(calm, "run", "x.yaml").returncode == 0
    command = [sys.executable, "-m", "concexp", "run", "x.yaml"]
    kills, process = 0, None
    for share in (0.1, 0.4, 0.7):
        process = subprocess.Popen(command, cwd=stormy, start_new_session=True, stdout=-3, stderr=-3)
        whole = run_folder(calm).joinpath("journal.jsonl").stat().st_size
        while process.poll() is None:
            if any(path.stat().st_size > share * whole for path in stormy.glob("reports/x/runs/*/journal.jsonl")):
                os.killpg(process.pid, signal.SIGKILL)
                kills += process.wait() == -signal.SIGKILL
                break
    assert kills == 3
    assert concexp(stormy, "run", "x.yaml").returncode == 0
    assert kept(run_folder(stormy)) == kept(run_folder(calm))
    pages = [undated((folder / "reports/x/README.md").read_text()) for folder in (calm, stormy)]
    assert pages[0] == pages[1]
    assert "throughput" in pages[0]


ADAPTIVE = (
    "workload: cpu_sum\nmodel: [{simulated: {noise: 0.001}, as: calm}, {simulated: {noise: 0.2}, as: wild}]\n"
    "sweep: {workers: [1, 2]}\nload: {ops: 100, scaling: strong}\nbaseline: {model: calm}\n"
    "measure: {repetitions: 8, precision: 2%, max_repetitions: 24}\n"
)


def test_a_killed_run_with_a_precision_goes_on_as_if_it_had_not_been(tmp_path):
    """kill -9 while the data decide what comes next: the records are those of an undisturbed run, and so is the page."""
    calm, stormy = tmp_path / "calm", tmp_path / "stormy"
    for folder in (calm, stormy):
        folder.mkdir()
        (folder / "x.yaml").write_text(ADAPTIVE)
    assert concexp(calm, "run", "x.yaml").returncode == 0
    whole = (run_folder(calm) / "journal.jsonl").stat().st_size
    kills = 0
    for share in (0.3, 0.6, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-m", "concexp", "run", "x.yaml"], cwd=stormy, start_new_session=True, stdout=-3, stderr=-3
        )
        while process.poll() is None:
            if any(path.stat().st_size > share * whole for path in stormy.glob("reports/x/runs/*/journal.jsonl")):
                os.killpg(process.pid, signal.SIGKILL)
                kills += process.wait() == -signal.SIGKILL
                break
            time.sleep(0.002)
    assert kills == 3
    assert concexp(stormy, "run", "x.yaml").returncode == 0
    records = kept(run_folder(stormy))
    assert records == kept(run_folder(calm))
    assert max(record["block"] for record in records) == 23
    assert len({record["trial"] for record in records}) == len(records)
    pages = [undated((folder / "reports/x/README.md").read_text()) for folder in (calm, stormy)]
    assert pages[0] == pages[1]
    assert "The limit of 24 repetitions (`max_repetitions`) ended the run" in pages[0]


def test_a_budget_is_not_renewed_by_resuming(tmp_path, write):
    """A budget ends the run at a whole block, the page says so, and the same command on an unfinished run measures nothing more."""
    text = "workload: sleep\nmodel: [serial, threads]\nload: {duration: 20ms}\nsweep: {workers: 1}\n"
    write("x.yaml", text + "measure: {repetitions: 90, iterations: 1, warmup: 0, budget: 3s}\n")
    done = concexp(tmp_path, "run", "x.yaml", "--progress", "plain")
    assert done.returncode == 0
    assert "; the budget of 3.0 s will end it before: about " in done.stderr
    run = run_folder(tmp_path)
    journal = (run / "journal.jsonl").read_bytes()
    records = [json.loads(line) for line in journal.splitlines()[1:]]
    roles = [record["role"] for record in records]
    blocks = roles.count("sentinel")
    assert (roles.count("measured"), roles.count("control")) == (2 * blocks, blocks)
    last = next(place for place, record in enumerate(records) if record["block"] == blocks - 1)
    assert blocks == 1 or sum(record["duration_s"] for record in records[:last]) < 3
    assert (
        f"The budget of 3.0 s ended the run after {blocks} of 90 repetitions"
        in (tmp_path / "reports/x/README.md").read_text()
    )
    unfinish(run)
    assert concexp(tmp_path, "run", "x.yaml").returncode == 0
    assert (run_folder(tmp_path) / "journal.jsonl").read_bytes() == journal


@pytest.mark.parametrize(
    ("flags", "roles"), [([], {"measured": 36, "control": 9}), (["--quick"], {"measured": 4})], ids=["whole", "quick"]
)
def test_what_is_simulated_needs_no_machine(tmp_path, write, flags, roles):
    """Neither spinners nor a sentinel beside simulated trials; a quick pass has no control either, and no precision."""
    write("x.yaml", ADAPTIVE.replace("2%, max_repetitions: 24", "0.01%, max_repetitions: 9"))
    assert concexp(tmp_path, "run", "x.yaml", "--no-report", *flags).returncode == 0
    lines = (run_folder(tmp_path) / "journal.jsonl").read_text().splitlines()[1:]
    assert dict(Counter(json.loads(line)["role"] for line in lines)) == roles


@pytest.mark.parametrize("cut", [0, 1, 40, -1, -40])
def test_a_torn_journal_is_completed(finished, cut):
    """Whatever the last write left, nothing, half a line or all but its end, the same command makes the same page."""
    run, page = run_folder(finished), finished / "reports/x/README.md"
    before, records = undated(page.read_text()), kept(run)
    journal = run / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:9]) + lines[9][:cut])
    unfinish(run)
    shutil.rmtree(finished / "reports/x/figures")
    page.unlink()
    assert concexp(finished, "run", "x.yaml").returncode == 0
    assert kept(run_folder(finished)) == records
    assert undated(page.read_text()) == before


def test_a_run_that_lacks_only_its_page_measures_nothing_again(finished):
    """All trials are there, the page is not: the same command makes it, and the journal stays as it is."""
    run, page = run_folder(finished), finished / "reports/x/README.md"
    journal, text = (run / "journal.jsonl").read_bytes(), page.read_bytes()
    page.unlink()
    unfinish(run)
    assert concexp(finished, "run", "x.yaml").returncode == 0
    assert (run_folder(finished) / "journal.jsonl").read_bytes() == journal
    assert page.read_bytes() == text


def another_python():
    """How a YAML names an interpreter of another version than that of the tests."""
    mine = f"{sys.version_info[0]}.{sys.version_info[1]}"
    rows = json.loads(concexp(".", "list", "pythons", "--json").stdout)
    names = [row["name"] for row in rows if row["name"] and not row["version"].startswith(f"{mine}.")]
    if not names:
        pytest.skip("there is no interpreter of another version on this machine")
    return names[0]


def test_one_experiment_over_two_interpreters(tmp_path, write):
    """Each trial runs on its own interpreter, the settings take, and the page tells all of them; a third is not there."""
    name = another_python()
    write("x.yaml", f"workload: cpu_sum\nmodel: threads\nsweep: {{workers: 2, python: [current, '{name}', '3.99'], "
                    "switch_interval: 1ms}\nload: {duration: 20ms}\n"
                    "measure: {repetitions: 2, iterations: 1, warmup: 0}\n")  # fmt: skip
    done = concexp(tmp_path, "run", "x.yaml")
    assert done.returncode == 0, done.stderr
    run = run_folder(tmp_path)
    records = [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()[1:]]
    manifest = json.loads((run / "manifest.json").read_text())
    assert set(manifest["interpreters"]) == {"current", name}
    for label, facts in manifest["interpreters"].items():
        answers = [r["answer"] for r in records if r.get("axes", {}).get("python") == label]
        assert [answer["python"] for answer in answers] == [re.match(r"[\d.]+", facts["version"])[0]] * 2
        assert all(answer["iterations"][0]["worker_switch_interval"] == [0.001, 0.001] for answer in answers)
    assert manifest["interpreters"]["current"]["version"] != manifest["interpreters"][name]["version"]
    (missing,) = [r for r in records if r.get("status") == "unsupported"]
    assert missing["reason"].startswith("no Python 3.99 was found in")
    page = (tmp_path / "reports/x/README.md").read_text()
    for facts in manifest["interpreters"].values():
        assert page.count(f"CPython {facts['version']}") >= 2 or facts["implementation"] != "CPython"
    assert f"| Python `{name}` |" in page
    assert f"python {name}" in page
    rows = pd.read_parquet(run / "results.parquet")
    assert set(rows["python"]) == {"current", name, "3.99"}
    assert set(rows["switch_interval"]) == {"1ms"}
    assert set(rows["switch_interval_s"].dropna()) == {0.001}


def test_an_experiment_of_absent_interpreters_is_refused(tmp_path, write):
    """Nothing can run: exit code 3, with what was looked for; the YAML itself is right."""
    write("x.yaml", "workload: sleep\nmodel: threads\nsweep: {python: ['3.99', {is: ./no, as: mine}]}\n")
    assert concexp(tmp_path, "validate", "x.yaml").returncode == 0
    done = concexp(tmp_path, "run", "x.yaml")
    assert done.returncode == 3
    assert "no Python 3.99 was found" in done.stderr
    assert "the interpreter of mine cannot be started: No such file or directory" in done.stderr
    planned = concexp(tmp_path, "plan", "x.yaml")
    assert planned.returncode == 0
    assert "1 cells of python mine: asked at run" in planned.stdout


def test_help_loads_nothing_heavy():
    """`--help` imports neither pandas, nor matplotlib, nor scipy."""
    code = (
        "import sys\nfrom concexp.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('pandas', 'matplotlib', 'scipy', 'numpy', 'pyarrow') if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
