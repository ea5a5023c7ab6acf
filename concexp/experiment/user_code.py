"""A user's own code, as a workload's name or after `call:` -> Entries. It is looked at, never executed.

`file.py:name` (relative to the YAML), `package.module:name` (what the trial's interpreter can import), `*` in the name for a
suite: one entry per matching function. `call` is the long form; `user_code_reference` documents all of it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from concexp.errors import did_you_mean
from concexp.experiment import outcomes, units, user_source
from concexp.experiment.problems import Problems, text, unknown_keys
from concexp.experiment.spec import NOWHERE, Entry, Located, Version
from concexp.experiment.user_source import Source, Unusable
from concexp.experiment.yaml_nodes import MISTAKABLE, Node
from concexp.trial.workloads._user_sync import NAME as SYNC

LONG = "call"
ROLES = ("producer", "consumer")
RETURNS = ("anything", "sent", "seconds", "nothing", "any")
COMPARED = ("anything", "sent")  # only then each value has to be the same under every model


@dataclass(frozen=True)
class Mention:
    """Where the YAML names a target or a check, for problems with it: the node, its key if it is one, and the path to it."""

    node: Node
    path: str
    key: str | None = None

    def report(self, problems: Problems, message: str, hint: str = "") -> None:
        problems.at(self.node, self.path, message, hint, self.key)


@dataclass(frozen=True)
class Target:
    """User code as the YAML names it.

    name        file.py:function or package.module:name; with a `*`, a suite
    label       that of `as:`; None without it
    home        the folder that relative paths start from
    mention     where the name stands
    arguments   the keyword arguments, each with its place
    holder      the map of the arguments, and `path` the keys that lead to it
    returns     one of RETURNS
    check       where the check is; NOWHERE without one
    over        where the items are that it is called with; NOWHERE without any
    consumer    where the second role is, NOWHERE without one, and whether it asks for the primitive
    outcomes    what its calls can come to, by name: the grades
    version     the version that it is taken from; None for the files as they are
    """

    name: str
    label: str | None
    home: Path
    mention: Mention
    arguments: Mapping[str, Node]
    holder: Node
    path: str
    returns: str = RETURNS[0]
    check: Located = NOWHERE
    over: Located = NOWHERE
    consumer: tuple[Located, bool] = (NOWHERE, False)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    version: Version | None = None

    def find(self, name: str) -> tuple[Source, str]:
        """The source of a name in the target's folder and version, and the part after the colon; Unusable if there is none."""
        return user_source.find(name, self.home, self.version)


def is_target(name: str) -> bool:
    """Whether a workload's name means user code."""
    return ":" in name or name == LONG


def read(target: Target, problems: Problems, versions: Mapping[str, Version] | None = None) -> list[Entry]:
    """The entries of a target: one, or one per member of a suite; none where there is a problem.

    With `versions`, by name, each entry has those of all versions; a problem is one only where all of them have it.
    """
    if not versions:
        return _read(target, problems)
    found: dict[str, dict[str, Entry]] = {}  # by label and version
    lacking: dict[str, str] = {}  # why, by version
    for name, version in versions.items():
        own = Problems()
        entries = _read(replace(target, version=version), own)
        for entry in entries if not own else ():
            found.setdefault(entry.label, {})[name] = replace(entry, version=version)
        if own:
            lacking[name] = own[0].message
        if own and len(lacking) == len(versions):
            problems += own
    return [_versioned(by_version, lacking, versions) for by_version in found.values()]


def _versioned(by_version: Mapping[str, Entry], lacking: Mapping[str, str], versions: Mapping[str, Version]) -> Entry:
    """The entry that stands for those of all versions; one that lacks it says why."""
    first = next(iter(by_version.values()))
    known = tuple(dict.fromkeys(name for entry in by_version.values() for name in entry.known_parameters))
    members = {}
    for name, version in versions.items():
        entry = by_version.get(name)
        if entry is None:
            why = lacking.get(name) or f"it has no {first.located.name}"
            nowhere = replace(first.located, source="", path="", tree={})
            lost = f"not in {version.shown}: {why}"
            entry = replace(first, version=version, missing=lost, located=nowhere, check=NOWHERE, over=NOWHERE)
        members[name] = replace(entry, known_parameters=known)
    return replace(first, version=None, known_parameters=known, versions=members)


def _read(target: Target, problems: Problems) -> list[Entry]:
    """The entries of a target in one version."""
    completed = _of_call(target, problems) if target.name == LONG else target
    if completed is None:
        return []
    for key, node in completed.arguments.items():
        check_argument(node, f"{completed.path}.{key}", problems)
    try:
        source, function = completed.find(completed.name)
        if "*" in function:
            return _suite(completed, source, function, problems)
        return [_entry(completed, source, function, completed.name, completed.label or completed.name, problems)]
    except Unusable as error:
        completed.mention.report(problems, error.message, error.hint)
        return []


def _of_call(target: Target, problems: Problems) -> Target | None:
    """The target that the keys of `call` describe."""
    given, path = target.arguments, target.path
    roles = [key for key in ROLES if key in given]
    first = ROLES[0] if roles else "target"
    if first not in given or len(roles) == 1:
        cure = (
            "call: {target: my.py:parse, arguments: {size: 3}}, or call: {producer: my.py:make, consumer: my.py:take}"
        )
        target.mention.report(problems, "`call` needs a target, or a producer and a consumer", cure)
        return None
    own = ROLES if roles else (first, "over", "outcomes")
    unknown_keys(target.holder, path, (*own, "arguments", "returns", "check"), problems)
    name = text(given[first], f"{path}.{first}", problems)
    consumer = _consumer(given[ROLES[1]], f"{path}.{ROLES[1]}", target, problems) if roles else (NOWHERE, False)
    returns = _returns(given["returns"], f"{path}.returns", problems) if "returns" in given else RETURNS[0]
    check = _named(given["check"], f"{path}.check", target, problems, True) if "check" in given else NOWHERE
    over = _named(given["over"], f"{path}.over", target, problems, False) if "over" in given else NOWHERE
    graded: Mapping[str, str] = {}
    if "outcomes" in given:
        graded = outcomes.read(given["outcomes"], f"{path}.outcomes", problems)
        returns = returns if "returns" in given else "any"
        if "check" not in given and returns not in outcomes.NAMING:
            message = f"nothing names outcomes: with `returns: {returns}` the function itself cannot"
            problems.at(given["outcomes"], f"{path}.outcomes", message, "name a check that does")
    node = target.mention.node
    arguments = given.get("arguments") or Node({}, node.file, node.line, node.column)
    if not isinstance(arguments.value, dict):
        problems.at(arguments, f"{path}.arguments", f"expected a map, not {units.for_message(arguments.plain())}")
        return None
    if name is None or check is None or over is None or consumer is None:
        return None
    return replace(
        target,
        name=name,
        mention=Mention(given[first], f"{path}.{first}"),
        arguments=arguments.value,
        holder=arguments,
        path=f"{path}.arguments",
        returns=returns,
        check=check,
        over=over,
        consumer=consumer,
        outcomes=graded,
    )


def _consumer(node: Node, path: str, target: Target, problems: Problems) -> tuple[Located, bool] | None:
    """(where the consumer is, whether it asks for the primitive); None if there is a problem."""
    name = text(node, path, problems)
    if name is None:
        return None
    try:
        source, function = target.find(name)
        source.require(function)
    except Unusable as error:
        Mention(node, path).report(problems, error.message, error.hint)
        return None
    signature = parameters_of(source, function)
    missing = [key for key, needed in signature.required.items() if needed and key != SYNC] if signature else []
    if missing:
        Mention(node, path).report(
            problems, f"{function} needs {', '.join(missing)}", "a consumer has no parameter but `sync`"
        )
        return None
    return replace(source.located, function=function), signature is not None and SYNC in signature.without_default


def _returns(node: Node, path: str, problems: Problems) -> str:
    if node.value in RETURNS:
        return str(node.value)
    cure = did_you_mean(str(node.plain()), RETURNS)
    problems.at(node, path, f"expected one of {', '.join(RETURNS)}, not {units.for_message(node.plain())}", cure)
    return RETURNS[0]


def _named(node: Node, path: str, target: Target, problems: Problems, is_check: bool) -> Located | None:
    """Where a check or items are; None if there is a problem."""
    name = text(node, path, problems)
    if name is None:
        return None
    try:
        source, found = target.find(name)
        definition = source.definition(found) if is_check else None
        if definition is not None and not isinstance(definition, ast.FunctionDef):
            raise Unusable(f"{found} is not a plain function", "a check is called with what was returned")
        source.require(found)
    except Unusable as error:
        Mention(node, path).report(problems, error.message, error.hint)
        return None
    return replace(source.located, function=found)


def check_argument(node: Node, path: str, problems: Problems) -> None:
    """Problems for values that would reach the user's code as something else than what was meant: `None`, `yes`, NaN."""
    if isinstance(node.value, dict):
        for key, inner in node.value.items():
            check_argument(inner, f"{path}.{key}", problems)
    elif isinstance(node.value, list):
        for number, inner in enumerate(node.value):
            check_argument(inner, f"{path}[{number}]", problems)
    elif not node.quoted and node.value in MISTAKABLE:
        cure = f'write {MISTAKABLE[node.value]}, or "{node.text}" in quotes if the text is meant'
        problems.at(node, path, f"{node.text} without quotes is a text in YAML 1.2", cure)
    elif node.value != node.value:
        cure = "let the function make it, for example from null"
        problems.at(node, path, "NaN is not equal to itself, so it cannot be a value that a run records", cure)


def _suite(target: Target, source: Source, pattern: str, problems: Problems) -> list[Entry]:
    """An entry for each function that matches; Unusable if there can be none."""
    if target.label is not None:
        raise Unusable("a suite has a label for each function: its name", "leave out `as:`")
    if source.names is None:
        raise Unusable(f"{source.shown} is not Python source, so its content is unknown", "name its functions")
    members = source.matching(pattern)
    if not members:
        cure = f"known: {', '.join(source.defined)}" if source.defined else f"{source.shown} defines nothing"
        raise Unusable(f"nothing in {source.shown} fits '{pattern}'", cure)
    prefix = target.name[: -len(pattern)]
    return [_entry(target, source, member, prefix + member, member, problems) for member in members]


def _entry(target: Target, source: Source, function: str, name: str, label: str, problems: Problems) -> Entry:
    """One function as a workload; Unusable if the source does not define it."""
    source.require(function)
    signature = parameters_of(source, function)
    if signature is not None:
        _check_arguments(target, signature, name, problems)
    arguments = {key: node.plain() for key, node in target.arguments.items()}
    takes_sync = signature is not None and SYNC in signature.without_default and SYNC not in arguments
    mention = target.mention
    return Entry(
        "workload",
        name,
        label,
        arguments,
        located=replace(source.located, function=function),
        known_parameters=tuple(
            name
            for name in dict.fromkeys([*(signature.required if signature else {}), *arguments])
            if not (takes_sync and name == SYNC)
        ),
        returns=target.returns,
        check=target.check,
        over=target.over,
        place=mention.node.problem(mention.path, "", "", mention.key),
        takes_sync=takes_sync,
        outcomes=target.outcomes,
        consumer=target.consumer[0],
        consumer_takes_sync=target.consumer[1],
    )


@dataclass(frozen=True)
class Signature:
    """The parameters that a source shows.

    required         name -> whether a call has to give it
    open             whether other names may be given too: `**options`, or what a decorator makes of it
    without_default  the names that have no default, whatever a decorator does with them
    """

    required: Mapping[str, bool]
    open: bool
    without_default: frozenset[str]


def parameters_of(source: Source, function: str) -> Signature | None:
    """The parameters of a function or class of a source; None where the source alone does not show them."""
    return _signature(source.definition(function), "." in function)


def _signature(definition: ast.stmt | None, is_method: bool) -> Signature | None:
    """The signature of a function, or of a class's `__init__`; None where the source alone does not show it."""
    if isinstance(definition, ast.ClassDef):
        init = next((i for i in definition.body if isinstance(i, ast.FunctionDef) and i.name == "__init__"), None)
        if definition.bases or definition.keywords or definition.decorator_list:
            return None
        definition, is_method = init, True
    if not isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    arguments = definition.args
    positional = [*arguments.posonlyargs, *arguments.args]
    first = max(int(is_method), len(arguments.posonlyargs))  # `self` and positional-only ones cannot be given by name
    without_default = len(positional) - len(arguments.defaults)
    required = {a.arg: number < without_default for number, a in enumerate(positional) if number >= first}
    required |= {a.arg: d is None for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)}
    asked = frozenset(name for name, needed in required.items() if needed)
    if definition.decorator_list:
        return Signature(dict.fromkeys(required, False), True, asked)
    return Signature(required, arguments.kwarg is not None, asked)


def _check_arguments(target: Target, signature: Signature, name: str, problems: Problems) -> None:
    """Problems for misspelt and missing arguments: frequent mistakes, which `validate` finds without running anything.

    Whether the call is right in every other way, only the import in the child knows: see `trial/verbs/look.py`.
    """
    function = name.rpartition(":")[2]
    known = list(signature.required)
    for key in target.arguments if not signature.open else ():
        if key not in known:
            cure = did_you_mean(key, known) or f"{function} takes no arguments"
            message = f"{function} has no parameter '{key}'"
            problems.at(target.holder, f"{target.path}.{key}", message, cure, key)
    positional = int(bool(target.over.function))  # the first one is given the item
    required = [key for key, needed in signature.required.items() if needed and key != SYNC][positional:]
    missing = [key for key in required if key not in target.arguments]
    if missing:
        cure = f"write {{{name}: {{{missing[0]}: …}}}}"
        target.mention.report(problems, f"{function} needs {', '.join(missing)}", cure)
