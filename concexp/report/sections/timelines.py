"""The journal's recorded timelines -> what each worker did when, seconds from the start, and which of them a page shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from concexp.experiment.statuses import PICTURED
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import plural, rounded, scale_of
from concexp.report.view import Contest, Point, View
from concexp.run.storage.journal import Record

SHOWN = 6  # panels of a picture
COMPARISONS = 3  # of which two panels each are shown: the best and the worst
LINED = 0.05  # a share of the time in line for a CPU that is worth a word
NANO = 1e-9


@dataclass(frozen=True)
class Segment:
    """A stretch of one worker's time, seconds; what is neither `worked` nor `waited` was idle. `done` operations ended with it."""

    begin: float
    end: float
    done: int
    worked: float
    cpu: float
    waited: float


@dataclass(frozen=True)
class Worker:
    """One row: when it was made and came to the start, and what it did, seconds from the start."""

    index: int
    made: float
    came: float
    segments: Sequence[Segment]


@dataclass(frozen=True)
class Timeline:
    """One cell's recorded pass. The start is when the last worker had come, `end` when all had answered, seconds later.

    more       workers that were not recorded
    grain      neighbours shorter than that were put together, seconds; 0 if none was
    cpu_known  whether the workers' CPU times are their own
    creation   whether the workers were made for this pass, so that their creation is part of the picture
    lined      the share of the workers' time in which they stood in line for a CPU; None if it is not known
    places     what was waited in, and for how long, seconds
    """

    point: Point
    workers: Sequence[Worker]
    end: float
    more: int
    grain: float
    cpu_known: bool
    creation: bool
    lined: float | None
    places: Counter[str]

    @cached_property
    def shares(self) -> dict[str, float]:
        """Of the workers' time from the start to the end: `cpu` (of it on a CPU), `worked`, `waited` and `idle`."""
        whole = self.end * len(self.workers) or 1.0
        segments = [segment for worker in self.workers for segment in worker.segments]
        sums = {name: sum(getattr(s, name) for s in segments) / whole for name in ("cpu", "worked", "waited")}
        return {**sums, "idle": max(0.0, 1 - sums["worked"] - sums["waited"])}

    @property
    def told(self) -> str:
        """The shares in words: `works 61 % (on a CPU 50 %), waits 35 %, idle 4 %`."""
        found = {name: f"{100 * share:.0f} %" for name, share in self.shares.items()}
        on_cpu = f" (on a CPU {found['cpu']})" if self.cpu_known else ""
        return f"works {found['worked']}{on_cpu}, waits {found['waited']}, idle {found['idle']}"


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
    # Coroutines know their own, unless they hand their work to threads; others that share one thread do not.
    cpu_known = parallel != "threads" if by_turns else parallel != "one" or len(workers) == 1
    lined = [worker["lined"] for worker in fact["workers"]]
    told = cpu_known and lined and None not in lined
    return Timeline(
        point,
        workers,
        (fact["end"] - start) * NANO,
        fact["more"],
        max((worker["grain"] for worker in fact["workers"]), default=0) * NANO,
        cpu_known,
        record["startup"] != "once",
        sum(lined) / (fact["end"] - start) / len(lined) if told else None,
        places,
    )


def chosen(view: View) -> list[Timeline]:
    """Those that are drawn: of each of the first comparisons the best and the worst, and others between if there is room.

    Each model and primitive is there with its most workers.
    """
    records = recorded(view)
    entries = [found for contest in view.contests if (found := _entries(view, contest, records))]
    if sum(map(len, entries)) > SHOWN:
        entries = entries[:COMPARISONS]
        entries = [_spread(found, SHOWN // len(entries)) for found in entries]
    return [_timeline(view, point, records[point.cell]) for found in entries for point in found]


def _entries(view: View, contest: Contest, cells: Iterable[str]) -> list[Point]:
    """Of each model and primitive the point with most workers, the best first."""

    def who(point: Point) -> tuple[str, str]:
        return view.line(point), view.primitive(point)

    known = [p for p in contest.points if p.cell in cells and p.value(view.primary).has_value]
    known = [p for p in known if p.workers is not None] or known  # where there is concurrency to be seen
    groups = [list(points) for _, points in groupby(sorted(known, key=who), key=who)]
    found = [max(points, key=lambda point: point.workers or 0) for points in groups]
    sign = -1 if view.metric.better == "higher" else 1
    return sorted(found, key=lambda point: sign * point.value(view.primary).mean)


def _spread(points: list[Point], most: int) -> list[Point]:
    """At most so many (2 or more) of them, the first and the last among them."""
    if len(points) <= most:
        return points
    return [points[round(k * (len(points) - 1) / (most - 1))] for k in range(most)]


def name(view: View, point: Point) -> str:
    """`pareto · threads ×2, lock †`: what tells a cell from the others."""
    contest = view.title({key: point.labels.get(key) for key in view.axes if not view.chosen(key)})
    workers = "" if point.workers is None else f" ×{point.workers}"
    primitive = view.primitive(point)
    who = f"{view.line(point)}{workers}{f', {primitive}' if primitive else ''} {point.mark}".rstrip()
    return f"{contest} · {who}" if contest else who


def told(view: View) -> list[str]:
    """What has to be known of the recorded timelines, in Markdown; nothing where none was asked for."""
    asked = view.run.of_role(PICTURED)
    if not asked:
        return []
    found = [
        f"What each worker did when comes from {plural(len(asked), 'trial')} of {'its' if len(asked) == 1 else 'their'} own "
        "(`pictured` in results.parquet) with one measured pass: looking changes the times, so no number comes from "
        f"{'it' if len(asked) == 1 else 'them'}."
    ]
    shown = chosen(view)
    if left := len(recorded(view)) - len(shown):
        found.append(f"{plural(left, 'more timeline')} in journal.jsonl {'is' if left == 1 else 'are'} not drawn.")
    grains = [timeline.grain for timeline in shown if timeline.grain]
    if grains:
        factor, unit = scale_of(grains, "s")
        found.append(
            f"Where a worker had more segments than are kept, neighbours are drawn as one up to {rounded(max(grains) / factor)} "
            f"{unit}: such a bar shows shares, and no order within."
        )
    shares = [(name(view, timeline.point), timeline.lined or 0.0) for timeline in shown]
    if lined := "; ".join(f"{escaped(cell)}, {100 * share:.0f} %" for cell, share in shares if share >= LINED):
        found.append(
            f"Off the CPU need not mean asleep. Share of the time in which workers stood in line for one: {lined}."
        )
    reasons = Counter(record["reason"] for record in asked if record["status"] == "unsupported")
    found += [f"{plural(count, 'cell')} without a timeline: {escaped(reason)}." for reason, count in reasons.items()]
    if unknown := [timeline.point.model for timeline in shown if not timeline.cpu_known]:
        models = ", ".join(code(model) for model in dict.fromkeys(unknown))
        found.append(f"The CPU time of single workers of {models} is not known: they share threads.")
    return found
