"""What `concexp plan` prints: the plan of an experiment as data and as text."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from concexp.commands.text_table import table_lines
from concexp.errors import Problem
from concexp.experiment import Spec, environment
from concexp.experiment.spec import Claim
from concexp.experiment.statuses import MEASURED
from concexp.plan import claim_lint
from concexp.plan.claim_cases import Cells, Impossible
from concexp.plan.planner import unsupported_reasons
from concexp.plan.schedule import Plan
from concexp.run import earlier_intervals
from concexp.run.forecast import Forecast


def warnings(spec: Spec, plan: Plan, runs: Path) -> list[Problem]:
    """Claims that say less than they seem to on this machine, and variables; `runs` is where earlier runs are."""
    of_variables = environment.warnings(spec.environment, os.environ)
    return [*of_variables, *claim_lint.as_planned(spec, plan, earlier_intervals.widths(runs))]


def plan_data(spec: Spec, plan: Plan, forecast: Forecast, warnings: Sequence[Problem] = ()) -> dict[str, Any]:
    """The plan as JSON data: cells, trials in order, forecast in seconds, the number of cases of each claim, warnings."""
    cells = [
        {
            "cell": cell.id,
            "axes": dict(cell.axes),
            "parameters": cell.parameters,
            "load": dict(cell.load),
            "reason": cell.reason,
            "asked_at_run": cell.runtime.python in plan.unprobed,
        }
        for cell in plan.cells
    ]
    trials = [
        {"trial": trial.id, "role": trial.role, "block": trial.block, "position": trial.position}
        for trial in plan.trials
    ]
    claims = [
        {"says": claim.says, "expect": claim.expect.raw, "cases": count} for claim, count in _case_counts(spec, plan)
    ]
    return {
        "name": spec.name,
        "question": spec.question,
        "cells": cells,
        "trials": trials,
        "max_repetitions": spec.measure.max_blocks,
        "forecast": forecast.data,
        "claims": claims,
        "warnings": claim_lint.listed(warnings),
    }


def _case_counts(spec: Spec, plan: Plan) -> Iterator[tuple[Claim, int]]:
    """Yield each claim with its number of cases.

    A case is a cell; where the claim's metrics name the cells, it is what these cells have in common.
    """
    cells = Cells({cell.id: cell.axes for cell in plan.cells}, plan.cpus)
    for claim in spec.claims:
        yield claim, sum(not isinstance(case, Impossible) for case in cells.cases(claim))


def plan_text(spec: Spec, plan: Plan, forecast: Forecast) -> str:
    """The plan for people: the cells that run, the number of trials and how long they take, what cannot run, the claims."""
    lines = [
        f"{spec.name}: {spec.question}",
        "",
        *_cells(plan),
        "",
        _trials(spec, plan) + _until(spec),
        forecast.text,
        *_provided(spec),
        *_unprobed(plan),
        *_unsupported(plan),
        *_claims(spec, plan),
    ]
    return "\n".join(lines)


def _cells(plan: Plan) -> list[str]:
    """The labels of the cells that run, as a table."""
    axes = list(plan.cells[0].axes)
    return table_lines(axes, [[_label_text(cell.axes[axis]) for axis in axes] for cell in plan.runnable])


def _label_text(label: Any) -> str:
    return "" if label is None else str(label)


def _trials(spec: Spec, plan: Plan) -> str:
    """How many trials there are: cells × repetitions, and the trials of other roles beside them."""
    roles = Counter(trial.role for trial in plan.trials)
    others = [f"{count} {role}" for role, count in roles.items() if role != MEASURED]
    more = f" + {', '.join(others)}" if others else ""
    return f"{len(plan.runnable)} cells × {spec.measure.blocks} repetitions{more} = {len(plan.trials)} trials"


def _until(spec: Spec) -> str:
    """When a run with a `precision` or `max_repetitions` stops adding trials."""
    most = spec.measure.max_blocks
    if spec.measure.precision is None:
        if most == spec.measure.blocks:
            return ""
        return f"; then those again that the machine disturbed, until a cell has {most}"
    settled = " and the claims are settled" if spec.claims else ""
    return (
        f"; then more, until {spec.primary} is known to ±{100 * spec.measure.precision:g} %{settled}, "
        f"or a cell has {most}; none for cells whose trials end badly"
    )


def _provided(spec: Spec) -> Iterator[str]:
    """The variables and files that trials are given."""
    if spec.environment:
        yield ""
        yield f"environment: {', '.join(_variable(name, one) for name, one in spec.environment.items())}"
    if spec.files:
        yield ""
    for one in spec.files:
        how = (
            "a copy in each trial's folder"
            if one.is_small
            else "copied once for the run, and linked into each trial's folder"
        )
        yield f"files: {one.name} ({one.size:,} bytes): {how}"


def _variable(name: str, variable: environment.Variable) -> str:
    if variable.from_caller:
        default = "" if variable.text is None else f", default {variable.text}"
        return f"{name} from the caller{', secret' * variable.secret}{default}"
    return f"{name} unset" if variable.text is None else f"{name}={variable.text}"


def _unprobed(plan: Plan) -> Iterator[str]:
    """The interpreters that a plan cannot ask, since it does not start what a YAML names by its path."""
    for label in plan.unprobed:
        count = sum(cell.runtime.python == label for cell in plan.cells)
        yield ""
        why = "planning starts nothing that a YAML names by its path, and installs nothing"
        yield f"{count} cells of python {label}: asked at run, since {why}"


def _unsupported(plan: Plan) -> Iterator[str]:
    """The cells that cannot run, by reason."""
    reasons = unsupported_reasons(plan.cells)
    if reasons:
        yield ""
        yield f"{sum(reasons.values())} cells cannot run:"
    for reason, count in reasons.items():
        yield f"  {count} × {reason}{_pythons_with(reason, plan)}"


def _pythons_with(reason: str, plan: Plan) -> str:
    """The interpreters that a reason holds for, in parentheses; "" if the plan has only one."""
    if len({cell.runtime.python for cell in plan.cells}) == 1:
        return ""
    pythons = dict.fromkeys(cell.runtime.python for cell in plan.cells if cell.reason == reason)
    return f" (python {', '.join(pythons)})"


def _claims(spec: Spec, plan: Plan) -> Iterator[str]:
    """The claims with their number of cases."""
    if spec.claims:
        yield ""
        yield "Claims:"
    for claim, count in _case_counts(spec, plan):
        text = claim.says if claim.says == claim.expect.raw else f"{claim.says}: `{claim.expect.raw}`"
        yield f"  {text}, {count} case{'s' * (count != 1)}"
