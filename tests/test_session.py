"""Whole commands: from a YAML to a page, resumed after a kill, with the exit codes of the contract."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

SIMULATED = (
    "workload: [cpu_sum, sleep]\nmodel: [serial, {simulated: {serial: 10%}}]\nsweep: {workers: [1, 2, 4]}\n"
    "exclude: [{model: serial}]\nload: {ops: 100, scaling: strong}\nmeasure: {repetitions: 4}\nbaseline: {}\n"
)


def concexp(folder, *arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "concexp", *arguments], cwd=folder, capture_output=True, text=True, check=False, **more
    )


def run_folder(folder, name="x"):
    (found,) = (folder / "reports" / name / "runs").iterdir()
    return found


def trials(run):
    lines = (run / "journal.jsonl").read_text().splitlines()
    return [record["trial"] for record in map(json.loads, lines[1:]) if record["role"] == "measured"]


def test_a_run_leaves_everything_that_the_contract_names(tmp_path, write):
    """One command: the page, its pictures, and a run folder with all its files."""
    write("x.yaml", SIMULATED)
    done = concexp(tmp_path, "run", "x.yaml")
    assert (done.returncode, done.stdout.strip()) == (0, "report: reports/x/README.md")
    names = {path.name for path in run_folder(tmp_path).iterdir()}
    assert names >= {
        "experiment.yaml",
        "resolved.yaml",
        "manifest.json",
        "journal.jsonl",
        "results.parquet",
        "cells.csv",
    }
    assert (tmp_path / "reports/x/README.md").read_text().startswith("# x\n")
    assert list((tmp_path / "reports/x/figures").glob("*.png"))
    assert "finished_at" in json.loads((run_folder(tmp_path) / "manifest.json").read_text())


def test_the_page_can_be_made_again_from_the_journal_alone(tmp_path, write):
    """Everything but the journal is deleted; the page is the same to the byte."""
    write("x.yaml", SIMULATED)
    assert concexp(tmp_path, "run", "x.yaml").returncode == 0
    page = tmp_path / "reports/x/README.md"
    before = page.read_bytes()
    page.unlink()
    for path in run_folder(tmp_path).iterdir():
        if path.name != "journal.jsonl":
            path.unlink()
    assert concexp(tmp_path, "report", "reports/x").returncode == 0
    assert page.read_bytes() == before


@pytest.mark.parametrize("outcome", ["failed", "crashed", "timeout", "invalid"])
def test_a_bad_trial_is_exit_code_1_unless_allowed(tmp_path, write, outcome):
    """Trials that end badly make 1; where `allow` expects them, 0."""
    text = f"workload: sleep\nmodel: {{simulated: {{outcome: {outcome}}}}}\nmeasure: {{repetitions: 1}}\n"
    write("x.yaml", text)
    assert concexp(tmp_path, "run", "x.yaml").returncode == 1
    write("y.yaml", text + f"allow: [{{status: {outcome}}}]\n")
    assert concexp(tmp_path, "run", "y.yaml").returncode == 0


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
    assert concexp(tmp_path, "run", "x.yaml").returncode == 0
    found = trials(run_folder(tmp_path))
    assert len(found) == len(set(found)) == 3 * 4


def test_help_loads_nothing_heavy():
    """`--help` imports neither pandas, nor matplotlib, nor scipy."""
    code = (
        "import sys\nfrom concexp.cli import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('pandas', 'matplotlib', 'scipy', 'numpy', 'pyarrow') if m in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
