"""The verdicts of a run as a check sees them: claims, versions of the user's code, and how trials ended."""

import re

import pytest

from concexp.analysis.stats.intervals import Interval
from concexp.report.checked import CLAIMS, ENDED_BADLY, INCONCLUSIVE, PASSED, REGRESSION, TRIALS, VERSIONS
from concexp.report.checks import of_run, word_of
from concexp.report.versions import DOUBTFUL, FASTER, FEW, OPEN, SAME, SLOWER, Change
from tests.helpers import journal_builder

CLAIMS_OF_THREE_KINDS = [
    {"says": "it is quick", "expect": "throughput > 100/s"},
    {"says": "it is slow", "expect": "throughput < 1/s"},
    {"says": "it is just so", "expect": "throughput > 1000/s"},
    {"says": "on a large machine", "when": "effective_cpus > 50", "expect": "throughput > 1/s"},
]


def versions(tmp_path, rates, **more):
    """A made-up run of two versions of `f`; `rates` are (model, workers, the rates of main and worktree, more of worktree)."""
    cells = [
        journal_builder.cell("f", model, workers=workers, rate=rate, axes={"code": label}, plugins={"workload": "f"}, **own)
        for model, workers, pair, changed in rates
        for label, rate, own in zip(("main", "worktree"), pair, ({}, changed), strict=True)
    ]  # fmt: skip
    spec = {"baseline": {"code": "main"}, **more.pop("spec", {})}
    return journal_builder.write(tmp_path, cells, **{"repetitions": 12, "spec": spec, **more})


def of_kind(found, kind):
    return [(one.name, one.word) for one in found if one.kind == kind]


def test_claims_have_their_words_and_figures(tmp_path):
    """Supported, refuted, inconclusive, not judged; the text begins with what was expected and has the figures."""
    cells = [journal_builder.cell(rate=1000.0, noise=0.05)]
    run = journal_builder.write(tmp_path, cells, spec={"claims": CLAIMS_OF_THREE_KINDS})
    found = of_run(run, None, [], "en")
    words = ["supported", "refuted", "inconclusive", "not judged"]
    assert of_kind(found, CLAIMS) == list(zip([one["says"] for one in CLAIMS_OF_THREE_KINDS], words, strict=True))
    first, second = found[1].text.split("\n")
    assert first == "throughput < 1/s: refuted in 1 case."
    assert re.fullmatch(r"refuted: [\d,]+ \(.*\) < 1", second)
    assert of_kind(found, TRIALS) == [("all trials end as expected", PASSED)]
    assert of_kind(found, VERSIONS) == []


def test_versions_are_judged_by_the_tolerance_and_their_whole_interval(tmp_path):
    """A seventh slower is a regression beyond 5 % and none beyond 40 %; what is the same or faster passes."""
    rates = [("serial", None, (1000, 850), {}), ("threads", 2, (1000, 1000), {}), ("processes", 2, (1000, 1200), {})]
    run = versions(tmp_path, rates)
    found = of_run(run, 0.05, [], "en")
    assert of_kind(found, VERSIONS) == [
        ("f · serial · worktree", REGRESSION),
        ("f · threads · worktree", PASSED),
        ("f · processes · worktree", PASSED),
    ]
    assert "slower" in found[0].text
    assert found[0].text.endswith("relative to main")
    assert of_kind(of_run(run, 0.4, [], "en"), VERSIONS)[0][1] == PASSED
    assert of_kind(of_run(run, None, [], "en"), VERSIONS) == []


def test_a_version_that_does_not_run_any_more_is_a_regression(tmp_path):
    """What only the reference could not run has no verdict; the reason is part of the text."""
    gone = {"status": "unsupported", "reason": "in worktree: f cannot be imported"}
    run = versions(tmp_path / "gone", [("serial", None, (1000, 1000), gone), ("threads", 2, (1000, 1000), {})])
    found = of_run(run, 0.05, [], "en")
    assert [word for _, word in of_kind(found, VERSIONS)] == [REGRESSION, PASSED]
    assert "f cannot be imported" in found[0].text
    alone = versions(tmp_path / "alone", [("serial", None, (1000, 1000), gone)])
    assert [word for _, word in of_kind(of_run(alone, 0.05, [], "en"), VERSIONS)] == [REGRESSION]


@pytest.mark.parametrize(
    ("verdict", "factor", "word"),
    [
        (SLOWER, (1.10, 1.06, 1.14), REGRESSION),
        (SLOWER, (1.08, 1.03, 1.14), INCONCLUSIVE),
        (SLOWER, (1.02, 1.01, 1.03), PASSED),
        (OPEN, (1.02, 0.95, 1.09), INCONCLUSIVE),
        (OPEN, (1.20, 1.06, 1.40), INCONCLUSIVE),  # what the family's correction left open
        (SAME, (1.00, 0.99, 1.01), PASSED),
        (FASTER, (0.80, 0.75, 0.85), PASSED),
        (FEW, (1.20, float("nan"), float("nan")), INCONCLUSIVE),
        (DOUBTFUL, (1.20, 1.10, 1.30), INCONCLUSIVE),
    ],
)
def test_the_rule(verdict, factor, word):
    """Beyond 5 % with the whole interval, and named as slower: a regression. Within it with the whole interval: passed."""
    assert word_of(Change("worktree", None, None, Interval(*factor, 9), verdict), 0.05) == word


def test_trials_that_end_badly_are_named(tmp_path):
    """With their cells, how they ended and why; of many the first, and how many more."""
    cells = [journal_builder.cell(status=["ok"] * 5 + ["failed"], reason="ValueError: no such luck")]
    run = journal_builder.write(tmp_path, cells)
    (bad,) = [record for record in run.records if record.get("status") == "failed"]
    (found,) = of_run(run, None, [bad] * 23, "en")
    assert found.word == ENDED_BADLY
    first, *_, last = found.text.split("\n")
    assert first == "cpu_sum, serial, none: failed: ValueError: no such luck"
    assert last == "3 more"


def test_words_are_the_same_on_a_page_in_chinese(tmp_path):
    """Other programs read them; what surrounds them is in the language of the page."""
    run = versions(tmp_path, [("serial", None, (1000, 850), {})])
    assert of_run(run, 0.05, [], "zh")[0].word == REGRESSION
    assert "相对于 main" in of_run(run, 0.05, [], "zh")[0].text
