"""Jain's index in the sentences of the page."""

from concexp.report.sections import fairness
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


def test_sentences_on_fairness(tmp_path):
    """The cells that share least evenly, with the index, and how many are practically even."""
    text = fairness.sentences(View(journal_builder.write(tmp_path, **scenarios.recorded(greedy=0.8))))
    assert [one.partition(", Jain's index 0.")[0] for one in text[:3]] == [
        f"**size {size}**: least even: `threads` with 4 workers" for size in ("1KiB", "64KiB", "1MiB")
    ]
    assert text[-1] == "Even shares (Jain's index above 0.99) in 12 of 18 cells with several workers."
    even = fairness.sentences(View(journal_builder.write(tmp_path / "even", **scenarios.recorded(greedy=0.25))))
    assert not any("`threads` with 4 workers" in one for one in even)
