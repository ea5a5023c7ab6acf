"""Measured code that attacks what reads its answer: always a row, never an exception of the parent's, and nothing harmed."""

import pytest

from concexp.run.child import temp_folder
from tests.helpers.children import function, trial
from tests.helpers.processes import mine

ONE = {"load": {"ops": 1, "scaling": "strong"}, "warmup": 0}


def ran(write, body):
    """The outcome of a trial that calls `work` with this body, once; nothing of it is left."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    outcome = trial(function(write("mine.py", f"import os, sys\ndef work():\n{lines}")), **ONE)
    assert mine() == []
    return outcome


def test_a_file_of_the_users_never_gets_the_answer(write, tmp_path):
    """Code that closes all descriptors and opens its own, as daemons do: the trial crashed, and the file is as it was."""
    precious = tmp_path / "precious"
    body = f"os.closerange(3, 256)\nfor _ in range(20):\n    os.open({str(precious)!r}, os.O_RDWR | os.O_CREAT)"
    outcome = ran(write, body)
    assert outcome.status == "crashed"
    assert "closed the descriptor that the answer goes to" in outcome.reason
    assert precious.read_bytes() == b""


FORGED = [
    b"{[]: 1}",
    b'{"status": "weird"}',
    b'{"status": "ok", "held": 5}',
    b'{"status": "failed", "traceback": 5}',
    b'{"a": 1e999}',
    b"[]",
    b"\xff\xfe",
    b"{" * 5000,
]


@pytest.mark.parametrize("body", FORGED)
def test_a_forged_answer_is_a_crashed_trial(write, body):
    """Whatever code writes where the answer goes."""
    message = b"%010d" % len(body) + body
    found = ran(write, f"os.write(int(sys.argv[2]), {message!r})\nos._exit(0)")
    assert found.status == "crashed"
    assert found.reason.startswith("the answer")


@pytest.mark.parametrize("name", ["notes", "holding.1", "tasks.%d", "answer", "mark"])
def test_pipes_in_its_folder_are_not_waited_for(write, name):
    """A name that the parent reads may be a pipe in which nobody ever writes, also where it looks for the stacks of a hang."""
    made = f"os.mkfifo({name!r}.replace('%d', str(os.getpid())))"
    assert ran(write, made).status == "ok"
    path = write("mine.py", f"import os, time\ndef work():\n    {made}\n    time.sleep(3600)\n")
    assert trial(function(path), timeout=1.5, **ONE).status == "timeout"
    assert mine() == []


NOTES = ["x ²", "x " + "9" * 5000, "pass", "why", "\0", "fault x", "\N{ZERO WIDTH SPACE} 5"]


@pytest.mark.parametrize("text", NOTES)
def test_nonsense_in_files_that_the_parent_reads(write, text):
    """The user's own `notes` or `holding.txt` are no reason for an exception."""
    body = f"for name in ('notes', 'holding.txt', 'holding.1'):\n    open(name, 'w').write({text!r})"
    assert ran(write, body).status == "ok"
    path = write("mine.py", "import time\ndef work():\n    open('holding.1', 'w').write('{}')\n    time.sleep(3600)\n")
    assert trial(function(path), timeout=1.5, **ONE).status == "timeout"


def test_folders_that_are_too_deep_for_a_path_are_removed(write, tmp_path, monkeypatch):
    """Three thousand folders in each other break neither this trial's clean-up nor that of the next run."""
    body = "for _ in range(3000):\n    os.mkdir('ab')\n    os.chdir('ab')"
    outcome = ran(write, body)
    assert outcome.status == "ok"
    assert "folder" not in [leak["what"] for leak in outcome.leaked]
    temp_folder.clear()


TEXTS = ["caf\udce9.txt", "\ud800", "\x1b]52;c;AAAA\x07", "\N{RIGHT-TO-LEFT OVERRIDE}gnp"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("model", ["serial", "threads", "processes"])
def test_text_that_is_no_unicode_is_a_reason_like_any_other(write, text, model):
    """An exception whose text no file can hold is told with backslashes."""
    path = write("mine.py", f"def work():\n    raise ValueError({text!r})\n")
    outcome = trial(function(path), model, **ONE)
    assert outcome.status == "failed"
    assert outcome.reason == f"ValueError: {text.encode('utf-8', 'backslashreplace').decode()}"


def test_a_trial_that_stops_itself_is_not_called_a_deadlock(write):
    """Its process waits for a signal, and for no lock."""
    path = write("mine.py", "import os, signal\ndef work():\n    os.kill(os.getpid(), signal.SIGSTOP)\n")
    outcome = trial(function(path), timeout=1.5, **ONE)
    assert (outcome.status, outcome.hang["kind"]) == ("timeout", "slow")
    assert "stopped by a signal" in outcome.hang["why"]
    assert mine() == []


def test_a_trial_leaves_no_core_dump(write, tmp_path):
    """However large the limit of the shell is: a trial that is aborted at its deadline would fill the disk."""
    outcome = ran(write, "import resource\nraise KeyError(resource.getrlimit(resource.RLIMIT_CORE))")
    assert outcome.reason == "KeyError: (0, 0)"


@pytest.mark.parametrize("timeout", [3.6e6, 1e300])
def test_a_deadline_may_be_further_than_the_kernel_counts(write, timeout):
    """A thousand hours, and longer."""
    assert trial(function(write("mine.py", "def work(): pass\n")), timeout=timeout, **ONE).status == "ok"
