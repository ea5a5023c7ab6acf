"""Versions of the user's code on a page: each measured cell of a version beside the same cell of the reference version.

All these comparisons are one family of their own, and nothing else of the page belongs to it: differences between models, which
are large, must not make room for chance among versions. Its p-values are adjusted by Holm's method, so that the chance of naming
any difference between equal versions is at most 1 - level, whatever the number of comparisons. A difference that is named also
lies outside the noise floor, and its interval excludes 1.

Where the CPU changes its speed, those pairs of trials count beside which it was equally fast (`analysis.equal_speed`), of versions
and of the control. Where these are too few and the machine disturbed most trials, a difference may still be named, of many pairs:
versions run in random order within a block, so that a disturbance hits each alike, and only chance could make one of two equal
versions look slower. That they are the same is not said then: what disturbs adds to both sides, and hides what differs.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from concexp.analysis import equal_speed, noise
from concexp.analysis.doubt_codes import DISTURBED
from concexp.analysis.stats import signed_rank
from concexp.analysis.stats.familywise import holm
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.analysis.stats.ratios import p_value, ratio
from concexp.analysis.stats.significance import MARGIN, difference, equivalence
from concexp.experiment.spec import SHORT_SHA
from concexp.experiment.version_names import AXIS
from concexp.experiment.versions import MANIFEST_KEY
from concexp.report.points import Point
from concexp.report.view import View, once_per_view

SLOWER, FASTER, SAME, OPEN = "slower", "faster", "same", "open"
FEW, DOUBTFUL, BAD = "few", "doubtful", "bad"  # why there is no verdict: too few trials, doubts, or bad endings
NAMED = {"higher": SLOWER, "lower": FASTER}
MANY = signed_rank.FROM  # pairs, from which on a difference may be named although the machine disturbed most of them


@dataclass(frozen=True)
class Change:
    """A cell of a version beside the same cell of the reference.

    factor   by which the version is slower (worse) than the reference; below 1 it is faster
    verdict  SLOWER, FASTER, SAME (certainly within the margin), OPEN (cannot tell), or why there is none
    within   of SAME: the share that the difference does not exceed, no less than the noise floor
    beside   whether the machine disturbed most of the trials
    blocks   in which both were measured; of so many only `factor.n` count where the CPU changed its speed
    """

    version: str
    reference: Point
    point: Point
    factor: Interval
    verdict: str
    within: float = math.nan
    beside: bool = False
    blocks: int = 0

    @property
    def has_interval(self) -> bool:
        """Whether there are enough good trials on both sides for an interval, whatever it shows."""
        return self.verdict in (SLOWER, FASTER, SAME, OPEN) and self.factor.bounded


@dataclass(frozen=True)
class Versions:
    """The reference's label, the labels of all versions, and what differs from the reference; `floor` is the noise floor."""

    reference: str
    labels: Sequence[str]
    changes: Sequence[Change]
    floor: float


def labels_of(view: View) -> list[str]:
    """The versions of the user's code that were to be compared; none where they are no axis."""
    labels = [str(label) for label in view.run.header["axes"].get(AXIS, ())]
    return labels if len(labels) > 1 else []


def reference_of(view: View) -> str:
    """The version that the others are compared with: that of `baseline:`, or else the first."""
    labels = labels_of(view)
    wanted = str((view.run.spec.get("baseline") or {}).get(AXIS))
    return wanted if wanted in labels else labels[0]


@once_per_view
def versions_of(view: View) -> Versions | None:
    """The versions of a run; None where none are compared."""
    labels = labels_of(view)
    if not labels or view.metric.better is None:
        return None
    reference = reference_of(view)
    pairs = _pairs(view, reference)
    compared = {point.cell: _compared(view, base, point) for base, point in pairs}
    known = {}
    for cell, one in compared.items():
        if not one.hindrance and not math.isnan(p := p_value(one.above, one.below)):
            known[cell] = p
    adjusted = dict(zip(known, holm(list(known.values())), strict=True))
    floors = {True: noise.noise_floors(view.run, compare=equal_speed.compare), False: view.floors}
    changes = []
    for base, point in pairs:
        one = compared[point.cell]
        factor = _worse(view, one)
        floor = view.floor([base, point], floors[one.at_equal_speed])
        verdict = one.hindrance or judged(
            factor, adjusted.get(point.cell, math.nan), floor.beside(factor), view.run.level
        )
        if one.beside and verdict in (SAME, OPEN):
            verdict, factor = DOUBTFUL, UNKNOWN
        within = beyond(factor, floor.under(factor)) if verdict == SAME else math.nan
        change = Change(str(point.labels[AXIS]), base, point, factor, verdict, within, one.beside, one.blocks)
        changes.append(change)
    shown = floors[any(one.at_equal_speed for one in compared.values())]
    return Versions(reference, labels, changes, max((one.factor for one in shown), default=math.nan))


def judged(factor: Interval, adjusted: float, floor: float, level: float) -> str:
    """What the factor by which a version is slower shows, with its adjusted p-value and beside a noise floor."""
    if not factor.bounded:
        return FEW
    named = NAMED.get(difference(factor, adjusted, floor, level))
    return named or (SAME if equivalence(factor) == "equivalent" and floor <= 1 + MARGIN else OPEN)


def beyond(factor: Interval, floor: float) -> float:
    """The share that a difference does not exceed: the farther end of its interval, and no less than the noise floor."""
    return max(factor.hi, 1 / factor.lo, floor) - 1


def _pairs(view: View, reference: str) -> list[tuple[Point, Point]]:
    """(the reference's point, the version's) for each two cells that equal each other in all else."""
    own = of_version(view)
    bases = {_others(point, own): point for point in view.points if str(point.labels.get(AXIS)) == reference}
    pairs = []
    for point in view.points:
        base = bases.get(_others(point, own))
        if base is not None and base is not point and point.labels.get(AXIS) is not None:
            pairs.append((base, point))
    return pairs


def _others(point: Point, own: Collection[str]) -> str:
    return repr([(key, label) for key, label in point.labels.items() if key not in own])


@once_per_view
def of_version(view: View) -> frozenset[str]:
    """The axes that tell what a version is: `code`, and those that the experiment zips with it, such as its interpreter."""
    sweep = view.run.spec.get("sweep") or {}
    found = {AXIS}
    for grid in sweep if isinstance(sweep, list) else [sweep]:
        zipped = grid.get("zip") or []
        for group in zipped if isinstance(zipped, list) else [zipped]:
            found |= set(group) if AXIS in group else set()
    return frozenset(found)


@dataclass(frozen=True)
class _Compared:
    """What two points are judged by: the values of the version and of its reference by block, or why there can be no verdict.

    at_equal_speed  whether only blocks count in which the CPU was equally fast
    beside          whether the machine disturbed most of the trials
    blocks          in which both have numbers
    """

    above: Mapping[int, float] = field(default_factory=dict)
    below: Mapping[int, float] = field(default_factory=dict)
    hindrance: str = ""
    at_equal_speed: bool = False
    beside: bool = False
    blocks: int = 0


def _compared(view: View, base: Point, point: Point) -> _Compared:
    if not base.has_numbers or not point.has_numbers or {base.status, point.status} != {"ok"}:
        return _Compared(hindrance=BAD)
    name = view.primary
    samples = point.sample.of(name), base.sample.of(name)
    blocks = len(set.intersection(*({one.block for one in sample.has_numbers} for sample in samples)))
    if found := equal_speed.pairs(*samples, name):
        return _Compared(*found, at_equal_speed=True, blocks=blocks)
    if base.is_sure and point.is_sure and not any(sample.is_restless for sample in samples):
        return _Compared(view.by_block(point), view.by_block(base), blocks=blocks)
    above, below = (
        sample.values(name, [one for one in sample.has_numbers if DISTURBED.issuperset(one.doubts_about(name))])
        for sample in samples
    )
    if len(above.keys() & below.keys()) < MANY:
        return _Compared(hindrance=DOUBTFUL)
    return _Compared(above, below, beside=True, blocks=blocks)


def _worse(view: View, compared: _Compared) -> Interval:
    """By which factor a version is worse than its reference; UNKNOWN where that cannot be told."""
    if compared.hindrance:
        return UNKNOWN
    sides = (compared.below, compared.above) if view.metric.better == "higher" else (compared.above, compared.below)
    return ratio(*sides, view.run.level)


def facts(view: View) -> Mapping[str, Mapping[str, Any]]:
    """What the manifest says of each version, by label."""
    found: Mapping[str, Mapping[str, Any]] = view.run.manifest.get(MANIFEST_KEY) or {}
    return found


def commit(view: View, label: str) -> str:
    """The short SHA of a version that is a commit; "" for others."""
    return str(facts(view).get(label, {}).get("commit") or "")[:SHORT_SHA]


def same_code(view: View) -> list[str]:
    """The versions of which all imported files equal those of the reference."""
    hashes = view.run.manifest.get("user_code") or {}
    contents = {}
    for label, record in facts(view).items():
        prefix = f"{record.get('folder')}/"
        contents[label] = {name.removeprefix(prefix): one for name, one in hashes.items() if name.startswith(prefix)}
    base = contents.get(reference_of(view)) if labels_of(view) else None
    return [label for label, own in contents.items() if label != reference_of(view) and base and own == base]
