"""Fixtures of the report's tests."""

import pytest

from concexp.report.view import View
from tests.helpers import journal_builder
from tests.helpers.pages import every_sentence


@pytest.fixture
def answer_text(tmp_path):
    """Writes a made-up run; returns its answer, its comparisons' sentences and its reasons for doubt, one a line."""

    def write(cells, **more):
        return "\n".join(every_sentence(View(journal_builder.write(tmp_path, cells, **more))))

    return write
