"""The JSON Schema (2020-12) of an experiment, for editors: made of the models and tables that the reader validates by.

A schema cannot know what labels a file gives, what is on this machine, or what an expression means: `concexp validate` does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from concexp import catalog
from concexp.experiment import diagnosers, environment, keys, version_names
from concexp.experiment import value_schemas as values
from concexp.experiment.axis_table import AXES
from concexp.experiment.axis_values import VERSION
from concexp.experiment.blocks import Isolation, Pin, Startup
from concexp.experiment.expressions import CURVES, FUNCTIONS
from concexp.experiment.interpreter_settings import ALLOCATORS, COLLECTORS, RANDOM
from concexp.experiment.json_schema import plugins
from concexp.experiment.json_schema.plugins import Classes, described
from concexp.experiment.keys import Key
from concexp.experiment.reader import NAME
from concexp.experiment.scope import GRID_KEYS
from concexp.experiment.spec import KINDS
from concexp.experiment.statuses import STATUSES
from concexp.experiment.value_schemas import Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FILE = "concexp.schema.json"
SHIPPED = Path(__file__).parents[2] / FILE  # without plug-ins of other packages
CONDITION = values.reference("comparison")
LABELS = values.LABELS
HAS_IS: Schema = {"type": "object", "required": ["is"]}


def schema() -> Schema:
    """The schema with all plug-ins that there are, those of installed packages included."""
    classes = {kind: catalog.classes(kind) for kind in catalog.KINDS}
    grid = _grid(classes)
    definitions = {
        **values.DEFINITIONS,
        "comparison": values.condition([*FUNCTIONS, *CURVES, "first"]),
        "metric": _metric(classes),
        "load": _block("load", {}),
        **_forms(),
        **{kind: plugins.entry(kind, classes) for kind in KINDS},
        **plugins.parameters(KINDS, classes),
        "axes": _axes_and_keys(grid, classes),
    }
    found: Schema = {
        "$schema": DIALECT,
        "title": "concexp experiment",
        "description": "Which concurrency model and which synchronisation suit a Python workload?",
        "type": "object",
        "properties": {key: _described(one, keys.ROOT[key]) for key, one in _root(grid, classes).items()},
        "patternProperties": {r"^\.": {"description": "anchors"}},
        "additionalProperties": False,
        "anyOf": [
            {"required": ["workload", "model"]},
            {"required": ["extends"]},
            {"required": ["sweep"], "properties": {"sweep": {"type": "array"}}},
        ],
        "$defs": definitions,
    }
    return values.resolved(found)  # type: ignore[no-any-return]


def text() -> str:
    """The schema as a file has it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _described(schema: Schema, key: Key) -> Schema:
    """A schema with what `concexp show` says about its key."""
    facts = [f"Values: {key.values}" if key.values else "", f"Unit: {key.unit}" if key.unit else ""]
    facts += [f"Default: {key.default}" if key.default else "", f"Example: {key.example}" if key.example else ""]
    return described(schema, key.meaning, *facts)


def _either(schema: Schema) -> Schema:
    """A value, or a list of any length."""
    return {"if": {"type": "array"}, "then": {"items": schema}, "else": schema}


def one_or_list(schema: Schema) -> Schema:
    """A value, or a list of at least one."""
    return {"if": {"type": "array"}, "then": {"items": schema, "minItems": 1}, "else": schema}


def _metric(classes: Classes) -> Schema:
    """The name of a metric, or of a part of one."""
    metric = plugins.name("metric", classes)
    families = [one for one, cls in classes["metric"].items() if hasattr(cls, "part")]
    parts = {"type": "string", "pattern": rf"^(?:{'|'.join(families)})\.\w+$"}
    return values.any_of(metric, *([parts] if families else []))


def _root(grid: Mapping[str, Schema], classes: Classes) -> dict[str, Schema]:
    """The keys of the root, without their descriptions."""
    metric = values.reference("metric")
    status = one_or_list({"enum": list(STATUSES)})
    allowed: Schema = {
        "type": "object",
        "properties": {"status": status},
        "required": ["status"],
        "additionalProperties": LABELS,
    }
    return {
        "name": {"type": "string", "pattern": values.plain(NAME)},
        "question": values.TEXT,
        "tags": values.NAMES,
        "author": values.NAMES,
        "license": values.TEXT,
        **{name: _block(name, {}) for name in keys.BLOCKS},
        **{key: grid[key] for key in GRID_KEYS},
        "sweep": _sweep(),
        "baseline": {"type": "object", "additionalProperties": LABELS},
        "primary": metric,
        "metrics": _either(metric),
        "allow": _either(allowed),
        "claims": _either(_claim()),
        "report": _block("report", {"plots": _names("plot", classes)}),
        "diagnose": _either({"enum": diagnosers.names()}),
        "environment": _environment(),
        "files": values.NAMES,
        "extends": {"type": "string", "pattern": r"\.ya?ml$"},
    }


def _names(kind: str, classes: Classes) -> Schema:
    """The names of plug-ins: one, or a list."""
    name = plugins.name(kind, classes)
    return {"if": {"type": "array"}, "then": {"items": name}, "else": {"anyOf": [name, {"type": "null"}]}}


def _grid(classes: Classes) -> dict[str, Schema]:
    """The keys that stand at the root, or in a map of a list of sweeps."""
    selection = {"if": {"type": "object"}, "then": {"additionalProperties": LABELS}, "else": CONDITION}
    return {
        **{kind: one_or_list(values.reference(kind)) for kind in KINDS},
        "background": values.reference("workload"),
        "load": values.reference("load"),
        "startup": {"enum": list(get_args(Startup))},
        "exclude": _either(selection),
    }


def _block(name: str, instead: Mapping[str, Schema]) -> Schema:
    """A map such as `measure:`, from the model that validates it; `instead` are fields that the catalogue knows better."""
    described_keys = keys.of_block(name)
    properties = {}
    for field, found in _fields(name).items():
        properties[field] = _described(instead.get(field, found), described_keys[field])
        default = keys.BLOCKS[name].model_fields[field].default
        if default is not None and not isinstance(default, list):
            written = keys.as_written(default, described_keys[field].unit)
            properties[field]["default"] = default if isinstance(default, bool | int | str) else written
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _fields(name: str) -> dict[str, Schema]:
    """The types of a block's keys, without what the table of keys says better than pydantic."""
    fields = keys.BLOCKS[name].model_json_schema()["properties"]
    beside = ("title", "default", "description", "examples", "unit", "without", "also")
    return {field: {key: value for key, value in found.items() if key not in beside} for field, found in fields.items()}


# `sweep:` --------------------------------------------------------------------------------------------------------------


def _sweep() -> Schema:
    """A map of axes, or a list of maps that may set keys of the root as well."""
    axes = values.reference("axes")
    only_in_lists: dict[str, Any] = {key: {"not": {}} for key in GRID_KEYS if key not in AXES}
    only_in_lists |= {key: {"not": {"type": "null"}} for key in GRID_KEYS if key in AXES}
    return {
        "if": {"type": "array"},
        "then": {"items": axes, "minItems": 1},
        "else": {**axes, "properties": only_in_lists},
    }


def _axes_and_keys(grid: Mapping[str, Schema], classes: Classes) -> Schema:
    """One map of axes, with the keys of the root that it may set in a list of sweeps."""
    axes = {key: _described(one, keys.of_sweep()[key]) for key, one in _axes(classes).items()}
    axes |= plugins.parameter_axes(KINDS, classes, _axis)
    variable = _axis({"type": ["string", "number"]}, True)
    group = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "array", "minItems": 1}}
    zipped = _either(group)
    both = {key: values.any_of(axes[key], grid[key]) if key in axes else grid[key] for key in GRID_KEYS}
    return {
        "type": "object",
        "properties": {**axes, keys.ZIP.name: _described(zipped, keys.ZIP), **both},
        "patternProperties": {
            rf"^{environment.AXIS.replace('.', r'[.]')}": _described(variable, keys.ENV),
            # A parameter of what has another label, or of user code.
            rf"^(?!(?:{'|'.join(keys.BLOCKS)}|env)[.]).+[.].+$": {},
        },
        "additionalProperties": False,
    }


def _axis(value: Schema, numeric: bool, labelled: str = "labelled") -> Schema:
    """An axis with such values: one, a list, each with a label of its own if it has one; a range where numbers stand."""
    inner = values.any_of(value, values.FORMULA) if numeric else value
    with_label = {**values.reference(labelled), "properties": {"is": inner}}
    one = {"if": HAS_IS, "then": with_label, "else": inner}
    several = one_or_list(one)
    spread = {"if": {"type": "object", "not": HAS_IS}, "then": values.reference("range"), "else": several}
    return spread if numeric else several


def _forms() -> dict[str, Schema]:
    """The maps that stand for a value, or for all values of an axis."""
    label = {name: _described(one, keys.VALUE[name]) for name, one in (("is", {}), ("as", values.TEXT))}
    requirements = {keys.REQUIREMENTS.name: _described(values.NAMES, keys.REQUIREMENTS)}
    return {
        "labelled": {"properties": label, "additionalProperties": False},
        "interpreter": {"properties": {**label, **requirements}, "additionalProperties": False},
        "range": {
            "properties": {name: _described({"type": ["number", "string"]}, key) for name, key in keys.RANGE.items()},
            "required": ["from", "to"],
            "oneOf": [{"required": ["times"]}, {"required": ["step"]}],
            "additionalProperties": False,
        },
    }


def _axes(classes: Classes) -> dict[str, Schema]:
    """The axes of every experiment by name."""
    own = {
        "workers": values.integer(1),
        "startup": {"enum": list(get_args(Startup))},
        "load": values.reference("load"),
        "background.workers": values.integer(0),
        "background.model": plugins.name("model", classes),
        "seed": values.integer(),
        "python": {"type": "string", "pattern": rf"^current$|/|^(?:{VERSION.pattern})$"},
        version_names.AXIS: {"type": ["string", "object"]},
        "gil": values.FLAG,
        "jit": values.FLAG,
        "switch_interval": values.DURATION,
        "pin": {"enum": list(get_args(Pin))},
        "isolation": {"enum": list(get_args(Isolation))},
        "hash_seed": values.any_of(values.integer(0, environment.HASH_SEED_LIMIT - 1), {"const": RANDOM}),
        "gc": values.any_of(values.choice(COLLECTORS), values.integer(0), {"type": "array", "maxItems": 3}),
        "malloc": {"enum": list(ALLOCATORS)},
        "flags": values.TEXT,
    }
    of_blocks = {name: _fields(name) for name in ("load", "measure")}
    found = {}
    for key, axis in AXES.items():
        block, _, field = key.rpartition(".")
        value = own[key] if key in own else of_blocks[block][field]
        found[key] = _axis(value, axis.numeric, "interpreter" if axis.of_interpreter else "labelled")
    return found


# What is left ----------------------------------------------------------------------------------------------------------


def _claim() -> Schema:
    selection = {"if": {"type": "object"}, "then": {"additionalProperties": LABELS}, "else": CONDITION}
    texts = dict.fromkeys(("says", "published", "source"), values.TEXT)
    of = {**texts, "of": selection, "when": CONDITION, "expect": CONDITION, "valid": {"const": "any"}}
    return {
        "type": "object",
        "properties": {name: _described(one, keys.CLAIM[name]) for name, one in of.items()},
        "required": ["expect"],
        "additionalProperties": False,
    }


def _environment() -> Schema:
    text: Schema = {"type": ["string", "number"]}
    default: Schema = {**text, "not": {"const": environment.UNSET}}
    from_caller: dict[str, Schema] = {"from": {"const": environment.CALLER}, "secret": values.FLAG, "default": default}
    variable = {
        "if": {"type": "object"},
        "then": {
            "properties": {name: _described(from_caller[name], key) for name, key in keys.VARIABLE.items()},
            "required": ["from"],
            "additionalProperties": False,
        },
        "else": text,
    }
    names = {"pattern": values.plain(environment.NAME), "not": {"enum": list(environment.REFUSED)}}
    return {"type": "object", "propertyNames": names, "additionalProperties": variable}
