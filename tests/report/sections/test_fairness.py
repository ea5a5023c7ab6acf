"""Jain's index in the sentences of the page."""

import re

from concexp.report.sections import fairness
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import agrees


def test_sentences_on_fairness(tmp_path):
    """The cell that shares least evenly, with its index, and how many are uneven and practically even."""
    view = View(journal_builder.write(tmp_path, **scenarios.recorded(greedy=0.8)))
    least, counts = fairness.sentences(view)
    shown = re.fullmatch(
        r"Least even: `threads` with 4 workers \(size \w+\), Jain's index (0\.\d+)( \([\d.–]+\))? \(1 is even\)\.",
        least,
    )
    assert agrees(shown[1], min(point.value("fairness").mean for point in view.points if point.parallelism > 1))
    assert counts == "Of 18 cells with several workers 6 are below 0.99, 12 above."
    even = fairness.sentences(View(journal_builder.write(tmp_path / "even", **scenarios.recorded(greedy=0.25))))
    assert not any("with 4 workers" in one for one in even)
