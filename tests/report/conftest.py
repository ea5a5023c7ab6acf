"""Fixtures of the report's tests: the page of each made-up run, made once, and the sentences of any."""

import pytest

from concexp import report
from concexp.analysis import results
from concexp.report.view import View
from tests.helpers import extents, journal_builder, scenarios
from tests.helpers.pages import every_sentence


class Pages(dict):
    """Path of the page by name of the scenario; a run is made, and its page with all pictures, when first asked for.

    `misplaced` maps the name to the texts that leave one of its pictures or overlap (see `extents`).
    """

    def __init__(self, make_folder):
        super().__init__()
        self.make_folder = make_folder
        self.misplaced = {}

    def __missing__(self, name):
        folder = self.make_folder(name)
        run = journal_builder.write(folder, **getattr(scenarios, name)())
        results.write(run)
        with extents.watched() as self.misplaced[name]:
            self[name] = report.write(run, folder)
        return self[name]


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """The pages of all made-up runs, with blank pictures."""
    return Pages(tmp_path_factory.mktemp)


@pytest.fixture(scope="session")
def drawn_pages(tmp_path_factory):
    """The pages of all made-up runs, for tests marked `drawn`, which look at their pictures."""
    return Pages(tmp_path_factory.mktemp)


@pytest.fixture
def answer_text(tmp_path):
    """Writes a made-up run; returns its answer, its comparisons' sentences and its reasons for doubt, one a line."""

    def write(cells, **more):
        return "\n".join(every_sentence(View(journal_builder.write(tmp_path, cells, **more))))

    return write
