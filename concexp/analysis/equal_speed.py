"""Two cells that do the same work in the same way -> the pairs of their trials beside which the CPU was equally fast.

A rented CPU changes its speed by a factor of two within seconds. Of two trials of a block one is then often slow and the other not,
and their ratio tells of the machine. The small loop that runs before and after each trial (`analysis.speed`) shows which pairs ran
at one speed: the ratio of those is that of the work, whether the CPU was fast or slow. The loop knows nothing of what the trials
measured, and trials run in random order within a block, so that the choice favours neither cell.

Only for versions of one program and for a cell and its control: beside other models the loop takes up to a tenth longer, always
alike.
"""

from __future__ import annotations

import math

from concexp.analysis.adjustment import ANSWERED
from concexp.analysis.doubts import SLOW_CPU
from concexp.analysis.samples import Sample, Trial, compared
from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.ratios import ratio

FEWEST_PAIRS = 10  # of fewer the interval would be wide

Values = dict[int, float]


def pairs(above: Sample, below: Sample, name: str) -> tuple[Values, Values] | None:
    """The values of a metric by block, of the blocks in which both cells ran beside an equally fast CPU.

    As measured, not adjusted for the speed: that is the same. The trials have no doubt but that the CPU was slow, which it was for
    both. None where there are too few such blocks.
    """
    above, below = above.of(name), below.of(name)
    upper, lower = (
        {one.block: one for one in sample.has_numbers if {ANSWERED}.issuperset(one.doubts)} for sample in (above, below)
    )
    blocks = [block for block in upper.keys() & lower.keys() if _equally_fast(upper[block], lower[block])]
    if len(blocks) < FEWEST_PAIRS:
        return None
    values = (
        sample.values(name, [trials[block] for block in sorted(blocks)], raw=True)
        for sample, trials in ((above, upper), (below, lower))
    )
    return next(values), next(values)


def compare(above: Sample, below: Sample, name: str) -> Interval:
    """The ratio of a metric of two cells, above / below, by such pairs where there are enough of them."""
    found = pairs(above, below, name)
    return ratio(*found, above.level) if found else compared(above, below, name)


def _equally_fast(one: Trial, other: Trial) -> bool:
    """False also where the speed is not known."""
    return abs(math.log(one.cpu_speed / other.cpu_speed)) < math.log(SLOW_CPU)
