"""Where no timing verdict is given (`told`), and how we know that none may be (`reasons`)."""

from __future__ import annotations

from collections import Counter

import numpy as np

from concexp.analysis import doubts
from concexp.experiment.statuses import NUMBERED
from concexp.report.text.numbers import enumerated, plural, rounded
from concexp.report.view import Point, View


def told(view: View) -> list[str]:
    """One sentence about all cells without a verdict."""
    points = _points(view)
    if not points:
        return []
    numbered = sum(point.numbered for point in view.points)
    of = "all " if len(points) == numbered > 1 else f"{len(points)} of "
    codes = _codes(points)
    causes = []
    if "machine" in codes:
        where = "" if codes["machine"] == len(points) else f" in {codes['machine']} of them"
        causes.append(f"the machine withheld CPUs{where}")
    causes += [f"`{code}` in {plural(count, 'cell')}" for code, count in codes.most_common() if code != "machine"]
    return [
        f"**No timing verdict for {of}{plural(numbered, 'cell')}** (‡): {enumerated(causes)} "
        "([how we know](#how-far-to-trust-it))."
    ]


def reasons(view: View) -> list[str]:
    """The facts behind `machine`, where it cost a verdict."""
    points = _points(view)
    return [_how_we_know(view, points)] if "machine" in _codes(points) else []


def _points(view: View) -> list[Point]:
    return [point for point in view.points if point.numbered and not point.trusted]


def _codes(points: list[Point]) -> Counter[str]:
    """In how many of them each doubt is."""
    return Counter(code for point in points for code in {c for t in point.sample.doubtful for c in t.doubts})


def _how_we_know(view: View, points: list[Point]) -> str:
    """The facts behind the doubt `machine`: what the spinners did, and who stood in the run queue."""
    frame = view.run.facts_by_trial
    cells = {point.cell for point in points}
    own = frame[frame["cell"].isin(cells) & frame["doubts"].str.contains("machine")]
    facts = []
    if doubts.lacked_cpus(own).any():
        spun = view.run.spun
        span = (
            f"{rounded(min(spun))} to {rounded(max(spun))} CPUs"
            if min(spun) < max(spun)
            else f"{rounded(spun[0])} CPUs"
        )
        facts.append(
            f"spinners run between the trials did the work of {span} (median {rounded(float(np.median(spun)))}) where "
            f"{plural(view.cpus, 'CPU')} {'is' if view.cpus == 1 else 'are'} usable"
        )
    line = doubts.waited_for_cpus(own)
    line = line[line > doubts.WAIT_SHARE]
    if len(line):
        facts.append(
            f"workers stood in the run queue for {rounded(100 * float(line.median()), 2)} % of their time (median of "
            f"{plural(len(line), 'trial')}) although there was a CPU for each"
        )
    taken = doubts.stolen(own)
    taken = taken[taken > doubts.STEAL_SHARE]
    if len(taken):
        facts.append(
            f"the host of this virtual machine took {rounded(100 * float(taken.median()), 2)} % of the CPU time (median of "
            f"{plural(len(taken), 'trial')})"
        )
    of = plural(int((frame["status"].isin(NUMBERED)).sum()), "trial")
    return f"How we know that the machine withheld CPUs: {enumerated(facts)}; this touches {len(own)} of {of}."
