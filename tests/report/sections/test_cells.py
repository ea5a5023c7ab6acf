"""What the page says of its tables."""

from concexp import report
from tests.helpers import journal_builder, scenarios


def page(folder, **made):
    """The text of a run's page."""
    return report.write(journal_builder.write(folder, **made), folder).read_text("utf-8")


def test_what_a_figure_is_and_what_its_interval_leaves_out(tmp_path):
    """Once on a page, below the tables: a geometric mean over fresh processes of one run; without intervals, nowhere."""
    text = page(tmp_path / "many", **scenarios.parameters())
    (line,) = [line for line in text.splitlines() if line.startswith("A figure is the mean")]
    assert (
        "the mean over the cell's trials (of times and rates the geometric mean); each trial is a fresh process" in line
    )
    assert "all are of this one run" in line
    assert "not what differs from day to day" in line
    assert text.index("| trials |") < text.index(line)
    assert "A figure is the mean" not in page(tmp_path / "single", **scenarios.single())
