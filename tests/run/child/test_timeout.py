"""The stacks of processes whose time is over: each dumps its own and ends, Python or not."""

import os
import signal
import subprocess
import sys
import time

import pytest

from concexp.run.child import timeout
from concexp.run.child.pipes import Child

STUCK = """\
import time

def stuck_here():
    print("ready", flush=True)
    time.sleep(600)

stuck_here()
"""


@pytest.fixture
def started():
    """A function that starts a program as a trial's child, and returns it with the pipes to it."""
    descriptors, children = [], []

    def start(*command):
        answer_read, answer_write = os.pipe()
        output_read, output_write = os.pipe()
        descriptors.extend((answer_read, output_read))
        process = subprocess.Popen(command, stdout=output_write, stderr=output_write, start_new_session=True)
        os.close(answer_write)
        os.close(output_write)
        children.append(Child(process, answer_read, output_read))
        return children[-1]

    yield start
    for child in children:
        child.process.kill()
        child.process.wait()
        child.close()
    for descriptor in descriptors:
        os.close(descriptor)


def test_a_python_process_dumps_its_stacks_and_ends(started, tmp_path):
    """The function that hung is named; what was printed before is kept apart from the stacks."""
    child = started(sys.executable, "-X", "faulthandler", "-c", STUCK)
    assert child.listen_until(time.monotonic() + 30, lambda: b"ready\n" in child.output)
    stacks = timeout.dump_stacks(child, [child.process.pid], tmp_path)
    assert "in stuck_here" in stacks
    assert "ready" not in stacks
    assert bytes(child.output) == b"ready\n"
    assert child.process.wait() == -signal.SIGABRT


def test_another_program_is_asked_to_end(started, tmp_path):
    """It has no stacks, and is ended by SIGTERM."""
    child = started("sleep", "600")
    assert timeout.dump_stacks(child, [child.process.pid], tmp_path) == ""
    assert child.process.wait() == -signal.SIGTERM


def test_a_process_that_is_gone_has_no_stacks(started, tmp_path):
    """Nothing is sent to it, and no time is lost."""
    child = started("true")
    child.process.wait()
    assert timeout.dump_stacks(child, [child.process.pid], tmp_path) == ""


def test_a_hang_has_a_kind(started, tmp_path):
    """With the stacks comes what kind of hang it was."""
    child = started(sys.executable, "-X", "faulthandler", "-c", STUCK)
    assert child.listen_until(time.monotonic() + 30, lambda: b"ready\n" in child.output)
    stacks, hang = timeout.collect_stacks(child, [child.process.pid], tmp_path)
    assert "in stuck_here" in stacks
    assert hang["kind"] == "slow"
    assert hang["why"]
