"""A plan for people, and for programs: what `concexp plan` prints."""

from __future__ import annotations

from collections import Counter
from typing import Any

from concexp.experiment import Spec
from concexp.experiment.spec import Claim
from concexp.experiment.statuses import MEASURED
from concexp.plan.claim_cases import Cells, Impossible
from concexp.plan.planner import unsupported_reasons
from concexp.plan.schedule import Plan
from concexp.run.forecast import Forecast


def plan_data(spec: Spec, plan: Plan, foreseen: Forecast) -> dict[str, Any]:
    """A plan for programs."""
    cells = [
        {
            "cell": c.id,
            "axes": dict(c.axes),
            "parameters": c.parameters,
            "load": dict(c.load),
            "reason": c.reason,
            "asked_at_run": c.runtime.python in plan.unprobed,
        }
        for c in plan.cells
    ]
    order = [{"trial": t.id, "role": t.role, "block": t.block, "position": t.position} for t in plan.trials]
    claimed = [{"says": claim.says, "expect": claim.expect.raw, "cases": count} for claim, count in _cases(spec, plan)]
    return {
        "name": spec.name,
        "question": spec.question,
        "cells": cells,
        "trials": order,
        "max_repetitions": spec.measure.max_blocks,
        "forecast": foreseen.data,
        "claims": claimed,
    }


def _cases(spec: Spec, plan: Plan) -> list[tuple[Claim, int]]:
    """Each claim and how many cases it has: cells, or where its metrics name the cells, what they differ in otherwise."""
    cells = Cells({cell.id: cell.axes for cell in plan.cells}, plan.cpus)
    return [(claim, sum(not isinstance(case, Impossible) for case in cells.cases(claim))) for claim in spec.claims]


def plan_text(spec: Spec, plan: Plan, foreseen: Forecast) -> str:
    """A plan for people."""
    lines = [f"{spec.name}: {spec.question}", ""]
    keys = list(plan.cells[0].axes)
    rows = [[str("" if c.axes[k] is None else c.axes[k]) for k in keys] for c in plan.runnable]
    widths = [max(len(k), *(len(row[i]) for row in rows)) for i, k in enumerate(keys)]
    lines += ["  ".join(f"{text:<{w}}" for text, w in zip(row, widths, strict=True)).rstrip() for row in [keys, *rows]]
    roles = Counter(trial.role for trial in plan.trials)
    beside = [f"{count} {role}" for role, count in roles.items() if role != MEASURED]
    more = f" + {', '.join(beside)}" if beside else ""
    lines += ["", f"{len(rows)} cells × {spec.measure.blocks} repetitions{more} = {len(plan.trials)} trials"]
    if spec.measure.precision is not None:
        settled = " and the claims are settled" if spec.claims else ""
        lines[-1] += (
            f"; then more, until {spec.primary} is known to ±{100 * spec.measure.precision:g} %{settled}, or a cell has "
        )
        lines[-1] += f"{spec.measure.max_blocks}; none for cells whose trials end badly"
    lines += [foreseen.text]
    for label in plan.unprobed:
        count = sum(cell.runtime.python == label for cell in plan.cells)
        lines += [
            "",
            f"{count} cells of python {label}: asked at run, since planning starts nothing that a YAML names by its path",
        ]
    reasons = unsupported_reasons(plan.cells)
    if reasons:
        lines += ["", f"{sum(reasons.values())} cells cannot run:"]
        lines += [f"  {count} × {reason}{_whose(reason, plan)}" for reason, count in reasons.items()]
    if spec.claims:
        lines += ["", "Claims:"]
        for claim, count in _cases(spec, plan):
            words = claim.says if claim.says == claim.expect.raw else f"{claim.says}: `{claim.expect.raw}`"
            lines.append(f"  {words}, {count} case{'s' * (count != 1)}")
    return "\n".join(lines)


def _whose(reason: str, plan: Plan) -> str:
    """The interpreters that a reason holds for, where there are several."""
    own = dict.fromkeys(cell.runtime.python for cell in plan.cells if cell.reason == reason)
    return f" (python {', '.join(own)})" if len({cell.runtime.python for cell in plan.cells}) > 1 else ""
