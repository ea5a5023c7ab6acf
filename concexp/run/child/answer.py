"""What a sealed child sent, as a dict: measured code ran in its process, so that it may be anything at all."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from concexp.trial import wire

# How a trial may say that it ended; a timeout is the parent's word. Other verbs say nothing.
STATUSES = ("ok", "invalid", "failed", "crashed", "unsupported")
# What the parent acts upon before the record is checked as a whole (`storage.schema`), with its type.
TYPES: dict[str, type] = {"status": str, "reason": str, "traceback": str, "ended_ns": int, "held": list, "clock": dict}


def decode(data: bytes, of_trial: bool = False) -> dict[str, Any] | None:
    """The answer, None for the beginning of one; ValueError says why it is none. Only that of a trial must have a status."""
    body = wire.body_of(data)
    if body is None:
        return None
    try:
        answer = from_json(body, allow_inf_nan=False, cache_strings="keys")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the answer is no JSON: {error}") from error
    if not isinstance(answer, dict):
        raise ValueError("the answer is no map")
    for name, expected in TYPES.items():
        value = answer.get(name)
        if value is not None and type(value) is not expected:
            raise ValueError(f"the answer's `{name}` is no {expected.__name__}")
    if not all(isinstance(name, str) for name in answer.get("held") or ()):
        raise ValueError("the answer's `held` holds other things than texts")
    if of_trial and "status" not in answer:
        raise ValueError("the answer has no status")
    if "status" in answer and answer["status"] not in STATUSES:
        raise ValueError(f"the answer's status {answer['status'][:20]!r} is not one of {', '.join(STATUSES)}")
    return answer
