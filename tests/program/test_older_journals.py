"""Runs that older versions wrote can be read, and give the same cells as then. See tests/data/journals/README.md."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from concexp.analysis import results
from concexp.commands import report
from tests.helpers.pages import HOST

DATA = Path(__file__).parents[1] / "data" / "journals"
FOLDERS = sorted(path for path in DATA.glob("*/*") if path.is_dir())


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.relative_to(DATA).as_posix())
def older(request, tmp_path):
    """(a copy of the folder of an older run that has the journal alone, the cells that its version computed)."""
    folder = tmp_path / request.param.name
    shutil.copytree(request.param, folder)
    (cells,) = folder.glob("runs/*/cells.csv")
    expected = pd.read_csv(cells)
    cells.unlink()
    return folder, expected


def test_its_cells_are_the_same(older):
    """cells.csv has all columns that it had, with the same values to five digits, but for the percentiles.

    These were means of the trials' percentiles, and are now those of all operations of a cell.
    """
    folder, expected = older
    run = results.load(folder)
    results.write(run)
    cells = pd.read_csv(run.folder / "cells.csv")
    assert set(expected.columns) <= set(cells.columns)
    same = [name for name in expected.columns if not name.startswith(("latency_", "service_time_"))]
    pd.testing.assert_frame_equal(cells[same], expected[same], rtol=1e-5)


def test_it_has_a_page(older):
    """The page begins with the experiment's question and has the tables of its cells and of its machine."""
    folder, _ = older
    ((page, _),) = report.write_pages(folder)
    text = page.read_text("utf-8")
    assert text.startswith(f"# {results.load(folder).spec['question']}\n")
    assert text.count("\n## ") >= 3
    assert sum(token.type == "table_open" for token in HOST.parse(text)) >= 2


def test_all_ways_to_end_are_among_them():
    """The older runs have trials of every status, so that each is known to be readable."""
    records = [record for folder in FOLDERS for record in results.load(folder).records]
    statuses = {record["status"] for record in records if record.role != "machine"}
    assert statuses == {"ok", "invalid", "failed", "crashed", "timeout", "unsupported"}
