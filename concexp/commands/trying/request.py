"""The functions that the command line names, with their arguments, as entries of `workload:`."""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concexp import experiment
from concexp.commands.trying.models import Candidate
from concexp.errors import InputError, Problem, did_you_mean
from concexp.experiment import user_code, user_source, yaml_nodes
from concexp.experiment.user_source import Source, Unusable
from concexp.experiment.version_names import AXIS, WORKTREE

HERE = Path()
LONGEST = 40  # characters of a name that is made of the functions'
LOCKS = ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition")


@dataclass(frozen=True)
class Function:
    """One function to try.

    target     file.py:function or package.module:function; paths are relative to the working folder
    name       the part after the colon
    arguments  its keyword arguments
    over       what gives the items that it is called with, file.py:name; "" for none
    locks      the locks at the top level of its module that its source mentions, as `LOCK (my.py:5)`
    """

    target: str
    name: str
    arguments: Mapping[str, Any]
    over: str = ""
    locks: tuple[str, ...] = ()

    def entry(self, sent: bool) -> Any:
        """Its entry in `workload:`; `sent` for the cost of results that go back to the caller."""
        more = {
            **({"arguments": dict(self.arguments)} if self.arguments else {}),
            **({"over": self.over} if self.over else {}),
            **({"returns": "sent"} if sent else {}),
        }
        if set(more) <= {"arguments"}:
            return {self.target: dict(self.arguments)} if self.arguments else self.target
        return {"call": {"target": self.target, **more}}


def functions_of(targets: Sequence[str], given: Sequence[str], mapping: str, over: str) -> list[Function]:
    """The functions; InputError lists all that is wrong with them and with their arguments.

    given    texts `name=value`, whose values are YAML; each goes to those functions that have a parameter of this name
    mapping  the same as one YAML map, such as `{size: 3}`
    over     where the items are, file.py:name
    """
    problems: list[Problem] = []
    arguments = _arguments(given, mapping, problems)
    found: list[tuple[str, Source, str]] = []
    for target in dict.fromkeys(targets):
        with _noting(target, problems):
            found += _members(target)
    if over:
        with _noting("--over", problems):
            source, name = user_source.find(over, HERE)
            source.require(name)
    functions = [_function(*one, arguments, over, problems) for one in found]
    problems += _unused(arguments, found)
    if problems:
        raise InputError(problems)
    return functions


@contextlib.contextmanager
def _noting(place: str, problems: list[Problem]) -> Iterator[None]:
    """Code that cannot be found becomes a problem of this place."""
    try:
        yield
    except Unusable as error:
        problems.append(problem(place, error.message, error.hint))


def _function(
    target: str, source: Source, name: str, arguments: Mapping[str, Any], over: str, problems: list[Problem]
) -> Function:
    """One function with those of the arguments that it has a parameter for; a problem where it needs others."""
    needs = user_code.parameters_of(source, name)
    own = {key: value for key, value in arguments.items() if needs is None or needs.open or key in needs.required}
    required = [] if needs is None else [key for key, needed in needs.required.items() if needed]
    missing = [key for key in required[bool(over) :] if key not in own]
    if missing:
        problems.append(problem(target, f"{name} needs {', '.join(missing)}", _cure(missing)))
    return Function(target, name, own, over, _locks(source, name))


def _unused(arguments: Mapping[str, Any], found: Sequence[tuple[str, Source, str]]) -> Iterator[Problem]:
    """A problem for each argument for which no function has a parameter."""
    signatures = [user_code.parameters_of(source, name) for _, source, name in found]
    known = [key for needs in signatures if needs is not None for key in needs.required]
    if not found or any(needs is None or needs.open for needs in signatures):
        return
    for key in arguments:
        if key not in known:
            cure = did_you_mean(key, known) or "leave it out: nothing takes arguments here"
            yield problem("--arg", f"no function here has a parameter '{key}'", cure)


def require_revision(functions: Sequence[Function], models: Sequence[Candidate], revision: str) -> None:
    """InputError if the functions cannot be compared with a revision: it is found out before anything is measured."""
    asked = {
        "name": "versions",
        "workload": [one.entry(sent=False) for one in functions],
        "model": models[0].name,
        "sweep": {AXIS: [revision, WORKTREE]},
    }
    try:
        experiment.of_data(asked, "concexp try")
    except InputError as error:
        raise InputError([problem(f"--against {revision}", one.message, one.hint) for one in error.problems]) from None


def problem(place: str, message: str, hint: str = "") -> Problem:
    """A mistake on the command line; hints that speak of a YAML speak of the folder."""
    hint = hint.replace("the folder of this YAML", "this folder").replace("this YAML", "this folder")
    return Problem(place, 0, 0, "", message, hint)


def name_of(functions: Sequence[Function]) -> str:
    """The name of an experiment with these functions: `try_parse`."""
    words = re.sub(r"[^a-z0-9]+", "_", "_".join(one.name for one in functions).lower()).strip("_")
    return f"try_{words[:LONGEST].strip('_')}"


def _members(target: str) -> list[tuple[str, Source, str]]:
    """(target, its source, the name in it) of a function, or of each of a suite; Unusable if there is none."""
    if ":" not in target:
        raise Unusable("it names no function", _functions_in(target))
    source, name = user_source.find(target, HERE)
    if "*" not in name:
        source.require(name)
        return [(target, source, name)]
    members = source.matching(name)
    if not members:
        raise Unusable(f"nothing in {source.shown} fits '{name}'", f"known: {', '.join(source.defined)}")
    prefix = target[: -len(name)]
    return [(prefix + member, source, member) for member in members]


def _functions_in(target: str) -> str:
    """The cure for a file or module without a function's name."""
    try:
        defined = user_source.find(f"{target}:", HERE)[0].defined
    except Unusable as error:
        return error.message
    return f"write {' or '.join(f'{target}:{name}' for name in defined[:3])}" if defined else f"{target} defines none"


def _arguments(given: Sequence[str], mapping: str, problems: list[Problem]) -> dict[str, Any]:
    """The arguments by name, as Python has them."""
    arguments: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            problems.append(problem("--arg", f"'{text}' is not name=value", "write --arg size=3"))
            continue
        arguments |= _values(f"{name}: {value}", "--arg", problems)
    if mapping:
        arguments = {**_values(mapping, "--args", problems), **arguments}
    return arguments


def _values(text: str, option: str, problems: list[Problem]) -> dict[str, Any]:
    """A YAML map as a dict; what is wrong with it goes into `problems`."""
    try:
        node = yaml_nodes.parse(text, option)
    except InputError as error:
        problems += [problem(option, one.message, one.hint) for one in error.problems]
        return {}
    if not isinstance(node.value, dict):
        problems.append(problem(option, f"'{text}' is no map", "write --args '{size: 3}'"))
        return {}
    return dict(node.plain())


def _cure(missing: Sequence[str]) -> str:
    first = " ".join(f"--arg {name}=…" for name in missing)
    return f"give {first}" + (f", or items for {missing[0]}: --over my.py:items" if len(missing) == 1 else "")


def _locks(source: Source, name: str) -> tuple[str, ...]:
    """The locks of the module that the function's own source mentions."""
    names = source.names or {}
    definition = names.get(name)
    if definition is None or not source.located.source:
        return ()
    used = {node.id for node in ast.walk(definition) if isinstance(node, ast.Name)}
    tree = ast.parse(Path(source.located.source).read_bytes())
    made = {
        target.id: statement.lineno
        for statement in tree.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
        for target in statement.targets
        if isinstance(target, ast.Name) and _called(statement.value) in LOCKS
    }
    return tuple(f"{lock} ({source.shown}:{line})" for lock, line in made.items() if lock in used)


def _called(call: ast.Call) -> str:
    """The last part of the name of what is called: `Lock` of threading.Lock()."""
    return ast.unparse(call.func).rpartition(".")[2]
