"""All exceptions of concexp. Each carries a message and a hint, and the exit code of the command that it ends.

    ConcexpError                 exit 1: any other reason to stop
    ├── PageIncomplete           exit 1: the page is there, without a part that could not be made
    ├── InputError               exit 2: the YAML or the command line is wrong; holds all problems at once
    ├── UnknownName              exit 2: there is no plug-in with this name
    ├── EnvironmentRefused       exit 3: this machine, folder or interpreter cannot run what is asked for
    └── Damaged                  exit 3: a file that concexp wrote cannot be read
        ├── NothingYet           …because it has no whole line yet: the run was killed at its start
        └── OtherVersion         …because another version of concexp wrote it

A message says what is wrong and where; a hint says what would be right, or what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


class ConcexpError(Exception):
    """Ends a command with a message and a hint instead of a traceback."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a file: its place, the key, what is wrong, and the cure.

    Line and column count from 1; 0 stands for none. `path` is the key with those above it, such as `sweep.workers`.
    """

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


class PageIncomplete(ConcexpError):
    """The page was written, but some of its parts could not be made. `page` is its path, `parts` says which, and why."""

    def __init__(self, page: Path, parts: Sequence[str], journal: Path) -> None:
        self.page = page
        self.parts = tuple(parts)
        super().__init__(
            f"{page} lacks {'; '.join(parts)}",
            f"everything that was measured is kept; report this mistake in concexp, with {journal}",
        )


class InputError(ConcexpError):
    """The mistakes of one input, each once, in the order of their places."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(set(problems)))
        super().__init__("\n".join(map(str, self.problems)))


class UnknownName(ConcexpError):
    """No plug-in of this kind has that name; `suggestions` are similar names."""

    exit_code = 2

    def __init__(self, kind: str, name: str, known: Sequence[str], hint: str = "") -> None:
        import difflib

        self.suggestions = tuple(difflib.get_close_matches(name, known, 3, 0.6))
        super().__init__(f"there is no {kind} '{name}'", hint or did_you_mean(name, known))


class EnvironmentRefused(ConcexpError):
    """This machine, folder or interpreter cannot run what is asked for."""

    exit_code = 3


class Damaged(ConcexpError):
    """A file that concexp wrote has changed since, or is incomplete."""

    exit_code = 3


class NothingYet(Damaged):
    """A journal without a whole line: the run was killed before its first record, so nothing is lost."""


class OtherVersion(Damaged):
    """A journal of a version that this concexp does not read."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a run: the lines to print about its page, and in words what of it is kept."""

    def __init__(self, lines: Sequence[str], kept: str) -> None:
        super().__init__(*lines)
        self.kept = kept


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A hint for a misspelt name: the most similar one, or else all known names; "" if there are none."""
    import difflib

    close = difflib.get_close_matches(str(name), known, 1, 0.6)
    if close:
        return meant(close)
    return f"known: {', '.join(known)}" if known else ""


def meant(names: Sequence[str]) -> str:
    """The hint that asks whether one of these was meant."""
    return "did you mean " + " or ".join(f"'{name}'" for name in names) + "?"
