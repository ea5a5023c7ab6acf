"""Profiles: at which lines the workers stood, in a trial of its own for each cell that is asked to be looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from concexp.experiment.statuses import PICTURED
from concexp.report.points import Point
from concexp.report.sections import timelines
from concexp.report.text.language import clauses, counted, say
from concexp.report.text.markdown import code, escaped
from concexp.report.view import View
from concexp.run.storage.journal import Record

OWN_TRIAL = "-profile"  # how the id of a trial for a profile ends
MOST_LINES = 3
MOST_CELLS = 24
SMALL = 0.05  # of the samples: lines with less are not named
# Frames that are not the measured code itself: concexp's own around it, and the standard library below it.
LIBRARY = "<library>/"
TRIAL = "concexp/trial/"
MEASURED = "concexp/trial/workloads/"


@dataclass(frozen=True)
class Line:
    """A line at which workers stood: its file, number, function and text."""

    file: str
    number: int
    function: str
    text: str


@dataclass(frozen=True)
class Profile:
    """Of one cell: the samples at each line, those of them on a CPU, and all samples of workers at work."""

    point: Point
    samples: Counter[Line]
    on_cpu: Counter[Line]

    @property
    def total(self) -> int:
        """All samples."""
        return self.samples.total()


def profiles(view: View) -> Iterator[Profile]:
    """The profiles of the cells that have one, in the order of the cells."""
    records = {record["cell"]: record for record in _asked(view) if record.has_numbers}
    for point in view.points:
        record = records.get(point.cell)
        if record is not None and (found := _profile(point, record.passes[-1].get("profile"))).total:
            yield found


def _asked(view: View) -> list[Record]:
    return [record for record in view.run.of_role(PICTURED) if record["trial"].endswith(OWN_TRIAL)]


def _profile(point: Point, workers: list[Any] | None) -> Profile:
    samples: Counter[Line] = Counter()
    on_cpu: Counter[Line] = Counter()
    for worker in workers or ():
        for count, cpu, frames, texts in (worker or {}).get("places", ()):
            line = own_line(frames, texts)
            samples[line] += count
            on_cpu[line] += cpu
    return Profile(point, samples, on_cpu)


def own_line(frames: list[Any], texts: list[str]) -> Line:
    """The innermost line of the measured code: what it calls of the library stands for the line that calls it."""
    lines = [
        Line(str(file), int(number), str(name), text) for (file, number, name), text in zip(frames, texts, strict=True)
    ]
    own = [line for line in lines if not line.file.startswith(LIBRARY) and not is_around(line)]
    return (own or lines)[0]


def is_around(line: Line) -> bool:
    """Whether a line is concexp's own, around the measured code."""
    return line.file.startswith(TRIAL) and not line.file.startswith(MEASURED)


def sentences(view: View) -> list[str]:
    """Where the workers of each cell stood; empty if no profile was asked for."""
    asked = _asked(view)
    if not asked:
        return []
    found = list(profiles(view))
    texts = [
        counted(
            len(asked),
            "Profiles come from {count} trial of its own, whose times count nowhere. Coroutines that wait do not show.",
            "Profiles come from {count} trials of their own, whose times count nowhere. Coroutines that wait do not show.",
        )
    ]
    texts += [
        say("{cell}: {places}.", cell=escaped(timelines.name(view, one.point)), places=_places(one))
        for one in found[:MOST_CELLS]
    ]
    if (left := len(found) - MOST_CELLS) > 0:
        texts.append(
            counted(left, "{count} more profile is in journal.jsonl.", "{count} more profiles are in journal.jsonl.")
        )
    if missing := len(asked) - len(found):
        texts.append(
            counted(
                missing,
                "{count} cell has no profile: its workers were never seen at work, or its trial ended badly.",
                "{count} cells have no profile: their workers were never seen at work, or their trials ended badly.",
            )
        )
    return texts


def _places(profile: Profile) -> str:
    """`71 % at` the line, with its place, and how much of that on a CPU."""
    named = [(line, count) for line, count in profile.samples.most_common(MOST_LINES) if count >= SMALL * profile.total]
    return clauses(
        [
            say(
                "{share} % at {line} ({place}), of that {cpu} % on a CPU",
                share=f"{100 * count / profile.total:.0f}",
                line=code(line.text or line.function),
                place=escaped(f"{line.file}:{line.number}, {line.function}"),
                cpu=f"{100 * profile.on_cpu[line] / count:.0f}",
            )
            for line, count in named
        ]
    )
