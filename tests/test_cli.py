"""The command line as a person meets it: what each option does to the files, and with which exit code it ends."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from concexp import cli
from tests.test_session import SIMULATED, concexp

WAITING = "workload: {sleep: {delay: 1ms}}\nmodel: serial\nload: {duration: 200ms}\nmeasure: {repetitions: 200}\n"


def runs(folder):
    return sorted((folder / "reports/x/runs").iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_130_and_tells_how_to_go_on(tmp_path, write, number):
    """Ctrl-C and SIGTERM keep all finished trials, leave no child, and print the command that completes the run."""
    write("x.yaml", WAITING)
    command = [sys.executable, "-m", "concexp", "run", "x.yaml", "--progress", "plain"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = list(tmp_path.glob("reports/x/runs/*/journal.jsonl"))
        if found and b'"role":"measured"' in found[0].read_bytes():
            break
        time.sleep(0.01)
    os.kill(process.pid, number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "every finished trial is kept" in said
    assert re.search(r"^  concexp run x\.yaml --progress plain$", said, re.MULTILINE)
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_a_partial_run_leaves_the_shared_page_alone(tmp_path, write):
    """`--quick` and `--only` write their page into the run folder, unless there is no shared page yet."""
    write("x.yaml", SIMULATED)
    shared = tmp_path / "reports/x/README.md"
    done = concexp(tmp_path, "run", "x.yaml", "--quick")
    assert (done.returncode, done.stdout.strip()) == (0, "report: reports/x/README.md")
    assert concexp(tmp_path, "run", "x.yaml").returncode == 0
    full = shared.read_bytes()
    for options in (["--quick"], ["--only", "workers <= 2"]):
        done = concexp(tmp_path, "run", "x.yaml", *options)
        assert re.fullmatch(r"report: reports/x/runs/[^/]+/README\.md", done.stdout.strip())
        assert (tmp_path / done.stdout.strip().removeprefix("report: ")).read_text().startswith("# x\n")
        assert shared.read_bytes() == full
    assert len(runs(tmp_path)) == 4


def test_only_measures_only_that(tmp_path, write):
    """`--only` cuts the plan; what would be left over for nothing is a refusal."""
    write("x.yaml", SIMULATED)
    assert concexp(tmp_path, "run", "x.yaml", "--only", "workers == 4").returncode == 0
    rows = (runs(tmp_path)[0] / "cells.csv").read_text().splitlines()
    assert len(rows) == 1 + 2
    done = concexp(tmp_path, "run", "x.yaml", "--only", "workers == 3")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_finished_run_is_never_touched_again(tmp_path, write):
    """The same command after the end starts a new run; `--fresh` does so before the end."""
    write("x.yaml", SIMULATED)
    for count in (1, 2):
        assert concexp(tmp_path, "run", "x.yaml").returncode == 0
        assert len(runs(tmp_path)) == count
    assert (
        concexp(tmp_path, "run", "x.yaml", "--no-report").stdout.strip() == f"reports/x/runs/{runs(tmp_path)[2].name}"
    )
    assert concexp(tmp_path, "run", "x.yaml", "--fresh", "--no-report").returncode == 0
    assert len(runs(tmp_path)) == 4


def test_no_wait_refuses_beside_another_run(tmp_path, write):
    """While somebody else measures, `--no-wait` is exit code 3 and says who it is."""
    write("x.yaml", WAITING)
    environment = {**os.environ, "CONCEXP_LOCK": str(tmp_path / "lock")}
    holder = (
        "import sys\nfrom concexp.machine_lock import MachineLock\n"
        "with MachineLock('concexp run of another', print).held():\n print('held', flush=True)\n sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        done = concexp(tmp_path, "run", "x.yaml", "--no-wait", env=environment)
        other.stdin.close()
    assert done.returncode == 3
    assert "measuring already: concexp run of another" in done.stderr


def test_a_place_that_cannot_be_written_is_exit_code_3(tmp_path, write):
    """Where the reports' folder is a file, the refusal names it and the way out, without a traceback."""
    write("x.yaml", SIMULATED)
    (tmp_path / "taken").write_text("")
    done = concexp(tmp_path, "run", "x.yaml", "--out", "taken")
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert "taken" in done.stderr
    assert "--out" in done.stderr


def test_init_writes_an_experiment_that_runs_and_overwrites_nothing(tmp_path):
    """The first experiment is valid as it stands; a second `init` refuses; a name that is none is a mistake."""
    assert concexp(tmp_path, "init", "mine").returncode == 0
    assert concexp(tmp_path, "validate", "mine.yaml").returncode == 0
    before = (tmp_path / "mine.yaml").read_bytes()
    assert concexp(tmp_path, "init", "mine").returncode == 3
    assert (tmp_path / "mine.yaml").read_bytes() == before
    assert concexp(tmp_path, "init", "../mine").returncode == 2


def test_the_mistakes_of_several_files_are_told_together(tmp_path, write):
    """`validate` goes on after a wrong file: one list for all."""
    write("a.yaml", "workload: slep\nmodel: serial\n")
    write("b.yaml", SIMULATED)
    write("c.yaml", "workload: sleep\nmodel: seral\n")
    done = concexp(tmp_path, "validate", "a.yaml", "b.yaml", "c.yaml")
    assert done.returncode == 2
    assert "a.yaml:1:11" in done.stderr
    assert "c.yaml:2:8" in done.stderr
    assert "b.yaml: ok" in done.stdout


@pytest.mark.parametrize("verb", ["run", "validate", "plan", "list", "show", "report", "init"])
def test_the_help_of_every_command_has_an_example(verb):
    """Each command's help shows how it is called."""
    done = subprocess.run([sys.executable, "-m", "concexp", verb, "--help"], capture_output=True, text=True, check=True)
    assert f"concexp {verb} " in done.stdout.partition("Options")[0].partition("\n\n")[2]


def test_a_reader_that_leaves_early_is_no_error(tmp_path):
    """`concexp list | head -1` ends in silence."""
    pipe = f"{sys.executable} -m concexp list support | head -1"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_the_resume_command_is_what_was_typed(monkeypatch):
    """The program by its name, the rest quoted for a shell."""
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/concexp", "run", "a b.yaml", "--only", "model=threads"])
    assert cli.command_line() == "concexp run 'a b.yaml' --only model=threads"
