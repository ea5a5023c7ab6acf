"""The picture of latencies: what it is called, and when it is drawn."""

import pytest

from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import alt_text


@pytest.mark.parametrize(("open_loop", "kind"), [(True, "latency"), (False, "service time")])
def test_latency_is_named_for_what_it_is(tmp_path, open_loop, kind):
    """Only of an open loop is it latency; the 99th percentiles are those of the table, and follow the data."""
    text = alt_text(tmp_path, "latency", **scenarios.recorded(slow=0.005, open_loop=open_loop))
    assert text.startswith(f"Percentiles of the {kind}, one line per cell.")
    assert "size 1KiB, the 99th percentile: threads 5.01 ms to asyncio 5.01 ms." in text
    slower = alt_text(tmp_path / "slower", "latency", **scenarios.recorded(slow=0.05, open_loop=open_loop))
    assert "size 1KiB, the 99th percentile: threads 5.01 ms to asyncio 14.7 ms." in slower


def test_latency_needs_enough_operations(tmp_path):
    """Ten operations in a trial are too few for a percentile."""
    few = [journal_builder.cell(facts={"service_time": [[1000, 5]]})]
    assert alt_text(tmp_path, "latency", cells=few) is None
    enough = [journal_builder.cell(facts={"service_time": [[1000, 50]]})]
    assert "The 99th percentile: serial 1.71 ms." in alt_text(tmp_path / "enough", "latency", cells=enough)
