"""A run's folder as the home of an experiment: its copy of the YAML finds there what the run kept.

Code lies in `code/` and data in `files/`, by the names that the YAML gives them. So the folder can be sent to someone else,
and `concexp run RUN/experiment.yaml` asks the same question again.
"""

from __future__ import annotations

import os
from pathlib import Path

EXPERIMENT, RESOLVED, MANIFEST = "experiment.yaml", "resolved.yaml", "manifest.json"
CODE, FILES = "code", "files"
WRITTEN = "written"  # the YAML as it was written, and those that it extends, where the copy that stands alone differs
UP, ROOT = "_up", "_root"  # stand for `..` and for `/`: no name leads out of the folder


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run."""
    return all((folder / name).is_file() for name in (EXPERIMENT, RESOLVED, MANIFEST))


def name_of(written: str) -> str:
    """A file as the YAML names it -> its name in `code/`."""
    parts = os.path.normpath(written).split(os.sep)
    if parts[0] == "":
        parts = [ROOT, *filter(None, parts)]
    return "/".join(UP if part == ".." else part for part in parts)


def code_place(written: str, home: Path) -> Path:
    """Where the code is that the YAML in `home` names."""
    return home / CODE / name_of(written) if is_run(home) else home / written


def code_home(home: Path) -> Path:
    """The folder in which code beside the YAML in `home` is searched."""
    return home / CODE if is_run(home) else home


def data_home(home: Path) -> Path:
    """The folder in which `files:` of the YAML in `home` are."""
    return home / FILES if is_run(home) else home
