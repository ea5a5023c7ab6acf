"""A running child, as its parent listens to it."""

import os
import subprocess
import sys
import time

from concexp.run.child.pipes import Child


def test_a_child_that_has_ended_wakes_nobody_again():
    """Its end is told of once; whoever listens on, for what others of the trial print, waits and does not spin."""
    (answer, theirs), (output, also_theirs) = os.pipe(), os.pipe()
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    child = Child(process, answer, output)
    try:
        assert child.listen_until(time.monotonic() + 30, child.ended)
        child.listen(0.02)  # an end that was seen by looking is told of here
        begun = time.monotonic()
        for _ in range(5):
            child.listen(10.0)  # as long as that only where something could tell of an end
        assert 0.09 < time.monotonic() - begun < 10
    finally:
        child.close()
        for descriptor in (answer, theirs, output, also_theirs):
            os.close(descriptor)
