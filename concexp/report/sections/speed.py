"""What the machine's speed did to the run: two speeds, adjusted intervals, and disturbances that single cells cannot know."""

from __future__ import annotations

import numpy as np

from concexp.analysis import doubts, noise
from concexp.analysis.cells import RAW
from concexp.analysis.samples import adjustment
from concexp.analysis.speed_states import speed_states, trial_speeds
from concexp.analysis.stats.disturbances import Disturbances
from concexp.analysis.stats.intervals import FEWEST
from concexp.report.phrases import MAX_NAMES, first_few
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, many, plural, rounded, sentence_case
from concexp.report.view import View, once_per_view


def threats(view: View) -> list[str]:
    """Two speeds, and disturbances that leave the intervals of single cells open."""
    return list(filter(None, [_states(view), _cpu_time(view), unknowable(noise.disturbed(view.run))]))


def assurances(view: View) -> list[str]:
    """What the intervals are about, and what was adjusted for the machine's speed."""
    return list(filter(None, [_about(view), adjusted(view)]))


def _states(view: View) -> str:
    """The two speeds of the machine, how often it ran at each, and how many trials met the slower one."""
    speeds = trial_speeds(view.run)
    states = speed_states(view.run)
    if states is None:
        return ""
    loops = speeds["reference_s"].to_numpy(float)
    fast = float(np.median(loops[states.is_high]))
    slow = int(states.is_low.sum())
    return (
        f"The machine ran at two speeds: {100 * states.high_share:.0f} % of the time a reference loop took {rounded(1e3 * fast)} "
        f"ms, otherwise {rounded(states.factor, 2)} times as long; {slow} of {plural(len(speeds), 'trial')} met the slow state."
    )


def _cpu_time(view: View) -> str:
    """How many trials needed far more CPU time for the same work, and what the loop beside them says of it."""
    trials = view.run.facts_by_trial
    excess = doubts.excess_cpu_time(trials)
    more = excess > doubts.SLOW_CPU - 1
    if not more.any():
        return ""
    one = int(more.sum()) == 1
    its = "its" if one else "their"
    judged = f"the speed of {its} CPU was not recorded"
    if "cpu_speed" in trials:
        slow = int((more & trials["doubts"].str.contains("slow_cpu")).sum())
        judged = f"beside {slow} of them the CPU was slower" if slow else "beside none of them the CPU was slower"
        if one:
            judged = f"beside it the CPU was {'slower' if slow else 'no slower'}"
    return (
        f"{int(more.sum())} of {plural(int(excess.notna().sum()), 'trial')} that compute used over 10 % more CPU time per "
        f"operation than is usual in {its} cell; {judged}."
    )


@once_per_view
def adjusted(view: View) -> str:
    """Which intervals are adjusted for the machine's speed, and how much of the variation it explains; "" if none are."""
    fits = adjustment(view.run.trials).fits
    compared = view.metric.compares or view.primary
    names = sorted(
        {name for _, name in fits if name in view.metrics or name == compared}, key=lambda n: (n != compared, n)
    )
    shares = [fit.explained for (_, name), fit in fits.items() if name == (names or [""])[0]]
    if not names:
        return ""
    low, high = (f"{100 * share:.0f}" for share in (min(shares), max(shares)))
    units = {point.unit for point in view.points if point.has_numbers}
    some = sorted(many(unit) for unit, name in fits if name == names[0])
    of = "" if len(some) == len(units) else f", where operations are {enumerated(some)}"
    shown = [name if name in view.metrics else view.primary for name in names]
    titles = [escaped(view.called(name)) for name in shown]
    listed = sentence_case(enumerated(first_few(titles, MAX_NAMES)))
    return (
        f"{listed} {'is' if len(shown) == 1 else 'are'} adjusted for the machine's speed{of}, which explains "
        f"{low if low == high else f'{low} to {high}'} % of the variation within cells. `cells.csv` has the figures as measured "
        f"({code(f'{shown[0]}{RAW}')}{' and the like' if len(shown) > 1 else ''})."
    )


def unknowable(found: Disturbances) -> str:
    """What disturbed trials so that the intervals of single cells cannot be relied on; "" if nothing did.

    `benchmarks/coverage.py` measures how often this is said where the intervals fail.
    """
    if not found.unknowable:
        return ""
    parts = []
    if found.few:
        parts.append("with so few trials per cell, a disturbed one looks like scatter")
    if found.apart:
        slower = found.slower > 1
        parts.append(
            f"{found.apart} of {plural(found.trials, 'trial')} "
            f"{'lies' if found.apart == 1 else 'lie'} far from the others of "
            f"{'its cell' if found.apart == 1 else 'their cells'}, {rounded(found.slower if slower else 1 / found.slower, 2)} "
            f"times {'slower' if slower else 'faster'}{'' if found.apart == 1 else ' as a median'}"
        )
    if found.blocks_differ:
        parts.append(f"whole blocks differ (standard deviation {rounded(100 * found.block_spread, 2)} %)")
    return (
        f"Single figures are less certain than their intervals: {enumerated(parts)}. Another run may give a figure outside. Ratios "
        "are paired by block, so what a whole block shares does not affect them."
    )


def _about(view: View) -> str:
    """How rare a disturbance can be to have gone unseen."""
    found = noise.disturbed(view.run)
    if not found.trials:
        return ""
    # Where too few of a cell's trials are beyond doubt, all of them count; those of cells with fewer than 3 never do.
    samples = [sample.timing_trials(view.primary) for sample in view.run.samples.values()]
    counted = [trials for trials in samples if len(trials) >= FEWEST]
    doubtful = sum(bool(trial.doubts_about(view.primary)) for trials in counted for trial in trials)
    some = f" ({doubtful} of them doubtful)" if doubtful else ""
    return (
        f"A disturbance of fewer than {rounded(100 * found.unseen(view.run.level), 2)} % of the "
        f"{plural(found.trials, 'trial')}{some} may have gone unseen."
    )
