"""The garbage collector as an experiment sets it."""

import subprocess
import sys

import pytest

# Sets the collector in a process of its own, settles as before a pass, and shows what is in force.
SCRIPT = """\
import sys
from concexp.trial import collector
wanted = eval(sys.argv[1])
if wanted is not None:
    collector.apply(wanted)
collector.settle()
on, thresholds, frozen = collector.state()
print(on, thresholds[0], frozen)
"""


@pytest.mark.parametrize(
    ("wanted", "state"),
    [(None, "True {} True"), ("'freeze'", "True {} True"), ("'on'", "True {} False"), ("'off'", "False {} True"),
     ("[1234]", "True 1234 True")],
)  # fmt: skip
def test_it_is_set(wanted, state):
    """On with frozen survivors if nothing is asked for; else as it is asked for."""
    import gc

    output = subprocess.check_output([sys.executable, "-c", SCRIPT, str(wanted)], text=True)
    assert output.strip() == state.format(gc.get_threshold()[0])


def test_thresholds_that_are_heeded_are_counted():
    """CPython takes three; and the thresholds are as they were afterwards."""
    import gc

    from concexp.trial import collector

    before = gc.get_threshold()
    assert collector.thresholds_kept() in (1, 2, 3)
    assert gc.get_threshold() == before
