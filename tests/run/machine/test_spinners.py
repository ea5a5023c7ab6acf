"""What spinners measured becomes a record: how many CPUs there were, and how fast each was."""

import pytest

from concexp.run.child.launch import TrialOutcome
from concexp.run.machine import spinners
from concexp.run.records import machine_record

ANSWER = {"alone": [700_000, 400_000], "together": [1_400_000, 800_000], "cpu_s": 0.4, "run_queue_wait_s": 0.01}


@pytest.fixture
def measured(monkeypatch):
    """The measurement that an answer of the spinners gives."""

    def measure(answer):
        outcome = TrialOutcome(status="ok", reason="", answer=answer, duration_s=1.0)
        monkeypatch.setattr(spinners, "launch", lambda *arguments: outcome)
        return spinners.measure("python", None, 2)

    return measure


def test_the_absolute_speed_is_kept(measured):
    """Rounds per second, alone and together, each time they ran: on a slow machine the ratio is 2.00 as well."""
    spin = measured(ANSWER)
    assert spin.effective_cpus == 2.0
    assert spin.alone_per_s == pytest.approx((7e6, 4e6))
    assert spin.together_per_s == pytest.approx((14e6, 8e6))
    record = machine_record(3, 1, 2, spin, "2026-01-02T03:04:05.000Z")
    assert record["alone_per_s"] == pytest.approx([7e6, 4e6])
    assert record["together_per_s"] == pytest.approx([14e6, 8e6])


def test_spinners_that_did_not_answer_have_no_speed(measured):
    """No answer: no CPUs and no speeds, and the record says so."""
    spin = measured(None)
    assert (spin.effective_cpus, spin.alone_per_s, spin.together_per_s) == (None, (), ())
