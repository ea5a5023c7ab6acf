"""Questions to the user before a run, asked only on a terminal."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from concexp.run.storage.foreign_text import printable

# A run that takes longer than this many seconds is worth a question.
LONG_S = 600.0


def on_terminal() -> bool:
    """True if stdin, stdout and stderr are terminals and this process may read: in a shell's background it would be stopped."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return False
    with contextlib.suppress(OSError):
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    return False


def read_line(prompt: str) -> str:
    """Show a prompt and return a line, "" at the end of input."""
    sys.stderr.write(printable(prompt))
    sys.stderr.flush()
    return sys.stdin.readline()


@dataclass(frozen=True)
class Questions:
    """Asks if `asks`; otherwise each answer is to go on. `read` shows a prompt and returns a line, "" at the end of input."""

    asks: bool
    read: Callable[[str], str] = read_line

    def long_run(self, duration: str) -> bool:
        """Whether to start, or go on with, a run that takes this long, in words."""
        return (
            not self.asks or self._choice(f"This takes about {duration}. Go on?", {"y": "yes", "n": "no"}, "y") == "y"
        )

    def busy_machine(self) -> str:
        """`go`, `wait` or `stop`, where other programs disturb the measurements."""
        if not self.asks:
            return "go"
        options = {"w": "wait until they have ended", "g": "go on anyway", "q": "quit"}
        return {"w": "wait", "g": "go", "q": "stop"}[self._choice("Other programs are computing.", options, "g")]

    def _choice(self, question: str, options: Mapping[str, str], at_end: str) -> str:
        """The chosen letter: the first option for an empty line, `at_end` at the end of input."""
        listed = ", ".join(f"{key}: {meaning}" for key, meaning in options.items())
        first = next(iter(options))
        while True:
            line = self.read(f"{question} [{listed}; Enter: {first}] ")
            if not line:
                return at_end
            answer = line.strip().lower()[:1] or first
            if answer in options:
                return answer
