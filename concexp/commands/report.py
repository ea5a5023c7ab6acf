"""A run's page, made again: what `concexp report` does."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from concexp.errors import Damaged
from concexp.run.storage import journal, run_folder

if TYPE_CHECKING:
    from concexp.analysis.results import Run


def _written(found: Run, where: Path) -> Path:
    """Write a run's tables and its page; returns the page's path."""
    from concexp import report
    from concexp.analysis import results

    gc.freeze()  # tables and pictures make much garbage: the run itself need not be looked through for any again and again
    try:
        results.write(found)
        return report.write(found, where)
    finally:
        gc.unfreeze()


def pages_of(path: Path) -> Iterator[Path]:
    """Make the page again of a run folder, of the latest run of reports/<name>, or of each such folder in a folder."""
    from concexp.analysis import results

    yield from map(_page_of, results.run_folders_in(path))


def _page_of(path: Path) -> Path:
    from concexp.analysis import results

    found = results.load(path)
    own = found.folder.resolve() == path.resolve()
    shared = found.folder.parent.parent
    where = shared if not own or _is_latest(found.folder) else found.folder
    if found.manifest.get("quick") or found.manifest.get("only"):
        where = found.folder
    try:
        return _written(found, where)
    except OSError as error:
        raise run_folder.refused(error, found.folder) from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # Each line may be as concexp writes it, and all of them together make no sense: somebody made them up.
        raise Damaged(
            f"{found.folder / journal.NAME} cannot be told of: {type(error).__name__}: {error}",
            "if concexp wrote it, this is a mistake of concexp's: report it with the journal",
        ) from error


def _is_latest(folder: Path) -> bool:
    """Whether the shared page is this run's: of the runs beside it, none began later."""
    beside = (path.parent.name for path in folder.parent.glob(f"*/{journal.NAME}"))
    return folder.parent.name == "runs" and folder.name == max(beside)
