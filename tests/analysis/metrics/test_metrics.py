"""What pages call the metrics."""

import re

import pytest

from concexp import catalog


@pytest.mark.parametrize("name", catalog.names("metric"))
def test_every_metric_has_a_plain_title(name):
    """Words instead of the name of a column."""
    title = catalog.load("metric", name).title
    assert title
    assert not re.search(r"_|\bs$", title)


def test_titles_differ():
    """Two columns of a table are never headed alike."""
    titles = [catalog.load("metric", name).title for name in catalog.names("metric")]
    assert len(titles) == len(set(titles))
