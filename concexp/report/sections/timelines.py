"""The recorded timelines: what each worker did when, and which of them the page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from concexp.experiment.statuses import PICTURED
from concexp.report.points import Comparison, Point
from concexp.report.text.language import clauses, counted, listed, say
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import plural, rounded, scale_of
from concexp.report.text.reasons import reason_text
from concexp.report.view import View, once_per_view
from concexp.run.storage.journal import Record

OWN_TRIAL = "-timeline"  # how the id of a trial for a timeline ends
MAX_PANELS = 6
MAX_COMPARISONS = 3  # with two panels each: the best and the worst
MIN_QUEUE_SHARE = 0.05  # of the time; smaller waits for a CPU are not mentioned
NANO = 1e-9
TICK = 0.01  # seconds: some kernels count CPU time in steps of this length


@dataclass(frozen=True)
class Segment:
    """A stretch of one worker's time, in seconds: neither `worked` nor `waited` means idle. `done` operations ended with it."""

    begin: float
    end: float
    done: int
    worked: float
    cpu: float
    waited: float


@dataclass(frozen=True)
class Worker:
    """One row: when the worker was created and ready, and what it did, in seconds from the start."""

    index: int
    created_at: float
    ready_at: float
    segments: Sequence[Segment]


@dataclass(frozen=True)
class Timeline:
    """One cell's recorded pass. It starts when the last worker is ready; at `end`, seconds later, all have answered.

    more         workers that were not recorded
    grain        neighbours shorter than this were merged, seconds; 0 if none were
    cpu_known    whether CPU times can be attributed to single workers
    creation     whether the workers were created for this pass, so that the picture shows it
    queue_share  the share of the workers' time spent waiting for a CPU; None if unknown
    places       seconds waited, by primitive
    """

    point: Point
    workers: Sequence[Worker]
    end: float
    more: int
    grain: float
    cpu_known: bool
    creation: bool
    queue_share: float | None
    places: Counter[str]

    @cached_property
    def shares(self) -> dict[str, float]:
        """Shares of the workers' time from start to end: `worked`, `cpu` (worked on a CPU), `waited` and `idle`."""
        whole = self.end * len(self.workers) or 1.0
        segments = [segment for worker in self.workers for segment in worker.segments]
        sums = {name: sum(getattr(s, name) for s in segments) / whole for name in ("cpu", "worked", "waited")}
        return {**sums, "idle": max(0.0, 1 - sums["worked"] - sums["waited"])}

    @property
    def shares_text(self) -> str:
        """The shares in words: `works 61 % (on a CPU 50 %), waits 35 %, idle 4 %`."""
        percent = {name: f"{100 * share:.0f} %" for name, share in self.shares.items()}
        if self.cpu_known:
            return say("works {worked} (on a CPU {cpu}), waits {waited}, idle {idle}", **percent)
        return say("works {worked}, waits {waited}, idle {idle}", **{**percent, "cpu": ""})


def recorded(view: View) -> dict[str, Record]:
    """The records that hold a timeline, by cell."""
    pictured = [r for r in view.run.of_role(PICTURED) if r.has_numbers]
    return {record["cell"]: record for record in pictured if "timeline" in _last(record)}


def _last(record: Record) -> dict[str, Any]:
    return record.passes[-1]


def _timeline(view: View, point: Point, record: Record) -> Timeline:
    fact = _last(record)["timeline"]
    start = max((worker["came"] for worker in fact["workers"]), default=0)
    places: Counter[str] = Counter()
    workers = []
    for worker in fact["workers"]:
        segments = []
        for begin, end, done, worked, cpu, waits in worker["segments"]:
            places.update({label: ns * NANO for label, ns in waits.items()})
            inside = worked * NANO, cpu * NANO, sum(waits.values()) * NANO
            segments.append(Segment((begin - start) * NANO, (end - start) * NANO, done, *inside))
        ends = (worker["made"] - start) * NANO, (worker["came"] - start) * NANO
        workers.append(Worker(worker["index"], *ends, segments))
    parallel = record["answer"]["parallel"]
    by_turns = bool(getattr(view.plugin("model", point.model), "asynchronous", False))
    # Coroutines know their CPU time unless they hand work to threads; others that share one thread do not.
    cpu_known = parallel != "threads" if by_turns else parallel != "one" or len(workers) == 1
    # More CPU time than time comes from a clock that was wrong.
    cpu_known = cpu_known and all(s.cpu <= 1.05 * s.worked + TICK for worker in workers for s in worker.segments)
    queued = [worker["lined"] for worker in fact["workers"]]
    queue_known = cpu_known and queued and None not in queued
    return Timeline(
        point,
        workers,
        (fact["end"] - start) * NANO,
        fact["more"],
        max((worker["grain"] for worker in fact["workers"]), default=0) * NANO,
        cpu_known,
        record.get("startup") != "once",
        sum(queued) / (fact["end"] - start) / len(queued) if queue_known else None,
        places,
    )


@once_per_view
def selection(view: View) -> list[Timeline]:
    """The timelines that are drawn.

    Of each of the first comparisons the best and the worst, with others between them if there is room; each series and primitive
    with its most workers.
    """
    records = recorded(view)
    entries = [points for comparison in view.comparisons if (points := _entries(view, comparison, records))]
    if sum(map(len, entries)) > MAX_PANELS:
        entries = entries[:MAX_COMPARISONS]
        entries = [_spread(points, MAX_PANELS // len(entries)) for points in entries]
    return [_timeline(view, point, records[point.cell]) for points in entries for point in points]


def _entries(view: View, comparison: Comparison, cells: Iterable[str]) -> list[Point]:
    """The point with most workers of each series and primitive, the best first."""
    known = [p for p in comparison.points if p.cell in cells and p.value(view.primary).has_value]
    known = [p for p in known if p.workers is not None] or known  # if any of them is concurrent
    variants = sorted(view.variants(known), key=lambda points: (view.series_name(points[0]), view.primitive(points[0])))
    most = [max(points, key=lambda point: point.workers or 0) for points in variants]
    return sorted(most, key=lambda point: -view.sign * point.value(view.primary).mean)


def _spread(points: list[Point], most: int) -> list[Point]:
    """At most `most` (2 or more) of the points, including the first and the last."""
    if len(points) <= most:
        return points
    return [points[round(k * (len(points) - 1) / (most - 1))] for k in range(most)]


def name(view: View, point: Point) -> str:
    """What distinguishes a cell from the others: `pareto · threads ×2, lock †`."""
    comparison = view.title({key: point.labels.get(key) for key in view.axes if not view.is_choice(key)})
    workers = "" if point.workers is None else f" ×{point.workers}"
    primitive = view.primitive(point)
    cell = f"{view.series_name(point)}{workers}{f', {primitive}' if primitive else ''} {point.mark}".rstrip()
    return f"{comparison} · {cell}" if comparison else cell


def summary(view: View) -> list[str]:
    """What the picture does not show: where workers off the CPU waited for one."""
    texts: list[str] = []
    shown = selection(view)
    shares = [(name(view, timeline.point), timeline.queue_share or 0.0) for timeline in shown]
    if queued := [
        say("{cell}, {share} %", cell=escaped(cell), share=f"{100 * share:.0f}")
        for cell, share in shares
        if share >= MIN_QUEUE_SHARE
    ]:
        texts.append(
            say(
                "A worker off the CPU may be runnable. Share of the time spent waiting for a CPU: {cells}.",
                cells=clauses(queued),
            )
        )
    return texts


def sentences(view: View) -> list[str]:
    """Where the timelines come from, and what of them is not drawn or not known; empty if none were asked for."""
    asked = [record for record in view.run.of_role(PICTURED) if record["trial"].endswith(OWN_TRIAL)]
    if not asked:
        return []
    texts = [
        counted(
            len(asked),
            "Timelines come from {count} trial of its own (`pictured` in results.parquet); observing changes the "
            "times, so no number "
            "comes from it.",
            "Timelines come from {count} trials of their own (`pictured` in results.parquet); observing changes the "
            "times, so no number "
            "comes from them.",
        )
    ]
    shown = selection(view)
    if left := len(recorded(view)) - len(shown):
        texts.append(
            counted(
                left,
                "{count} more timeline in journal.jsonl is not drawn.",
                "{count} more timelines in journal.jsonl are not drawn.",
            )
        )
    grains = [timeline.grain for timeline in shown if timeline.grain]
    if grains:
        factor, unit = scale_of(grains, "s")
        texts.append(
            say(
                "Segments shorter than {duration} are drawn together: such a bar shows shares, not their order.",
                duration=f"{rounded(max(grains) / factor)} {unit}",
            )
        )
    reasons = Counter(record["reason"] for record in asked if record["status"] == "unsupported")
    texts += [
        say("{cells} without a timeline: {reason}.", cells=plural(count, "cell"), reason=escaped(reason_text(reason)))
        for reason, count in reasons.items()
    ]
    if unknown := [timeline.point.model for timeline in shown if not timeline.cpu_known]:
        models = listed([code(model) for model in dict.fromkeys(unknown)])
        texts.append(say("CPU time of single workers of {models} is unknown: they share threads.", models=models))
    return texts
