"""The command line as users meet it: what each option does to the files, and the exit codes."""

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import termios
import time

import pytest

from tests.helpers.program import ROOT, SIMULATED, concexp

SLOW = """\
workload: {sleep: {delay: 1ms}}
model: serial
load: {duration: 200ms}
measure: {repetitions: 200}
"""
FAST = """\
workload: cpu_sum
model: simulated
load: {ops: 10}
measure: {repetitions: 20000, iterations: 1}
report: {plots: []}
"""


def runs(folder):
    """The run folders of x.yaml, the latest last."""
    return sorted((folder / "reports/x/runs").iterdir())


def start_run(folder, *options, **popen):
    """Start a run of x.yaml and return its process once the first trial is on disk."""
    command = [sys.executable, "-m", "concexp", "run", "x.yaml", *options]
    # In a shell's background, tests ignore Ctrl-C, and the processes that they start inherit that.
    popen = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **popen}
    process = subprocess.Popen(command, cwd=folder, start_new_session=True, **popen)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        journals = list(folder.glob("reports/x/runs/*/journal.jsonl"))
        if journals and b'"role":"measured"' in journals[0].read_bytes():
            return process
        time.sleep(0.005)
    raise AssertionError("no trial within a minute")


@pytest.mark.parametrize(("number", "options"), [(signal.SIGINT, ["--fresh"]), (signal.SIGTERM, ["--no-report"])])
def test_an_interrupt_is_130_and_prints_how_to_go_on(tmp_path, write, number, options):
    """Ctrl-C and SIGTERM keep all finished trials, leave no child, write the report so far, and print the command to go on."""
    write("x.yaml", SLOW)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = start_run(tmp_path, "--progress", "plain", *options, **pipes)
    os.kill(process.pid, number)
    report, messages = process.communicate(timeout=120)
    assert process.returncode == 130
    kept = r"every finished trial is kept(: \d+ of 221 trials)? in reports/x/runs/\S+"
    assert re.search(rf"^interrupted; {kept}; to go on:$", messages, re.MULTILINE)
    kept = " ".join(option for option in options if option != "--fresh")  # which would begin anew
    assert re.search(rf"^  concexp run x\.yaml --progress plain ?{kept}$", messages, re.MULTILINE)
    assert "Traceback" not in messages
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    if "--no-report" in options:
        assert report == ""
        assert not (tmp_path / "reports/x/README.md").exists()
    else:
        assert report == "report so far: reports/x/README.md\n"
        page = (tmp_path / "reports/x/README.md").read_text()
        assert re.search(r"The run is not finished: \d+ of 200 trials are done; the same command continues it", page)
        assert "finished_at" not in (runs(tmp_path)[0] / "manifest.json").read_text()


def test_a_second_interrupt_ends_at_once(tmp_path, write):
    """Whatever the report so far waits for, here a pipe without a reader, a second Ctrl-C ends it with 130."""
    write("x.yaml", FAST)
    process = start_run(tmp_path, "--progress", "plain", stderr=subprocess.PIPE, text=True)
    os.mkfifo(runs(tmp_path)[0] / "cells.csv")
    os.kill(process.pid, signal.SIGINT)
    with process.stderr:
        for line in process.stderr:
            if "writing the report so far" in line:
                break
        os.kill(process.pid, signal.SIGTERM)
        rest = process.stderr.read()
    assert process.wait(timeout=60) == 130
    assert "interrupted at once; every finished trial is kept; to go on:" in rest
    assert "Traceback" not in rest


def test_a_closed_terminal_does_not_end_a_run(tmp_path, write):
    """When the terminal closes, with SIGHUP and an error for each write, the run goes on and makes its page."""
    write("x.yaml", FAST.replace("20000", "600"))
    master, terminal = os.openpty()

    def make_it_the_controlling_terminal():
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    process = start_run(
        tmp_path, stdin=terminal, stdout=terminal, stderr=terminal, preexec_fn=make_it_the_controlling_terminal
    )
    os.close(terminal)
    os.close(master)
    assert process.wait(timeout=120) == 0
    assert len((runs(tmp_path)[0] / "journal.jsonl").read_bytes().splitlines()) == 1 + 600
    assert "600 trials" in (tmp_path / "reports/x/README.md").read_text()


def test_a_partial_run_leaves_the_shared_page_alone(tmp_path, write):
    """`--quick` and `--only` write their page into the run folder if there is a shared page already."""
    write("x.yaml", SIMULATED)
    shared = tmp_path / "reports/x/README.md"
    done = concexp(tmp_path, "run", "x.yaml", "--quick", "-q")
    assert (done.returncode, done.stdout.strip()) == (0, "report: reports/x/README.md")
    assert concexp(tmp_path, "run", "x.yaml").returncode == 0
    full = shared.read_bytes()
    for options in (["--quick"], ["--only", "workers <= 2"]):
        done = concexp(tmp_path, "run", "x.yaml", "-q", *options)
        assert re.fullmatch(r"report: reports/x/runs/[^/]+/README\.md", done.stdout.strip())
        assert (tmp_path / done.stdout.strip().removeprefix("report: ")).read_text().startswith("# x\n")
        assert shared.read_bytes() == full
    assert len(runs(tmp_path)) == 4


def test_only_measures_the_cells_that_it_selects(tmp_path, write):
    """`--only` reduces the plan; a condition that no cell meets is a mistake."""
    write("x.yaml", SIMULATED)
    assert concexp(tmp_path, "run", "x.yaml", "--only", "workers == 4").returncode == 0
    rows = (runs(tmp_path)[0] / "cells.csv").read_text().splitlines()
    assert len(rows) == 1 + 2
    done = concexp(tmp_path, "run", "x.yaml", "--only", "workers == 3")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_finished_run_is_never_touched_again(tmp_path, write):
    """The same command starts a new run after the end; with `--fresh`, also before."""
    write("x.yaml", SIMULATED)
    for count in (1, 2):
        assert concexp(tmp_path, "run", "x.yaml").returncode == 0
        assert len(runs(tmp_path)) == count
    done = concexp(tmp_path, "run", "x.yaml", "--no-report")
    assert done.stdout.strip() == f"reports/x/runs/{runs(tmp_path)[2].name}"
    assert concexp(tmp_path, "run", "x.yaml", "--fresh", "--no-report").returncode == 0
    assert len(runs(tmp_path)) == 4


def test_no_wait_refuses_beside_another_run(tmp_path, write):
    """While another run measures, `--no-wait` is exit code 3 and names that run."""
    write("x.yaml", SLOW)
    environment = {**os.environ, "CONCEXP_LOCK": str(tmp_path / "lock")}
    holder = """
import sys
from concexp.run.machine.lock import MachineLock
with MachineLock('concexp run of another', print).held():
    print('held', flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", holder], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        done = concexp(tmp_path, "run", "x.yaml", "--no-wait", env=environment)
        other.stdin.close()
    assert done.returncode == 3
    assert "measuring already: concexp run of another" in done.stderr


def test_a_place_that_cannot_be_written_is_exit_code_3(tmp_path, write):
    """If the reports' folder is a file, the refusal names it and the cure, without a traceback."""
    write("x.yaml", SIMULATED)
    (tmp_path / "taken").write_text("")
    done = concexp(tmp_path, "run", "x.yaml", "--out", "taken")
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert "taken" in done.stderr
    assert "--out" in done.stderr


def test_the_mistakes_of_several_files_are_listed_together(tmp_path, write):
    """`validate` goes on after a wrong file and prints one list for all."""
    write("a.yaml", "workload: slep\nmodel: serial\n")
    write("b.yaml", SIMULATED)
    write("c.yaml", "workload: sleep\nmodel: seral\n")
    done = concexp(tmp_path, "validate", "a.yaml", "b.yaml", "c.yaml")
    assert done.returncode == 2
    assert "a.yaml:1:11" in done.stderr
    assert "c.yaml:2:8" in done.stderr
    assert "b.yaml: ok" in done.stdout


def test_claims_that_no_data_decide_are_warned_of(tmp_path, write):
    """`validate` and `plan` say so on stderr, with the place, and exit with 0; `plan --json` has the warnings as data."""
    write("a.yaml", SLOW + "claims: {expect: throughput > 0}\n")
    for verb in ("validate", "plan"):
        done = concexp(tmp_path, verb, "a.yaml")
        assert done.returncode == 0
        assert "a.yaml:5:18: claims.expect: warning: `throughput > 0` is true of any data" in done.stderr
        assert "warning" not in done.stdout
    (warning,) = json.loads(concexp(tmp_path, "plan", "--json", "a.yaml").stdout)["warnings"]
    assert (warning["line"], warning["key"]) == (5, "claims.expect")


@pytest.mark.parametrize("verb", ["run", "validate", "plan", "list", "show", "report", "init"])
def test_the_help_of_every_command_has_an_example(verb):
    """The help of each command shows a call of it."""
    done = subprocess.run([sys.executable, "-m", "concexp", verb, "--help"], capture_output=True, text=True, check=True)
    assert f"concexp {verb} " in done.stdout.partition("Options")[0].partition("\n\n")[2]


def test_a_reader_that_leaves_early_is_not_an_error(tmp_path):
    """`concexp list | head -1` prints no error."""
    pipe = f"{sys.executable} -m concexp list support | head -1"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


QUICK = "workload: noop\nmodel: serial\nload: {ops: 1, scaling: strong}\nmeasure: {repetitions: 1, warmup: 0, iterations: 1}\n"


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)])
def test_closed_streams_are_no_matter(tmp_path, write, closed):
    """As a daemon or `2>&-` starts it: the run does what it is asked to, and no pipe of a trial gets a number below 3."""
    write("x.yaml", QUICK)
    words = " ".join(f"{number}>&-" for number in closed)
    command = f"exec {sys.executable} -m concexp run x.yaml {words}"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert (tmp_path / "reports/x/README.md").exists()


@pytest.mark.parametrize("backend", ["nonsense", "tkagg", "module://nothing"])
def test_the_users_backend_for_pictures_is_no_matter(tmp_path, write, backend):
    """MPLBACKEND is for the user's own figures: ours are drawn into files."""
    write("x.yaml", SIMULATED)
    environment = {**os.environ, "MPLBACKEND": backend}
    command = [sys.executable, "-m", "concexp", "run", "x.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert list(tmp_path.glob("reports/x/figures/*.png"))


def test_a_run_in_a_folder_whose_name_is_no_text(tmp_path):
    """Bytes that are not UTF-8 in the paths of the experiment, the reports and the working folder."""
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / os.fsdecode(b"x\xe9.yaml")).write_text(f"name: x\n{QUICK}")
    command = [sys.executable, "-m", "concexp", "run", os.fsdecode(b"x\xe9.yaml"), "--out", os.fsdecode(b"r\xe9")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert (folder / os.fsdecode(b"r\xe9") / "x/README.md").exists()


def test_files_named_like_modules_of_the_library_hide_none(tmp_path):
    """`python -m concexp` beside a user's numbers.py, random.py or signal.py imports the library's, and measures the user's."""
    for name in ("numbers", "random", "queue", "signal", "typing"):
        (tmp_path / f"{name}.py").write_text("def work(): pass\n")
    (tmp_path / "x.yaml").write_text(QUICK.replace("noop", "numbers.py:work"))
    for verb in (["validate", "x.yaml"], ["run", "x.yaml", "--no-wait"], ["list", "model"]):
        done = subprocess.run([sys.executable, "-m", "concexp", *verb], cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr


def test_a_working_folder_that_is_gone_is_told(tmp_path):
    """Exit 3 and a reason, whatever the command."""
    folder = tmp_path / "gone"
    folder.mkdir()
    (tmp_path / "x.yaml").write_text(QUICK)
    command = f"cd {folder} && rmdir {folder} && exec {sys.executable} -m concexp run {tmp_path}/x.yaml"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr


@pytest.mark.parametrize(("module", "verb"), [("typer", "list"), ("concexp.analysis.adaptive", "run x.yaml")])
def test_an_interrupt_while_it_loads_is_silent(tmp_path, module, verb):
    """Ctrl-C before the command has begun: 130, and not a traceback from the middle of a library."""
    code = (
        "import os, signal, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.argv = ['concexp', *{verb.split()!r}]\n"
        "from concexp.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_the_version_names_python_and_the_system(tmp_path):
    """A report of a mistake can quote one line."""
    done = concexp(tmp_path, "--version")
    version = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    assert re.fullmatch(rf"concexp [\d.a-z]+ \(\w+ {re.escape(version)}, \w+ \S+ \w+\)\n", done.stdout)


def test_a_run_prints_its_answer_before_the_page(tmp_path, write):
    """Question, sentences without marks of Markdown, then the page; -q leaves the page, and nothing on stderr."""
    write("x.yaml", SIMULATED + "question: Does it <scale> *well*?\n")
    done = concexp(tmp_path, "run", "x.yaml", "-v")
    lines = done.stdout.splitlines()
    assert lines[0] == "Does it <scale> *well*?"
    assert lines[1] == "- These numbers are made up by simulated: they say nothing about any machine."
    assert any(re.match(r"- .*: 4 workers reach 3\.\d+x.* one worker", line) for line in lines)
    assert lines[-2:] == ["", "report: reports/x/README.md"]
    assert not re.search(r"`|\\\\|&lt;", done.stdout)
    assert sum(" · simulated · " in line for line in done.stderr.splitlines()) == 28
    quiet = concexp(tmp_path, "run", "x.yaml", "-q")
    assert (quiet.stdout, quiet.stderr) == ("report: reports/x/README.md\n", "")


def test_a_run_keeps_a_log(tmp_path, write):
    """run.log has the command, each trial, and the verdicts; a folder in its place is no matter."""
    write("x.yaml", SIMULATED + "claims: [{says: it grows, of: workers > 1, expect: throughput > 0.5}]\n")
    assert concexp(tmp_path, "run", "x.yaml", "--quick").returncode == 0
    text = (runs(tmp_path)[0] / "run.log").read_text()
    assert "concexp run x.yaml --quick" in text
    assert "trial 1/6, block 0: " in text
    assert "- inconclusive: it grows" in text
    assert "report: reports/x/README.md" in text


LONG = "workload: sleep\nmodel: serial\nload: {duration: 60s}\nmeasure: {repetitions: 20, timeout: 300s}\n"


def on_a_terminal(folder, *options):
    """Run x.yaml on a terminal of its own, go on where others compute, and refuse a long run; (exit code, all that was shown)."""
    master, terminal = os.openpty()

    def take_the_terminal():
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    command = [sys.executable, "-m", "concexp", "run", "x.yaml", *options]
    streams = {"stdin": terminal, "stdout": terminal, "stderr": terminal}
    process = subprocess.Popen(command, cwd=folder, start_new_session=True, preexec_fn=take_the_terminal, **streams)
    os.close(terminal)
    shown, answered = "", 0
    while True:
        try:
            read = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        shown += read.decode("utf-8", "replace")
        for question, answer in (("are computing.", b"g\n"), ("Go on?", b"n\n")):
            if question in shown[answered:] and shown.rstrip().endswith("]"):
                answered = len(shown)
                os.write(master, answer)
        if not read:
            break
    os.close(master)
    return process.wait(60), shown


def test_a_long_run_is_asked_about_on_a_terminal(tmp_path, write):
    """Before the first trial; a no is an interrupt, after which the same command goes on. Elsewhere, nobody is asked."""
    write("x.yaml", LONG)
    code, shown = on_a_terminal(tmp_path)
    assert code == 130, shown
    assert re.search(r"This takes about \d\d(\.\d)? min\. Go on\?", shown)
    assert "interrupted; every finished trial is kept in reports/x/runs/" in shown
    assert "concexp run x.yaml" in shown
    process = start_run_without_trials(tmp_path)
    process.terminate()
    _, messages = process.communicate(timeout=60)
    assert "Go on?" not in messages


def start_run_without_trials(folder):
    """Start a run of x.yaml without a terminal, and return its process once its first trial has started."""
    command = [sys.executable, "-m", "concexp", "run", "x.yaml", "--progress", "plain"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if any("trial 1/" in log.read_text() for log in folder.glob("reports/x/runs/*/run.log")):
            return process
        time.sleep(0.02)
    raise AssertionError("no trial within a minute")
