"""`environment:` -> the variables that all trials see. The axis `env.NAME` varies one of them.

A trial's environment is built from nothing: what user code needs beyond PATH, HOME and LANG is named here. Values are taken as
they are written, without any expansion of `$NAME`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from concexp.errors import Problem
from concexp.experiment import units

AXIS = "env."  # the prefix of the axes
UNSET = "unset"  # the value of a variable that is not there
CALLER = "caller"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# A number of threads may depend on the machine: `cpus`, `2*cpus`. Only `sweep:` computes.
FORMULA = re.compile(r"[\d\s.+*/()-]*\bcpus\b[\d\s.+*/()-]*")
LOOKS_EXPANDED = re.compile(r"\$(\w+|\{\w+\})")
HASH_SEED, HASH_SEED_LIMIT = "PYTHONHASHSEED", 2**32

# What would break the trial itself, and what has a key of its own: name -> (why not, cure).
_BEFORE_STDLIB = "it comes before the standard library, and could replace what the trial itself imports"
REFUSED = {
    "PYTHONPATH": (_BEFORE_STDLIB, "install the code, or put it beside this YAML: its folder is searched last"),
    "PYTHONHOME": ("it moves the standard library of the interpreter", "name an interpreter: sweep: {python: …}"),
    "PYTHONPLATLIBDIR": ("it moves the standard library of the interpreter", "leave it out"),
    "PYTHONSAFEPATH": ("with it an interpreter does not find the code of the trial", "leave it out"),
    "PYTHONFAULTHANDLER": ("a trial that hangs shows by it where it stands", "leave it out: it is always on"),
    "PYTHONINSPECT": ("a trial has no terminal to inspect it from", "leave it out"),
    "PYTHON_GIL": ("it is an axis", 'sweep: {gil: ["on", "off"]}'),
    "PYTHON_JIT": ("it is an axis", 'sweep: {jit: ["on", "off"]}'),
    "TMPDIR": ("each trial has a temporary folder of its own, which is removed after it", "leave it out"),
}
RESERVED = "CONCEXP_"


@dataclass(frozen=True)
class Variable:
    """One variable: its text, or None if it is not to be there; with `from_caller`, the caller's environment has the text.

    Then `text` is the default, where the caller lacks it. Of a `secret` one, only the name is ever written down; a default
    is no secret, since it stands in the YAML.
    """

    text: str | None = None
    from_caller: bool = False
    secret: bool = False
    place: Problem = field(default=Problem("", 0, 0, "", ""), compare=False)  # where problems with it are reported


def refusal(name: str) -> tuple[str, str] | None:
    """(why there cannot be a variable of this name, cure); None if there can."""
    if not NAME.fullmatch(name):
        return f"'{name}' is not the name of a variable", "letters, digits and underscores, a digit not first"
    if name.startswith(RESERVED):
        return f"names that begin with {RESERVED} are for concexp itself", "give it another name"
    if name not in REFUSED:
        return None
    why, cure = REFUSED[name]
    return f"{name} cannot be set: {why}", cure


def value(name: str, raw: Any) -> str | None:
    """A value as written -> the text of the variable, None for `unset`; ValueError says what would be right."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        cure = f": put it in quotes, or write {UNSET} for a variable that is not there"
        raise ValueError(f"expected text or a number, not {units.for_message(raw)}{cure}")
    text = str(raw)
    if FORMULA.fullmatch(text):
        raise ValueError(f"a formula is computed in `sweep:` only: sweep: {{{AXIS}{name}: {text}}}")
    if name == HASH_SEED and text not in ("random", UNSET) and not _is_hash_seed(text):
        raise ValueError(f"expected a whole number below {HASH_SEED_LIMIT}, random or {UNSET}, not '{text}'")
    return None if text == UNSET else text


def _is_hash_seed(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < HASH_SEED_LIMIT


def warnings(variables: Mapping[str, Variable], caller: Mapping[str, str]) -> Iterator[Problem]:
    """Variables that may not be what is meant; `caller` is the environment of this command."""
    for name, variable in variables.items():
        at = variable.place
        if variable.from_caller and name not in caller and variable.text is None:
            yield Problem(at.file, at.line, at.column, at.path, *missing(name))
        if match := LOOKS_EXPANDED.search(variable.text or ""):
            what = f"nothing is expanded: the variable holds `{match[0]}` as it stands"
            yield Problem(at.file, at.line, at.column, at.path, what, "write the value itself")


def missing(name: str) -> tuple[str, str]:
    """(what is wrong, cure) where the caller lacks a variable."""
    return f"{name} is not set where this command was given", f"set it: {name}=… concexp run …"
