"""What the page says of scaling laws: of known curves, and why it says nothing of others."""

import itertools
import re

import pytest

from concexp.analysis.stats.scaling_laws import AMDAHL, GUSTAFSON, USL
from concexp.report.answer import gains as answered
from concexp.report.plots import scaling
from concexp.report.sections import scaling_laws
from concexp.report.view import View
from tests.helpers import journal_builder
from tests.helpers.pages import draw

COUNTS = (1, 2, 4, 8, 16, 32)


def series_of(law, parameters, model="processes", counts=COUNTS, **more):
    """Cells of a model that follows a law, without a baseline."""
    rates = {n: float(law(n, 1000, *parameters)) for n in counts}
    given = {"wants": "io", "workload": "sleep", **more}
    return [journal_builder.cell(model=model, workers=n, rate=rate, noise=0.005, **given) for n, rate in rates.items()]


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
    """A serial share of a tenth lies in the interval on the page, as does the limit of ten."""
    text = text_of(view(series_of(AMDAHL, (0.1,))))
    low, high = map(float, re.search(r"serial share [\d.]+ % \(([\d.]+)–([\d.]+)\)", text).groups())
    assert low <= 10 <= high < 12
    low, high = map(float, re.search(r"at most [\d.]+x \(([\d.]+)–([\d.]+)\) the speed of one worker", text).groups())
    assert low <= 10 <= high
    assert "`processes`: Amdahl's law, " in text
    assert "no peak in range (1 to 32 workers)" in text


def test_four_numbers_of_workers_are_too_few(view):
    """The refusal says what is needed; Karp and Flatt's share needs no fit, and of Amdahl's own curve it is the same at all."""
    text = text_of(view(series_of(AMDAHL, (0.1,), counts=(1, 2, 4, 8))))
    assert "No scaling law is told for `processes`: a law needs 5 numbers of workers, 4 were measured." in text
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
        "for `processes`: a law needs 5 numbers of workers, and only 3 of 6 lie within the 3.90 effective CPUs" in text
    )
    assert "`asyncio`: Amdahl's law" in text
    assert "so more workers add nothing that can be told" in text


def test_what_is_in_doubt_does_not_enter(view):
    """Wrong and doubtful cells are no points of a law; lines that are refused for one reason share a sentence."""
    cells = series_of(AMDAHL, (0.1,)) + series_of(AMDAHL, (0.2,), "threads")
    for one in cells:
        if one["axes"]["workers"] in (2, 32):
            one["status"] = "invalid"
    (said,) = [s for s in scaling_laws.sentences(view(cells)) if "law" in s]
    assert said.startswith("No scaling law is told for any line: ")
    assert said.endswith("only 4 of 6 are beyond doubt († § ‡).")


def test_the_law_is_drawn(view, tmp_path):
    """A line with a law has its curve in the picture, in the range that was measured; one without has none."""
    found = view(series_of(AMDAHL, (0.1,)))
    counts, values = scaling.curve(found, list(found.panels[0].points), "throughput")
    assert (counts[0], counts[-1]) == (pytest.approx(1), pytest.approx(32))
    assert values[-1] == pytest.approx(float(AMDAHL(32, 1000, 0.1)), rel=0.05)
    assert draw(scaling.Plot(), found, tmp_path / "x.png").endswith(".")
    few = view(series_of(AMDAHL, (0.1,), counts=COUNTS[:4]))
    assert scaling.curve(few, list(few.panels[0].points), "throughput") is None
