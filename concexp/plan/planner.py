"""Spec + facts -> Plan: every cell of the sweep, the impossible ones with their reason, and the order of the trials. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from concexp.errors import InputError, Problem
from concexp.experiment import Spec
from concexp.plan.cell import Cell
from concexp.plan.claim_cases import Cells, check
from concexp.plan.expansion import expand, only
from concexp.plan.gc_pause import gc_paused
from concexp.plan.points import CELL_LIMIT
from concexp.plan.schedule import Plan, count_trials, scheduled
from concexp.plan.support import SupportCheck, here

TRIAL_LIMIT = 1_000_000


@gc_paused()
def make_plan(spec: Spec, cpus: int, condition: str = "", checks: Mapping[str, SupportCheck] | None = None) -> Plan:
    """The plan of a spec on a machine with `cpus` usable CPUs; `condition` is that of --only, "" for all cells.

    `checks` know, by label, what interpreters can run. The interpreter that runs this needs none; any other without one is
    assumed to run everything.
    """
    known = {label: here() for label, value in spec.interpreters.items() if value.raw == "current"} | dict(checks or {})
    expansion = expand(spec, cpus)
    if expansion.count > CELL_LIMIT:
        cure = "leave out values, or split the question into several experiments"
        raise _refusal(spec, f"the sweep has {expansion.count:,} cells; the limit is {CELL_LIMIT:,}", cure)
    cells = expansion.cells()
    chosen = only(cells, condition, cpus) if condition and cells else cells
    chosen = _with_reasons(chosen, known)
    trials = count_trials(spec, chosen)
    if trials > TRIAL_LIMIT:
        cure = "fewer `measure.repetitions`, or fewer values"
        raise _refusal(spec, f"the plan has {trials:,} trials; the limit is {TRIAL_LIMIT:,}", cure)
    if not chosen:
        what = f"`--only {condition}`" if condition and cells else "`exclude`"
        raise _refusal(spec, f"{what} leaves no cell", "`concexp plan` lists the cells")
    # Claims are checked against all cells: the condition may leave out what a claim is about.
    check(spec.claims, Cells({cell.id: cell.axes for cell in cells}, cpus))
    unprobed = tuple(label for label in spec.interpreters if label not in known)
    return scheduled(spec, Plan(tuple(chosen), (), cpus, unprobed=unprobed))


def with_refusals(spec: Spec, plan: Plan, reasons: Mapping[str, str]) -> Plan:
    """The plan in which these cells cannot run either; the reasons are by cell id."""
    if not reasons:
        return plan
    cells = tuple(_with_reason(cell, cell.reason or reasons.get(cell.id, "")) for cell in plan.cells)
    return scheduled(spec, replace(plan, cells=cells, controlled=(), sentinel=None))


def _with_reasons(cells: Sequence[Cell], checks: Mapping[str, SupportCheck]) -> list[Cell]:
    """The cells with the reasons why they cannot run, each checked for its own interpreter."""
    reasons: dict[str, str] = {}
    for label, support in checks.items():
        checked = [cell for cell in cells if cell.runtime.python == label]
        if checked:
            reasons |= {cell.id: reason for cell, reason in zip(checked, support.reasons(checked), strict=True)}
    return [_with_reason(cell, cell.lacks or reasons.get(cell.id, "")) for cell in cells]


def _with_reason(cell: Cell, reason: str) -> Cell:
    return cell if reason == cell.reason else replace(cell, reason=reason)


def _refusal(spec: Spec, message: str, hint: str) -> InputError:
    return InputError([Problem(spec.path or spec.name, 0, 0, "sweep", message, hint)])


def unsupported_reasons(cells: Iterable[Cell]) -> dict[str, int]:
    """The number of cells that cannot run, by reason."""
    return dict(Counter(cell.reason for cell in cells if cell.reason))
