"""What primitives cost, relative to none or to the best."""

import re

from tests.helpers import journal_builder, scenarios


def test_price_of_a_primitive(answer_text):
    """Each primitive is given relative to none, per model, and an invalid reference is marked."""
    text = answer_text(**scenarios.syncs())
    assert re.search(
        r"Throughput beside `threads` without synchronisation: 0\.42\dx \(.*?\) with `lock`, .* with `rlock`", text
    )
    assert "Throughput beside `processes` without synchronisation†: " in text


def test_price_without_none(answer_text):
    """Where every cell has a primitive, they are given relative to the best."""
    cells = [
        journal_builder.cell("counter", "threads", sync, 2, rate=rate)
        for sync, rate in (("semaphore", 100), ("lock", 400), ("rlock", 300))
    ]
    assert "Throughput beside `threads` × `lock`: 0.7" in answer_text(cells)
