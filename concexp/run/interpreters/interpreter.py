"""An interpreter -> facts about it, and its judgement on cells, by asking it through the sealed child."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concexp.errors import EnvironmentRefused
from concexp.plan.cell import Cell
from concexp.plan.support import SupportCheck, absent, refused_here
from concexp.run.child.launch import launch
from concexp.run.child.stage import StagedCode

ASK_TIMEOUT = 60.0  # seconds: a cold disk may need many of them
OLDEST = (3, 9)


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs trials: what the YAML calls it, where it is, and what it says of itself."""

    label: str
    path: str
    facts: dict[str, Any]

    def support(self, stage: StagedCode) -> SupportCheck:
        """Who tells what it can run: itself, in one child for all cells."""
        if self.path == sys.executable:
            return SupportCheck(self.facts, refused_here)
        return SupportCheck(self.facts, lambda cells: self._refused(cells, stage))

    def _refused(self, cells: Sequence[Cell], stage: StagedCode) -> list[str]:
        texts = [repr(cell.combination) for cell in cells]
        different = dict(zip(texts, (cell.combination for cell in cells), strict=True))
        request = {"verb": "refuse", "combinations": list(different.values())}
        ending = launch(request, self.path, stage, ASK_TIMEOUT, any(cell.needs_site for cell in cells))
        if ending.answer is None:
            return [f"{self.label} could not be asked what it can run: {ending.reason}"] * len(cells)
        reasons = dict(zip(different, ending.answer["reasons"], strict=True))
        return [reasons[text] for text in texts]


@dataclass(frozen=True)
class MissingInterpreter:
    """A Python that the YAML calls so, and that cannot run trials here. The reason names no path of this machine."""

    label: str
    reason: str

    def support(self, stage: StagedCode) -> SupportCheck:
        """Who tells what it can run: nothing."""
        return absent(self.reason)


def current(stage: StagedCode, label: str = "current") -> Interpreter:
    """The interpreter that runs concexp itself; EnvironmentRefused if it cannot run trials."""
    found = ask(label, sys.executable, stage)
    if isinstance(found, MissingInterpreter):
        raise EnvironmentRefused(f"{sys.executable} cannot run trials: {found.reason}")
    return found


def ask(label: str, path: str, stage: StagedCode) -> Interpreter | MissingInterpreter:
    """Start an interpreter once and let it describe itself."""
    try:
        ending = launch({"verb": "describe"}, path, stage, ASK_TIMEOUT)
    except OSError as error:
        return MissingInterpreter(label, f"the interpreter of {label} cannot be started: {error.strerror}")
    if ending.answer is None:
        return MissingInterpreter(label, f"the interpreter of {label} did not describe itself: {ending.reason}")
    facts = dict(ending.answer)
    if tuple(map(int, facts["version"].split(".")[:2])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return MissingInterpreter(
            label, f"{facts['implementation']} {facts['version']} is too old: trials need {oldest} or later"
        )
    executable = facts.pop("executable")
    facts["executable_name"] = os.path.basename(executable)
    facts["sha256"] = hashlib.sha256(Path(executable).read_bytes()).hexdigest()
    # A manifest is made to be committed: flags that hold paths of this machine say nothing to others.
    facts["configure_flags"] = _without_paths(facts["configure_flags"])
    facts["compile_flags"] = _without_paths(facts["compile_flags"])
    return Interpreter(label, path, facts)


def clocks(interpreter: Interpreter, stage: StagedCode) -> dict[str, float | None]:
    """What this interpreter's clock costs and how late its sleeps end, seconds; empty if it could not be asked.

    Apart from the facts: it is measured, so it differs from time to time, and facts make the identity of a run.
    """
    return dict(launch({"verb": "clocks"}, interpreter.path, stage, ASK_TIMEOUT).answer or {})


def _without_paths(flags: str | None) -> str | None:
    if flags is None:
        return None
    return " ".join(flag for flag in flags.replace("'", "").split() if "/" not in flag)
