"""What `concexp report` does: makes the page of a run again from its journal."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from concexp.commands.conclusions import spoken_lines
from concexp.errors import Damaged, PageIncomplete
from concexp.report import AS_WRITTEN, Look
from concexp.run.storage import journal, run_folder

if TYPE_CHECKING:
    from concexp.analysis.results import Run
    from concexp.report.index import Line


class Page(NamedTuple):
    """A page that was written: its path, and its answer and verdicts as lines; without them if an earlier page has them."""

    path: Path
    answer: list[str]


def write_pages(
    path: Path,
    look: Look = AS_WRITTEN,
    incomplete: Callable[[PageIncomplete], None] | None = None,
    note: Callable[[str], None] = lambda text: None,
) -> Iterator[Page]:
    """Make pages again and yield each of them, with its HTML file after it; of a folder of reports also its index, the last one.

    `path` is a run folder, reports/<name> for its latest complete run, or a folder of such folders for that of each.
    `incomplete` is called for a page that lacks a part; without it, PageIncomplete ends the work. `note` gets what else there is
    to say.
    """
    from concexp.analysis import results
    from concexp.report import index

    folders, lines = results.run_folders_in(path), []
    for folder in folders:
        run = results.load(folder)
        page = _complete(partial(write_report, run, _page_folder(run, folder), look), incomplete)
        if folders != [path]:
            lines.append(index.line(run, page, path))
        yield Page(page, spoken_lines(run))
        yield from (Page(file, []) for file in page_files(run, page, look)[1:])
    if not lines:
        return
    if index.is_other(path):
        note(f"{path / index.NAME} is not an index that concexp wrote, and stays as it is: move it away to get one")
    else:
        yield Page(_complete(partial(_write_index, path, lines), incomplete), [])


def _write_index(folder: Path, lines: Sequence[Line]) -> Path:
    from concexp.report import index

    try:
        return index.write(folder, lines)
    except OSError as error:
        raise run_folder.refused(error, folder) from error


def _complete(write: Callable[[], Path], incomplete: Callable[[PageIncomplete], None] | None) -> Path:
    """Write a page and return its path, also if it lacks a part and `incomplete` takes that."""
    try:
        return write()
    except PageIncomplete as error:
        if incomplete is None:
            raise
        incomplete(error)
        return error.page


def page_files(run: Run, page: Path, look: Look) -> list[Path]:
    """A page that was written, and the HTML file that was written with it."""
    from concexp.report import html_page

    return [page, html_page.path(run, page.parent)] if look.html else [page]


def write_report(run: Run, folder: Path, look: Look = AS_WRITTEN) -> Path:
    """Write a run's tables into its own folder and its page into `folder`; returns the page's path.

    PageIncomplete if the page lacks a part; Damaged if there is no page, since the journal makes no sense.
    """
    from concexp import report
    from concexp.analysis import results

    gc.freeze()  # rendering allocates a lot: this keeps the collector from rescanning the run each time
    try:
        results.write(run)
        return report.write(run, folder, look)
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
