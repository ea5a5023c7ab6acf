"""Reads results.parquet in place of the journal, where this user's concexp made the one of the other and both are unchanged.

What lies in a run's folder may be a stranger's, and a Parquet file says nothing about its origin. So the hashes of both files
are kept in this user's cache when concexp has read, checked and tabulated a journal; any other is read as it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import pandas as pd
import pyarrow as pa

from concexp import __version__, catalog
from concexp.analysis.parquet_file import of_parquet
from concexp.errors import Damaged, EnvironmentRefused
from concexp.experiment.cache import cache_folder, file_states
from concexp.run.storage import foreign_file, journal, schema
from concexp.run.storage.atomic import replaced
from concexp.run.storage.columns import keys_of
from concexp.run.storage.journal import Record

FOLDER = "tables"
TRIALS = "results.parquet"
WORTHWHILE = 4 << 20  # bytes of a journal: a smaller one is read as fast
# Below the package: what makes the rows of a journal's records.
SOURCES = ("analysis", "run/storage", "experiment", "trial", "catalog.py")


@dataclass(frozen=True)
class KeptTrials:
    """A run whose journal need not be read for its tables: the header, the rows, and the records, read when one is looked at.

    `ended` is the checksum of the journal's last line; `histograms` are the columns of histograms that some record has.
    """

    header: Record
    trials: pd.DataFrame
    records: Unread
    ended: int
    histograms: frozenset[str]


class Unread(Sequence[Record]):
    """The records of a journal, read when the first is asked for; Damaged if the journal has changed by then."""

    def __init__(self, path: Path, count: int, state: tuple[int, ...]) -> None:
        self.path, self.state = path, state
        self._length = count

    @cached_property
    def _read(self) -> list[Record]:
        found = schema.read(self.path)
        if found.state != self.state:
            raise Damaged(f"{self.path} was changed while it was in use", "load the run again")
        return found.records

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> list[Record]: ...
    def __getitem__(self, place: int | slice) -> Record | list[Record]:
        return self._read[place]

    def __iter__(self) -> Iterator[Record]:
        return iter(self._read)


def keep(folder: Path, state: tuple[int, ...], ended: int, records: Sequence[Record], parquet: str) -> None:
    """Remember that the file with this hash was made of the folder's journal, whose state was that when it was read.

    `ended` is the checksum of its last line.
    """
    path = folder / journal.NAME
    with contextlib.suppress(OSError, EnvironmentRefused):  # without a cache the journal is read
        if not state or state[-1] < WORTHWHILE:
            return
        with foreign_file.opened(path) as file:
            hashed, after = hash_of_file(file), journal.state_of(file)
        if after != state:
            return
        place = cache_folder() / FOLDER / f"{hashed[:32]}.json"
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        facts = {"journal": hashed, "parquet": parquet, "maker": _maker(), "records": len(records), "ended": ended}
        with replaced(place) as draft:
            draft.write_text(json.dumps({**facts, "histograms": sorted(_histograms(records))}))


def recall(folder: Path) -> KeptTrials | None:
    """The run in a folder by its Parquet file; None where the journal has to be read."""
    path = folder / journal.NAME
    try:
        with foreign_file.opened(path) as file:
            if (state := journal.state_of(file))[-1] < WORTHWHILE:
                return None
            hashed = hash_of_file(file)
        found = json.loads((cache_folder() / FOLDER / f"{hashed[:32]}.json").read_bytes())
        if found["journal"] != hashed or found["maker"] != _maker():
            return None
        with foreign_file.opened(folder / TRIALS) as file:
            before = journal.state_of(file)
            if hash_of_file(file) != found["parquet"]:
                return None
            trials = of_parquet(file)
            if journal.state_of(file) != before:  # it is never in memory as a whole, so it is read twice
                return None
        records = Unread(path, int(found["records"]), state)
        histograms = frozenset(found["histograms"])
        return KeptTrials(schema.header_of(path), trials, records, int(found["ended"]), histograms)
    except (OSError, ValueError, LookupError, TypeError, EnvironmentRefused, pa.ArrowException):
        return None


def hash_of_file(file: Any) -> str:
    """The hash of what follows in a file, hex; it is never in memory as a whole."""
    return hashlib.file_digest(file, "blake2b").hexdigest()


def _histograms(records: Sequence[Record]) -> set[str]:
    """The columns of histograms that some record has."""
    probes = catalog.classes("probe").values()
    columns = {name for probe in probes for name, kind in probe.columns.items() if kind == "histogram"}
    return {name for record in records for name in columns & keys_of(record.passes)} if columns else set()


def _maker() -> list[Any]:
    """What makes the rows: the versions of concexp and its libraries, its sources as they are, metrics of other packages."""
    package = Path(catalog.__file__).parent
    sources = [state for source in SOURCES for state in file_states(package / source)]
    foreign = [
        [name, catalog.origin("metric", name)] for name in catalog.names("metric") if catalog.reference("metric", name)
    ]
    digest = hashlib.blake2b(json.dumps([sources, foreign]).encode()).hexdigest()
    return [__version__, pd.__version__, pa.__version__, digest]
