"""JSON Schemas of single values as a YAML has them: numbers, durations, sizes, rates, shares, flags, formulas, conditions.

They accept whatever the readers in `units` and `expressions` accept, and refuse what no reader takes. Limits of quantities with a
unit are beyond a schema. The patterns are within what JavaScript and Python both understand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from concexp.experiment.units import BYTES, NUMBER, SECONDS

Schema = dict[str, Any]

# The number of `units` without its group.
DIGITS = NUMBER.replace("([-+]?(?:", "[-+]?(?:", 1).removesuffix(")")
DEFINITION = "definition"
LEVELS = (90, 95, 99)


def _units(names: Iterable[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


def text(pattern: str, **more: Any) -> Schema:
    """A text that matches a pattern as a whole, blanks around it apart."""
    return {"type": "string", "pattern": rf"^\s*(?:{pattern})\s*$", **more}


def any_of(*schemas: Schema) -> Schema:
    """One of these; the schema itself where there is only one."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}


def integer(low: float | None = None, high: float | None = None) -> Schema:
    """A whole number, perhaps as the text of one: 1e4, 20_000."""
    limits = {"minimum": low, "maximum": high}
    return any_of({"type": "integer", **{k: v for k, v in limits.items() if v is not None}}, reference("numeric"))


def number(low: float | None = None, exclusive: bool = False, high: float | None = None) -> Schema:
    """Any number, perhaps as the text of one."""
    limits = {"exclusiveMinimum" if exclusive else "minimum": low, "maximum": high}
    return any_of({"type": "number", **{k: v for k, v in limits.items() if v is not None}}, reference("numeric"))


def choice(words: Iterable[str]) -> Schema:
    """One of these words; a word that is on or off may be written as a flag."""
    listed: list[Any] = list(words)
    return {"enum": [*listed, *(value for word, value in (("on", True), ("off", False)) if word in listed)]}


def reference(name: str) -> Schema:
    """A definition by its name: see `resolved`."""
    return {DEFINITION: name}


def resolved(schema: Any) -> Any:
    """A schema with the references of JSON Schema; pydantic takes none that lead out of its own models."""
    if isinstance(schema, dict):
        inner = {key: resolved(value) for key, value in schema.items() if not _is_reference(key, value)}
        return {"$ref": f"#/$defs/{schema[DEFINITION]}", **inner} if len(inner) < len(schema) else inner
    return [resolved(one) for one in schema] if isinstance(schema, list) else schema


def _is_reference(key: str, value: Any) -> bool:
    return key == DEFINITION and isinstance(value, str)


UNSIGNED = DIGITS.replace("[-+]?", r"\+?", 1)
ZERO: Schema = {"const": 0}
TEXT: Schema = {"type": "string"}
SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}
LEVEL = text(rf"(?:{'|'.join(map(str, LEVELS))})(?:\.0*)?\s*%")
# What stands in many places, once each.
DEFINITIONS: dict[str, Schema] = {
    "duration": any_of(text(rf"{UNSIGNED}\s*(?:{_units(SECONDS)})"), ZERO),
    "size": any_of(text(rf"{UNSIGNED}\s*(?:{_units(BYTES)})"), {"type": "integer", "minimum": 0}),
    "rate": text(rf"{UNSIGNED}\s*/\s*(?:{_units(SECONDS)})"),
    "percentage": text(rf"{UNSIGNED}\s*%"),
    "fraction": any_of({"type": "number"}, text(rf"{DIGITS}\s*%?")),
    "flag": any_of({"type": "boolean"}, {"enum": ["on", "off", "true", "false"]}),
    "until": any_of(
        {"const": "overloaded"}, text(rf"latency_p(?:50|90|99|999)_s\s*>\s*{UNSIGNED}\s*(?:{_units(SECONDS)})")
    ),
    "numeric": text(DIGITS),
    "formula": {"type": "string", "pattern": r"[A-Za-z].*[-+*/(]|[-+*/(].*[A-Za-z]|^[A-Za-z_][\w.]*$"},
    "names": {"if": {"type": "array"}, "then": {"items": TEXT}, "else": TEXT},
    "labels": {"if": {"type": "array"}, "then": {"items": SCALAR}, "else": SCALAR},
}
DURATION, SIZE, RATE, PERCENTAGE, FRACTION, FLAG, UNTIL, NUMERIC, FORMULA, NAMES, LABELS = map(reference, DEFINITIONS)
GROUPS: Schema = {"type": "array", "items": NAMES}

# What a condition has, and what none has: signs of other languages, a blank before a unit, a call of what is no function.
COMPARES = r"[<>]|[=!]=|\b(?:and|or|not|in|within)\b"
WORDS = ("and", "or", "not", "in", "within", "over", "where")


def condition(functions: Iterable[str]) -> Schema:
    """A condition that could be parsed; `functions` are the names that may stand before a bracket."""
    callable_words = "|".join([*functions, *WORDS])
    slips = "|".join(
        [
            r"=>",
            r"=<",
            r"<>",
            r"&",
            r"\|",
            r"[≥≤≠×]",
            r"===",
            r"(?<![<>=!])=(?!=)(?![^\[]*\])",
            r"\[[^\]]*==",
            rf"\d\s+(?:%|(?:{_units([*SECONDS, *BYTES])})\b)",
            rf"\b(?!(?:{callable_words})\b)[A-Za-z_]\w*\(",
        ]
    )
    wrong = {"pattern": rf"""^[^"']*(?:{slips})"""}
    return {"type": "string", "pattern": COMPARES, "not": wrong}


def plain(pattern: re.Pattern[str]) -> str:
    """A pattern that has to match as a whole."""
    return f"^(?:{pattern.pattern})$"
