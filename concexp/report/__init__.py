"""The page of a run: Markdown and PNG, the same bytes for the same journal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concexp.analysis.results import Run


def write(run: Run, folder: Path) -> Path:
    """Writes README.md and figures/ into a folder; returns the page's path. PageIncomplete if the page lacks a part."""
    # Listing the names of pictures imports this package, which needs neither pandas nor the template engine.
    from concexp.report import page

    return page.write(run, folder)
