"""The cells without a timing verdict (`sentences`), and the evidence that the machine withheld CPUs (`threats`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import numpy as np
import pandas as pd

from concexp.analysis import doubt_codes, doubts
from concexp.experiment.statuses import NUMBERED
from concexp.report.points import Point
from concexp.report.text.language import counted, say, translated
from concexp.report.text.markdown import anchor
from concexp.report.text.numbers import enumerated, plural, rounded
from concexp.report.view import View


def sentences(view: View, judged: Collection[str] = ()) -> list[str]:
    """One sentence about all cells without a timing verdict; `judged` are cells that have one all the same."""
    points = [point for point in _points(view) if point.cell not in judged]
    if not points:
        return []
    with_numbers = sum(point.has_numbers for point in view.points)
    which = say("{count} of {cells}", count=len(points), cells=plural(with_numbers, "cell"))
    if len(points) == with_numbers > 1:
        which = say("both cells") if with_numbers == 2 else say("all {cells}", cells=plural(with_numbers, "cell"))
    causes = [
        translated(cause)
        if count == len(points)
        else say("{cause} ({count} of them)", cause=translated(cause), count=count)
        for cause, count in _causes(points).most_common()
    ]
    return [
        say(
            "**No verdict on time for {cells}** (‡): {causes} ([evidence](#{place})).",
            cells=which,
            causes=enumerated(causes),
            place=anchor(say("How far to trust it")),
        )
    ]


def threats(view: View) -> list[str]:
    """The evidence for the doubt `machine`, where it cost a verdict."""
    points = _points(view)
    return [_how_we_know(view, points)] if any("machine" in codes for codes in map(_codes, points)) else []


def _points(view: View) -> list[Point]:
    return [point for point in view.points if point.has_numbers and not point.enough_clean_trials]


def _codes(point: Point) -> set[str]:
    return {code for trial in point.doubtful for code in trial.doubts_about(point.primary)}


def _causes(points: list[Point]) -> Counter[str]:
    """How many of the points each reason for doubt touches; those of equal counts stay in the order of their words."""
    return Counter(
        cause
        for point in points
        for cause in sorted({doubt_codes.IN_BRIEF.get(code, doubt_codes.UNKNOWN) for code in _codes(point)})
    )


def _how_we_know(view: View, points: list[Point]) -> str:
    """The evidence for the doubt `machine`: what spinners achieved, waits in the run queue, time that the host stole."""
    frame = view.run.facts_by_trial
    cells = {point.cell for point in points}
    affected = frame[frame["cell"].isin(cells) & frame["doubts"].str.contains("machine")]
    facts = []
    if doubts.lacked_cpus(affected).any():
        facts.append(_spinners(view))
    short = int(doubts.fell_short(affected).sum())
    if short:
        facts.append(
            say("in {trials} the workers waited for CPUs that they could have used", trials=plural(short, "trial"))
        )
    queued = doubts.waited_for_cpus(affected)
    queued = queued[queued > doubts.WAIT_SHARE]
    if len(queued):
        facts.append(
            say(
                "workers waited for a CPU for {share} of their time (median of {trials}) although there was a CPU for each",
                share=_percent(queued),
                trials=plural(len(queued), "trial"),
            )
        )
    stolen = doubts.stolen(affected)
    stolen = stolen[stolen > doubts.STEAL_SHARE]
    if len(stolen):
        facts.append(
            say(
                "the host of this virtual machine took {share} of the CPU time (median of {trials})",
                share=_percent(stolen),
                trials=plural(len(stolen), "trial"),
            )
        )
    of = plural(int((frame["status"].isin(NUMBERED)).sum()), "trial")
    return say(
        "Evidence that the machine withheld CPUs: {facts}; this affects {count} of {trials}.",
        facts=enumerated(facts),
        count=len(affected),
        trials=of,
    )


def _percent(shares: pd.Series) -> str:
    """The median of shares; what several threads waited for, or several CPUs lost, may be more than all."""
    middle = float(shares.median())
    return f"{rounded(100 * middle, 2)} %" if middle < 1 else say("all")


def _spinners(view: View) -> str:
    spun = view.run.spun
    low, high = min(spun), max(spun)
    found = say("{low} to {high}", low=rounded(low), high=rounded(high)) if low < high else rounded(low)
    return counted(
        view.cpus,
        "spinners run between the trials did the work of {found} CPUs (median {median}) where {cpus} is usable",
        "spinners run between the trials did the work of {found} CPUs (median {median}) where {cpus} are usable",
        found=found,
        median=rounded(float(np.median(spun))),
        cpus=plural(view.cpus, "CPU"),
    )
