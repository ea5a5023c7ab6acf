"""Which pictures apply to which made-up runs, and what the alt text of the most common ones says."""

import re

import pytest

from concexp import catalog
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import draw

# To these and, of all runs named below, to no others.
APPLIES = {
    "comparison": {"syncs", "scaling", "recorded"},
    "conditions": set(),
    "cost_breakdown": {"scaling"},
    "curve": set(),
    "drift": set(),
    "fairness": {"recorded"},
    "heatmap": {"recorded"},
    "latency": {"recorded"},
    "outcomes": {"syncs"},
    "pareto": set(),
    "scaling": {"scaling", "recorded"},
    "steadiness": set(),
    "timeline": set(),
}


@pytest.mark.parametrize(
    "make", [scenarios.one_cell, scenarios.syncs, scenarios.scaling, scenarios.nothing, scenarios.recorded]
)
def test_where_they_apply(make, tmp_path):
    """One cell gives no picture, one number of workers no scaling; what was recorded has its pictures, and only that."""
    view = View(journal_builder.write(tmp_path, **make()))
    applies = {name for name in APPLIES if catalog.load("plot", name)().prepare(view)}
    assert applies == {name for name, runs in APPLIES.items() if make.__name__ in runs}


def test_alt_text_names_the_best(tmp_path):
    """The alt text of scaling tells where the best line ends up; that of the comparison tells the order."""
    view = View(journal_builder.write(tmp_path, **scenarios.partly_withheld()))
    alt = draw(catalog.load("plot", "scaling")(), view, tmp_path / "x.png")
    assert "The highest is processes at 2 with 1.9" in alt
    alt = draw(catalog.load("plot", "comparison")(), view, tmp_path / "y.png")
    assert re.search(r"From first to last: processes [^;]*/s; threads [^;]*/s; serial .*/s\.", alt)
