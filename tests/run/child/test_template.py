"""Trials that are forks of a warm process: what they share, what they do not, and what happens when that process is gone."""

import os
import signal
import subprocess
import sys
import time

import pytest

from concexp.run.child import process_tree, template
from concexp.run.child.template import MOST_FAILURES, Template, TemplateFailed, Templates
from tests.helpers.children import ask, function, request, staged, trial
from tests.helpers.interpreters import VERSIONS, at_hand
from tests.helpers.processes import mine

ONE = {"load": {"ops": 1, "scaling": "strong"}, "warmup": 0}
MODELS = ["serial", "threads", "processes", "asyncio"]
WARM = [
    "concexp.trial.verbs.measure",
    "concexp.trial.workloads._function",
    *(f"concexp.trial.models.{m}" for m in MODELS),
]


@pytest.fixture
def templates():
    """Templates of their own for a test."""
    found = Templates(WARM)
    yield found
    found.close()
    assert process_tree.helpers.isdisjoint(one.process.pid for one in found._running.values())


def said(templates, write, expression, name="mine.py", **more):
    """The value of an expression in a trial, as text."""
    path = write(name, f"import os, sys\ndef work():\n    raise KeyError({expression})\n")
    ending = trial(function(path), templates=templates, **ONE, **more)
    assert ending.status == "failed", ending
    return ending.reason.removeprefix("KeyError: ")


def running(templates):
    """The one template that runs."""
    (found,) = templates._running.values()
    return found


@pytest.mark.parametrize("model", MODELS)
def test_a_fork_answers_as_a_fresh_process_does(model, templates):
    """With the same fields; the second trial comes from the same template, as a process of its own."""
    fresh = trial("cpu_sum", model, **ONE)
    forks = [trial("cpu_sum", model, templates=templates, **ONE) for _ in range(2)]
    for one in forks:
        surely = [leak for leak in one.leaked if leak["sure"]]
        assert (one.status, one.reason, one.left_behind, surely, one.stopped) == ("ok", "", 0, [], False)
        assert set(one.answer) == set(fresh.answer)
        assert set(one.answer["iterations"][0]) == set(fresh.answer["iterations"][0])
    assert len(templates._running) == 1
    assert mine() == []


def test_trials_are_children_of_the_template(templates, write):
    """Each in a session of its own."""
    parents = [said(templates, write, "os.getppid(), os.getsid(0) == os.getpid()") for _ in range(2)]
    assert parents == [f"({running(templates).process.pid}, True)"] * 2


def test_forks_share_the_seed_of_their_hashes(templates, write):
    """That of the template's first trial, which each outcome has; fresh processes have their own."""
    hashes = {said(templates, write, "hash('x')", seed=seed) for seed in (1, 2)}
    assert len(hashes) == 1
    assert hashes == {said(None, write, "hash('x')", seed=1)}
    assert hashes != {said(None, write, "hash('x')", seed=2)}
    assert trial(templates=templates, seed=3, **ONE).hash_seed == 1
    assert trial(seed=3, **ONE).hash_seed is None


def test_code_under_test_is_imported_after_the_fork(templates, write):
    """A file that changes between two trials is the new one in the second, and the template never holds any."""
    assert said(templates, write, "1") == "1"
    assert said(templates, write, "222") == "222"
    assert said(templates, write, "[name for name in sys.modules if 'mine' in name]", "other.py") == "[]"


def test_each_has_its_own_folder_and_environment(templates, write):
    """What a trial changes of its process is gone with it."""
    change = "os.environ.update(LEAK='1'), os.chdir('/'), sys.setrecursionlimit(4321)"
    said(templates, write, change)
    look = (
        "os.environ.get('LEAK'), os.path.realpath(os.environ['TMPDIR']) == os.getcwd(), sys.getrecursionlimit() == 4321"
    )
    assert said(templates, write, look) == "(None, True, False)"


def test_another_environment_has_another_template(templates, write):
    """And so have other flags and installed packages."""
    look = "os.environ.get('A'), sys.flags.optimize, sys.flags.no_site"
    assert said(templates, write, look) == "(None, 0, 1)"
    assert said(templates, write, look, variables={"A": "b"}) == "('b', 0, 1)"
    assert said(templates, write, look, more_flags=["-O"]) == "(None, 1, 1)"
    assert said(templates, write, look, site=True) == "(None, 0, 0)"
    assert len(templates._running) == 4
    assert said(templates, write, "os.environ.get('PYTHONHASHSEED')", variables={"PYTHONHASHSEED": "7"}) == "'7'"


def test_each_interpreter_has_its_own_template(templates, write):
    """The oldest that runs trials, and the newest."""
    versions = [version for version in VERSIONS if version in at_hand()]
    chosen = dict.fromkeys((versions[0], versions[-1]))
    for version in chosen:
        python = at_hand()[version]
        assert said(templates, write, "'%d.%d' % sys.version_info[:2]", python=python) == repr(version)
        assert trial("cpu_sum", "processes", templates=templates, python=python, **ONE).status == "ok"
    assert len(templates._running) == len(chosen)


def test_what_prints_is_its_own(templates, write):
    """Neither standard output nor the stacks of a crash go anywhere else."""
    body = "import ctypes\ndef falls_here():\n    print('here', flush=True)\n    ctypes.string_at(0)\n"
    ending = trial(function(write("mine.py", body), "falls_here"), templates=templates, **ONE)
    assert (ending.status, "SIGSEGV" in ending.reason) == ("crashed", True)
    assert ending.output.startswith("here\n")
    assert "in falls_here" in ending.output
    assert trial(templates=templates, **ONE).status == "ok"


def test_exit_handlers_run_and_threads_are_joined(templates, write, tmp_path):
    """As at the end of an interpreter."""
    log = tmp_path / "log"
    body = (
        "import atexit, threading, time\n"
        f"def note(text):\n    open({str(log)!r}, 'a').write(text)\n"
        "atexit.register(note, 'handler')\n"
        "def late():\n    time.sleep(0.1)\n    note('thread ')\n"
        "def work():\n    threading.Thread(target=late).start()\n"
    )
    ending = trial(function(write("mine.py", body)), templates=templates, **ONE)
    assert (ending.status, ending.left_behind) == ("ok", 0)
    assert log.read_text() == "thread handler"


def test_only_a_template_with_one_thread_forks(templates, write, tmp_path):
    """A thread that came with the interpreter would hold locks for ever in each trial; the reason names it."""
    path = write("threaded.py", "import _thread, time\n_thread.start_new_thread(time.sleep, (3600,))\n")
    templates.modules = ["threaded"]
    with pytest.raises(TemplateFailed, match="has 2 threads"):
        trial(templates=templates, variables={"PYTHONPATH": str(path.parent)}, **ONE)
    assert mine() == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_template_that_is_gone_is_replaced(number, templates, monkeypatch):
    """Killed or stopped between two trials: the next trial cannot be forked, and the one after that comes from a new one."""
    monkeypatch.setattr(template, "ANSWER_S", 1.0)
    assert trial(templates=templates, **ONE).status == "ok"
    gone = running(templates).process
    os.kill(gone.pid, number)
    why = "was killed by SIGKILL" if number == signal.SIGKILL else "did not answer within 1 s"
    with pytest.raises(TemplateFailed, match=why):
        trial(templates=templates, **ONE)
    assert gone.poll() == -signal.SIGKILL
    assert trial(templates=templates, **ONE).status == "ok"
    assert running(templates).process.pid != gone.pid
    assert mine() == []


@pytest.mark.parametrize(
    ("body", "status"), [("os.kill(os.getppid(), 9)", "ok"), ("os.kill(os.getppid(), 9); os._exit(3)", "crashed")]
)
def test_a_trial_that_kills_its_template_is_judged_by_itself(body, status, templates, write):
    """Its answer counts; how it ended without one cannot be known."""
    path = write("mine.py", f"import os\ndef work():\n    {body}\n")
    ending = trial(function(path), templates=templates, **ONE)
    assert ending.status == status, ending
    if status == "crashed":
        assert "the process that it was forked from was gone" in ending.reason
    with pytest.raises(TemplateFailed):
        running(templates).ask({"do": "continued", "pid": 1})
    assert trial(templates=templates, **ONE).status == "ok"
    assert mine() == []


def test_after_some_failures_there_are_no_more_templates(templates, tmp_path):
    """An interpreter that cannot be one is not started for every trial; the reason has what it printed."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho once >> {tmp_path}/started\necho no such luck >&2\nexit 3\n")
    python.chmod(0o755)
    for _ in range(MOST_FAILURES + 2):
        with pytest.raises(TemplateFailed, match="ended with exit code 3: no such luck"):
            templates.ready([str(python)], {}, "1")
    assert len((tmp_path / "started").read_text().split()) == MOST_FAILURES


def test_a_template_that_prints_a_lot_starts(templates):
    """Nobody reads what it prints while it imports, and no pipe holds that much."""
    assert trial(templates=templates, more_flags=["-v"], **ONE).status == "ok"


def test_an_interpreter_that_is_not_there_is_an_error_of_the_system(templates, tmp_path):
    """As with fresh processes; and no descriptor stays open."""
    before = os.listdir("/proc/self/fd")
    with pytest.raises(FileNotFoundError):
        templates.ready([str(tmp_path / "python")], {}, "1")
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_no_descriptor_stays_open(templates):
    """Neither in this process nor in the template."""
    trial(templates=templates, **ONE)
    pid = running(templates).process.pid
    before = [len(os.listdir(f"/proc/{one}/fd")) for one in ("self", pid)]
    for _ in range(3):
        trial(templates=templates, **ONE)
    assert [len(os.listdir(f"/proc/{one}/fd")) for one in ("self", pid)] == before


def test_what_cannot_be_forked_is_a_failure(templates):
    """A working folder that is gone ends the trial, not the template; a packet without sense ends the template."""
    command = [sys.executable, "-s", "-S", str(staged().main)]
    one = templates.ready(command, {}, "1")
    with pytest.raises(TemplateFailed, match="cannot do what it should: KeyError"):
        one.ask({"no": "sense"})
    assert one.process.poll() is not None


def test_the_template_ends_with_its_parent(tmp_path):
    """However that ends: the kernel closes its socket."""
    script = (
        "import sys, time\n"
        "from tests.helpers.children import staged\n"
        "from concexp.run.child.template import Templates\n"
        "one = Templates(['concexp.trial.verbs.measure']).ready([sys.executable, '-S', str(staged().main)], {}, '1')\n"
        "print(one.process.pid, flush=True)\n"
        "time.sleep(3600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        assert process_tree.alive(pid)
        parent.kill()
    deadline = time.monotonic() + 30
    while process_tree.alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not process_tree.alive(pid)


def test_an_interrupt_ends_the_template(templates, monkeypatch):
    """Its late answer would be taken for that to the next question; what it may have forked is killed."""
    trial(templates=templates, **ONE)
    one = running(templates)
    monkeypatch.setattr(one, "_control", Interrupted(one._control))
    with pytest.raises(KeyboardInterrupt):
        trial(templates=templates, **ONE)
    assert one.process.poll() is not None
    assert trial(templates=templates, **ONE).status == "ok"
    assert mine() == []


class Interrupted:
    """A socket during whose next `recv` the user presses Ctrl-C."""

    def __init__(self, socket):
        self.socket = socket

    def recv(self, size):
        raise KeyboardInterrupt

    def __getattr__(self, name):
        return getattr(self.socket, name)


def test_memory_is_limited_as_in_a_fresh_process(templates, write):
    """The limit is that of the trial; the template does not count."""
    path = write("mine.py", "def work():\n    data = b'x' * (400 << 20)\n    import time; time.sleep(3600)\n")
    asked = request(function(path), "serial", workers=1, **ONE)
    ending = ask(asked, memory=200 << 20, templates=templates)
    assert (ending.status, ending.reason[:13]) == ("crashed", "memory limit:")
    assert mine() == []


def test_ending_it_twice_is_fine():
    """And says nothing."""
    one = Template([sys.executable, "-S", str(staged().main)], {}, [])
    one.end()
    one.end()
    assert one.process.poll() == 0
    with pytest.raises(TemplateFailed, match="was ended"):
        one.ask({"do": "warm", "modules": []})
