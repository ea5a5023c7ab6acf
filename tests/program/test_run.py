"""Whole runs: from a YAML to a page, resumed after a kill, with the exit codes of the contract."""

import contextlib
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

from concexp.run.storage import journal
from tests.helpers.program import SIMULATED, another_python, concexp, run_folder, unfinish


def records(run):
    """The records of a run's journal, without its header."""
    return [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()[1:]]


def page(folder):
    """The text of the page of x.yaml."""
    return (folder / "reports/x/README.md").read_text()


def kill_when(condition, folder):
    """Start a run of x.yaml and kill -9 it as soon as the condition holds; returns False if it ended before."""
    command = [sys.executable, "-m", "concexp", "run", "x.yaml"]
    process = subprocess.Popen(
        command, cwd=folder, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while process.poll() is None and not condition():
        assert time.monotonic() < deadline, "the condition does not come true within a minute"
        time.sleep(0.002)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def journals(folder):
    """The paths of the journals of x.yaml."""
    return sorted(folder.glob("reports/x/runs/*/journal.jsonl"))


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A folder with an experiment and its finished run."""
    folder = tmp_path_factory.mktemp("original")
    (folder / "x.yaml").write_text(SIMULATED)
    done = concexp(folder, "run", "x.yaml")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "report: reports/x/README.md")
    return folder


@pytest.fixture
def finished(original, tmp_path):
    """A copy of the folder with the finished run, for one test."""
    return shutil.copytree(original, tmp_path / "finished")


def test_a_run_leaves_everything_that_the_contract_names(finished):
    """One command writes the page, its pictures, and a run folder with all its files."""
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


@pytest.mark.parametrize("outcome", ["failed", "crashed", "timeout", "invalid"])
def test_a_bad_trial_is_exit_code_1_unless_allowed(tmp_path, write, outcome):
    """Trials that end badly make the exit code 1; if `allow` expects them, 0."""
    text = f"""\
workload: sleep
model: {{simulated: {{outcome: {outcome}}}}}
measure: {{repetitions: 1}}
"""
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
    """A run reports claims; with --check, a refuted one makes the exit code 1 and is named, and no other does."""
    write("x.yaml", CLAIMED)
    done = concexp(tmp_path, "run", "x.yaml")
    assert done.returncode == 0
    assert "- refuted: it grows without end" in done.stdout
    assert "- supported: it bends" in done.stdout
    assert re.search(r"^\| it grows without end \| .* \| \*\*Refuted\*\*", page(tmp_path), re.MULTILINE)
    assert re.search(r"^\| it bends \| .* \| \*\*Supported\*\*", page(tmp_path), re.MULTILINE)
    for arguments in ([], ["--no-report"]):
        done = concexp(tmp_path, "run", "x.yaml", "--check", *arguments)
        assert done.returncode == 1
        assert done.stdout.splitlines()[-2:] == [
            "check failed: of 2 claims 1 refuted, 1 supported", "  refuted: it grows without end",
        ]  # fmt: skip
        assert "- refuted: it grows without end" in done.stdout
    write("y.yaml", CLAIMED.replace("0.9 * workers", "0.5 * workers"))
    assert concexp(tmp_path, "run", "y.yaml", "--check", "--no-report").returncode == 0


@pytest.mark.parametrize(("condition", "says"), [("workers > 1", "1 inconclusive"), ("cpus > 1000", "1 not judged")])
def test_what_could_not_be_judged_fails_the_strict_check_only(tmp_path, write, condition, says):
    """With one repetition nothing is known: --check passes and says that --strict would not, which exits with 1."""
    write("x.yaml", f"{SIMULATED}claims: [{{says: it runs, when: '{condition}', expect: throughput > 100}}]\n")
    for option, code, word in (("--check", 0, "passed"), ("--strict", 1, "failed")):
        done = concexp(tmp_path, "run", "x.yaml", "--quick", "-q", option)
        assert done.returncode == code, done
        assert f"check {word}: of 1 claim {says}" in done.stdout
    write("y.yaml", SIMULATED)
    done = concexp(tmp_path, "run", "y.yaml", "--strict")
    assert (done.returncode, "y.yaml: it has no claims" in done.stderr) == (2, True), done


def test_a_status_that_a_claim_expects_is_no_failure(tmp_path, write):
    """A bad end that a claim expects leaves the exit code 0; that of another cell makes it 1."""
    text = """\
workload: sleep
model: [{simulated: {outcome: timeout}, as: a}, {simulated: {outcome: crashed}, as: b}]
sweep: {workers: [1]}
measure: {repetitions: 1}
claims:
  - {of: {model: a}, expect: status == timeout}
"""
    write("x.yaml", text)
    assert concexp(tmp_path, "run", "x.yaml", "--check", "--no-report").returncode == 1
    write("y.yaml", text + "  - {expect: 'status[b] in [crashed, failed]'}\n")
    assert concexp(tmp_path, "run", "y.yaml", "--check", "--no-report").returncode == 0


def test_a_claimed_metric_turns_its_probe_on(tmp_path, write):
    """A metric that only a claim names is recorded, judged, and written to cells.csv."""
    text = """\
workload: sleep
model: threads
sweep: {workers: [1]}
load: {duration: 100ms}
measure: {repetitions: 3}
claims:
  - {expect: service_time_p50_s >= 1us}
"""
    write("x.yaml", text)
    assert concexp(tmp_path, "run", "x.yaml", "--check").returncode == 0
    assert "service_time_p50_s_lo" in (run_folder(tmp_path) / "cells.csv").read_text().splitlines()[0]
    assert re.search(r"^\| service\\_time\\_p50\\_s .*\| \*\*Supported\*\*", page(tmp_path), re.MULTILINE)


def test_a_claim_about_nothing_is_exit_code_2(tmp_path, write):
    """`plan` and `run` report a claim that selects no cell with its place, before anything runs."""
    write("x.yaml", SIMULATED + "claims:\n  - {of: workers > 9, expect: throughput > 1}\n")
    for verb in ("plan", "run"):
        done = concexp(tmp_path, verb, "x.yaml")
        assert done.returncode == 2
        assert "x.yaml:9:10: claims[0].of: there is no cell with workers > 9" in done.stderr
    assert not (tmp_path / "reports").exists()


def test_mistakes_are_exit_code_2_and_refusals_3(tmp_path, write):
    """A wrong YAML is exit code 2 with the place, an impossible experiment 3 with the reason; neither prints a traceback."""
    write("x.yaml", "workload: slep\nmodel: serial\n")
    done = concexp(tmp_path, "validate", "x.yaml")
    assert (done.returncode, "x.yaml:1:11" in done.stderr, "Traceback" in done.stderr) == (2, True, False)
    write("x.yaml", "workload: counter\nmodel: asyncio\nsync: rlock\n")
    done = concexp(tmp_path, "run", "x.yaml")
    assert (done.returncode, "asyncio has no RLock" in done.stderr) == (3, True)


def test_a_killed_run_is_completed_without_loss_or_repetition(tmp_path, write):
    """After kill -9 at several moments, the same command goes on: every planned trial is there exactly once."""
    text = """\
workload: sleep
model: [serial, threads]
sweep: {workers: [1, 2]}
load: {duration: 30ms}
measure: {repetitions: 4, iterations: 1, warmup: 0}
"""
    write("x.yaml", text)

    def measured():
        return sum(path.read_bytes().count(b'"role":"measured"') for path in journals(tmp_path)[:1])

    for count in (1, 5, 9):
        kill_when(lambda count=count: measured() >= count, tmp_path)
    assert concexp(tmp_path, "run", "x.yaml", "--no-report").returncode == 0
    trials = [record["trial"] for record in records(run_folder(tmp_path)) if record["role"] == "measured"]
    assert len(trials) == len(set(trials)) == 3 * 4


WAITS = """\
workload: counter
model: threads
sync: [none, lock, semaphore, condition]
sweep: {workers: [1, 2]}
load: {ops: 2000, scaling: weak}
metrics: [throughput, wait_share, wait_p99_s]
measure: {repetitions: 3, iterations: 1}
"""


def test_waits_come_from_trials_of_their_own(tmp_path, write):
    """A run that needs the share of waits observes each guard in separate trials; cells.csv and the page have the share.

    For a picture of the timeline, a run records each cell once, and computes no metric from that trial.
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
    trials = records(run_folder(tmp_path))
    observed = [record for record in trials if record["role"] == "observed"]
    assert sorted(record["axes"]["sync"] for record in observed) == sorted(3 * 2 * ["condition", "lock", "semaphore"])
    for record in observed:
        (iteration,) = record["answer"]["iterations"]
        assert iteration["waits"] == iteration["ops"] == 2000 * record["axes"]["workers"]
        assert len(iteration["worker_waits"]) == record["axes"]["workers"]
    assert not any("waits" in i for r in trials if r["role"] == "measured" for i in r["answer"]["iterations"])
    assert " come from 18 trials of their own" in page(tmp_path)
    pictured = [record for record in trials if record["role"] == "pictured"]
    assert len({record["cell"] for record in pictured}) == len(pictured) == 8
    assert {record["block"] for record in pictured} == {0}
    for record in pictured:
        (iteration,) = record["answer"]["iterations"]
        assert len(iteration["timeline"]["workers"]) == record["axes"]["workers"]
    assert all(int(cell["trials"]) == 3 for cell in cells)
    assert "](figures/timeline.png)" in page(tmp_path)


def test_a_run_with_observed_trials_is_completed_without_repetition(tmp_path, write):
    """A journal cut between an observed trial and its measured one, either way round, ends with each trial exactly once."""
    write("x.yaml", WAITS.replace("repetitions: 3", "repetitions: 1"))
    assert concexp(tmp_path, "run", "x.yaml", "--no-report").returncode == 0
    run = run_folder(tmp_path)
    lines = (run / "journal.jsonl").read_bytes().splitlines(keepends=True)
    whole = [record["trial"] for record in records(run)]
    roles = [record["role"] for record in records(run)]
    cuts = {roles.index(role) + 2 for role in ("measured", "observed")}  # just after the first of that role
    for cut in cuts:
        (run / "journal.jsonl").write_bytes(b"".join(lines[:cut]))
        assert concexp(tmp_path, "run", "x.yaml", "--no-report").returncode == 0
        trials = [record["trial"] for record in records(run)]
        assert [t for t in trials if not t.startswith("spin")] == [t for t in whole if not t.startswith("spin")]
        assert len(trials) == len(set(trials))


def test_an_observed_trial_that_ends_badly_is_exit_code_1(tmp_path, write):
    """A deadlock ends measured and observed trials by their timeout: both are named, and `allow` allows both."""
    text = """\
workload: {lock_order: {order: opposite, hold: 20ms}}
model: threads
sync: lock
sweep: {workers: 2}
load: {ops: 200, scaling: strong}
metrics: wait_share
measure: {repetitions: 1, iterations: 1, warmup: 0, timeout: 3s}
"""
    write("x.yaml", text)
    done = concexp(tmp_path, "run", "x.yaml")
    assert (done.returncode, "2 trials ended badly" in done.stdout) == (1, True), done
    assert "1 observed trial of workload lock\\_order" in page(tmp_path)
    write("y.yaml", text + "allow: [{status: timeout}]\n")
    assert concexp(tmp_path, "run", "y.yaml", "--no-report").returncode == 0


def undated(text):
    """A page without what differs between two runs with the same numbers: run id, duration, and load and clock of the machine."""
    moment = "load before the run|clock|checked before the run"
    text = re.sub(r"(cells?) in [\d.]+ (s|min|h) ·", r"\1 ·", re.sub(r"\d{8}T\d{6}Z", "", text))
    return re.sub(rf"\| ({moment}) \|.*", "", text)


def without_clocks(run):
    """The records of a run without their times and checksums."""
    clocks = {"started_at", "duration_s", "crc32", "previous_crc32"}
    return [{name: value for name, value in record.items() if name not in clocks} for record in records(run)]


def calm_and_stormy(tmp_path, text, shares):
    """Run an experiment in two folders: undisturbed, and killed whenever its journal has the next of these shares."""
    calm, stormy = tmp_path / "calm", tmp_path / "stormy"
    for folder in (calm, stormy):
        folder.mkdir()
        (folder / "x.yaml").write_text(text)
    assert concexp(calm, "run", "x.yaml").returncode == 0
    size = (run_folder(calm) / "journal.jsonl").stat().st_size
    for share in shares:
        assert kill_when(
            lambda share=share: any(path.stat().st_size > share * size for path in journals(stormy)), stormy
        )
    assert concexp(stormy, "run", "x.yaml").returncode == 0
    return calm, stormy


def test_the_page_of_a_killed_run_is_that_of_an_undisturbed_one(tmp_path):
    """A run that is killed three times and completed has the records and the page of an undisturbed one, except clocks."""
    text = SIMULATED.replace("repetitions: 4", "repetitions: 60")
    calm, stormy = calm_and_stormy(tmp_path, text, (0.1, 0.4, 0.7))
    assert without_clocks(run_folder(stormy)) == without_clocks(run_folder(calm))
    assert undated(page(stormy)) == undated(page(calm))
    assert "throughput" in page(calm)


ADAPTIVE = """\
workload: cpu_sum
model: [{simulated: {noise: 0.001}, as: calm}, {simulated: {noise: 0.2}, as: wild}]
sweep: {workers: [1, 2]}
load: {ops: 100, scaling: strong}
baseline: {model: calm}
measure: {repetitions: 8, precision: 2%, max_repetitions: 24}
"""


def test_a_killed_run_with_a_precision_goes_on_as_if_undisturbed(tmp_path):
    """The same holds while the data decide which trials come next."""
    calm, stormy = calm_and_stormy(tmp_path, ADAPTIVE, (0.3, 0.6, 0.8))
    trials = without_clocks(run_folder(stormy))
    assert trials == without_clocks(run_folder(calm))
    assert max(record["block"] for record in trials) == 23
    assert len({record["trial"] for record in trials}) == len(trials)
    assert undated(page(stormy)) == undated(page(calm))
    assert "The limit of 24 repetitions (`max_repetitions`) ended the run" in page(calm)


def test_a_budget_is_not_renewed_by_resuming(tmp_path, write):
    """A budget ends the run at a whole block and the page says so; completing that run measures nothing more."""
    text = """\
workload: sleep
model: [serial, threads]
load: {duration: 20ms}
sweep: {workers: 1}
measure: {repetitions: 90, iterations: 1, warmup: 0, budget: 3s}
"""
    write("x.yaml", text)
    done = concexp(tmp_path, "run", "x.yaml", "--progress", "plain")
    assert done.returncode == 0
    assert "; the budget of 3.0 s will end it before: about " in done.stderr
    run = run_folder(tmp_path)
    journal = (run / "journal.jsonl").read_bytes()
    trials = records(run)
    roles = [record["role"] for record in trials]
    blocks = roles.count("control")
    assert roles.count("measured") == 2 * blocks
    last = next(place for place, record in enumerate(trials) if record["block"] == blocks - 1)
    assert blocks == 1 or sum(record["duration_s"] for record in trials[:last]) < 3
    assert f"The budget of 3.0 s ended the run after {blocks} of 90 repetitions" in page(tmp_path)
    unfinish(run)
    assert concexp(tmp_path, "run", "x.yaml").returncode == 0
    assert (run_folder(tmp_path) / "journal.jsonl").read_bytes() == journal


@pytest.mark.parametrize(
    ("flags", "roles"), [([], {"measured": 36, "control": 9}), (["--quick"], {"measured": 4})], ids=["whole", "quick"]
)
def test_what_is_simulated_needs_no_machine(tmp_path, write, flags, roles):
    """Simulated trials have neither spinners nor a sentinel beside them; a quick pass has no control and no precision either."""
    write("x.yaml", ADAPTIVE.replace("2%, max_repetitions: 24", "0.01%, max_repetitions: 9"))
    assert concexp(tmp_path, "run", "x.yaml", "--no-report", *flags).returncode == 0
    assert dict(Counter(record["role"] for record in records(run_folder(tmp_path)))) == roles


@pytest.mark.parametrize("cut", [0, 1, 40, -1, -40])
def test_a_torn_journal_is_completed(finished, cut):
    """Whatever the last write left of its line, the same command makes the same page."""
    run = run_folder(finished)
    former_page, former_records = undated(page(finished)), without_clocks(run)
    journal = run / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:9]) + lines[9][:cut])
    unfinish(run)
    shutil.rmtree(finished / "reports/x/figures")
    (finished / "reports/x/README.md").unlink()
    assert concexp(finished, "run", "x.yaml").returncode == 0
    assert without_clocks(run_folder(finished)) == former_records
    assert undated(page(finished)) == former_page


def test_a_run_that_lacks_only_its_page_measures_nothing_again(finished):
    """If only the page is missing, the same command makes it, and the journal stays as it is."""
    run, path = run_folder(finished), finished / "reports/x/README.md"
    journal, text = (run / "journal.jsonl").read_bytes(), path.read_bytes()
    path.unlink()
    unfinish(run)
    assert concexp(finished, "run", "x.yaml").returncode == 0
    assert (run_folder(finished) / "journal.jsonl").read_bytes() == journal
    assert path.read_bytes() == text


def test_one_experiment_over_two_interpreters(tmp_path, write):
    """Each trial runs on its interpreter with its settings, and the page names both; a third interpreter is missing."""
    name = another_python()
    text = f"""\
workload: cpu_sum
model: threads
sweep: {{workers: 2, python: [current, '{name}', '3.99'], switch_interval: 1ms}}
load: {{duration: 20ms}}
measure: {{repetitions: 2, iterations: 1, warmup: 0}}
"""
    write("x.yaml", text)
    done = concexp(tmp_path, "run", "x.yaml")
    assert done.returncode == 0, done.stderr
    run = run_folder(tmp_path)
    trials = records(run)
    manifest = json.loads((run / "manifest.json").read_text())
    assert set(manifest["interpreters"]) == {"current", name}
    for label, facts in manifest["interpreters"].items():
        answers = [r["answer"] for r in trials if r.get("axes", {}).get("python") == label]
        assert [answer["python"] for answer in answers] == [re.match(r"[\d.]+", facts["version"])[0]] * 2
        assert all(answer["iterations"][0]["worker_switch_interval"] == [0.001, 0.001] for answer in answers)
    assert manifest["interpreters"]["current"]["version"] != manifest["interpreters"][name]["version"]
    (missing,) = [r for r in trials if r.get("status") == "unsupported"]
    assert missing["reason"].startswith("no Python 3.99 was found in")
    text = page(tmp_path)
    for facts in manifest["interpreters"].values():
        assert text.count(f"CPython {facts['version']}") >= 2 or facts["implementation"] != "CPython"
    assert f"| Python `{name}` |" in text
    assert f"| {name} |" in text
    rows = pd.read_parquet(run / "results.parquet")
    assert set(rows["python"]) == {"current", name, "3.99"}
    assert set(rows["switch_interval"]) == {"1ms"}
    assert set(rows["switch_interval_s"].dropna()) == {0.001}


def test_an_experiment_of_absent_interpreters_is_refused(tmp_path, write):
    """If nothing can run, the exit code is 3 and the message says what is missing; the YAML itself is right."""
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


EDITS_ITSELF = """\
import os
from pathlib import Path

def work(n: int = 3):
    asked = Path({asked!r})
    if asked.exists():
        asked.unlink()
        Path({helper!r}).write_text("VALUE = 2\\n")
    import helper
    return helper.VALUE
"""


def run_until_it_has_trials(folder):
    """Start a run of x.yaml; returns its process once its journal holds some trials."""
    process = subprocess.Popen(
        [sys.executable, "-m", "concexp", "run", "x.yaml"],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (journals(folder) and journals(folder)[0].read_bytes().count(b"\n") > 3):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return process


def test_user_code_that_changes_meanwhile_ends_the_run(tmp_path):
    """Old and new code never meet in a run: exit 3 with the file's name; put back, the same command completes the run."""
    asked, helper = tmp_path / "asked", tmp_path / "helper.py"
    (tmp_path / "my.py").write_text("import helper\n" + EDITS_ITSELF.format(asked=str(asked), helper=str(helper)))
    helper.write_text("VALUE = 1\n")
    (tmp_path / "x.yaml").write_text(
        "workload: my.py:work\nmodel: serial\nload: {ops: 1, scaling: strong}\n"
        "measure: {repetitions: 6, warmup: 0, iterations: 1}\n"
    )
    process = run_until_it_has_trials(tmp_path)
    asked.touch()
    _, says = process.communicate(timeout=60)
    assert process.returncode == 3, says
    assert f"{helper} was changed while the run measured it" in says
    before = records(run_folder(tmp_path))
    assert {r["answer"]["iterations"][0]["counts"]["returned"] for r in before if r["role"] == "measured"} == {1}

    helper.write_text("VALUE = 1\n")
    assert concexp(tmp_path, "run", "x.yaml", "--no-report").returncode == 0
    after = records(run_folder(tmp_path))
    assert after[: len(before)] == before
    measured = [r for r in after if r["role"] == "measured"]
    assert len(measured) == 6
    assert {r["answer"]["iterations"][0]["counts"]["returned"] for r in measured} == {1}


@pytest.mark.parametrize("attack", ["replace", "delete"])
def test_a_journal_that_is_taken_away_ends_the_run(tmp_path, attack):
    """`git stash`, `sed -i` or `rm` during a run: exit 3 at the next trial, and no trial is lost; moved back, it goes on."""
    (tmp_path / "x.yaml").write_text(
        "workload: noop\nmodel: serial\nload: {ops: 10, scaling: strong}\n"
        "measure: {repetitions: 5, warmup: 0, iterations: 1}\n"
    )
    process = run_until_it_has_trials(tmp_path)
    (path,) = journals(tmp_path)
    if attack == "replace":
        old = b"".join(path.read_bytes().splitlines(keepends=True)[:2])
        path.unlink()
        path.write_bytes(old)
    else:
        path.unlink()
    _, says = process.communicate(timeout=60)
    assert process.returncode == 3, says
    run = path.parent
    (copy,) = run.parent.glob("*.kept.jsonl")
    assert str(copy.relative_to(tmp_path)) in says
    assert "finished_at" not in json.loads((run / "manifest.json").read_text())
    copy.replace(path)
    before = [r["trial"] for r in records(run)]
    assert len(before) >= 3
    assert concexp(tmp_path, "run", "x.yaml", "--no-report").returncode == 0
    after = [r["trial"] for r in records(run)]
    assert after[: len(before)] == before
    assert len(after) == len(set(after))
    assert sum(r["role"] == "measured" for r in records(run)) == 5


def test_why_an_unfinished_run_is_not_completed_is_said(write, tmp_path):
    """Begun with other CPUs, other cells or other code, it is left as it is, and a new run says so; else it is completed."""
    write("mine.py", "def work():\n    import helper\n    return helper.K\n")
    write("helper.py", "K = 1\n")
    write("x.yaml", "workload: mine.py:work\nmodel: {simulated: {serial: 10%}}\nsweep: {workers: [1, 2]}\nbaseline: {}\n"
                    "load: {ops: 100, scaling: strong}\nmeasure: {repetitions: 4}\n")  # fmt: skip
    assert concexp(tmp_path, "run", "x.yaml").returncode == 0
    first = run_folder(tmp_path)
    unfinish(first)
    assert "this is a new run" not in concexp(tmp_path, "run", "x.yaml").stderr

    def begun(change):
        facts = json.loads((first / "manifest.json").read_text())
        facts.pop("finished_at", None)
        change(facts)
        (first / "manifest.json").write_text(json.dumps(facts))
        done = concexp(tmp_path, "run", "x.yaml")
        assert done.returncode == 0, done.stderr
        (new,) = set(first.parent.iterdir()) - {first}
        shutil.rmtree(new)
        return done.stderr

    cpus = json.loads((first / "manifest.json").read_text())["machine"]["cpus"]
    said = begun(lambda facts: facts["machine"].update(cpus=cpus + 1))
    assert f"this is a new run: {first.name} was begun with {cpus + 1} usable CPUs, not {cpus}" in said
    write("helper.py", "K = 2\n")
    said = begun(lambda facts: facts["machine"].update(cpus=cpus))
    assert f"{first.name} was begun with other code of yours (helper.py), and is left as it is" in said
    write("helper.py", "K = 1\n")
    lines = (first / "journal.jsonl").read_text().splitlines(keepends=True)
    header = json.loads(lines[0])
    del header["crc32"], header["cells"][1]
    (first / "journal.jsonl").write_bytes(journal.encode(header))
    assert f"{first.name} was begun with other cells" in begun(lambda facts: None)
