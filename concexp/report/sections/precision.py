"""How small a difference the run can resolve: noise floor, drift, precision and budget.

`threats` are reasons to trust the numbers less, `assurances` say what was checked and is fine.
"""

from __future__ import annotations

from concexp.analysis import noise
from concexp.analysis.costs import Costs, trials_of
from concexp.analysis.precision import PrecisionShortfall, precision_shortfall, widths
from concexp.analysis.stats.intervals import Interval
from concexp.experiment import Measure
from concexp.experiment.statuses import MEASURED
from concexp.report.family import family_of
from concexp.report.phrases import MAX_NAMES, cell_on_page, first_few, percent_change
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, rounded
from concexp.report.view import View
from concexp.run.forecast import duration_text


def threats(view: View) -> list[str]:
    """A drift, intervals wider than wanted, and repetitions that the budget did not allow."""
    sentences = []
    drift = noise.drift(view.run)
    if noise.drifted(drift):
        sentences.append(
            f"`drift`: the same small work in each of {plural(drift.n, 'block')} took {_change(drift)} at the end of the run than "
            "at its beginning. Comparisons within a block are not affected; figures of single cells are means over it."
        )
    return sentences + list(filter(None, [_shortfall(view)]))


def assurances(view: View) -> list[str]:
    """The correction for many comparisons, the noise floors, how far a drift is excluded, a precision that was reached."""
    sentences = _comparisons(view) + [_floor(view, floor) for floor in view.floors]
    sentences += list(filter(None, [_no_drift(view)]))
    wanted = _measure(view).precision
    half = widths(view.run)
    if wanted is not None and half and max(half.values()) <= wanted:
        sentences.append(
            f"Every interval of {escaped(view.called(view.primary))} is within ±{100 * wanted:g} % of its mean, as wanted."
        )
    return sentences


def _no_drift(view: View) -> str:
    """How far a drift is excluded; "" where there is one, or too few blocks for an interval."""
    drift, times = noise.drift(view.run), noise.sentinel_times(view.run).values()
    if not times or noise.drifted(drift):
        return ""
    if not drift.bounded:
        return ""
    lead = "No drift" if noise.no_drift(drift) else "The machine may have drifted"
    return (
        f"{lead}: the same small work changed by {percent_change(drift)} over {plural(drift.n, 'block')}; its slowest block took "
        f"{rounded(max(times) / min(times))} times as long as the fastest."
    )


def _comparisons(view: View) -> list[str]:
    """The correction for multiple comparisons; empty where there is only one."""
    count = family_of(view).count
    if count < 2:
        return []
    false = f"{100 * (1 - view.run.level):g} %"
    return [f"Differences are corrected for {count:,} comparisons (Benjamini–Hochberg, at most about {false} false)."]


def _floor(view: View, floor: noise.NoiseFloor) -> str:
    point = view.point(floor.cell)
    unlike = "" if floor.ratio.lo <= 1 <= floor.ratio.hi else ", although it is the same"
    workload = f" for {code(floor.workload)}" if len(view.floors) > 1 else ""
    return (
        f"Noise floor{workload}: {rounded(100 * (floor.factor - 1), 2)} %. {cell_on_page(view, point)}, measured twice, differed "
        f"by {percent_change(floor.ratio)}{unlike}."
    )


def _shortfall(view: View) -> str:
    """What was wanted and not reached, and what ended the run before."""
    measure = _measure(view)
    blocks = 1 + max((record["block"] for record in trials_of(view.run.records)), default=-1)
    if measure.precision is None:
        if measure.budget is None:
            return _unfinished(view, measure)
        if blocks >= measure.blocks:
            return ""
        return (
            f"{_reason(view, measure, blocks)} after {blocks} of {plural(measure.blocks, 'repetition')} of every cell."
        )
    missed = precision_shortfall(view.run, view.verdicts, measure.precision)
    return " ".join(filter(None, [_too_wide(view, measure, blocks, missed), _without_interval(view, missed)]))


def _too_wide(view: View, measure: Measure, blocks: int, missed: PrecisionShortfall) -> str:
    """The intervals that are too wide and the claims that are undecided, where more trials would have helped."""
    assert measure.precision is not None
    parts = []
    if missed.wide:
        wide = sorted(missed.wide, key=lambda cell: -missed.wide[cell])
        named = [f"{_of_cell(view, cell)} ±{rounded(100 * missed.wide[cell], 2)} %" for cell in wide]
        parts.append(
            f"every interval of {escaped(view.called(view.primary))} was within ±{100 * measure.precision:g} % of its mean; not so "
            f"narrow: {_named(named)}"
        )
    if missed.short:
        named = [
            f"{_of_cell(view, cell)} ({view.run.samples[cell].of(view.primary).withheld(view.primary)})"
            for cell in sorted(missed.short, key=lambda cell: -missed.short[cell])
        ]
        parts.append(
            f"every cell had enough operations for {escaped(view.called(view.primary))}; too few: {_named(named)}"
        )
    if missed.claims:
        parts.append(
            f"every claim was settled; inconclusive: {_named([escaped(one.claim.says) for one in missed.claims])}"
        )
    return f"{_reason(view, measure, blocks)} before {', and before '.join(parts)}." if parts else ""


def _without_interval(view: View, missed: PrecisionShortfall) -> str:
    """The cells that more trials would give no interval, and why: they are overloaded, or how their trials ended."""
    if not missed.without_interval:
        return ""
    samples = {cell: view.run.samples[cell].of(view.primary) for cell in missed.without_interval}
    named = [f"{_of_cell(view, cell)} ({one.withheld(view.primary) or one.endings})" for cell, one in samples.items()]
    title = escaped(view.called(view.primary))
    return f"No interval of {title}, and more trials would not give one: {_named(named)}."


def _named(names: list[str]) -> str:
    return enumerated(first_few(names, MAX_NAMES, rest_counts=False))


def _of_cell(view: View, cell: str) -> str:
    return cell_on_page(view, view.point(cell))


def _unfinished(view: View, measure: Measure) -> str:
    """How much of its plan an interrupted run has measured."""
    planned = measure.blocks * sum(not cell["reason"] for cell in view.run.cells_by_id.values())
    done = sum(record.role == MEASURED for record in trials_of(view.run.records))
    if not 0 < done < planned:
        return ""
    return f"The run is not finished: {done} of {plural(planned, 'trial')} are done; the same command continues it."


def _reason(view: View, measure: Measure, blocks: int) -> str:
    """What ended a run that did not reach what was wanted: the budget did if it has no room for another whole block."""
    if blocks >= measure.max_blocks:
        return f"The limit of {plural(measure.max_blocks, 'repetition')} (`max_repetitions`) ended the run"
    costs = Costs(view.run.records)
    if measure.budget is not None and measure.budget - costs.spent < costs.between + sum(costs.medians.values()):
        return f"The budget of {duration_text(measure.budget)} ended the run"
    return "The run is not finished (the same command continues it): it stopped"


def _measure(view: View) -> Measure:
    return Measure.model_validate(view.run.spec["measure"])


def _change(drift: Interval) -> str:
    """`7.1 % (5.2–9.0) longer`."""
    longer = drift.mean > 1
    return f"{percent_change(drift if longer else drift.inverted())} {'longer' if longer else 'less'}"
