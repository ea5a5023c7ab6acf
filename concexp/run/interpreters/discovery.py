"""The interpreters of this machine, found and asked: those that an experiment names, or all of them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from concexp.experiment import Spec
from concexp.plan.support import SupportCheck
from concexp.run.child import stage
from concexp.run.child.stage import StagedCode
from concexp.run.interpreters import interpreter
from concexp.run.interpreters.interpreter import Interpreter, MissingInterpreter

# Where interpreters are put, whether or not that is on the PATH.
FOLDERS = ("{pyenv}/versions/*/bin", "~/.local/share/uv/python/*/bin", "/usr/bin", "/usr/local/bin")
PROGRAM = re.compile(r"(python|pypy)3(\.\d+)?t?")
# A version in a path, as far as it is said: 3.13 of versions/3.13.0/bin/python3 and of bin/python3.13.
SAID = re.compile(r"(?<![\d.])3\.\d+")

# What `concexp list pythons` tells of each.
LISTED = ("version", "implementation", "compiler", "gil_built", "gil_enabled", "jit_built", "jit", "start_method")


def pyenv() -> Path:
    """pyenv's own folder."""
    return Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")


def candidates() -> Iterator[Path]:
    """Programs that look like interpreters, each real file once: pyenv's, uv's, the system's, the PATH's, and this one.

    Not pyenv's shims: they are scripts, and run only those versions that are switched on.
    """
    folders: list[Path] = []
    for pattern in FOLDERS:
        top, star, rest = os.path.expanduser(pattern.format(pyenv=pyenv())).partition("*")
        folders += sorted(Path(top).glob(f"*{rest}")) if star else [Path(top)]
    folders += [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    seen = set()
    for path in [*(path for folder in folders for path in _programs(folder)), Path(sys.executable)]:
        if os.access(path, os.X_OK) and os.path.realpath(path) not in seen:
            seen.add(os.path.realpath(path))
            yield path


def _programs(folder: Path) -> list[Path]:
    if folder == pyenv() / "shims" or not folder.is_dir():
        return []
    names = [name for name in os.listdir(folder) if PROGRAM.fullmatch(name)]
    return [folder / name for name in sorted(names, key=lambda name: (-len(name), name))]


def names_of(facts: Mapping[str, Any]) -> list[str]:
    """How a YAML may name an interpreter by its version: 3.13, 3.13.0; 3.14t, 3.14.0t; pypy3.11, pypy3.11.17."""
    kind = "" if facts["implementation"] == "CPython" else facts["implementation"].lower()
    versions = facts["version"].rpartition(".")[0], facts["version"]
    return [f"{kind}{version}{'' if facts['gil_built'] else 't'}" for version in versions]


class InterpreterFinder:
    """The interpreters of this machine; each is asked once, when it is needed."""

    def __init__(self, code: StagedCode) -> None:
        self.code = code
        self.asked: dict[Path, Interpreter | MissingInterpreter] = {}

    @cached_property
    def candidates(self) -> list[Path]:
        return list(candidates())

    def answers(self, like: str = "") -> list[tuple[Path, Interpreter | MissingInterpreter]]:
        """What the candidates say of themselves, the newest first; only those whose path does not contradict `like`."""
        chosen = [path for path in self.candidates if not like or like in (SAID.findall(str(path)) or [like])]
        for path in chosen:
            if path not in self.asked:
                self.asked[path] = interpreter.ask(path.name, str(path), self.code)
        found = [(path, self.asked[path]) for path in chosen]
        return sorted(found, key=lambda pair: _newest(pair[1]))

    def find(self, label: str, version: str) -> Interpreter | MissingInterpreter:
        """The interpreter of this version: of several with the same minor version the newest, of equals the first found."""
        for path, found in self.answers(SAID.findall(version)[0]):
            if isinstance(found, Interpreter) and version in names_of(found.facts):
                return Interpreter(label, str(path), found.facts)
        there = dict.fromkeys(names_of(one.facts)[0] for _, one in self.answers() if isinstance(one, Interpreter))
        where = "pyenv's and uv's folders, the system's and the PATH"
        return MissingInterpreter(label, f"no Python {version} was found in {where}; there are {', '.join(there)}")


def _newest(found: Interpreter | MissingInterpreter) -> tuple[Any, ...]:
    if isinstance(found, MissingInterpreter):
        return (1, found.label)
    facts = found.facts
    numbers = [-int(part) for part in re.findall(r"\d+", facts["version"])[:3]]
    return (0, facts["implementation"], numbers, not facts["gil_built"])


def resolve_interpreters(
    spec: Spec, code: StagedCode, to_run: bool = True
) -> dict[str, Interpreter | MissingInterpreter]:
    """What an experiment means by its interpreters' labels; each is started, and describes itself.

    What stands as a path in a YAML is started only `to_run`; this interpreter needs to tell of itself only then.
    """
    machine = InterpreterFinder(code)
    found: dict[str, Interpreter | MissingInterpreter] = {}
    for label, value in spec.interpreters.items():
        if value.raw == "current":
            if to_run:
                found[label] = interpreter.current(code, label)
        elif "/" not in value.raw:
            found[label] = machine.find(label, value.raw)
        elif to_run:
            path = Path(spec.path).absolute().parent / Path(value.raw).expanduser()
            found[label] = interpreter.ask(label, str(path), code)
    return found


def support_for_plan(spec: Spec) -> dict[str, SupportCheck]:
    """The judges that a plan needs beside this interpreter: those found by version. Starts nothing where there are none."""
    if all(value.raw == "current" or "/" in value.raw for value in spec.interpreters.values()):
        return {}
    code = stage.stage_child_code()
    return support_checks(resolve_interpreters(spec, code, to_run=False), code)


def support_checks(found: Mapping[str, Interpreter | MissingInterpreter], code: StagedCode) -> dict[str, SupportCheck]:
    """Who tells which cells can run, by label."""
    return {label: one.support(code) for label, one in found.items()}


def listed(code: StagedCode) -> list[dict[str, Any]]:
    """All interpreters of this machine: how a YAML names each, its facts, where it is, and what speaks against it."""
    rows: list[dict[str, Any]] = []
    taken: set[str] = set()
    for path, found in InterpreterFinder(code).answers():
        same = os.path.realpath(path) == os.path.realpath(sys.executable)
        row: dict[str, Any] = {"name": "", "current": same, "found": _at_home(path), "reason": ""}
        if isinstance(found, MissingInterpreter):
            rows.append({**row, "reason": found.reason})
            continue
        names = names_of(found.facts)
        row["name"] = next((name for name in names if name not in taken), "")
        taken.update(names)
        rows.append({**row, **{name: found.facts[name] for name in LISTED}})
    return rows


def _at_home(path: Path) -> str:
    home = str(Path.home())
    return f"~{str(path)[len(home) :]}" if str(path).startswith(f"{home}/") else str(path)
