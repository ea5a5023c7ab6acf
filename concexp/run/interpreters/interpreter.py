"""One Python interpreter: its facts, and which cells it can run, by asking it through the sealed child."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concexp.errors import EnvironmentRefused
from concexp.plan.cell import Cell
from concexp.plan.support import SupportCheck, absent, refused_here
from concexp.run.child.launch import launch
from concexp.run.child.stage import StagedCode
from concexp.run.interpreters import remembered
from concexp.run.machine import hazards, topology

ASK_TIMEOUT = 60.0  # seconds; a cold disk may need many of them
OLDEST = (3, 9)  # the version that the child's code is written for


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs trials: its label in the YAML, its path, and the facts that it reported."""

    label: str
    path: str
    facts: dict[str, Any]

    def support(self, stage: StagedCode) -> SupportCheck:
        """Checks cells in children of this interpreter: one for those that see what is installed, one for the others.

        Of this very interpreter only cells with plug-ins of other packages are asked: of all else it knows the answer.
        """
        return SupportCheck(self.facts, lambda cells: self._refused(cells, stage))

    def _refused(self, cells: Sequence[Cell], stage: StagedCode) -> list[str]:
        here = self.path == sys.executable
        reasons: dict[str, str] = {}
        for site in (False, True):
            asked = [c for c in cells if c.needs_site == site and (c.has_installed_plugins or not here)]
            reasons |= self._answers(asked, site, stage)
        known = [cell for cell in cells if cell.id not in reasons]
        reasons |= zip((cell.id for cell in known), refused_here(known), strict=True)
        return [reasons[cell.id] for cell in cells]

    def _answers(self, cells: Sequence[Cell], site: bool, stage: StagedCode) -> dict[str, str]:
        """Why cells cannot run, as a child says, by their ids."""
        if not cells:
            return {}
        texts = {cell.id: repr(cell.combination) for cell in cells}
        different = dict(zip(texts.values(), (cell.combination for cell in cells), strict=True))
        request = {"verb": "refuse", "combinations": list(different.values())}
        outcome = launch(request, self.path, stage, ASK_TIMEOUT, site)
        if outcome.answer is None:
            return dict.fromkeys(texts, f"{self.label} could not be asked what it can run: {outcome.reason}")
        found = dict(zip(different, outcome.answer["reasons"], strict=True))
        return {cell: found[text] for cell, text in texts.items()}


@dataclass(frozen=True)
class MissingInterpreter:
    """A Python of the YAML that cannot run trials here. The reason contains no path of this machine."""

    label: str
    reason: str

    def support(self, stage: StagedCode) -> SupportCheck:
        """Refuses all cells."""
        return absent(self.reason)


def current(stage: StagedCode, label: str = "current") -> Interpreter:
    """The interpreter that runs concexp itself; EnvironmentRefused if it cannot run trials."""
    interpreter = ask(label, sys.executable, stage)
    if isinstance(interpreter, MissingInterpreter):
        raise EnvironmentRefused(f"{sys.executable} cannot run trials: {interpreter.reason}")
    return interpreter


def ask(label: str, path: str, stage: StagedCode) -> Interpreter | MissingInterpreter:
    """What an interpreter says of itself: it is started for that, unless it was since the machine was."""
    known = remembered.recall(path, stage).get("facts")
    if known and not _is_too_old(known):
        return Interpreter(label, path, known)
    try:
        outcome = launch({"verb": "describe"}, path, stage, ASK_TIMEOUT)
    except OSError as error:
        return MissingInterpreter(label, f"the interpreter of {label} cannot be started: {error.strerror}")
    if outcome.answer is None:
        return MissingInterpreter(label, f"the interpreter of {label} did not describe itself: {outcome.reason}")
    facts = dict(outcome.answer)
    if _is_too_old(facts):
        oldest = ".".join(map(str, OLDEST))
        return MissingInterpreter(
            label, f"{facts['implementation']} {facts['version']} is too old: trials need {oldest} or later"
        )
    executable, mapped = facts.pop("executable"), facts.pop("mapped", ())
    facts["executable_name"] = os.path.basename(executable)
    facts["sha256"] = hashlib.sha256(Path(executable).read_bytes()).hexdigest()
    # A manifest is made to be committed: flags with paths of this machine mean nothing elsewhere.
    facts["configure_flags"] = _without_paths(facts["configure_flags"])
    facts["compile_flags"] = _without_paths(facts["compile_flags"])
    if executable == os.path.realpath(path) and mapped:  # no script that may start another one tomorrow
        remembered.keep(path, stage, mapped, {"facts": facts})
    return Interpreter(label, path, facts)


def _is_too_old(facts: Mapping[str, Any]) -> bool:
    return tuple(map(int, facts["version"].split(".")[:2])) < OLDEST


def clocks(interpreter: Interpreter, stage: StagedCode) -> dict[str, float | None]:
    """What reading this interpreter's clock costs and how late its sleeps end, seconds; {} if it did not answer.

    Not among the facts, which are part of a run's identity: these measurements differ each time.
    """
    return dict(launch({"verb": "clocks"}, interpreter.path, stage, ASK_TIMEOUT).answer or {})


def usual_clocks(interpreter: Interpreter, stage: StagedCode) -> dict[str, float | None]:
    """The same as it was first measured since the machine was started, if nothing disturbed it then."""
    source = topology.clock_source()
    kept = remembered.recall(interpreter.path, stage).get("clocks")
    if kept and kept["source"] == source:
        return dict(kept["clocks"])
    found = clocks(interpreter, stage)
    if found and hazards.clocks_are_fine(found):
        remembered.add(interpreter.path, stage, "clocks", {"source": source, "clocks": found})
    return found


def _without_paths(flags: str | None) -> str | None:
    if flags is None:
        return None
    return " ".join(flag for flag in flags.replace("'", "").split() if "/" not in flag)
