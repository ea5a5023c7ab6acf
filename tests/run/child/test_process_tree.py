"""The processes of a trial: all of them are found, and none but them."""

import os
import signal
import subprocess
import sys

import pytest

from concexp.run.child import process_tree

# Starts a child in its own session, one in another session, and one in another session without the marker.
TREE = """\
import os, subprocess, sys
sleep = ["sleep", "3600"]
bare = {name: value for name, value in os.environ.items() if name != sys.argv[1]}
print(*[p.pid for p in (
    subprocess.Popen(sleep),
    subprocess.Popen(sleep, start_new_session=True),
    subprocess.Popen(sleep, env=bare),
    subprocess.Popen(sleep, env=bare, start_new_session=True),
)], flush=True)
sys.stdin.read()
"""


@pytest.fixture
def tree(request):
    """(child, its marker, process ids of: same session, marked, same session without marker, a stranger)."""
    marker = f"{os.getpid()}-{request.node.name}"
    child = subprocess.Popen(
        [sys.executable, "-c", TREE, process_tree.MARKER],
        env={**os.environ, process_tree.MARKER: marker},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    pids = [int(text) for text in child.stdout.readline().split()]
    yield child, marker, pids
    for pid in [child.pid, *pids]:
        if process_tree.alive(pid):
            os.kill(pid, signal.SIGKILL)
    child.wait()
    child.stdin.close()
    child.stdout.close()


def test_members_are_those_of_the_session_and_those_with_the_marker(tree):
    """Who left the session is found by the marker, who dropped the marker by the session; a stranger is neither."""
    child, marker, (same, marked, unmarked, stranger) = tree
    found = process_tree.pids(child, marker)
    assert found[0] == child.pid
    assert sorted(found[1:]) == sorted([same, marked, unmarked])
    assert stranger not in found


def test_a_marker_is_compared_whole(tree):
    """Trial 1 does not end trial 10."""
    _, marker, _ = tree
    nobody = subprocess.Popen(["true"])
    nobody.wait()
    assert process_tree.pids(nobody, marker[:-1]) == []


def test_the_end_is_the_end_of_all_members_and_of_nobody_else(tree):
    """All members are killed, also when the child itself is gone already; a stranger lives on."""
    child, marker, (*mine, stranger) = tree
    child.kill()
    child.wait()
    process_tree.kill(child, marker)
    assert [pid for pid in mine if process_tree.alive(pid)] == []
    assert process_tree.alive(stranger)


def test_stragglers_are_found(tree):
    """Who is still there after the grace is told of; where nobody is, nothing is waited for."""
    child, marker, _ = tree
    assert len(process_tree.still_alive(child, marker, 0)) == 4
    process_tree.kill(child, marker)
    assert process_tree.still_alive(child, marker, 3600) == []


def test_a_zombie_is_not_alive():
    """A process that only waits to be reaped does nothing any more."""
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not process_tree.alive(child.pid)
    assert process_tree.pids(child, "none") == []
    child.wait()
    assert not process_tree.alive(child.pid)


DAEMON = """\
import os, sys, time
if os.fork():
    os.wait()
    while not os.path.exists({log!r}):
        time.sleep(0.001)
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.closerange(0, 64)
with open({log!r}, "w") as file:
    file.write(str(os.getpid()))
os.execve("/bin/sleep", ["sleep", "3600"], {{}})
"""
INHERITS = """\
import subprocess, sys
from concexp.run.child import process_tree
before = subprocess.Popen(["sleep", "3600"])
process_tree.inherit_orphans()
child = subprocess.Popen([sys.executable, "-S", "-c", sys.argv[1]], stdout=subprocess.PIPE, start_new_session=True, env={})
child.communicate()
found = process_tree.still_alive(child, "nobody's", 0)
process_tree.kill(child, "nobody's")
import psutil
left = [one for one in psutil.Process().children() if one.pid != before.pid]
print(len(found), len(left), before.poll())
before.kill()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lets a process inherit orphans")
def test_a_daemon_without_session_and_environment_is_found(tmp_path):
    """Who forks twice, leaves the session, empties his environment and closes everything is inherited, ended and let go."""
    code = DAEMON.format(log=str(tmp_path / "log"))
    done = subprocess.run([sys.executable, "-c", INHERITS, code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["1", "0", "None"], done.stderr


DESCENDANTS = """\
import os, subprocess, sys
from concexp.run.child import process_tree
before = subprocess.Popen(["sleep", "3600"])
process_tree.inherit_orphans()
helper = subprocess.Popen(["sleep", "3600"])
process_tree.helpers.add(helper.pid)
process_tree.is_ours = None
child = subprocess.Popen(
    [sys.executable, "-c", sys.argv[1], process_tree.MARKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
)
theirs = {int(text) for text in child.stdout.readline().split()}
print(theirs == set(process_tree.pids(child, "none")) - {child.pid}, process_tree.pids(child, "none")[0] == child.pid)
child.kill()
child.wait()
print(theirs == set(process_tree.still_alive(child, "none", 0)))
process_tree.kill(child, "none")
print(before.poll(), helper.poll())
for one in (before, helper):
    one.kill()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lets a process inherit orphans")
def test_where_orphans_are_inherited_the_processes_are_the_descendants():
    """Whatever session and marker they have; nobody else's process is looked at, and children of the program's own live on."""
    done = subprocess.run([sys.executable, "-c", DESCENDANTS, TREE], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["True True", "True", "None None"], done.stderr


OWN_CHILDREN = """\
import subprocess
from concexp.run.child import process_tree
process_tree.inherit_orphans()
with process_tree.inheriting_nothing():
    own = subprocess.Popen(["sleep", "3600"])
    trial = subprocess.Popen(["sleep", "3600"], start_new_session=True)
    process_tree.kill(trial, "nobody's")
    print(trial.poll(), own.poll())
process_tree.kill(subprocess.Popen(["true"], start_new_session=True), "nobody's")
print(own.poll(), process_tree._Inheritance.on)
own.kill()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lets a process inherit orphans")
def test_a_program_may_start_children_of_its_own_meanwhile():
    """While it inherits nothing, they are no trial's, and they are none afterwards, when it inherits again."""
    done = subprocess.run([sys.executable, "-c", OWN_CHILDREN], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["-9", "None", "None", "True"], done.stderr


CHAIN = """\
import os, time
if os.fork():
    os._exit(0)
os.setsid()
os.closerange(0, 64)
for _ in range(300):
    time.sleep(0.005)
    if os.fork():
        os._exit(0)
    os.setsid()
os.execve("/bin/sleep", ["sleep", "3600"], {})
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lets a process inherit orphans")
def test_a_chain_of_forks_does_not_slip_through():
    """Who forks and ends again and again is caught all the same, and nothing of him is left."""
    done = subprocess.run([sys.executable, "-c", INHERITS, CHAIN], capture_output=True, text=True, timeout=60)
    assert done.stdout.split()[1:] == ["0", "None"], done


def marked(marker):
    """A process with a marker, in a session of its own, that ignores every signal it can."""
    ignores = "[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 13, 15, 29)]"
    code = f"import signal, time\n{ignores}\nprint(flush=True)\ntime.sleep(3600)"
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", code],
        env={process_tree.MARKER: marker},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    process.stdout.readline()
    return process


def test_what_outlived_a_killed_run_is_ended_by_the_next():
    """A process with the marker of a program that is gone is killed; those of a living program, and of nobody, are not."""
    gone = subprocess.Popen([sys.executable, "-S", "-c", ""])
    started = process_tree._started(gone.pid)
    gone.wait()
    here = process_tree._started(os.getpid())
    abandoned = [marked(f"{gone.pid}-{started}-0"), marked(f"{os.getpid()}-{int(here) - 1}-0")]
    others = [marked(process_tree.marker_of(7)), marked("something else"), marked(f"{gone.pid}-0")]
    try:
        process_tree.end_abandoned()
        assert [process.wait(10) for process in abandoned] == [-signal.SIGKILL] * 2
        assert [process.poll() for process in others] == [None] * 3
    finally:
        for process in [*abandoned, *others]:
            process.kill()
            process.communicate()
