"""How small a difference the run can resolve: noise floor, drift, precision and budget.

`threats` are reasons to trust the numbers less, `assurances` say what was checked and is fine.
"""

from __future__ import annotations

from concexp.analysis import noise
from concexp.analysis.costs import Costs, is_trial
from concexp.analysis.precision import PrecisionShortfall, precision_shortfall, widths
from concexp.analysis.stats.intervals import Interval
from concexp.experiment import Measure
from concexp.experiment.statuses import MEASURED
from concexp.report.family import family_of
from concexp.report.phrases import MAX_NAMES, cell_on_page, endings_text, first_few, percent_change
from concexp.report.text.language import message, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, rounded
from concexp.report.text.reasons import reason_text
from concexp.report.view import View
from concexp.run.forecast import duration_text


def threats(view: View) -> list[str]:
    """A drift, intervals wider than wanted, and repetitions that the budget did not allow."""
    sentences = []
    drift = noise.drift(view.run)
    if noise.drifted(drift):
        sentences.append(
            say(
                "`drift`: the same small work in each of {blocks} took {change} at the end of the run than at its "
                "beginning. Comparisons "
                "within a block are not affected; figures of single cells are means over it.",
                blocks=plural(drift.n, "block"),
                change=_change(drift),
            )
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
            say(
                "Every interval of {metric} is within ±{precision} % of its mean, as wanted.",
                metric=escaped(view.called(view.primary)),
                precision=f"{100 * wanted:g}",
            )
        )
    return sentences


def _no_drift(view: View) -> str:
    """How far a drift is excluded; "" where there is one, or too few blocks for an interval."""
    drift, times = noise.drift(view.run), noise.sentinel_times(view.run).values()
    if not times or noise.drifted(drift):
        return ""
    if not drift.bounded:
        return ""
    return say(
        "{verdict}: the same small work changed by {change} over {blocks}; its slowest block took {factor} times as "
        "long as the fastest.",
        verdict=say("No drift") if noise.no_drift(drift) else say("Cannot tell whether the machine drifted"),
        change=percent_change(drift),
        blocks=plural(drift.n, "block"),
        factor=rounded(max(times) / min(times)),
    )


def _comparisons(view: View) -> list[str]:
    """The correction for multiple comparisons; empty where there is only one."""
    count = family_of(view).count
    if count < 2:
        return []
    false = f"{100 * (1 - view.run.level):g} %"
    return [
        say(
            "Differences are corrected for {count} comparisons (Benjamini–Hochberg, at most about {share} false). "
            "In the text, the interval of the best figure may be wider than in the tables: it allows for having been "
            "picked as the best.",
            count=f"{count:,}",
            share=false,
        )
    ]


def _floor(view: View, floor: noise.NoiseFloor) -> str:
    point = view.point(floor.cell)
    facts = {"floor": rounded(100 * (floor.factor - 1), 2)}
    if len(view.floors) > 1:
        head = say("Noise floor for {workload}: {floor} %.", workload=code(floor.workload), **facts)
    else:
        head = say("Noise floor: {floor} %.", **facts)
    text = message("{cell}, measured twice, differed by {difference}, although it is the same.")
    if floor.ratio.lo <= 1 <= floor.ratio.hi:
        text = message("{cell}, measured twice, differed by {difference}.")
    return texts_of([head, say(text, cell=cell_on_page(view, point), difference=percent_change(floor.ratio))])


def _shortfall(view: View) -> str:
    """What was wanted and not reached, and what ended the run before."""
    measure = _measure(view)
    blocks = 1 + max((record["block"] for record in filter(is_trial, view.run.records)), default=-1)
    if measure.precision is None:
        if measure.budget is None:
            return _unfinished(view, measure)
        if blocks >= measure.blocks:
            return ""
        return say(
            "{reason} after {count} of {repetitions} of every cell.",
            reason=_reason(view, measure, blocks),
            count=blocks,
            repetitions=plural(measure.blocks, "repetition"),
        )
    missed = precision_shortfall(view.run, view.verdicts, measure.precision)
    return texts_of(list(filter(None, [_too_wide(view, measure, blocks, missed), _without_interval(view, missed)])))


def _too_wide(view: View, measure: Measure, blocks: int, missed: PrecisionShortfall) -> str:
    """The intervals that are too wide and the claims that are undecided, where more trials would have helped."""
    assert measure.precision is not None
    parts = []
    if missed.wide:
        wide = sorted(missed.wide, key=lambda cell: -missed.wide[cell])
        named = [f"{_of_cell(view, cell)} ±{rounded(100 * missed.wide[cell], 2)} %" for cell in wide]
        parts.append(
            say(
                "every interval of {metric} was within ±{precision} % of its mean; not so narrow: {cells}",
                metric=escaped(view.called(view.primary)),
                precision=f"{100 * measure.precision:g}",
                cells=_named(named),
            )
        )
    if missed.short:
        named = [
            say(
                "{text} ({note})",
                text=_of_cell(view, cell),
                note=reason_text(view.run.samples[cell].of(view.primary).withheld(view.primary)),
            )
            for cell in sorted(missed.short, key=lambda cell: -missed.short[cell])
        ]
        parts.append(
            say(
                "every cell had enough operations for {metric}; too few: {cells}",
                metric=escaped(view.called(view.primary)),
                cells=_named(named),
            )
        )
    if missed.claims:
        parts.append(
            say(
                "every claim was settled; inconclusive: {claims}",
                claims=_named([escaped(one.claim.says) for one in missed.claims]),
            )
        )
    if not parts:
        return ""
    reason = _reason(view, measure, blocks)
    return say("{reason} before {aims}.", reason=reason, aims=say(", and before ").join(parts))


def _without_interval(view: View, missed: PrecisionShortfall) -> str:
    """The cells that more trials would give no interval, and why: they are overloaded, or how their trials ended."""
    if not missed.without_interval:
        return ""
    samples = {cell: view.run.samples[cell].of(view.primary) for cell in missed.without_interval}
    named = [
        say(
            "{text} ({note})",
            text=_of_cell(view, cell),
            note=reason_text(one.withheld(view.primary)) or endings_text(one.statuses),
        )
        for cell, one in samples.items()
    ]
    return say(
        "No interval of {metric}, and more trials would not give one: {cells}.",
        metric=escaped(view.called(view.primary)),
        cells=_named(named),
    )


def _named(names: list[str]) -> str:
    return enumerated(first_few(names, MAX_NAMES, rest_counts=False))


def _of_cell(view: View, cell: str) -> str:
    return cell_on_page(view, view.point(cell))


def _unfinished(view: View, measure: Measure) -> str:
    """How much of its plan an interrupted run has measured."""
    planned = measure.blocks * sum(not cell["reason"] for cell in view.run.cells_by_id.values())
    done = sum(record.role == MEASURED for record in filter(is_trial, view.run.records))
    if not 0 < done < planned:
        return ""
    return say(
        "The run is not finished: {count} of {trials} are done; the same command continues it.",
        count=done,
        trials=plural(planned, "trial"),
    )


def _reason(view: View, measure: Measure, blocks: int) -> str:
    """What ended a run that did not reach what was wanted: the budget did if it has no room for another whole block."""
    if blocks >= measure.max_blocks:
        return say(
            "The limit of {repetitions} (`max_repetitions`) ended the run",
            repetitions=plural(measure.max_blocks, "repetition"),
        )
    costs = Costs(view.run.records)
    if measure.budget is not None and measure.budget - costs.spent < costs.of_block:
        return say("The budget of {duration} ended the run", duration=duration_text(measure.budget))
    return say("The run is not finished (the same command continues it): it stopped")


def _measure(view: View) -> Measure:
    return Measure.model_validate(view.run.spec["measure"])


def _change(drift: Interval) -> str:
    """`7.1 % (5.2–9.0) longer`."""
    longer = drift.mean > 1
    percent = percent_change(drift if longer else drift.inverted())
    return say("{percent} longer", percent=percent) if longer else say("{percent} less", percent=percent)
