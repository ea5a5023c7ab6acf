"""The rows of each trial, whether or not they follow each other."""

import numpy as np
import pandas as pd

from concexp.analysis.trial_rows import TrialRows

FRAME = pd.DataFrame({"trial": ["b", "b", "a", "c", "a"], "value": [1.0, 2.0, 3.0, 4.0, 5.0]})


def listed(rows, values):
    return [part.tolist() for part in rows.parts(values)]


def test_trials_are_numbered_by_their_first_rows():
    """Each trial has its first row, its size and its values in order; no rows, no trials."""
    rows = TrialRows.of(FRAME)
    assert rows.numbers.tolist() == [0, 0, 1, 2, 1]
    assert (len(rows), rows.firsts.tolist(), rows.sizes.tolist()) == (3, [0, 2, 3], [2, 2, 1])
    assert listed(rows, FRAME["value"].to_numpy()) == [[1.0, 2.0], [3.0, 5.0], [4.0]]
    nothing = TrialRows.of(FRAME[:0])
    assert (len(nothing), nothing.parts(np.empty(0))) == (0, [])


def test_some_rows_only():
    """Trials without a row among them are left out; the others keep their order."""
    places = np.array([1, 3])
    rows = TrialRows.of(FRAME).among(places)
    assert (len(rows), rows.firsts.tolist()) == (2, [0, 1])
    assert listed(rows, FRAME["value"].to_numpy()[places]) == [[2.0], [4.0]]
