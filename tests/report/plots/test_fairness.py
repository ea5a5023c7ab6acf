"""The picture of shares: what its alt text says, and when it is drawn."""

import pytest

from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import alt_text


def test_fairness_tells_the_least_fair(tmp_path):
    """The fairest and the least fair with Jain's index, and how much the busiest worker does."""
    text = alt_text(tmp_path, "fairness", **scenarios.recorded(greedy=0.8))
    # Of four workers with 800 and three times 66 operations: 998² / (4 · (800² + 3 · 66²)) = 0.38.
    least = "size 1KiB, from processes ×4 with Jain's index 1.00 to threads ×4 with Jain's index"
    assert f"{least} 0.38, whose busiest worker does 80 %." in text
    milder = alt_text(tmp_path / "milder", "fairness", **scenarios.recorded(greedy=0.4))
    assert f"{least} 0.89, whose busiest worker does 40 %." in milder


@pytest.mark.parametrize(
    ("sync", "ops", "drawn"), [("lock", [90, 10], True), ("lock", [51, 49], False), ("none", [90, 10], False)]
)
def test_fairness_unasked(tmp_path, sync, ops, drawn):
    """Unasked, it is drawn only for workers that share a primitive unevenly."""
    cells = [journal_builder.cell(model="threads", sync=sync, workers=2, facts={"worker_ops": ops})]
    assert bool(alt_text(tmp_path, "fairness", cells=cells)) is drawn
