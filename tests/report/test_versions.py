"""Versions of the user's code as a family of comparisons: what may be named, and how often chance is."""

import math

import numpy as np

from concexp.analysis.noise import NoiseFloor
from concexp.analysis.stats.familywise import holm
from concexp.analysis.stats.intervals import LEVEL, Interval
from concexp.analysis.stats.ratios import p_value, ratio
from concexp.report.answer import answer
from concexp.report.answer.versions import notes
from concexp.report.contest import contest_of
from concexp.report.family import family_of
from concexp.report.versions import DOUBTFUL, FASTER, OPEN, SAME, SLOWER, beyond, judged, reference_of, versions_of
from concexp.report.view import View
from tests.helpers import journal_builder


def test_what_a_factor_shows():
    """Slower and faster need a small p-value, an interval without 1 and more than the noise floor; the same needs the margin."""
    assert judged(Interval(1.1, 1.05, 1.15, 9), 0.001, 1.02, LEVEL) == SLOWER
    assert judged(Interval(0.9, 0.85, 0.95, 9), 0.001, 1.02, LEVEL) == FASTER
    assert judged(Interval(1.1, 1.05, 1.15, 9), 0.2, 1.02, LEVEL) == OPEN
    assert judged(Interval(1.1, 1.05, 1.15, 9), 0.001, 1.2, LEVEL) == OPEN
    assert judged(Interval(1.01, 1.005, 1.02, 9), 0.001, 1.02, LEVEL) == SAME
    assert judged(Interval(1.0, 0.93, 1.08, 9), 0.9, 1.02, LEVEL) == OPEN


def test_a_bound_is_the_farther_end_or_the_noise_floor():
    """In either direction."""
    assert math.isclose(beyond(Interval(1.0, 0.98, 1.01, 9), 1.0), 1 / 0.98 - 1)
    assert math.isclose(beyond(Interval(1.0, 0.999, 1.001, 9), 1.03), 0.03)


def view(tmp_path, rates, **spec):
    cells = [
        journal_builder.cell("f", model, workers=workers, rate=rate, axes={"code": label}, plugins={"workload": "f"})
        for model, workers, pair in rates
        for label, rate in zip(("old", "new"), pair, strict=True)
    ]
    return View(journal_builder.write(tmp_path, cells, repetitions=10, spec={"baseline": {}, **spec}))


def test_each_cell_is_compared_with_the_same_cell_of_the_reference(tmp_path):
    """Also at each number of workers; the family of the models' comparisons does not count."""
    found = view(tmp_path, [("threads", 1, (1000, 800)), ("threads", 2, (2000, 2000)), ("processes", 2, (4000, 4000))])
    versions = versions_of(found)
    assert (versions.reference, [one.verdict for one in versions.changes]) == ("old", [SLOWER, SAME, SAME])
    assert all(one.reference.model == one.point.model for one in versions.changes)
    assert all(one.reference.workers == one.point.workers for one in versions.changes)
    assert family_of(found).count > len(versions.changes)
    assert contest_of(found).axes == ("code",)


def test_what_is_zipped_with_a_version_belongs_to_it(tmp_path):
    """As an interpreter with the packages that this version needs; any other axis has to be the same on both sides."""
    cells = [
        journal_builder.cell("f", "serial", rate=rate, axes={"code": code, "python": python}, plugins={"workload": "f"})
        for code, python, rate in (("old", "np1", 1000), ("new", "np2", 800))
    ]
    spec = {"baseline": {}, "sweep": {"zip": [{"code": ["old", "new"], "python": ["np1", "np2"]}]}}
    manifest = {"interpreters": dict.fromkeys(("np1", "np2"), journal_builder.INTERPRETER)}
    found = View(journal_builder.write(tmp_path / "a", cells, repetitions=10, spec=spec, manifest=manifest))
    assert [one.verdict for one in versions_of(found).changes] == [SLOWER]
    assert [line for line in answer(found) if "np1" in line or "np2" in line] == []
    crossed = {**spec, "sweep": {"code": ["old", "new"], "python": ["np1", "np2"]}}
    other = View(journal_builder.write(tmp_path / "b", cells, repetitions=10, spec=crossed, manifest=manifest))
    assert versions_of(other).changes == []


def disturbed(tmp_path, rates, facts, repetitions=40):
    """A run of two versions whose trials all have a doubt."""
    cells = [
        journal_builder.cell(
            "f", "serial", rate=rate, noise=0.1, axes={"code": label}, plugins={"workload": "f"}, **facts
        )
        for label, rate in zip(("old", "new"), rates, strict=True)
    ]
    return View(journal_builder.write(tmp_path, cells, repetitions=repetitions, spec={"baseline": {}}))


WAITED = {"facts": {"run_queue_wait_s": 0.4}}


def restless(tmp_path, slower, blocks=40, noise=0.005):
    """A run of two versions, and a control, beside each trial of which the CPU was at its full or at half its speed."""

    def slow(salt):
        half = np.random.default_rng(salt).random(blocks) < 0.5
        return {
            "course": lambda block, iteration: 1.0 + half[block],
            "loop": lambda block, iteration: 1e-3 * (1.0 + half[block]),
        }

    cells = [
        journal_builder.cell(
            "f", "serial", rate=rate, noise=noise, axes={"code": label}, plugins={"workload": "f"}, **slow(salt)
        )
        for label, rate, salt in (("old", 1000 * slower, 1), ("new", 1000, 2))
    ]
    return View(journal_builder.write(tmp_path, cells, repetitions=blocks, spec={"baseline": {}}))


def test_pairs_count_beside_which_the_cpu_was_equally_fast(tmp_path):
    """Two in five, of 40: 3 % are found, and nothing in equal versions, while single trials differ by a factor of 2."""
    for number, (slower, verdict) in enumerate([(1.03, SLOWER), (1.0, SAME)]):
        found = restless(tmp_path / str(number), slower)
        (change,) = versions_of(found).changes
        assert change.verdict == verdict
        assert change.factor.lo < slower < change.factor.hi
        assert change.factor.hi / change.factor.lo < 1.02
        assert 10 <= change.factor.n <= 30
        assert any(f"of 40 pairs of trials those {change.factor.n} count" in note for note in notes(found))


def test_of_few_such_pairs_all_count(tmp_path):
    """The pairs beside an equally fast CPU would be about 6 of 12: all count, adjusted for the speed."""
    found = restless(tmp_path, 1.03, blocks=12)
    (change,) = versions_of(found).changes
    assert (change.factor.n, change.blocks) == (12, 12)
    assert not any("equally fast" in note for note in notes(found))


def test_a_difference_is_named_beside_what_disturbs_both(tmp_path):
    """Of many pairs in random order: the noise hits both alike. The page says that the machine disturbed them."""
    found = disturbed(tmp_path, (1000, 700), WAITED)
    (change,) = versions_of(found).changes
    assert not change.point.is_sure
    assert change.verdict == SLOWER
    assert change.factor.lo < 10 / 7 < change.factor.hi
    lines = answer(found)
    assert any("`new` is" in line and "slower than `old`" in line for line in lines)
    assert any("The machine disturbed most of these trials" in line for line in lines)
    assert not any("No verdict on time" in line for line in lines)


def test_beside_what_disturbs_nothing_else_is_named(tmp_path):
    """Not that versions are the same, nor anything of few pairs, nor where the doubt is about how was measured."""
    for number, (rates, facts, repetitions) in enumerate(
        [
            ((1000, 1000), WAITED, 40),
            ((1000, 700), WAITED, 19),
            ((1000, 700), {**WAITED, "answer": {"traced": True}}, 40),
        ]
    ):
        found = disturbed(tmp_path / str(number), rates, facts, repetitions)
        (change,) = versions_of(found).changes
        assert (change.verdict, change.has_interval) == (DOUBTFUL, False)
        assert not any("disturbed most" in line for line in answer(found))
        assert any("No verdict on time" in line for line in answer(found))


def test_without_versions_there_are_none(tmp_path):
    """And what competes is what did before; an answer that the YAML asks for is about that."""
    plain = View(journal_builder.write(tmp_path / "a", journal_builder.sweep(rate=journal_builder.amdahl())))
    assert versions_of(plain) is None
    asked = view(tmp_path / "b", [("threads", 2, (1000, 800)), ("processes", 2, (1, 1))], answer={"compete": ["model"]})
    assert contest_of(asked).axes == ("model",)
    assert reference_of(asked) == "old"


def test_equal_versions_are_hardly_ever_called_different():
    """Of 300 made-up runs with six equal comparisons 5 % name any difference at most, and 3 % more is found in nearly all."""
    rng = np.random.default_rng(5)
    named = found = 0
    for _ in range(300):
        times = np.exp(rng.normal(0, 0.01, (13, 60)))
        cells = [dict(enumerate(own.tolist())) for own in times]
        before, after, control = cells[:6], cells[6:12], cells[12]
        floor = NoiseFloor("", "", ratio(control, before[0]))
        for slowdown in (0.0, 0.03):
            after[0] = {block: time * (1 + slowdown) for block, time in cells[6].items()}
            factors = [ratio(new, old) for new, old in zip(after, before, strict=True)]
            adjusted = holm([p_value(new, old) for new, old in zip(after, before, strict=True)])
            verdicts = [judged(one, p, floor.beside(one), LEVEL) for one, p in zip(factors, adjusted, strict=True)]
            named += not slowdown and any(one in (SLOWER, FASTER) for one in verdicts)
            found += bool(slowdown) and verdicts[0] == SLOWER
    assert named <= 15
    assert found >= 285
