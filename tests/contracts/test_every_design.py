"""Every picture and every section of the page of small experiments drawn at random: none fails, whatever the axes and the data.

CONCEXP_DESIGNS=200 (`make designs`) draws so many more than the few of the suite.
"""

import os
import re

import pytest
from matplotlib.text import Text

from concexp import report
from concexp.analysis import results
from concexp.report.plots import _style
from concexp.run.storage.foreign_text import OBEYED
from tests.helpers import designs, journal_builder

FEW = 6
MORE = range(1000, 1000 + int(os.environ.get("CONCEXP_DESIGNS", 0)))


@pytest.fixture
def texts(monkeypatch):
    """All texts that pictures set; pictures have few pixels, since nobody looks at them."""
    found = []
    set_text = Text.set_text

    def noted(self, text):
        found.append(str(text))
        set_text(self, text)

    monkeypatch.setattr(Text, "set_text", noted)
    monkeypatch.setattr(_style, "DPI", 30)
    return found


@pytest.mark.parametrize("number", [*range(FEW), *MORE])
def test_the_page_of_a_design_is_whole(tmp_path, texts, number):
    """Tables, pictures and text of any design are made, in numbers that are some, and nothing in them is obeyed."""
    run = journal_builder.write(tmp_path, **designs.design(number))
    results.write(run)
    page = report.write(run, tmp_path).read_text("utf-8")
    assert not re.search(r"(?<![\w.])(nan|inf)(?![\w.])", page)
    assert not OBEYED.search(page.replace("\n", ""))
    assert max(map(len, page.splitlines())) < 30_000
    assert [text for text in texts if OBEYED.search(text.replace("\n", ""))] == []
    assert [text for text in texts if re.search(r"(?<![\w.])(nan|inf)(?![\w.])", text)] == []
    for path in re.findall(r"\]\((figures/[^)]+)\)", page):
        assert (tmp_path / path).is_file()
