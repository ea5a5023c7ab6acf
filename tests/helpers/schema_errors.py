"""Where a JSON Schema rejects an experiment, in the words of `concexp validate`: `claims[0].expect`, `sweep.workers`."""

import functools
import re

import jsonschema

from concexp.experiment import json_schema


@functools.cache
def validator():
    """The validator of the schema with all plug-ins."""
    return jsonschema.Draft202012Validator(json_schema.schema())


def rejected_keys(data):
    """The keys at which the schema rejects an experiment as data; a key that may not be there stands for itself."""
    return {key for error in validator().iter_errors(data) for key in _keys(error)}


def _keys(error):
    here = ""
    for part in error.absolute_path:
        here += f"[{part}]" if isinstance(part, int) else f".{part}" if here else part
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known, patterns = error.schema.get("properties", {}), error.schema.get("patternProperties", {})
        if error.schema["additionalProperties"] is False:
            for key in error.instance:
                if key not in known and not any(re.search(pattern, key) for pattern in patterns):
                    yield f"{here}.{key}" if here else key
            return
    if "propertyNames" in error.absolute_schema_path:
        here += f".{error.instance}"
    yield here
