"""What the machine's speed did to the run: two speeds, adjusted intervals, and disturbances that single cells cannot know."""

from __future__ import annotations

import numpy as np

from concexp.analysis import doubts, noise, restless
from concexp.analysis.cells import RAW
from concexp.analysis.samples import adjustment
from concexp.analysis.speed_states import speed_states, trial_speeds
from concexp.analysis.stats.disturbances import Disturbances
from concexp.analysis.stats.intervals import FEWEST
from concexp.report.phrases import MAX_NAMES, first_few
from concexp.report.text.language import counted, message, say, sentences
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, many, plural, rounded, sentence_case, span
from concexp.report.view import View, once_per_view


def threats(view: View) -> list[str]:
    """Two speeds, and disturbances that leave the intervals of single cells open."""
    return list(filter(None, [_states(view), _restless(view), _cpu_time(view), unknowable(noise.disturbed(view.run))]))


def assurances(view: View) -> list[str]:
    """What the intervals are about, and what was adjusted for the machine's speed."""
    return list(filter(None, [_about(view), adjusted(view)]))


def _restless(view: View) -> str:
    if not view.run.is_restless:
        return ""
    return say(
        "The CPU changed its speed so often that too few trials saw a single one. So trials beside which it changed count "
        "in all cells that have {count}, as measured: the order in each block is random, which hits all cells alike and "
        "makes their intervals wide.",
        count=restless.FEWEST_TRIALS,
    )


def _states(view: View) -> str:
    """The two speeds of the machine, how often it ran at each, and how many trials met the slower one."""
    speeds = trial_speeds(view.run)
    states = speed_states(view.run)
    if states is None:
        return ""
    loops = speeds["reference_s"].to_numpy(float)
    fast = float(np.median(loops[states.is_high]))
    slow = int(states.is_low.sum())
    return say(
        "The machine ran at two speeds: {share} % of the time a reference loop took {duration} ms, otherwise "
        "{factor} times as "
        "long; {slow} of {trials} met the slow state.",
        share=f"{100 * states.high_share:.0f}",
        duration=rounded(1e3 * fast),
        factor=rounded(states.factor, 2),
        slow=slow,
        trials=plural(len(speeds), "trial"),
    )


def _cpu_time(view: View) -> str:
    """How many trials needed far more CPU time for the same work, and what the loop beside them says of it."""
    trials = view.run.facts_by_trial
    excess = doubts.excess_cpu_time(trials)
    more = excess > doubts.SLOW_CPU - 1
    if not more.any():
        return ""
    one, all_of = int(more.sum()) == 1, plural(int(excess.notna().sum()), "trial")
    slow = int((more & trials["doubts"].str.contains("slow_cpu")).sum()) if "cpu_speed" in trials else None
    if one:
        return say(
            "1 of {trials} that compute used over 10 % more CPU time per operation than is usual in its cell; {judged}.",
            trials=all_of,
            judged=say(_beside_one(slow)),
        )
    return say(
        "{count} of {trials} that compute used over 10 % more CPU time per operation than is usual in their cell; "
        "{judged}.",
        count=int(more.sum()),
        trials=all_of,
        judged=say(_beside_several(slow), **({"count": slow} if slow else {})),
    )


def _beside_one(slow: int | None) -> str:
    """What the loop beside a single trial says of the speed of its CPU."""
    if slow is None:
        return message("the speed of its CPU was not recorded")
    return message("beside it the CPU was slower") if slow else message("beside it the CPU was no slower")


def _beside_several(slow: int | None) -> str:
    """What the loops beside several trials say of the speed of their CPUs."""
    if slow is None:
        return message("the speed of their CPU was not recorded")
    if slow:
        return message("beside {count} of them the CPU was slower")
    return message("beside none of them the CPU was slower")


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
    share = span(*(f"{100 * share:.0f}" for share in (min(shares), max(shares))))
    units = {point.unit for point in view.points if point.has_numbers}
    some = sorted(many(unit) for unit, name in fits if name == names[0])
    shown = [name if name in view.metrics else view.primary for name in names]
    titles = [escaped(view.called(name)) for name in shown]
    facts = {"metrics": sentence_case(enumerated(first_few(titles, MAX_NAMES))), "share": share}
    if len(some) < len(units):
        text = counted(
            len(shown),
            "{metrics} is adjusted for the machine's speed, where operations are {operations}, which explains "
            "{share} % of the "
            "variation within cells.",
            "{metrics} are adjusted for the machine's speed, where operations are {operations}, which explains "
            "{share} % of the "
            "variation within cells.",
            operations=enumerated(some),
            **facts,
        )
    else:
        text = counted(
            len(shown),
            "{metrics} is adjusted for the machine's speed, which explains {share} % of the variation within cells.",
            "{metrics} are adjusted for the machine's speed, which explains {share} % of the variation within cells.",
            **facts,
        )
    raw = code(f"{shown[0]}{RAW}")
    where = counted(
        len(shown),
        "`cells.csv` has the figures as measured ({column}).",
        "`cells.csv` has the figures as measured ({column} and the like).",
        column=raw,
    )
    return sentences([text, where])


def unknowable(found: Disturbances) -> str:
    """What disturbed trials so that the intervals of single cells cannot be relied on; "" if nothing did.

    `benchmarks/coverage.py` measures how often this is said where the intervals fail.
    """
    if not found.unknowable:
        return ""
    parts = []
    if found.few:
        parts.append(say("with so few trials per cell, a disturbed one looks like scatter"))
    if found.apart:
        slower = found.slower > 1
        facts = {"trials": plural(found.trials, "trial")}
        if slower:
            text = counted(
                found.apart,
                "{count} of {trials} lies far from the others of its cell, {factor} times slower",
                "{count} of {trials} lie far from the others of their cells, {factor} times slower as a median",
                factor=rounded(found.slower, 2),
                **facts,
            )
        else:
            text = counted(
                found.apart,
                "{count} of {trials} lies far from the others of its cell, {factor} times faster",
                "{count} of {trials} lie far from the others of their cells, {factor} times faster as a median",
                factor=rounded(1 / found.slower, 2),
                **facts,
            )
        parts.append(text)
    if found.blocks_differ:
        parts.append(
            say("whole blocks differ (standard deviation {share} %)", share=rounded(100 * found.block_spread, 2))
        )
    return say(
        "Single figures are less certain than their intervals: {reasons}. Another run may give a figure outside. "
        "Ratios are paired "
        "by block, so what a whole block shares does not affect them.",
        reasons=enumerated(parts),
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
    trials = plural(found.trials, "trial")
    if doubtful:
        trials = say("{trials} ({count} of them doubtful)", trials=trials, count=doubtful)
    return say(
        "What disturbs fewer than {share} % of trials may have gone unseen, by hitting none of these {trials}.",
        share=rounded(100 * found.unseen(view.run.level), 2),
        trials=trials,
    )
