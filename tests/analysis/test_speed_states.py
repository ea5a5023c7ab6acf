"""How fast the machine was over the run."""

from types import SimpleNamespace

from concexp.analysis import speed_states
from concexp.report.sections import machine
from tests.helpers import journal_builder


def spun(*speeds):
    """A run whose spinners ran at these rounds per second, a list for each measurement; None: an older journal."""
    records = [{"block": block, **({"alone_per_s": one} if one else {})} for block, one in enumerate(speeds)]
    return SimpleNamespace(machine=records)


def test_the_spinners_speed_is_the_median_of_its_rounds():
    """One number for each measurement that recorded it."""
    run = spun([7e6, 4e6, 6.9e6], None, [3.7e6])
    assert speed_states.spinner_speeds(run) == [(0, 6.9e6), (2, 3.7e6)]


def test_the_absolute_speed_is_on_the_page():
    """Median and range of the measurements; nothing where none was recorded."""
    view = SimpleNamespace(run=spun([7e6], [4e6], [6e6]))
    assert machine._spinner(view) == "6.00 M rounds/s (4.00 to 7.00)"
    assert machine._spinner(SimpleNamespace(run=spun([7e6]))) == "7.00 M rounds/s (measured once)"
    assert machine._spinner(SimpleNamespace(run=spun(None, None))) is None


def test_speeds_are_relative_to_the_measured_trials_of_their_interpreter(tmp_path):
    """The geometric mean of an interpreter's measured trials is 1; trials are in the order in which they ran."""
    cells = [
        journal_builder.cell(axes={"python": label}, loop=lambda block, k, unit=unit: unit * (1 + block % 2))
        for label, unit in (("3.11", 1e-3), ("3.13", 5e-4))
    ]
    speeds = speed_states.trial_speeds(journal_builder.write(tmp_path, cells, repetitions=4))
    assert sorted(speeds["cpu_speed"].round(6)) == [round(2**-0.5, 6)] * 4 + [round(2**0.5, 6)] * 4
    assert speeds["block"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_run_without_recorded_speeds_has_none(tmp_path):
    """Older journals: no trials, no states."""
    run = journal_builder.write(tmp_path, [journal_builder.cell()])
    assert len(speed_states.trial_speeds(run)) == 0
    assert speed_states.speed_states(run) is None
