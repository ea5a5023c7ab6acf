"""Whether a trial got the CPUs that it could use."""

import numpy as np
import pandas as pd
import pytest

from concexp.analysis import cpu_shortage, possible
from concexp.run.storage.journal import Record


def trials(**facts):
    """One trial of a second that could use two CPUs."""
    known = {"cpu_s": 2.0, "run_queue_wait_s": 0.0, "wall_s": 1.0, "host_cpus_most": 2.0, "effective_cpus_most": 2.0,
             "voluntary_switches": 10, "involuntary_switches": 100}  # fmt: skip
    return pd.DataFrame([{**known, **facts}])


def test_short_waits_after_wake_ups_are_no_shortage():
    """A pool that hands out small tasks waits often and shortly, with CPUs left over."""
    pool = {"cpu_s": 1.5, "run_queue_wait_s": 0.6, "voluntary_switches": 7000}
    assert cpu_shortage.fell_short(trials(**pool), pd.Series([2.0])).tolist() == [False]
    assert cpu_shortage.fell_short(trials(**{**pool, "voluntary_switches": 700}), pd.Series([2.0])).tolist() == [True]


@pytest.mark.parametrize(
    ("short", "cpu", "wait"),
    [
        (False, 2.0, 0.0),
        (False, 1.99, 6.0),  # eight processes on two CPUs: all CPUs are theirs
        (True, 1.1, 1.3),  # a hog has the other CPU
        (True, 1.1, 6.0),
        (False, 1.82, 0.4),
        (False, 1.0, 0.01),  # threads that take turns with the GIL want one CPU
        (False, 1.0, 0.5),  # their wake-ups cost them time in the queue
        (False, np.nan, 0.5),
        (False, 1.0, np.nan),
    ],
)
def test_a_trial_falls_short_where_it_waited_for_what_it_did_not_get(short, cpu, wait):
    """Both are needed: CPUs that it did not get, and threads that stood in the queue for them."""
    useful = pd.Series([2.0])
    assert cpu_shortage.fell_short(trials(cpu_s=cpu, run_queue_wait_s=wait), useful).tolist() == [short]


@pytest.mark.parametrize(
    ("lacked", "facts"),
    [
        (False, {}),
        (True, {"host_cpus_most": 1.7, "effective_cpus_most": 1.7}),
        # What other processes took from the spinners they need not have taken from the trial: it did not wait.
        (False, {"effective_cpus_most": 1.0}),
        (True, {"effective_cpus_most": 1.0, "run_queue_wait_s": np.nan}),
    ],
)
def test_spinners_count_for_what_a_trial_cannot_know(lacked, facts):
    """Where a trial knows its wait for a CPU, only CPUs that the host withheld count."""
    assert cpu_shortage.spinners_lacked(trials(**facts), pd.Series([2.0])).tolist() == [lacked]


@pytest.mark.parametrize(
    ("cpus", "spun"),
    [
        (1.0, {"effective_cpus": 1.0, "cpu_s": 1.0, "run_queue_wait_s": 0.0}),  # a host gave one CPU
        (2.0, {"effective_cpus": 1.0, "cpu_s": 0.5, "run_queue_wait_s": 0.5}),  # a hog took one
        (1.5, {"effective_cpus": 1.5, "cpu_s": None, "run_queue_wait_s": None}),
        (2.0, {"effective_cpus": 2.0, "cpu_s": 0.5, "run_queue_wait_s": 0.5}),
        (None, {"effective_cpus": None, "cpu_s": 0.5, "run_queue_wait_s": 0.5}),
    ],
)
def test_what_the_host_gave(cpus, spun):
    """The spinners' own wait behind other processes is not the host's doing."""
    assert possible.host_cpus(Record(spun), 2) == cpus
