"""results.parquet in place of the journal: only where it was made of that very journal, by this user, and with the same result."""

import pandas as pd
import pytest

from concexp.analysis import kept_trials, parquet_file, results
from concexp.commands import api
from concexp.errors import Damaged
from concexp.run.storage import schema
from tests.helpers import journal_builder, scenarios


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """The folder of a run whose tables were written, as `concexp report` does; any journal is large enough here."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(kept_trials, "WORTHWHILE", 0)
    folder = journal_builder.write(tmp_path / "run", **scenarios.bad()).folder
    results.write(results.load(folder))
    return folder


@pytest.fixture
def unread(monkeypatch):
    """Fails the test if a journal is read."""

    def forbid():
        monkeypatch.setattr(schema, "read", lambda path: pytest.fail(f"{path} was read"))

    return forbid


def test_tables_come_from_parquet(stored, unread):
    """Rows and cells are the same, and no journal is read for them, nor for the number of records."""
    read = results.Run.of_journal(stored, schema.read(stored / "journal.jsonl"))
    expected = read.trials, read.cells, len(read.records), read.header
    unread()
    found = api.load(stored)
    pd.testing.assert_frame_equal(found.trials, expected[0])
    pd.testing.assert_frame_equal(found.cells, expected[1])
    assert (len(found.records), found.header) == expected[2:]


def test_records_are_read_when_one_is_looked_at(stored):
    """They are those of the journal, and a journal that was changed in between is an error, not another run."""
    read = schema.read(stored / "journal.jsonl").records
    found = results.load(stored)
    assert found.kept is not None
    assert list(found.records) == read
    assert (found.records[0], found.records[-2:]) == (read[0], read[-2:])
    late = results.load(stored)
    (stored / "journal.jsonl").touch()
    with pytest.raises(Damaged, match="was changed while it was in use"):
        list(late.records)


def test_times_of_operations_are_read_where_there_are_any(tmp_path, monkeypatch):
    """A percentile of all operations rests on histograms, which Parquet does not hold."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(kept_trials, "WORTHWHILE", 0)
    folder = journal_builder.write(tmp_path / "run", **scenarios.recorded(open_loop=True)).folder
    read = results.load(folder)
    results.write(read)
    found = results.load(folder)
    assert found.kept is not None
    assert found.kept.histograms
    pd.testing.assert_frame_equal(found.cells, read.cells)


@pytest.mark.parametrize("what", ["parquet", "no parquet", "journal", "maker", "no cache", "damaged cache"])
def test_the_journal_is_read_where_anything_differs(stored, what, tmp_path, monkeypatch):
    """A Parquet file that someone else made, another journal, other sources: the numbers are those of the journal."""
    expected = results.Run.of_journal(stored, schema.read(stored / "journal.jsonl")).trials
    (entry,) = (tmp_path / "cache" / "concexp" / kept_trials.FOLDER).iterdir()
    if what == "parquet":
        with (stored / kept_trials.TRIALS).open("wb") as file:
            parquet_file.to_parquet(expected.assign(wall_s=1.0), file)
    elif what == "no parquet":
        (stored / kept_trials.TRIALS).unlink()
    elif what == "journal":
        with (stored / "journal.jsonl").open("ab") as file:
            file.write(b'{"torn')
    elif what == "maker":
        monkeypatch.setattr(kept_trials, "_maker", lambda: ["another"])
    elif what == "no cache":
        entry.unlink()
    else:
        entry.write_text("[]")
    found = results.load(stored)
    assert found.kept is None
    pd.testing.assert_frame_equal(found.trials, expected)


def test_a_journal_that_changed_while_it_was_tabulated_is_not_kept(stored, tmp_path):
    """The tables are those of what was read, and the file is another one by now."""
    read = results.Run.of_journal(stored, schema.read(stored / "journal.jsonl"))
    for entry in (tmp_path / "cache" / "concexp" / kept_trials.FOLDER).iterdir():
        entry.unlink()
    (stored / "journal.jsonl").touch()
    results.write(read)
    assert results.load(stored).kept is None


def test_a_small_journal_is_read(stored, monkeypatch):
    """That is as fast, and needs no trust in anything."""
    monkeypatch.undo()
    assert results.load(stored).kept is None
