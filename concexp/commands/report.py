"""What `concexp report` does: makes the page of a run again from its journal."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from concexp.commands.conclusions import spoken_lines
from concexp.errors import Damaged, PageIncomplete
from concexp.report import font_files, places
from concexp.run.storage import journal, run_folder

if TYPE_CHECKING:
    from concexp.analysis.results import Run


class Page(NamedTuple):
    """A page that was written: its path, and its answer and verdicts as lines."""

    path: Path
    answer: list[str]


def write_pages(
    path: Path, incomplete: Callable[[PageIncomplete], None] | None = None, language: str = ""
) -> Iterator[Page]:
    """Make pages again and yield each of them.

    `path` is a run folder, reports/<name> for its latest complete run, or a folder of such folders for that of each.
    Made are the page in the `language` and those that lie there already; without a language these alone, or that of the
    experiment's language where none lies there. The first one comes with its answer. `incomplete` is called for a page that
    lacks a part; without it, PageIncomplete ends the work.
    """
    from concexp.analysis import results

    for folder in results.run_folders_in(path):
        run = results.load(folder)
        where = _page_folder(run, folder)
        languages = places.with_those_in(where, [language] if language else []) or [places.language_of(run.spec)]
        for one in languages:
            font_files.require(one)
        answer = spoken_lines(run, language=languages[0])
        for one in languages:
            try:
                page = write_report(run, where, [one, *languages])
            except PageIncomplete as error:
                if incomplete is None:
                    raise
                incomplete(error)
                page = error.page
            yield Page(page, answer if one == languages[0] else [])


def write_with_those_there(run: Run, folder: Path, language: str) -> tuple[list[Path], list[str]]:
    """Write the page of a run in a language, and again those that lie there in others, since they are of an earlier run.

    Returns the pages' paths, and a line for each page that lacks a part.
    """
    pages, lacks = [], []
    languages = places.with_those_in(folder, [language])
    for one in languages:
        try:
            pages.append(write_report(run, folder, [one, *languages]))
        except PageIncomplete as error:
            pages.append(error.page)
            lacks.append(str(error))
    return pages, lacks


def write_report(run: Run, folder: Path, languages: Sequence[str] = ()) -> Path:
    """Write a run's tables into its own folder, and its page in the first of these languages into `folder`.

    Returns the page's path. The page links to those in the other languages. PageIncomplete if the page lacks a part; Damaged if
    there is no page, since the journal makes no sense.
    """
    from concexp import report
    from concexp.analysis import results

    gc.freeze()  # rendering allocates a lot: this keeps the collector from rescanning the run each time
    try:
        results.write(run)
        return report.write(run, folder, next(iter(languages), ""), languages)
    except OSError as error:
        raise run_folder.refused(error, run.folder) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Damaged(
            f"cannot make a page from {run.folder / journal.NAME}: {type(error).__name__}: {error}",
            "unless the journal was changed by hand, this is a mistake in concexp: report it with the journal",
        ) from error
    finally:
        gc.unfreeze()


def _page_folder(run: Run, path: Path) -> Path:
    """Where the page goes: reports/<name>, unless the run is partial, or `path` names a run that reports/<name> does not mean."""
    named_itself = run.folder.resolve() == path.resolve()
    partial = run.manifest.get("quick") or run.manifest.get("only")
    if partial or (named_itself and not _is_meant(run.folder)):
        return run.folder
    return run.folder.parent.parent


def _is_meant(folder: Path) -> bool:
    """True if a run is the one that reports/<name> means."""
    from concexp.analysis import results

    return folder.parent.name == "runs" and results.folder_of(folder.parent.parent).name == folder.name
