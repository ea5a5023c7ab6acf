"""The command line that started the program, and the one that completes an interrupted run: ready to paste."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path


def command_line() -> str:
    """The command line as the user gave it: the program by its bare name, the rest quoted."""
    return shlex.join(["concexp", *sys.argv[1:]])


def resume_command(finished: Sequence[Path] = ()) -> str:
    """The command that completes an interrupted one: without the finished experiments, and without --fresh."""
    dropped = [*map(str, finished), "--fresh"]
    return shlex.join(["concexp", *(word for word in sys.argv[1:] if word not in dropped)])
