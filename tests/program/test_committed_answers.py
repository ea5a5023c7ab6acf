"""The first lines of committed pages: what a colleague should learn from each of them, whatever the digits are."""

import re
from pathlib import Path

import pytest

from concexp.analysis import doubt_codes, results
from concexp.report.answer import answer, endings, what_to_do
from concexp.report.view import View

REPORTS = Path(__file__).parents[2] / "reports"
FIGURE = r"[\d,.]+(?: [kM])?"

MODEL_TEXTS = {
    "cpu_models": (
        r"^\*\*cpu\\_sum\*\*: `processes` is best, [12]\.\dx `serial` with 2 workers, .*; no gain: `threads`, `thread_pool` and "
        r"`asyncio`\.$",
        r"hash\\_blocks\*\*: `(threads|processes)` is as good as `(threads|processes)` \(within 5 %, [12]\.\dx `serial` with 2 "
        r"workers\); no gain: `asyncio`; slower than `serial`: `process_pool`\.",
    ),
    "ccbench": (
        rf"^Throughput of `echo` falls from {FIGURE} round trips/s alone to \d{{2,3}}( \([\d–]+\))? beside 1 background worker "
        r"\((regex|pidigits)\) and to \d\d(\.\d)?( \([\d–]+\))? beside 4 \(the worst of 9 conditions\)\.",
        r"2 workers reach [12]\.\dx one worker; more gain less than 10 %\.",
    ),
    "latency": (
        r"^`paused` \(stall 300ms\): a closed loop reports a p99 service time of only \d\.\d+ ms at load closed, and \d+ ms at "
        r"load brief; requests that arrive at a given rate have a best p99 latency of 2\d\d ms( \([\d–]+\))? at load 200/s",
    ),
    "lost_updates": (
        r"`threads` without synchronisation lost \d+ % of the updates in counter\\_call, in (\d+) of \1 trials",
        r"No updates were lost by the 25 other cells with several workers, each in at least [\d,]+ operations",
        r"Throughput without synchronisation .* is .*[56]\.\dx to 1\dx that with `lock`",
    ),
    "retries": (
        r"\*\*threads and asyncio\*\*: `policy hedge` is best, \d+ % to \d+ % faster than `policy none`\.",
        r"Attempts per operation: 1\.00 at policy none, 1\.2\d at policy immediate",
        r"Best p99 service time: 1\d ms at policy none, ",
    ),
    "scheduling": (r"^\*\*ascending\*\*: `block` is behind: `\w+` is 4\d % faster than `block`",),
    "timeline": (
        r"^In one recorded pass the workers were: \*\*ascending\*\*: `threads chunk` 9\d % at work \(0 % on a CPU\), "
        r"`threads block` \d\d % at work \(0 % on a CPU\) \+ \d\d % idle; \*\*sections · locks 1\*\*: `processes` \d\d % at work",
    ),
    "interpreters": (
        r"^`threads` with 2 workers lost \d\d % to \d\d % of the updates in counter\\_call \(all but python pypy3\.11\) and "
        r"counter \(only python 3\.9\), in ",
        r"^Only with python 3\.14\.10 and 3\.15 can `interpreters` and `interpreter_pool` run\.$",
        r"^\*\*sum · python 3\.9, .*\*\*: `processes` is best, 1\.\dx to [12]\.\dx `serial` with 2 workers",
    ),
    "dead_workers": (
        r"Time to detect a fault: .* to \d+ ms in 26 of 35 cells\. Never noticed within the timeout of 2s: \*\*hang\*\* under "
        r"every model; \*\*os\\_exit and sigkill\*\* under `mp\_pool`\.",
    ),
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
    assert not set(re.findall(r"`(\w+)`", text)) & set(doubt_codes.MEANING)
    assert not re.search(r"nobody|\btold\b(?! apart)|\bwho\b|is not resolved|ahead of the runner-up|_s\b", text)


def test_deaths_that_are_expected_are_no_failures():
    """The picture has a time or `never` for each model and way of dying; none is called a failure."""
    view = View(results.load(REPORTS / "dead_workers"))
    by_model = {}
    for point in view.points:
        by_model.setdefault(point.model, []).append(endings.ending(view, point))
    assert len(by_model) == 7
    assert all(re.fullmatch(r"[\d.]+ (ms|µs)|never", text) for texts in by_model.values() for text in texts)
    assert by_model["mp_pool"][2:] == ["never"] * 3
    assert by_model["threads"][-1] == "never"
    assert not any("did not end well" in sentence for sentence in answer(view))
    assert what_to_do(view) == "set a timeout of your own for what is never noticed."
