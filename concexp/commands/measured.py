"""A run whose trials have ended: its journal, its tables and verdicts, and its page."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from concexp.commands.report import write_with_those_there
from concexp.errors import ConcexpError, EnvironmentRefused
from concexp.experiment.statuses import MACHINE
from concexp.plan.gc_pause import gc_paused
from concexp.report import Look, places
from concexp.run.storage import run_folder, schema
from concexp.run.storage.journal import Journal
from concexp.run.storage.run_folder import RunFolder

if TYPE_CHECKING:
    from concexp.analysis.claims.verdicts import Verdict
    from concexp.analysis.results import Run


@dataclass(frozen=True)
class MeasuredRun:
    """A run whose trials have ended, with its journal, which is read once; tables and verdicts follow on first use."""

    folder: RunFolder
    journal: Journal

    @cached_property
    def results(self) -> Run:
        """The run as tables. This loads pandas, which a run without a page does not need."""
        from concexp.analysis.results import Run

        return Run.of_journal(self.folder.path, self.journal)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict on each claim."""
        from concexp.analysis.claims.verdicts import verdicts_of

        return verdicts_of(self.results)


@gc_paused()
def read(folder: RunFolder) -> MeasuredRun:
    """The run in a folder. Errors are those of reading a journal."""
    return MeasuredRun(folder, schema.read(folder.journal))


def check_complete(measured: MeasuredRun, trials: frozenset[str]) -> None:
    """EnvironmentRefused if the journal that lies in the run's folder lacks any of these trials: then it is not finished."""
    missing = len(trials) - sum(record["trial"] in trials for record in measured.journal.records)
    if missing:
        raise EnvironmentRefused(
            f"{measured.folder.journal} lacks {missing} of {len(trials)} records that were on disk",
            "another program changed it at the end of the run: give the same command again, and they are measured again",
        )


def write_page(measured: MeasuredRun, partial: bool, language: str, look: Look) -> tuple[list[Path], list[str]]:
    """Write tables and pages, and mark the run as finished; returns the pages' paths, and a line for each that lacks a part."""
    folder = measured.folder
    where = _page_folder(folder, partial)
    pages, lacks = write_with_those_there(measured.results, where, language, look)
    try:
        if where != folder.path:  # an interrupt may have left a page of part of the run there
            for one in places.languages_in(folder.path):
                (folder.path / places.page_name(one)).unlink()
                shutil.rmtree(folder.path / places.figures_name(one), ignore_errors=True)
        spun = [_effective_cpus(record) for record in measured.results.machine]
        run_folder.finish(folder, spun, measured.journal)
    except OSError as error:
        raise run_folder.refused(error, folder.path) from error
    return pages, lacks


def write_partial_page(folder: RunFolder, language: str) -> list[str]:
    """Write the page of an interrupted run if any trial has ended; returns the lines to print. The run stays unfinished."""
    try:
        measured = read(folder)
        if all(record.role == MACHINE for record in measured.journal.records):
            return []
        pages, lacks = write_with_those_there(measured.results, _page_folder(folder, partial=True), language)
        return [*(f"report so far: {page}" for page in pages), *lacks]
    except (ConcexpError, OSError) as error:
        return [f"the report so far could not be written: {error}"]


def _page_folder(folder: RunFolder, partial: bool) -> Path:
    """Where a run's page goes: a partial one leaves an existing shared page alone."""
    return folder.path if partial and places.languages_in(folder.page_folder) else folder.page_folder


def _effective_cpus(record: dict[str, Any]) -> dict[str, Any]:
    """A spinner measurement as the manifest keeps it."""
    return {name: record[name] for name in ("block", "started_at", "effective_cpus", "cpus")}
