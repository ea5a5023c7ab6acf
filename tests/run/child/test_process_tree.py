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
