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
    record = machine_record(3, 1, 2, spin, "2026-01-02T03:04:05.000Z", "0badcafe")
    assert record["alone_per_s"] == pytest.approx([7e6, 4e6])
    assert record["together_per_s"] == pytest.approx([14e6, 8e6])


def test_spinners_that_did_not_answer_have_no_speed(measured):
    """No answer: no CPUs and no speeds, and the record says so."""
    spin = measured(None)
    assert (spin.effective_cpus, spin.alone_per_s, spin.together_per_s) == (None, (), ())


def test_a_look_takes_its_share_of_the_time():
    """Where it is due because of the time since the last one, a twentieth of that time at most; a run of a second has one round."""
    assert [spinners.rounds_after(seconds) for seconds in (0.0, 1.0, 7.6, 15.1, 60.0, 3600.0)] == [1, 1, 1, 3, 5, 5]
    for seconds in (spinners.SPIN_EVERY_SECONDS, 20.0, 60.0):
        assert spinners.look_s(spinners.rounds_after(seconds)) <= spinners.SPIN_SHARE * seconds


def test_a_long_run_is_looked_at_as_time_passes():
    """What the looks take is what a forecast adds: three short ones, or the share of a long run's trials."""
    assert spinners.looks_s(0.0) == spinners.looks_s(1.0) == 3 * spinners.look_s(1)
    assert spinners.looks_s(1000.0) == 1000.0 * spinners.SPIN_SHARE
