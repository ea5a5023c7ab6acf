"""Several comparisons: which cells are best in how many."""

import re

from concexp.report.answer import answer, per_comparison
from concexp.report.family import family_of
from concexp.report.view import View
from tests.helpers import journal_builder


def comparisons(*rates, **more):
    """Threads and processes with 2 workers, at one size for each given pair of rates (threads, processes)."""
    return {
        "cells": [
            journal_builder.cell(
                "hash_blocks", model, workers=2, rate=rate, unit="block", axes={"hash_blocks.size": f"{size}B"}, **more
            )
            for size, pair in enumerate(rates, 1)
            for model, rate in zip(("threads", "processes"), pair, strict=True)
        ],
        "spec": {"baseline": {}},
    }


def test_one_winner_of_several(tmp_path):
    """Which cells win how often, with the smallest and the largest lead: other data, other sentences."""
    sentences = answer(View(journal_builder.write(tmp_path, **comparisons((100, 200), (100, 300), (100, 150)))))
    assert re.match(
        r"`processes` is best in all 3 comparisons, 1\.[45]\dx \(.*?\) \(size 3B\) to [23]\.\d\dx \(.*?\) \(size 2B\) ahead",
        sentences[0],
    )
    sentences = answer(View(journal_builder.write(tmp_path / "b", **comparisons((100, 200), (300, 100), (100, 150)))))
    assert sentences[0].startswith("`processes` is best in 2 of 3 comparisons, ")
    assert "; `threads` in 1, " in sentences[0]
    assert re.search(
        r"The best throughput goes from 1\d\d blocks/s .* \(size 3B\) to (29|30)\d blocks/s .* \(size 2B\) over 3",
        sentences[-1],
    )


def test_no_winner_of_several(tmp_path):
    """Where the best are not resolved from the next, none is called best, and the best figures are named."""
    sentences = answer(View(journal_builder.write(tmp_path, **comparisons((100, 105), (100, 200), noise=0.03))))
    assert sentences[0].startswith("`processes` is best in 1 of 2 comparisons")
    assert re.match(
        r"Nobody is best in 1 of 2 comparisons: the best figure, of `\w+` in size 1B, is not resolved from the next\.",
        sentences[1],
    )
    sentences = answer(
        View(journal_builder.write(tmp_path / "few", **comparisons((100, 200), (100, 300)), repetitions=1))
    )
    assert (
        sentences[0] == "With 1 trial per cell (an interval needs 3) nothing is resolved in any of the 2 comparisons."
    )


def test_one_without_a_rival(tmp_path):
    """Where all others went wrong the one that is left is named, and not called best."""
    made = comparisons((100, 200), (100, 300))
    for one in made["cells"]:
        one["status"] = "invalid" if one["axes"]["model"] == "processes" else "ok"
    sentences = answer(View(journal_builder.write(tmp_path, **made)))
    assert (
        sentences[0]
        == "Without a rival whose trials are all right and beyond doubt: `threads` in size 1B and `threads` in size 2B."
    )


def test_fifty_comparisons_are_counted(tmp_path):
    """All of them, with all differences that are corrected for: what the page has no room for is cut after it is counted."""
    made = comparisons(*[(100, 200)] * 30, *[(300, 100)] * 20)
    view = View(journal_builder.write(tmp_path, **made))
    text = "\n".join(answer(view))
    assert "`processes` is best in 30 of 50 comparisons, " in text
    assert "; `threads` in 20, " in text
    assert re.search(r"The best throughput goes from .* over 50 conditions", text)
    assert family_of(view).count == 50
    items = per_comparison(view)
    assert [item.partition(":")[0] for item in items[:-1]] == ["**size 1B**", "**size 26B**", "**size 50B**"]
    assert items[-1] == "47 more comparisons in the tables below."


def test_a_tie_in_each_of_fifty(tmp_path):
    """Where none is best, none of all fifty is."""
    view = View(journal_builder.write(tmp_path, **comparisons(*[(100, 100)] * 50, noise=0.1)))
    assert "Nobody is best in any of the 50 comparisons" in "\n".join(answer(view))
