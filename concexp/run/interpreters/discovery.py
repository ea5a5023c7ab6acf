"""Finds the interpreters of this machine: those that an experiment names, or all of them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from concexp.experiment import Spec, Value, plugin_files
from concexp.experiment.requirements import Requirements
from concexp.plan.support import SupportCheck
from concexp.run.child import stage
from concexp.run.child.stage import StagedCode
from concexp.run.interpreters import environments, interpreter
from concexp.run.interpreters.interpreter import Interpreter, MissingInterpreter

# Where interpreters are installed, whether or not PATH has the folder.
FOLDERS = ("{pyenv}/versions/*/bin", "~/.local/share/uv/python/*/bin", "/usr/bin", "/usr/local/bin")
PROGRAM = re.compile(r"(python|pypy)3(\.\d+)?t?")
# The minor version in a path: 3.13 in versions/3.13.0/bin/python3 and in bin/python3.13.
VERSION = re.compile(r"(?<![\d.])3\.\d+")

# A version as a YAML names it.
NAME = re.compile(r"[a-z]*3\.\d+t?")

# The facts that `concexp list pythons` shows.
LISTED = ("version", "implementation", "compiler", "gil_built", "gil_enabled", "jit_built", "jit", "start_method")


def pyenv() -> Path:
    """pyenv's own folder."""
    return Path(os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv"))


def candidates() -> Iterator[Path]:
    """Programs that look like interpreters, each real file once: this one, pyenv's, uv's, the system's and the PATH's.

    This one comes first, or the program behind a virtual environment would stand for it, without its packages. Not pyenv's
    shims: they are scripts that run only the versions that are switched on.
    """
    folders: list[Path] = []
    for pattern in FOLDERS:
        top, star, rest = os.path.expanduser(pattern.format(pyenv=pyenv())).partition("*")
        folders += sorted(Path(top).glob(f"*{rest}")) if star else [Path(top)]
    folders += [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    seen = set()
    for path in [Path(sys.executable), *(path for folder in folders for path in _programs(folder))]:
        if os.access(path, os.X_OK) and os.path.realpath(path) not in seen:
            seen.add(os.path.realpath(path))
            yield path


def _programs(folder: Path) -> list[Path]:
    if folder == pyenv() / "shims":
        return []
    try:
        names = [name for name in os.listdir(folder) if PROGRAM.fullmatch(name)]
    except OSError:  # PATH names folders that are not there, and some that may not be read
        return []
    return [folder / name for name in sorted(names, key=lambda name: (-len(name), name))]


def names_of(facts: Mapping[str, Any]) -> list[str]:
    """How a YAML may name an interpreter by its version: 3.13, 3.13.0; 3.14t, 3.14.0t; pypy3.11, pypy3.11.17."""
    kind = "" if facts["implementation"] == "CPython" else facts["implementation"].lower()
    versions = facts["version"].rpartition(".")[0], facts["version"]
    return [f"{kind}{version}{'' if facts['gil_built'] else 't'}" for version in versions]


class InterpreterFinder:
    """The interpreters of this machine; each is started once, when it is needed."""

    def __init__(self, code: StagedCode) -> None:
        self.code = code
        self.asked: dict[Path, Interpreter | MissingInterpreter] = {}

    @cached_property
    def candidates(self) -> list[Path]:
        return list(candidates())

    def answers(self, like: str = "") -> list[tuple[Path, Interpreter | MissingInterpreter]]:
        """Candidates with what they report, the newest first; without those whose path names another version than `like`."""
        chosen = [path for path in self.candidates if not like or like in (VERSION.findall(str(path)) or [like])]
        for path in chosen:
            if path not in self.asked:
                self.asked[path] = interpreter.ask(path.name, str(path), self.code)
        answers = [(path, self.asked[path]) for path in chosen]
        return sorted(answers, key=lambda pair: _newest(pair[1]))

    def find(self, label: str, version: str) -> Interpreter | MissingInterpreter:
        """The interpreter of a version: the newest that matches, and of equal ones the first."""
        for path, answer in self.answers(VERSION.findall(version)[0]):
            if isinstance(answer, Interpreter) and version in names_of(answer.facts):
                return Interpreter(label, str(path), answer.facts)
        others = [answer for _, answer in self.answers() if isinstance(answer, Interpreter)]
        available = dict.fromkeys(names_of(other.facts)[0] for other in others)
        lacking = f"no Python {version} was found in pyenv's and uv's folders, the system's and the PATH"
        return MissingInterpreter(label, f"{lacking}; there are {', '.join(available)}")


def _newest(answer: Interpreter | MissingInterpreter) -> tuple[Any, ...]:
    """Sorts by implementation, then the newest version first; missing interpreters last."""
    if isinstance(answer, MissingInterpreter):
        return (1, answer.label)
    facts = answer.facts
    numbers = [-int(part) for part in re.findall(r"\d+", facts["version"])[:3]]
    return (0, facts["implementation"], numbers, not facts["gil_built"])


def resolve_interpreters(
    spec: Spec,
    code: StagedCode,
    to_run: bool = True,
    elsewhere: Mapping[str, Mapping[str, Any]] | None = None,
    say: environments.Say | None = None,
) -> dict[str, Interpreter | MissingInterpreter]:
    """Maps the labels of an experiment's interpreters to them; each is started to describe itself.

    An interpreter that the YAML names by its path is started only `to_run`, and so is this one. What one requires is installed
    only with `say`, which is called before that, since it may take minutes. `elsewhere` are the facts of the interpreters of a run
    on another machine, whose paths mean nothing here and may be a stranger's: none of them is started, and the interpreter here
    that has the same version takes the place of each.
    """
    finder = InterpreterFinder(code)
    interpreters: dict[str, Interpreter | MissingInterpreter] = {}
    for label, value in spec.interpreters.items():
        if elsewhere is not None and "/" in value.raw:
            found: Interpreter | MissingInterpreter | None = _like(finder, label, elsewhere.get(label))
        else:
            found = _resolved(spec, label, value, finder, to_run)
        if value.requirements is not None and isinstance(found, Interpreter):
            found = _with_packages(found, value.requirements, code, say)
        if found is not None:
            interpreters[label] = found
    return interpreters


def _resolved(
    spec: Spec, label: str, value: Value, finder: InterpreterFinder, to_run: bool
) -> Interpreter | MissingInterpreter | None:
    """The interpreter that a value names, without what it requires; None for one that is started only to run."""
    named_by_version = value.raw != "current" and "/" not in value.raw
    if named_by_version:
        return finder.find(label, value.raw)
    if not to_run:
        return None
    if value.raw == "current":
        return interpreter.current(finder.code, label)
    path = Path(spec.path).absolute().parent / os.path.expanduser(value.raw)
    return interpreter.ask(label, str(path), finder.code)


def _with_packages(
    base: Interpreter, requirements: Requirements, code: StagedCode, say: environments.Say | None
) -> Interpreter | MissingInterpreter | None:
    """An interpreter in an environment with what it requires; without `say` nothing is built, and None stands for what is not."""
    try:
        found = (
            environments.existing(base, requirements) if say is None else environments.built(base, requirements, say)
        )
    except environments.NotBuilt as error:
        return MissingInterpreter(base.label, f"no environment for {base.label}: {error}")
    if found is None:
        return None
    python, packages = found
    answer = interpreter.ask(base.label, str(python), code)
    if isinstance(answer, MissingInterpreter):
        return answer
    return replace(answer, facts={**answer.facts, "requirements": list(requirements.lines), "packages": packages})


def _like(finder: InterpreterFinder, label: str, facts: Mapping[str, Any] | None) -> Interpreter | MissingInterpreter:
    """The interpreter of this machine that has the version of one with these facts."""
    known = {"implementation": "", "version": "", "gil_built": True, **(facts or {})}
    version = names_of(known)[0] if known["implementation"] and known["version"] else ""
    if not NAME.fullmatch(version):
        return MissingInterpreter(label, f"it is not known which Python {label} was when the run was made")
    return finder.find(label, version)


def support_for_plan(spec: Spec) -> dict[str, SupportCheck]:
    """The checks of interpreters that a YAML names by version. Starts no process if it names none so."""
    if all(value.raw == "current" or "/" in value.raw for value in spec.interpreters.values()):
        return {}
    code = stage.stage_child_code(plugin_files.of_spec(spec))
    return support_checks(resolve_interpreters(spec, code, to_run=False), code)


def support_checks(
    interpreters: Mapping[str, Interpreter | MissingInterpreter], code: StagedCode
) -> dict[str, SupportCheck]:
    """By label of an interpreter: the check of which cells it can run."""
    return {label: interpreter.support(code) for label, interpreter in interpreters.items()}


def listed(code: StagedCode) -> list[dict[str, Any]]:
    """All interpreters of this machine: its name in a YAML, its facts, its place, and why it cannot be used."""
    rows: list[dict[str, Any]] = []
    taken: set[str] = set()
    for path, answer in InterpreterFinder(code).answers():
        row: dict[str, Any] = {
            "name": "",
            "current": path == Path(sys.executable),
            "found": _at_home(path),
            "reason": "",
        }
        if isinstance(answer, MissingInterpreter):
            rows.append({**row, "reason": answer.reason})
            continue
        names = names_of(answer.facts)
        row["name"] = next((name for name in names if name not in taken), "")
        taken.update(names)
        rows.append({**row, **{name: answer.facts[name] for name in LISTED}})
    return rows


def _at_home(path: Path) -> str:
    home = os.path.expanduser("~")  # not known to users without an entry in the system's list: then "~" itself
    return f"~{str(path)[len(home) :]}" if str(path).startswith(f"{home}/") else str(path)
