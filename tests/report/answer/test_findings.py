"""The order of the answer: facts that limit it, then findings by their size, then doubts; the important ones if there are many."""

import math
import re

import pytest

from concexp.report import pictures
from concexp.report.answer import answer, finding
from concexp.report.answer.findings import GROUPS, PARTLY_DECIDED, PRIORITY, UNDECIDED, Finding, in_order, size_of
from concexp.report.view import View
from tests.helpers import journal_builder


def test_the_largest_difference_comes_first():
    """Whatever its kind; of equal ones the first, and what decides nothing last."""
    found = [
        Finding("winner", "no winner", UNDECIDED),
        Finding("winner", "worse", PARTLY_DECIDED),
        Finding("winner", "nothing differs"),
        Finding("winner", "twice", math.log(2)),
        Finding("effect", "tenfold", math.log(10)),
        Finding("primitives", "half", size_of(0.5)),
    ]
    shown = [one.text for one in in_order(found, 9)]
    assert shown == ["tenfold", "twice", "half", "nothing differs", "worse", "no winner"]


def test_what_limits_the_page_comes_before_all_sizes():
    """Caveats and losses before, doubts after; with little room the winners go before the effects do."""
    found = [
        Finding("doubtful", "doubt"),
        Finding("winner", "a", 9.0),
        Finding("effect", "b", 1.0),
        Finding("losses", "lost"),
        Finding("caveats", "made up"),
    ]
    assert [one.text for one in in_order(found, 9)] == ["made up", "lost", "a", "b", "doubt"]
    assert [one.text for one in in_order(found, 4)] == ["made up", "lost", "b", "doubt"]


def test_every_kind_has_a_place():
    """A kind stands in one group, and has one priority."""
    kinds = [kind for group in GROUPS for kind in group]
    assert sorted(kinds) == sorted(PRIORITY)


@pytest.mark.parametrize(("factors", "size"), [((), 0), ((4.0,), math.log(4)), ((0.1, 2.0), math.log(10)), ((0.0,), 0)])
def test_sizes(factors, size):
    """Of a factor and its inverse the same; zero and infinity are no factors."""
    assert size_of(*factors) == pytest.approx(size)
    assert size_of(*factors, math.inf) == pytest.approx(size)


def paused(work, factor, background):
    """One cell beside a background of so many workers."""
    axes = {"background.workers": background}
    return journal_builder.cell(work, "threads", workers=1, rate=1000 / factor, noise=0.01, axes=axes)


def test_an_effect_of_a_condition_before_a_small_gain(tmp_path):
    """The experiment lists what gains nothing first; the page says first what loses most, and so does the picture."""
    cells = [journal_builder.cell("sort", "threads", workers=n, rate=1000 + n, noise=0.003) for n in (1, 2)]
    cells += [journal_builder.cell("hash_blocks", "threads", workers=n, rate=1000.0 * n, noise=0.003) for n in (1, 2)]
    cells += [paused("sleep", factor, workers) for workers, factor in ((0, 1), (1, 50))]
    view = View(journal_builder.write(tmp_path, cells, spec={"baseline": {"workers": 1}}))
    sentences = answer(view)
    assert re.match(
        r"Throughput of `sleep`: [\d,]+ sums/s at background\.workers 0, (19|20)\.\d sums/s at", sentences[0]
    )
    assert sentences[1].startswith("**hash\\_blocks**: 2 workers reach 2.0x one worker")
    assert sentences[2] == "**sort**: more than 1 worker gains less than 10 %."
    assert finding(view).startswith("Throughput of sleep: ")
    assert pictures.first_of(view) == "conditions"
    assert pictures.title_of(view, "conditions") == finding(view)
    assert pictures.title_of(view, "scaling") == ""


def test_a_title_is_about_what_its_picture_shows(tmp_path):
    """An experiment may list other pictures: theirs is the first finding that they show, not that of a picture left out."""
    cells = [journal_builder.cell("hash_blocks", "threads", workers=n, rate=1000.0 * n, noise=0.003) for n in (1, 2)]
    cells += [paused("sleep", factor, workers) for workers, factor in ((0, 1), (1, 50))]
    spec = {"baseline": {"workers": 1}, "report": {"plots": ["scaling", "conditions"], "language": "en"}}
    view = View(journal_builder.write(tmp_path, cells, spec=spec))
    assert finding(view).startswith("Throughput of sleep: ")
    assert pictures.first_of(view) == "scaling"
    assert (
        pictures.title_of(view, "scaling") == "hash_blocks: 2 workers reach 2.0x one worker, the most that was measured"
    )


def test_other_metrics_of_claims_are_told_under_each_condition(tmp_path):
    """Where they differ between conditions; others are in the tables."""
    cells = [
        journal_builder.cell("flaky", model, workers=4, rate=1000, noise=0.01, axes={"flaky.policy": policy},
                             counts={"tries": int(ops_share * 1000)}, ops=1000)
        for policy, ops_share in (("none", 1.0), ("immediate", 1.25))
        for model in ("threads", "asyncio")
    ]  # fmt: skip
    claims = [{"says": "more attempts", "expect": "attempts > 1.2"}]
    told = answer(View(journal_builder.write(tmp_path / "a", cells, spec={"baseline": {}, "claims": claims})))
    assert "Attempts per operation: 1.00 at policy none, 1.25 at policy immediate." in told
    silent = answer(View(journal_builder.write(tmp_path / "b", cells, spec={"baseline": {}})))
    assert not any(sentence.startswith("Attempts") for sentence in silent)
