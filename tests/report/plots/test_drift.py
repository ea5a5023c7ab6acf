"""The picture of drift: the sentinel over the blocks, and its verdict."""

import re

from concexp import catalog
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import draw


def test_drift_tells_its_verdict(tmp_path):
    """A sentinel that gets slower is a drift, told with its size; five blocks are too few to draw."""
    plot = catalog.load("plot", "drift")()
    drifting = View(journal_builder.write(tmp_path / "drift", **scenarios.watched(drift=0.03)))
    alt = draw(plot, drifting, tmp_path / "x.png")
    assert re.search(r"over 10 blocks: a drift of [23]\d % \(", alt)
    assert "Spinners between the blocks did the work of 1.90 to 1.90 CPUs, of 2 that are usable." in alt
    blind = journal_builder.write(tmp_path / "blind", **{**scenarios.drifting(), "effective": None})
    assert "Spinners" not in draw(plot, View(blind), tmp_path / "y.png")
    doubtful = scenarios.watched(drift=0.03)
    doubtful["beside"][1][1]["status"] = ["invalid"] * 10
    doubtful["beside"][1][1]["record"] = {"left_behind": 1}
    doubtful["beside"][1][1]["status"][:5] = ["ok"] * 5
    alt = draw(plot, View(journal_builder.write(tmp_path / "doubtful", **doubtful)), tmp_path / "z.png")
    assert "over 10 blocks: a drift of " in alt  # five beyond doubt cannot tell, so all count
    doubtful["beside"][1][1]["status"][:7] = ["ok"] * 7
    alt = draw(plot, View(journal_builder.write(tmp_path / "some", **doubtful)), tmp_path / "s.png")
    assert "over 7 blocks: " in alt
    assert not plot.prepare(
        View(journal_builder.write(tmp_path / "five", **{**scenarios.drifting(), "repetitions": 5}))
    )
    assert not plot.prepare(View(journal_builder.write(tmp_path / "steady", **scenarios.watched())))  # nothing drifted


def test_the_speed_of_the_cpu_is_drawn_with_its_states(tmp_path):
    """A panel with a point for each trial; two states are told in the alt text, and one state is not."""
    plot = catalog.load("plot", "drift")()
    for folder, factor, told in (("two", 1.85, True), ("one", 1.0, False)):
        watched = scenarios.watched()
        for number, cell in enumerate([*watched["cells"], *[cell for _, cell in watched["beside"]]]):
            cell["loop"] = lambda block, k, number=number, factor=factor: (
                2e-4 * (factor if (block + number) % 3 == 0 else 1)
            )
        view = View(journal_builder.write(tmp_path / folder, **watched))
        assert bool(plot.prepare(view)) is told
        if told:
            assert "The CPU ran at two speeds, 1.9 times apart." in draw(plot, view, tmp_path / f"{folder}.png")
