"""The page of a run: Markdown and pictures, or one HTML file; the same bytes for the same journal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from concexp.report.look import AS_WRITTEN, Look

if TYPE_CHECKING:
    from concexp.analysis.results import Run

__all__ = ["AS_WRITTEN", "Look", "write"]


def write(run: Run, folder: Path, language: str = "", beside: Sequence[str] = (), look: Look = AS_WRITTEN) -> Path:
    """Writes the page and its pictures into a folder; returns the page's path. PageIncomplete if the page lacks a part.

    The `language` is that of the experiment unless another one is given: README.md and figures/ for English, README.zh.md and
    figures.zh/ for Chinese. It links to the pages `beside` it, in other languages.
    """
    # Listing the names of pictures imports this package, which needs neither pandas nor the template engine.
    from concexp.report import page

    return page.write(run, folder, language, beside, look)
