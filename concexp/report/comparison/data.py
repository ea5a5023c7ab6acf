"""A comparison as tables and as data for other programs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from concexp.analysis.comparing.comparison import Comparison
from concexp.report.comparison.sentences import answer, reason_text
from concexp.report.text.markdown import plain


def cells_frame(comparison: Comparison) -> pd.DataFrame:
    """A row per metric and cell; of a history one per metric, cell and run.

    Columns: the axes; metric; relative_to (baseline or workload of the same run); a and b with their intervals (a_lo, a_hi); ratio,
    ratio_lo, ratio_hi (with what two runs of one thing may differ by); trials_lo, trials_hi (of the ratio by the trials alone);
    machine_lo, machine_hi (the machine range); tau (standard deviation of the logarithm between runs); p (adjusted); verdict,
    reason, check.
    """
    if comparison.sides.is_history:
        return _history(comparison)
    rows = []
    for one in comparison.compared:
        row: dict[str, Any] = {**one.match.labels, "metric": one.metric, "relative_to": one.relative}
        for name, value in zip("ab", one.figures, strict=True):
            row |= {name: value.mean, f"{name}_lo": value.lo, f"{name}_hi": value.hi}
        row |= {"ratio": one.ratio.mean, "ratio_lo": one.ratio.lo, "ratio_hi": one.ratio.hi}
        row |= {"trials_lo": one.within.lo, "trials_hi": one.within.hi}
        row |= {"machine_lo": one.span[0], "machine_hi": one.span[1], "tau": one.tau, "p": one.p_values[0]}
        unclear = one.word == "cannot tell"
        row |= {"verdict": one.word, "reason": plain(reason_text(one)) if unclear else "", "check": one.check}
        rows.append(row)
    return _typed(pd.DataFrame(rows))


def _history(comparison: Comparison) -> pd.DataFrame:
    rows = []
    for series in comparison.series:
        steps = {step.at: step for step in series.steps}
        for number, (run, value) in enumerate(zip(comparison.sides.runs, series.figures, strict=True)):
            step = steps.get(number)
            rows.append(
                {
                    **series.match.labels, "metric": series.metric, "run": run.header["run"], "number": number + 1,
                    "began": run.manifest.get("started_at"), "value": value.mean, "value_lo": value.lo, "value_hi": value.hi,
                    "step": step.ratio.mean if step else math.nan,
                    "verdict": "" if step is None else "machine" if step.is_machine else step.word,
                }
            )  # fmt: skip
    return _typed(pd.DataFrame(rows))


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    if "workers" in frame:
        frame["workers"] = frame["workers"].astype("Int64")
    return frame


def circumstances_frame(comparison: Comparison) -> pd.DataFrame:
    """A row per circumstance, with a column per run, by its number: `part`, `name`, `differs`, `1`, `2` …"""
    return pd.DataFrame(
        [
            {"part": row.part, "name": row.name, "differs": row.differs}
            | {str(number): value for number, value in enumerate(row.values, 1)}
            for row in comparison.circumstances
        ]
    )


def claims_frame(comparison: Comparison) -> pd.DataFrame:
    """A row per claim: `says`, `expect`, what became of it, and its verdict in each run, by the run's number."""
    columns = [str(number) for number in range(1, len(comparison.sides.runs) + 1)]
    rows = [
        {"says": one.says, "expect": one.expect, "verdict": one.word, **dict(zip(columns, one.outcomes, strict=True))}
        for one in comparison.claims
    ]
    return pd.DataFrame(rows, columns=["says", "expect", "verdict", *columns])


def as_json(comparison: Comparison) -> dict[str, Any]:
    """Everything as literals that JSON can hold; numbers that are not known are null."""
    machine = comparison.machine
    return {
        "concexp_comparison": 1,
        "kind": "history" if comparison.sides.is_history else "sides",
        "sides": {name: [run.header["run"] for run in runs] for name, runs in comparison.sides.by_name.items()},
        "across": {axis: [_literal(label) for label in labels] for axis, labels in comparison.matching.across.items()},
        "tolerance": comparison.tolerance,
        "level": comparison.level,
        "answer": [plain(sentence) for sentence in answer(comparison)],
        "machine": {
            "other": list(machine.other),
            "slower": None if machine.slower_side is None else "AB"[machine.slower_side],
            "cpus_given": [_number(one) for one in machine.cpus.given],
            "cpus_usable": list(machine.cpus.usable),
            "sentinel_waiting": [_number(one) for one in machine.cpus.waiting],
            "yardsticks": [
                {
                    "name": one.name,
                    "unit": one.unit,
                    "a": _number(one.means[0]),
                    "b": _number(one.means[1]),
                    "b_takes_times": _number(math.exp(one.slower.mean)),
                }
                for one in machine.yardsticks
            ],
        },
        "differs": [
            {"part": row.part, "name": row.name, "values": list(row.values)}
            for row in comparison.circumstances
            if row.differs
        ],
        "cells": [_record(row) for row in cells_frame(comparison).to_dict("records")],
        "claims": claims_frame(comparison).to_dict("records"),
        "unmatched": [
            {
                "side": one.side,
                "labels": {key: _literal(label) for key, label in one.labels.items()},
                "lacking": {key: _literal(label) for key, label in one.axes.items()},
                "parameters": {name: [_literal(here), _literal(there)] for name, here, there in one.parameters},
            }
            for one in comparison.matching.unmatched
        ],
    }


def _record(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): _literal(value) for key, value in row.items()}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _literal(value: Any) -> Any:
    """A value of a frame as JSON can hold it."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, float):
        return _number(value)
    return value if isinstance(value, bool | int | str) else value.item() if hasattr(value, "item") else str(value)
