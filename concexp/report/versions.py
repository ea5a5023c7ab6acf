"""Versions of the user's code on a page: each measured cell of a version beside the same cell of the reference version.

All these comparisons are one family of their own, and nothing else of the page belongs to it: differences between models, which
are large, must not make room for chance among versions. Its p-values are adjusted by Holm's method, so that the chance of naming
any difference between equal versions is at most 1 - level, whatever the number of comparisons. A difference that is named also
lies outside the noise floor, and its interval excludes 1.

Where the machine disturbed most trials, a difference may still be named, of many pairs: versions run in random order within a
block, so that a disturbance hits each alike, and only chance could make one of two equal versions look slower. That they are the
same is not said then: what disturbs adds to both sides, and hides what differs.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concexp.analysis.doubts import DISTURBED
from concexp.analysis.stats import signed_rank
from concexp.analysis.stats.familywise import holm
from concexp.analysis.stats.intervals import UNKNOWN, Interval
from concexp.analysis.stats.ratios import p_value, ratio
from concexp.analysis.stats.significance import MARGIN, difference, equivalence
from concexp.experiment.spec import SHORT_SHA
from concexp.experiment.version_names import AXIS
from concexp.experiment.versions import MANIFEST_KEY
from concexp.report.view import Point, View, once_per_view

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
    """

    version: str
    reference: Point
    point: Point
    factor: Interval
    verdict: str
    within: float = math.nan
    beside: bool = False

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
    judgeable = [(base, point) for base, point in pairs if not _hindrance(view, base, point)]
    known = {}
    for base, point in judgeable:
        p = p_value(_values(view, base, point, point), _values(view, base, point, base))
        if not math.isnan(p):
            known[point.cell] = p
    adjusted = dict(zip(known, holm(list(known.values())), strict=True))
    changes = []
    for base, point in pairs:
        beside = not (base.is_sure and point.is_sure)
        hindrance = _hindrance(view, base, point)
        factor = UNKNOWN if hindrance else _factor(view, base, point)
        floor = view.floor([base, point])
        verdict = hindrance or judged(factor, adjusted.get(point.cell, math.nan), floor.beside(factor), view.run.level)
        if beside and verdict in (SAME, OPEN):
            verdict, factor = DOUBTFUL, UNKNOWN
        within = beyond(factor, floor.under(factor)) if verdict == SAME else math.nan
        changes.append(Change(str(point.labels[AXIS]), base, point, factor, verdict, within, beside))
    return Versions(reference, labels, changes, max((one.factor for one in view.floors), default=math.nan))


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


def _factor(view: View, base: Point, point: Point) -> Interval:
    """By which factor a point is worse than its base."""
    found = ratio(_values(view, base, point, base), _values(view, base, point, point), view.run.level)
    return found if view.metric.better == "higher" or not found.has_value else found.inverted()


def _values(view: View, base: Point, point: Point, of: Point) -> dict[int, float]:
    """The values of one of two points by block: where one is doubtful, of both all trials whose doubts are the machine's."""
    if base.is_sure and point.is_sure:
        return of.sample.by_block(view.primary)
    sample = of.sample.of(view.primary)
    trials = [one for one in sample.has_numbers if DISTURBED.issuperset(one.doubts_about(view.primary))]
    return sample.values(view.primary, trials)


def _hindrance(view: View, base: Point, point: Point) -> str:
    """Why there can be no verdict on two points; "" if there can be one."""
    if not base.has_numbers or not point.has_numbers or {base.status, point.status} != {"ok"}:
        return BAD
    if base.is_sure and point.is_sure:
        return ""
    common = _values(view, base, point, base).keys() & _values(view, base, point, point).keys()
    return "" if len(common) >= MANY else DOUBTFUL


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
