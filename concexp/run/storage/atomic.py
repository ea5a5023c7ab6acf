"""A file that is replaced whole or stays what it was: through a draft beside it, which takes its place when it is written.

Where the name is a link, as it may be in a folder from somebody else, the link is replaced and not what it points to.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """`with replaced(path) as draft:` write to the draft, whose name ends as the path's does."""
    draft = path.with_name(f".draft-{path.name}")
    draft.unlink(missing_ok=True)
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
