"""What trials took, and what further ones will take."""

import pytest

from concexp.analysis.costs import Costs
from concexp.run.storage.journal import Record

TRIAL = {"role": "measured", "cell": "a", "trial": "a-0"}


@pytest.mark.parametrize("unknown", [{}, {"duration_s": None}])
def test_a_trial_whose_duration_is_unknown_costs_nothing(unknown):
    """A damaged journal may lack it; the others count."""
    costs = Costs([Record({**TRIAL, "block": 0, "duration_s": 2.0}), Record({**TRIAL, **unknown, "block": 1})])
    assert costs.spent == 2.0
    assert costs.of_cell("a") == 1.0
