"""An interpreter -> facts about it, by asking it through the sealed child."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concexp.errors import EnvironmentRefused
from concexp.launch import launch
from concexp.stage import Stage, compile_for

DESCRIBE_TIMEOUT = 60.0  # seconds: a cold disk may need many of them


@dataclass(frozen=True)
class Interpreter:
    """A Python that runs trials: what the YAML calls it, where it is, and what it says of itself."""

    label: str
    path: str
    facts: dict[str, Any]


def current(stage: Stage) -> Interpreter:
    """The interpreter that runs concexp itself."""
    return ask("current", sys.executable, stage)


def ask(label: str, path: str, stage: Stage) -> Interpreter:
    """Start an interpreter once and let it describe itself; EnvironmentRefused if it cannot run trials."""
    try:
        compile_for(path, stage)
        ending = launch({"verb": "describe"}, path, stage, DESCRIBE_TIMEOUT)
    except OSError as error:
        raise EnvironmentRefused(f"cannot start {path}: {error.strerror}") from error
    if ending.answer is None:
        raise EnvironmentRefused(f"{path} cannot run trials: {ending.reason}", ending.output.strip()[-500:])
    facts = dict(ending.answer)
    executable = facts.pop("executable")
    facts["executable_name"] = os.path.basename(executable)
    facts["sha256"] = hashlib.sha256(Path(executable).read_bytes()).hexdigest()
    # A manifest is made to be committed: flags that hold paths of this machine say nothing to others.
    facts["configure_flags"] = _without_paths(facts["configure_flags"])
    facts["compile_flags"] = _without_paths(facts["compile_flags"])
    return Interpreter(label, path, facts)


def clocks(interpreter: Interpreter, stage: Stage) -> dict[str, float | None]:
    """What this interpreter's clock costs and how late its sleeps end, seconds; empty if it could not be asked.

    Apart from the facts: it is measured, so it differs from time to time, and facts make the identity of a run.
    """
    return dict(launch({"verb": "clocks"}, interpreter.path, stage, DESCRIBE_TIMEOUT).answer or {})


def _without_paths(flags: str | None) -> str | None:
    if flags is None:
        return None
    return " ".join(flag for flag in flags.replace("'", "").split() if "/" not in flag)
