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
    ("more", "ops", "drawn"),
    [
        ({}, [90, 10], True),
        ({}, [51, 49], False),
        ({"sync": "none"}, [90, 10], False),
        ({"load": {"ops": 100}}, [90, 10], False),  # handed out, whoever is first
        ({"model": "asyncio"}, [90, 10], False),  # one thread, which takes turns where it waits
    ],
)
def test_fairness_where_shares_mean_something(tmp_path, more, ops, drawn):
    """It is drawn only for workers that share a primitive unevenly over a given time."""
    shown = {"model": "threads", "sync": "lock", "workers": 2, **more}
    cells = [journal_builder.cell(**shown, facts={"worker_ops": ops})]
    spec = {"baseline": {}, "metrics": ["throughput", "fairness"]}
    assert bool(alt_text(tmp_path, "fairness", cells=cells, spec=spec)) is drawn
