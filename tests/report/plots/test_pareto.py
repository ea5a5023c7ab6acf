"""The picture of trade-offs: which cells are on the frontier."""

import re

from tests.helpers import scenarios
from tests.helpers.pages import alt_text


def test_pareto_tells_the_frontier(tmp_path):
    """No cell on it is beaten in both; which ones they are follows the data."""
    made = scenarios.recorded(slow=0.05)
    made["spec"]["metrics"] = ["throughput", "peak_rss_bytes"]
    text = alt_text(tmp_path, "pareto", **made)
    assert text.startswith("throughput against peak memory, one mark per cell.")
    frontier = re.search(r"size 64KiB: no other cell beats (.*?);", text)[1]
    assert frontier.endswith("threads ×4 with 40.0 MB, processes ×2 with 80.0 MB, processes ×4 with 160 MB")
    assert "processes ×1" not in frontier  # four threads are as fast, in as much memory
    made = scenarios.recorded(size="1KiB")
    made["spec"]["metrics"] = ["throughput", "peak_rss_bytes"]
    elsewhere = re.search(r"size 64KiB: no other cell beats (.*?);", alt_text(tmp_path / "other", "pareto", **made))[1]
    assert "processes" not in elsewhere


def test_pareto_needs_a_second_number(tmp_path):
    """Without memory or a percentile there is nothing to trade."""
    assert alt_text(tmp_path, "pareto", **scenarios.scaling()) is None
