"""A caption explains the signs that its picture has, and no others."""

from concexp import catalog
from concexp.report.captions import caption
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios

MEANS = "Marks are means, bars 95 % intervals; a line that lies on another is thinner."


def test_signs_that_are_not_there_are_not_explained(tmp_path):
    """Hollow marks are explained where a cell has one, fitted laws where a law was fitted."""
    scaling = catalog.load("plot", "scaling")
    plain = View(journal_builder.write(tmp_path / "plain", **scenarios.scaling()))
    assert caption(plain, scaling) == MEANS
    marked = View(journal_builder.write(tmp_path / "marked", **scenarios.withheld()))
    assert caption(marked, scaling) == f"{MEANS} Hollow: doubtful (‡)."


def test_captions_follow_the_level(tmp_path):
    """They are written for 95 % intervals and say the level of the run."""
    measure = {"warmup": 1, "iterations": 2, "repetitions": 6, "timeout": "60s", "level": "99%"}
    view = View(journal_builder.write(tmp_path, **scenarios.tied(), spec={"measure": measure}))
    assert "99 % intervals" in caption(view, catalog.load("plot", "comparison"))
