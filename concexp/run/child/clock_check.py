"""Compares a trial's clock with the parent's: code under test may freeze time, or replace the functions that read it.

The child reads its clocks through objects that such code does not reach (see `concexp.trial.own_time`), so a difference is
rare; but then every time that the trial recorded is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

REASON = "the clock was changed by the code under test"
# The same clock in two processes, or in two threads on different CPUs, may differ by this much, ns.
SLACK_NS = 10_000_000
# The child's second clock has steps of 10 ms, and is read a moment after the first: seconds, and a share of the whole.
STEP_S, SHARE = 0.25, 0.01
READINGS = ("begin_ns", "end_ns", "elapsed_s", "outside_ns")
# What an iteration keeps of a trial whose times are wrong.
COUNTED = ("ops", "counts", "invalid")


def problem(answer: Mapping[str, Any], started_ns: int, answered_ns: int) -> str:
    """Why the times in a trial's answer cannot be right, "" if they can or if it has none.

    `started_ns` and `answered_ns` are the parent's clock before the child was started, and when its answer had come.
    """
    if answer.get("status") not in ("ok", "invalid"):
        return ""
    clock = answer.get("clock") or {}
    begin, end, elapsed_s, outside = (_number(clock.get(name)) for name in READINGS)
    if begin is None or end is None or elapsed_s is None or outside is None:
        return f"{REASON}: it shows no time" if clock else ""
    if not started_ns - SLACK_NS <= begin <= end <= answered_ns + SLACK_NS:
        return f"{REASON}: by it the trial lasted {_seconds(end - begin)}, of {_seconds(answered_ns - started_ns)}"
    if abs((end - begin) / 1e9 - elapsed_s) > STEP_S + SHARE * elapsed_s:
        return f"{REASON}: by it the trial lasted {_seconds(end - begin)}, by the kernel's {elapsed_s:.3g} s"
    if outside > SLACK_NS:
        return f"{REASON}: a worker's differs from the trial's by {_seconds(outside)}"
    if any(map(_stands, _iterations(answer))):
        return f"{REASON}: it stood still while operations were done"
    return ""


def _iterations(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The iterations of an answer, which has not been checked yet: those that are maps."""
    found = answer.get("iterations")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _stands(iteration: Mapping[str, Any]) -> bool:
    wall = _number(iteration.get("wall_s"))
    return wall is not None and not (wall > 0 and math.isfinite(wall))


def _number(value: Any) -> float | None:
    return value if type(value) in (int, float) else None


def _seconds(ns: float) -> str:
    return f"{ns / 1e9:.3g} s"


def without_times(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with what was counted, and none of its times."""
    kept = [{name: one[name] for name in COUNTED if name in one} for one in _iterations(answer)]
    return {**answer, "iterations": kept, "phases": {}}
