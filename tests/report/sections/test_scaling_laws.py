"""What the page says of scaling laws: of known curves, and why it says nothing of others."""

import itertools
import math
import re

import numpy as np
import pytest

from concexp.analysis.stats.scaling_laws import AMDAHL, GUSTAFSON, USL, Law
from concexp.report import pairs
from concexp.report.answer import gains as answered
from concexp.report.plots import scaling
from concexp.report.sections import scaling_laws
from concexp.report.view import View
from tests.helpers import journal_builder
from tests.helpers.pages import draw

COUNTS = (1, 2, 4, 8, 16, 32)


def series_of(law, parameters, model="processes", counts=COUNTS, noise=0.005, **more):
    """Cells of a model that follows a law, without a baseline."""
    rates = {n: float(law(n, 1000, *parameters)) for n in counts}
    given = {"wants": "io", "workload": "sleep", **more}
    return [journal_builder.cell(model=model, workers=n, rate=rate, noise=noise, **given) for n, rate in rates.items()]


@pytest.fixture
def view(tmp_path):
    """The view of a run of these cells."""
    places = itertools.count()
    return lambda cells, **more: View(
        journal_builder.write(tmp_path / str(next(places)), cells, spec={"baseline": {}}, **more)
    )


def text_of(found):
    return "\n".join(scaling_laws.sentences(found))


def test_amdahl_with_a_tenth(view):
    """A serial share of a tenth lies in the interval on the page; of twice the workers that were measured it says what is true."""
    text = text_of(view(series_of(AMDAHL, (0.1,))))
    low, high = map(float, re.search(r"serial share [\d.]+ % \(([\d.]+)–([\d.]+)\)", text).groups())
    assert low <= 10 <= high < 12
    further = re.search(r"by which 64 workers would reach [\d.]+x \(([\d.]+)–([\d.]+)\) the speed of one;?,", text)
    low, high = map(float, further.groups())
    assert low <= float(AMDAHL(64, 1, 0.1)) <= high
    assert "at most" not in text
    assert "`processes`: Amdahl's law, " in text
    assert "no peak in range (1 to 32 workers)" in text


@pytest.mark.parametrize("curve", [lambda n: 1 + math.log(n), math.sqrt])
def test_a_curve_that_is_no_law(view, curve):
    """Curves without a limit that resemble Amdahl's are told as fitting no law, and no limit is told."""
    other = Law("other", ("g",), lambda n, g: g * np.vectorize(curve)(n))
    text = text_of(view(series_of(other, ()), repetitions=10))
    assert "No scaling law for `processes`: none of the laws fits: even " in text
    assert "more than the noise of the trials explains" in text
    assert "would reach" not in text


def test_how_far_each_line_gains(view):
    """Up to how many workers, and which lose by more: without any law."""
    cells = series_of(USL, (0.05, 0.01)) + series_of(AMDAHL, (0.0,), "threads") + series_of(AMDAHL, (1.0,), "asyncio")
    assert scaling_laws.summary(view(cells, repetitions=10)) == [
        "More workers gain throughput up to 32 workers: `threads`; up to 8 workers: `processes`; no gain: `asyncio`.",
        "A step to more workers loses throughput: `processes`.",
    ]


def test_workers_that_gain_less_than_a_tenth_are_not_counted(view):
    """Three workers that do what two do gain over one, and the line gains up to two."""
    cells = [
        journal_builder.cell(model="threads", workers=n, rate=rate, noise=0.002)
        for n, rate in ((1, 1000), (2, 1990), (3, 2000))
    ]
    found = view(cells, repetitions=10)
    steps = pairs.steps(found, found.points)
    assert [scaling_laws.step_verdict(found, pair) for pair in steps] == [scaling_laws.STEPS["higher"]] * 2
    assert scaling_laws.summary(found) == ["More workers gain throughput up to 2 workers: `threads`."]


def test_a_step_that_changes_nothing(view):
    """A step of no effect is called a small change where that is certain, and open otherwise."""
    flat = dict.fromkeys((1, 2, 4), 1000.0)
    for noise, word in ((0.005, "equivalent"), (0.2, "unresolved")):
        cells = [journal_builder.cell(model="threads", workers=n, rate=x, noise=noise) for n, x in flat.items()]
        found = view(cells, repetitions=10)
        verdicts = [scaling_laws.step_verdict(found, pair) for pair in pairs.steps(found, found.points)]
        assert verdicts == [scaling_laws.STEPS[word]] * 2
        assert scaling_laws.summary(found) == ["More workers gain no throughput: `threads`."]


def test_a_step_is_from_half_the_workers(view):
    """Of 12 workers, half are 6; where 6 were not measured, the step is from the next fewer."""
    cells = series_of(AMDAHL, (0.1,), counts=(1, 3, 4, 12))
    found = view(cells)
    (points,) = found.series(found.points).values()
    assert [(p.below.workers, p.above.workers) for p in pairs.steps(found, points)] == [(1, 3), (1, 4), (4, 12)]


def test_a_peak_needs_a_step_that_loses(view):
    """A law may be sure of its peak where the curve is all but flat: without a step that was seen to lose, none is told."""
    found = view(series_of(USL, (0.05, 0.0022), noise=0.002), repetitions=10)
    (series,) = scaling_laws.measured_series(found)
    assert series.scaling.peak.bounded
    *_, last = pairs.steps(found, series.points)
    assert scaling_laws.step_verdict(found, last) == scaling_laws.STEPS["equivalent"]
    assert "but no step to more workers was seen to lose; it misses" in text_of(found)
    for text in (text_of(found), "\n".join(answered.sentences_for(found, found.comparisons[0]))):
        assert not re.search(r"peak at|peak in range|beyond a peak", text)


def test_nothing_is_more_than_serial(view):
    """Where several workers are slower than one, that is said, and no share of more than 100 %."""
    falling = text_of(view(series_of(AMDAHL, (1.5,))))
    assert "Amdahl's law, so several workers are slower than one, its peak at 1.00" in falling
    few = text_of(view(series_of(AMDAHL, (1.5,), counts=(1, 2, 4))))
    assert "Serial share" not in few
    weak = text_of(view(series_of(GUSTAFSON, (1.02,), load={"ops": 100, "scaling": "weak"})))
    assert "Gustafson's law, so " in weak
    for text in (falling, few, weak):
        assert not re.search(r"1\d\d(\.\d+)? % ", text)


def test_four_numbers_of_workers_are_too_few(view):
    """Nothing is said of laws; Karp and Flatt's share needs no fit, and of Amdahl's own curve it is the same at all."""
    text = text_of(view(series_of(AMDAHL, (0.1,), counts=(1, 2, 4, 8))))
    assert "law" not in text
    shares = re.findall(r"([\d.]+) % \(([\d.]+)–([\d.]+)\) with (\d)", text)
    assert [count for *_, count in shares] == ["2", "4", "8"]
    assert all(float(low) - 0.5 < 10 < float(high) + 0.5 for _, low, high, _ in shares)
    assert "growing" not in text


def test_a_serial_share_that_grows_is_overhead(view):
    """Where each pair of workers has its price, the share grows, and the page says what that means."""
    assert "growing: overhead" in text_of(view(series_of(USL, (0.02, 0.02), counts=(1, 2, 4, 8))))


def test_the_peak_is_told_on_the_first_screen_too(view):
    """Of a curve that turns in range the peak has an interval, in the section and in the answer."""
    found = view(series_of(USL, (0.05, 0.01)))  # its peak is at sqrt(0.95 / 0.01) = 9.7
    for text in (text_of(found), "\n".join(answered.sentences_for(found, found.comparisons[0]))):
        mean, low, high = map(float, re.search(r"at ([\d.]+) \(([\d.]+)–([\d.]+)\) workers", text).groups())
        assert low < 9.75 < high
        assert abs(mean - 9.75) < 1
    rising = view(series_of(AMDAHL, (0.1,)))
    assert "peak" not in "\n".join(answered.sentences_for(rising, rising.comparisons[0]))


def test_work_that_grows_with_the_workers_is_gustafsons(view):
    """The way of counting operations chooses the law; the same curve with fixed work has another."""
    weak = series_of(GUSTAFSON, (0.2,), load={"ops": 100, "scaling": "weak"})
    assert "Gustafson's law, serial share " in text_of(view(weak))


def test_beyond_the_effective_cpus_the_machine_is_measured(view):
    """Of cells that want CPU only those within enter; work that waits, and coroutines of one thread, know no such limit."""
    cells = [
        *series_of(AMDAHL, (0.1,), wants="cpu"),
        *series_of(AMDAHL, (1.0,), "asyncio", wants="cpu", answer={"parallel": "one"}),
    ]
    text = text_of(view(cells, effective=3.9, machine={"cpus": 4}))
    assert (
        "for `processes`: a law needs 5 numbers of workers, and only 3 of 6 are within the 3.90 CPUs that the machine gave"
        in text
    )
    assert "`asyncio`: Amdahl's law" in text
    assert "so more workers add nothing measurable" in text


def test_what_is_in_doubt_does_not_enter(view):
    """Wrong and doubtful cells are no points of a law; lines that are refused for one reason share a sentence."""
    cells = series_of(AMDAHL, (0.1,)) + series_of(AMDAHL, (0.2,), "threads")
    for one in cells:
        if one["axes"]["workers"] in (2, 32):
            one["status"] = "invalid"
    (said,) = [s for s in scaling_laws.sentences(view(cells)) if "law" in s]
    assert said.startswith("No scaling law for any line: ")
    assert said.endswith("only 4 of 6 are without († § ‡).")


def test_the_law_is_drawn(view, tmp_path):
    """A line with a law has its curve in the picture, in the range that was measured; one without has none."""
    found = view(series_of(AMDAHL, (0.1,)))
    counts, values = scaling.curve(found, list(found.panels[0].points), "throughput")
    assert (counts[0], counts[-1]) == (pytest.approx(1), pytest.approx(32))
    assert values[-1] == pytest.approx(float(AMDAHL(32, 1000, 0.1)), rel=0.05)
    assert draw(scaling.Plot(), found, tmp_path / "x.png").endswith(".")
    few = view(series_of(AMDAHL, (0.1,), counts=COUNTS[:4]))
    assert scaling.curve(few, list(few.panels[0].points), "throughput") is None
