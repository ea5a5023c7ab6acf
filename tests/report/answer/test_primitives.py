"""What primitives cost, relative to none or to the best."""

import re

from tests.helpers import journal_builder, scenarios


def test_price_of_a_primitive(answer_text):
    """Each primitive is given relative to none, per model, and an invalid reference is marked."""
    text = answer_text(**scenarios.syncs())
    assert re.search(
        r"Relative to `threads` × `none`, throughput is 0\.42\dx \(.*?\) with `lock`, .* with `rlock`", text
    )
    assert "Relative to `processes` × `none`†, throughput is" in text


def test_price_without_none(answer_text):
    """Where every cell has a primitive, they are given relative to the best."""
    cells = [
        journal_builder.cell("counter", "threads", sync, 2, rate=rate)
        for sync, rate in (("semaphore", 100), ("lock", 400), ("rlock", 300))
    ]
    assert "Relative to `threads` × `lock`, throughput is 0.7" in answer_text(cells)
