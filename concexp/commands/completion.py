"""What the Tab key offers in a shell: names, kinds, experiments and runs that begin with what is typed.

The command line imports this module, so all that is heavy is imported when Tab is pressed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

MOST = 200  # files that are offered at once
SUFFIXES = ("yaml", "yml")


def shown(incomplete: str) -> list[str]:
    """What `concexp show` knows: topics and names; with a slash, the names of that kind."""
    from concexp import catalog
    from concexp.commands import plug_in_list, reference

    names = [name for kind in plug_in_list.SHOWN_KINDS for name in catalog.names(kind)]
    qualified = [f"{kind}/{name}" for kind in catalog.KINDS for name in catalog.names(kind)]
    return _beginning([*reference.names(), *names] if "/" not in incomplete else qualified, incomplete)


def listed(incomplete: str) -> list[str]:
    """What `concexp list` knows."""
    from concexp.commands import plug_in_list

    return _beginning(plug_in_list.LISTED, incomplete)


def experiments(incomplete: str) -> list[str]:
    """YAML files here and one folder below."""
    found = (path for suffix in SUFFIXES for path in _files(incomplete, f"*.{suffix}", f"*/*.{suffix}"))
    return _beginning(found, incomplete)


def functions(incomplete: str) -> list[str]:
    """Python files here and one folder below; after a colon, what the file defines."""
    file, colon, _ = incomplete.partition(":")
    if not colon:
        return _beginning((f"{path}:" for path in _files(incomplete, "*.py", "*/*.py")), incomplete)
    from concexp.experiment import user_source

    with contextlib.suppress(user_source.Unusable):
        source, _ = user_source.find(incomplete, Path())
        return _beginning((f"{file}:{name}" for name in source.defined), incomplete)
    return []


def runs(incomplete: str) -> list[str]:
    """Folders of an experiment's reports, and run folders."""
    folders = _files(incomplete, "*/runs", "*/*/runs", "runs/*/manifest.json", "*/manifest.json")
    return _beginning((os.path.dirname(path) for path in folders), incomplete)


def _files(incomplete: str, *patterns: str) -> Iterator[str]:
    """The files that match below the folder that is typed so far; hidden ones are left out."""
    import glob

    folder = incomplete[: incomplete.rfind("/") + 1]
    start = glob.escape(os.path.expanduser(folder))
    for pattern in patterns:
        for path in sorted(glob.iglob(start + pattern)):
            yield folder + str(Path(path).relative_to(os.path.expanduser(folder) or "."))


def _beginning(candidates: Iterable[str], incomplete: str) -> list[str]:
    return list(dict.fromkeys(islice((one for one in candidates if one.startswith(incomplete)), MOST)))
