"""The first lines of committed pages: what a colleague should learn from each of them, whatever the digits are."""

import re
from pathlib import Path

import pytest

from concexp.analysis import results
from concexp.report.answer import answer, endings, what_to_do
from concexp.report.view import View

REPORTS = Path(__file__).parents[2] / "reports"
FIGURE = r"[\d,.]+(?: [kM])?"

MODEL_TEXTS = {
    "cpu_models": (
        r"hash\\_blocks\*\*: `(threads|processes)` is as good as `(threads|processes)` \(within 5 %, [12]\.\dx `serial` with 2 "
        r"workers\); no gain: `asyncio`; slower than `serial`: `process_pool`\.",
    ),
    "ccbench": (
        rf"Throughput of `echo`: {FIGURE} round trips/s at background\.workers 0, \d{{2,3}} round trips/s at background regex · "
        r"background\.workers 1",
        r"2 workers reach [12]\.\dx one worker; more gain less than 10 %\.",
    ),
    "latency": (
        r"`paused` \(stall 300ms\): 2\d\d ms( \([\d–]+\))? at load 200/s, .*A closed loop reports a p99 service time of only "
        r"\d\.\d+ ms",
    ),
    "lost_updates": (
        r"`threads` × `none` lost \d+ % of its updates in counter\\_call, in (\d+) of \1 trials",
        r"No updates were lost by the 25 other cells with several workers, in at least [\d,]+ operations",
        r"Throughput without a primitive .* is .*[56]\.\dx to 1\dx that with `lock`",
    ),
    "retries": (r"In all 2 comparisons: `policy hedge` is best, \d+ % to \d+ % faster than `policy none`\.",),
    "dead_workers": (r"Time to detect a fault: .* to \d+ ms in 26 cells; never in 9, .* timeout of 2s\.",),
}


@pytest.mark.parametrize("name", MODEL_TEXTS)
def test_the_first_lines(name):
    """They are few and plain, and followed by what to do."""
    view = View(results.load(REPORTS / name))
    sentences = answer(view)
    for pattern in MODEL_TEXTS[name]:
        assert any(re.search(pattern, sentence) for sentence in sentences), (pattern, sentences)
    assert len(sentences) <= 4
    assert what_to_do(view)
    text = " ".join([*sentences, what_to_do(view)])
    assert not re.search(r"nobody|\btold\b(?! apart)|\bwho\b|is not resolved|ahead of the runner-up|_s\b", text)


def test_deaths_that_are_expected_are_a_table():
    """A model a row, a way of dying a column; each has a time or `never`, and none is called a failure."""
    view = View(results.load(REPORTS / "dead_workers"))
    table = endings.table(view)
    assert table.heads == ["model", "how raise", "sys\\_exit", "os\\_exit", "sigkill", "hang"]
    rows = {row[0]: row[1:] for row in table.rows}
    assert len(rows) == 7
    assert all(re.fullmatch(r"[\d.]+ (ms|µs)|never", text) for texts in rows.values() for text in texts)
    assert rows["`mp_pool`"][2:] == ["never"] * 3
    assert rows["`threads`"][-1] == "never"
    assert rows["`threads`"][0].endswith("µs") or rows["`threads`"][0].endswith("ms")
    assert not any("did not end well" in sentence for sentence in answer(view))
    assert what_to_do(view) == "set a timeout of your own where the table says “never”."
