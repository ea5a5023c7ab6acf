"""Everything that concexp refuses, and how it tells.

    ConcexpError                 message, hint
    ├── InputError               exit 2: the YAML or the command line is wrong; holds all problems at once
    ├── UnknownName              exit 2: no plug-in of that name
    ├── EnvironmentRefused       exit 3: this machine, this folder, this interpreter will not do
    └── Damaged                  exit 3: a file of ours cannot be read
        └── NothingYet           …because it ends before it begins: a run that was killed at its start

A message says where and what; a hint says what would be right, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class ConcexpError(Exception):
    """What ends a command with a message instead of a traceback."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a file: where (line and column count from 1, 0 for none), at which key, what, and the cure."""

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        key = f" {self.path}:" if self.path else ""
        return f"{place}:{key} {self.message}" + (f"\n  {self.hint}" if self.hint else "")


class InputError(ConcexpError):
    """All the mistakes of one input, in the order of their places."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


class UnknownName(ConcexpError):
    """No plug-in of this kind has that name; `suggestions` are those that look like it."""

    exit_code = 2

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        self.suggestions = tuple(difflib.get_close_matches(name, known, 3, 0.6))
        super().__init__(f"there is no {kind} '{name}'", did_you_mean(name, known))


class EnvironmentRefused(ConcexpError):
    """This machine, folder or interpreter will not do."""

    exit_code = 3


class Damaged(ConcexpError):
    """A file of concexp's own is not what was written."""

    exit_code = 3


class NothingYet(Damaged):
    """A journal without a whole line: its run was killed before it began, and nothing is lost."""


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A hint for a misspelt name: the likely one, else all there are."""
    close = difflib.get_close_matches(str(name), known, 1, 0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    return f"known: {', '.join(known)}" if known else ""
