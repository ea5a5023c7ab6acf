"""What a trial leaves: what is surely its own is told of and removed, another program's is let be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from concexp.run.child.leaks import SHARED, Audit
from tests.helpers import journal_builder
from tests.helpers.children import function, trial

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="this system has no /dev/shm")

# A block that no tracker knows of; it stays when its process ends.
BLOCK = """\
from multiprocessing import resource_tracker, shared_memory

def made():
    block = shared_memory.SharedMemory(create=True, size=4096)
    resource_tracker.unregister(block._name, "shared_memory")
    return block
"""
KEEPS = BLOCK + "\ndef work():\n    global kept\n    kept = made()\n    open({log!r}, 'w').write(kept.name)\n"
LISTENS = """\
import subprocess, sys
CODE = "import socket, time; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); time.sleep(3600)"

def work():
    server = subprocess.Popen([sys.executable, "-S", "-c", CODE], stdout=subprocess.PIPE, start_new_session=True)
    open({log!r}, "wb").write(server.stdout.readline())
"""


@pytest.mark.usefixtures("isolation")
def test_a_block_of_the_trials_own_is_removed(write, tmp_path):
    """A block that a worker held when the trial answered is named in the ending, and is gone from /dev/shm."""
    path = write("mine.py", KEEPS.format(log=str(tmp_path / "log")))
    ending = trial(function(path), load={"ops": 1, "scaling": "strong"}, warmup=0)
    name = (tmp_path / "log").read_text()
    assert ending.status == "ok"
    assert {"what": "shared memory", "name": name, "sure": True} in ending.leaked
    assert not (SHARED / name).exists()


@pytest.mark.usefixtures("isolation")
def test_a_listening_socket_is_told_of(write, tmp_path):
    """A server that outlives its trial is named as a process, with the port on which it listened."""
    path = write("mine.py", LISTENS.format(log=str(tmp_path / "log")))
    ending = trial(function(path), load={"ops": 1, "scaling": "strong"}, warmup=0)
    port = (tmp_path / "log").read_text().strip()
    assert [one["what"] for one in ending.leaked if one["sure"]] == ["process", "socket"]
    assert any(one["name"].startswith(f"127.0.0.1:{port} of {sys.executable}") for one in ending.leaked)


@pytest.fixture
def stranger():
    """(a process that is none of the trial's and holds a block, the block's name): made after the audit has begun."""
    code = BLOCK + "block = made()\nprint(block.name, flush=True)\nimport sys\nsys.stdin.read()\n"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    name = process.stdout.readline().strip()
    yield process, name
    process.communicate()
    (SHARED / name).unlink(missing_ok=True)


def test_what_is_not_surely_the_trials_stays(request):
    """A stranger's block is none of our business while he holds it; when nobody does, it is told of, and let be."""
    audit = Audit()
    process, name = request.getfixturevalue("stranger")
    audit.look([os.getpid()])
    assert name not in [one["name"] for one in audit.leaked()]
    process.communicate()
    assert {"what": "shared memory", "name": name, "sure": False} in audit.leaked()
    assert (SHARED / name).exists()


def test_a_name_that_holds_a_process_id_is_sure(tmp_path, monkeypatch):
    """What libraries name after the process that made it, a folder too, is surely its own; any other number is another's."""
    from concexp.run.child import leaks as audit

    monkeypatch.setattr(audit, "SHARED", tmp_path)
    one = Audit()
    one.look([4711])
    (tmp_path / "joblib_memmapping_folder_4711_abc").mkdir()
    (tmp_path / "sem.loky-4711-ab1").touch()
    others = ["frame_1_4711", "sem.loky-47110-x", "4711", "joblib_4711_x", "sem.mp-4711"]
    for name in others:
        (tmp_path / name).touch()
    sure = {left["name"] for left in one.leaked() if left["sure"]}
    assert sure == {"joblib_memmapping_folder_4711_abc", "sem.loky-4711-ab1"}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


def test_the_page_tells_what_was_left(tmp_path):
    """What was removed and what was let be are two sentences; only the first makes a trial doubtful."""
    from concexp.report.sections import leaks
    from concexp.report.view import View

    sure = {"leaked": [{"what": "process", "name": "sleep 3600", "sure": True}]}
    unsure = {"leaked": [{"what": "semaphore", "name": "sem.mp-x", "sure": False}]}
    cells = [journal_builder.cell(record=sure), journal_builder.cell(model="threads", workers=2, record=unsure)]
    run = journal_builder.write(tmp_path, cells, repetitions=3)
    removed, stayed = leaks.sentences(View(run))
    assert removed == ("3 trials left something behind, which was cleaned up: 3 processes (`sleep 3600`).")
    assert stayed.startswith("During 3 trials 3 semaphores (`sem.mp-x`) appeared in /dev/shm")
    doubtful = run.trials[run.trials["doubts"].str.contains("leftover")]
    assert set(doubtful["model"]) == {"serial"}


def test_nothing_is_looked_at_where_nothing_is_new(tmp_path, monkeypatch):
    """Without a new name in /dev/shm an audit is a look into a folder."""
    from concexp.run.child import leaks as audit

    monkeypatch.setattr(audit, "SHARED", tmp_path)
    (tmp_path / "old").touch()
    one = Audit()
    assert not one.anything_new
    assert one.leaked() == []
    assert Path(tmp_path / "old").exists()
