"""What the command line prints, and how it repeats itself: the words that a user typed, ready to paste."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from concexp.run.storage.foreign_text import printable

NO_FOLDERS: Mapping[Path, Sequence[Path]] = {}
NARROWEST = 20  # columns into which a sentence is wrapped


def command_line() -> str:
    """The command line as the user gave it, ready to paste: the program by its bare name, the rest quoted."""
    return shlex.join(["concexp", *sys.argv[1:]])


def resume_command(finished: Sequence[Path] = (), folders: Mapping[Path, Sequence[Path]] = NO_FOLDERS) -> str:
    """The command that completes an interrupted one: without the finished experiments, and without --fresh.

    `folders` are those that were named, with their experiments, which take their place.
    """
    dropped = [*map(str, finished), "--fresh"]
    rest = {str(folder): [str(path) for path in paths if path not in finished] for folder, paths in folders.items()}
    words = [rest.get(word, [word]) if word not in dropped else [] for word in sys.argv[1:]]
    return shlex.join(["concexp", *itertools.chain(*words)])


def json_text(data: Any) -> str:
    """Data for other programs."""
    import json  # few commands print any

    return json.dumps(data, indent=1)


def say_result(answer: Sequence[str], lines: Sequence[str]) -> None:
    """Print an answer, each of its lines wrapped to the terminal's width, and the further lines after a gap."""
    import textwrap

    width = shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else 0
    for line in answer:
        indent = " " * (len(line) - len(line.lstrip(" -")))
        say(textwrap.fill(line, width, subsequent_indent=indent, break_on_hyphens=False) if width > NARROWEST else line)
    if answer:
        say("")
    for line in lines:
        say(line)


def say(text: str, err: bool = False) -> None:
    """Print a line, as `printable` makes it harmless; if the terminal is closed, drop it and carry on."""
    stream = sys.stderr if err else sys.stdout
    if stream is None:  # closed before the program began
        return
    try:
        stream.write(printable(text) + "\n")
        stream.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2 if err else 1)  # the rest of the buffer must not fail again at exit
        os.close(null)
