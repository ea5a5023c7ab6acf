"""What `concexp report` does: makes the page of a run again from its journal."""

from __future__ import annotations

import gc
import os
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from concexp.commands.conclusions import spoken_lines
from concexp.errors import Damaged, InputError, PageIncomplete, Problem
from concexp.experiment import kept
from concexp.report import AS_WRITTEN, Look, font_files, places
from concexp.run import bundle, user_files
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
    incomplete: Callable[[PageIncomplete], None] | None = None,
    language: str = "",
    look: Look = AS_WRITTEN,
    note: Callable[[str], None] = lambda text: None,
) -> Iterator[Page]:
    """Make pages again and yield each of them, and their HTML files; of a folder of reports also its index, the last one.

    `path` is a run folder, reports/<name> for its latest complete run, or a folder of such folders for that of each; or a
    bundle, whose files go into a folder of its name in the working folder, the page with them.
    Made are the page in the `language` and those that lie there already; without a language these alone, or that of the
    experiment's language where none lies there. The first one comes with its answer. `incomplete` is called for a page that
    lacks a part; without it, PageIncomplete ends the work. `note` gets what else there is to say.
    """
    from concexp.analysis import results
    from concexp.report import index, reading_order

    if bundle.is_bundle(path):
        path = _unpacked(path)
    folders, lines = results.run_folders_in(path), []
    if folders != [path]:
        reading_order.read(path)  # a mistake in it is named before any page is made
    for folder in folders:
        run = results.load(folder)
        where = _page_folder(run, folder)
        languages = places.with_those_in(where, [language] if language else []) or [places.language_of(run.spec)]
        for one in languages:
            font_files.require(one)
        answer = spoken_lines(run, language=languages[0])
        pages = []
        for one in languages:
            pages.append(_complete(partial(write_report, run, where, [one, *languages], look), incomplete))
            yield Page(pages[-1], answer if one == languages[0] else [])
        yield from (Page(file, []) for file in page_files(run, pages, look)[len(pages) :])
        if folders != [path]:
            lines.append(index.line(run, where, path))
        else:
            for text in index_notes(run, where):
                note(text)
    if not lines:
        return
    if index.is_other(path):
        note(f"{path / index.NAME} is not an index that concexp wrote, and stays as it is: move it away to get one")
    else:
        yield Page(_complete(partial(_write_index, path, lines), incomplete), [])


def index_notes(run: Run, where: Path) -> list[str]:
    """That the index around the folder with a run's pages is from before them, and how to renew it: it takes all runs in it."""
    from concexp.report import index

    if not index.is_outdated(run, where):
        return []
    command = shlex.join(["concexp", "report", str(where.parent)])
    return [f"{where.parent / index.NAME} is from before this: `{command}` renews it"]


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


def page_files(run: Run, pages: Sequence[Path], look: Look) -> list[Path]:
    """Pages that were written, and then the HTML files that were written with them."""
    from concexp.report import html_page

    return [*pages, *(html_page.path(run, page) for page in pages if look.html)]


def write_with_those_there(
    run: Run, folder: Path, language: str, look: Look = AS_WRITTEN
) -> tuple[list[Path], list[str]]:
    """Write the page of a run in a language, and again those that lie there in others, since they are of an earlier run.

    Returns the pages' paths, and a line for each page that lacks a part.
    """
    lacks: list[str] = []
    languages = places.with_those_in(folder, [language])
    pages = [
        _complete(partial(write_report, run, folder, [one, *languages], look), lambda error: lacks.append(str(error)))
        for one in languages
    ]
    return pages, lacks


def _unpacked(path: Path) -> Path:
    """The folder with a bundle's files, in the working folder; InputError if something else has its name."""
    folder = Path(path.stem)
    with bundle.unpacked(path) as (found, files):
        if folder.is_dir():
            whole = (kept.MANIFEST, journal.NAME)
            if all(user_files.sha256(str(folder / name)) == found.sums[name] for name in whole):
                return folder
        elif not os.path.lexists(folder):
            try:
                for name in [*found.sums, bundle.METADATA]:
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(files / name, folder / name)
            except OSError as error:
                raise run_folder.refused(error, folder) from error
            return folder
    what = f"its files go into the folder {folder} of the working folder, where something else is"
    raise InputError([Problem(str(path), 0, 0, "", what, "give the command in another folder, or rename one of them")])


def write_report(run: Run, folder: Path, languages: Sequence[str] = (), look: Look = AS_WRITTEN) -> Path:
    """Write a run's tables into its own folder, and its page in the first of these languages into `folder`.

    Returns the page's path. The page links to those in the other languages. PageIncomplete if the page lacks a part; Damaged if
    there is no page, since the journal makes no sense.
    """
    from concexp import report
    from concexp.analysis import results

    gc.freeze()  # rendering allocates a lot: this keeps the collector from rescanning the run each time
    try:
        results.write(run)
        return report.write(run, folder, next(iter(languages), ""), languages, look)
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
