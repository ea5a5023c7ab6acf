"""JSON Schemas of what the catalogue offers: names of plug-ins, entries with their parameters, parameters as axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from concexp import catalog
from concexp.experiment import value_schemas as values
from concexp.experiment.entries import WANTS
from concexp.experiment.keys import ENTRY
from concexp.experiment.outcomes import GRADES
from concexp.experiment.user_code import LONG, RETURNS, ROLES
from concexp.experiment.value_schemas import Schema

# User code: file.py:function, package.module:name.
TARGET = r"^[^:]+:[^:]+$"
Classes = Mapping[str, Mapping[str, type[Any]]]  # kind -> name -> class
Axis = Callable[[Schema, bool], Schema]  # the schema of a value, whether numbers stand there -> that of an axis


def described(schema: Schema, *texts: str) -> Schema:
    """A schema with a description of these texts."""
    return {"description": ". ".join(text.rstrip(". ") for text in texts if text), **schema}


def parameter(declared: catalog.Parameter) -> Schema:
    """The value of one parameter, with its meaning, unit and default."""
    low, high = declared.minimum, declared.maximum
    schemas: dict[str, Schema] = {
        "int": values.integer(low, high),
        "float": values.number(low, declared.exclusive, high),
        "bool": values.FLAG,
        "str": values.TEXT,
        "duration": values.DURATION,
        "size": values.SIZE,
        "rate": values.RATE,
        "fraction": values.FRACTION,
        "choice": values.choice(declared.choices),
    }
    facts = f"{declared.range}, in {declared.unit}" if declared.unit else declared.range
    found = described(schemas.get(declared.type, {}), declared.meaning, f"Allowed: {facts}")
    return found if declared.required else {**found, "default": _written(declared)}


def _written(declared: catalog.Parameter) -> Any:
    """A default as a YAML has it."""
    value = declared.default
    if declared.type in ("duration", "rate") and isinstance(value, int | float):
        return f"{value:g}s" if declared.type == "duration" else f"{value:g}/s"
    return str(value) if isinstance(value, float) and value in (float("inf"), float("-inf")) else value


def name(kind: str, classes: Classes) -> Schema:
    """The name of a plug-in of a kind."""
    return {"enum": list(classes[kind])}


def entry(kind: str, classes: Classes) -> Schema:
    """One entry: a name, or {name: {parameter: value}, as: label}."""
    of_map = {one: _parameters(kind, one, cls) for one, cls in classes[kind].items()}
    beside = {"as": described(values.TEXT, ENTRY["as"].meaning)}
    text = name(kind, classes)
    patterns: Schema = {}
    if kind == "workload":
        of_map[LONG] = _call()
        beside["wants"] = described({"enum": list(WANTS)}, ENTRY["wants"].meaning)
        text = values.any_of(text, {"type": "string", "pattern": TARGET})
        patterns = {"patternProperties": {TARGET: {"type": ["object", "null"]}}}
    keys = list(beside)
    sizes: list[Schema] = [{"maxProperties": 1}, *({"required": [one], "maxProperties": 2} for one in keys)]
    sizes += [{"required": keys, "maxProperties": 3}] if len(keys) > 1 else []
    written: Schema = {
        "type": "object",
        "properties": {**of_map, **beside},
        **patterns,
        "additionalProperties": False,
        "anyOf": sizes,
    }
    return {"if": {"type": "object"}, "then": written, "else": text}


def _parameters(kind: str, name: str, cls: type[Any]) -> Schema:
    declared = {one: values.reference(_definition(kind, name, one)) for one in catalog.parameters(cls)}
    return {
        "description": catalog.summary(cls),
        "type": ["object", "null"],
        "properties": declared,
        "additionalProperties": False,
    }


def _call() -> Schema:
    """The long form of user code."""
    named = {"type": "string", "pattern": TARGET}
    properties: dict[str, Schema] = {
        **{key: described(named, "file.py:name or package.module:name") for key in ("target", *ROLES)},
        "arguments": described({"type": ["object", "null"]}, "keyword arguments"),
        "over": described(named, "items, one for each call, or a function that returns them"),
        "check": described(named, "a function, called with each returned value"),
        "returns": described({"enum": list(RETURNS)}, "what the returned value is"),
        "outcomes": described(
            {"type": "object", "additionalProperties": {"enum": list(GRADES)}, "minProperties": 1},
            "what its calls can come to, each with its grade",
        ),
    }
    return {
        "description": "code of your own: concexp show call",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _definition(kind: str, plugin: str, parameter: str) -> str:
    return f"{kind}.{plugin}.{parameter}"


def parameters(kinds: Sequence[str], classes: Classes) -> dict[str, Schema]:
    """The definitions of all parameters."""
    return {
        _definition(kind, plugin, one.name): parameter(one)
        for kind in kinds
        for plugin, cls in classes[kind].items()
        for one in catalog.parameters(cls).values()
    }


def parameter_axes(kinds: Sequence[str], classes: Classes, axis: Axis) -> dict[str, Schema]:
    """The parameters of plug-ins as axes: `counter.hold`, and `workload.hold` for all workloads that have it."""
    axes: dict[str, Schema] = {}
    of_kind: dict[str, list[str]] = {}
    for kind in kinds:
        for plugin, cls in classes[kind].items():
            for declared in catalog.parameters(cls).values():
                value = values.reference(_definition(kind, plugin, declared.name))
                axes[f"{plugin}.{declared.name}"] = axis(value, declared.type in ("int", "float", "any"))
                of_kind.setdefault(f"{kind}.{declared.name}", []).append(plugin)
    return axes | {key: described({}, f"the parameter of {', '.join(owners)}") for key, owners in of_kind.items()}
