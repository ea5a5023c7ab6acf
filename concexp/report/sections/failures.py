"""The cells that were skipped, and the trials that went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concexp.experiment.statuses import DIAGNOSTIC, MACHINE, MEASURED
from concexp.report.expected import is_expected
from concexp.report.phrases import BAD_ENDINGS, ended, first_few
from concexp.report.sections import hangs
from concexp.report.text.language import clauses, countable, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import escaped, fenced
from concexp.report.text.numbers import plural
from concexp.report.text.reasons import reason_text
from concexp.report.view import View
from concexp.run.storage.journal import Record

MAX_FAILURES = 10
MAX_LINES = 40  # of a traceback: its end says most
MAX_DIAGNOSED = 6  # lines on expected hangs


# What trials are for, where they went wrong.
ROLES = {
    MEASURED: countable("trial"),
    "control": countable("control trial"),
    "sentinel": countable("sentinel trial"),
    "observed": countable("observed trial"),
    "pictured": countable("pictured trial"),
}


@dataclass(frozen=True)
class Failure:
    """Trials of a cell that went wrong in the same way: a sentence, and what they left behind as (title, fenced text).

    `lines` are what a diagnostic trial showed about a hang.
    """

    sentence: str
    lines: list[str]
    details: list[tuple[str, str]]


def skipped(view: View) -> list[str]:
    """The cells that cannot exist, by reason."""
    by_reason: dict[str, list[str]] = {}
    for point in view.points:
        if point.status == "unsupported":
            labels = [str(point.labels[key]) for key in ("workload", "model", "sync")]
            if len(view.run.header["axes"].get("python", ())) > 1:
                labels[-1] = say("{text} on {python}", text=labels[-1], python=point.labels["python"])
            by_reason.setdefault(point.reason, []).append(" × ".join(labels))
    return [_skipped(reason, cells) for reason, cells in by_reason.items()]


def _skipped(reason: str, cells: list[str]) -> str:
    kinds = list(dict.fromkeys(cells))
    names = escaped(", ".join(kinds[:3]))
    if len(kinds) > 3:
        names = say("{names} and {count} more", names=names, count=len(kinds) - 3)
    return say(
        "{cells}: {reason} ({names}).",
        cells=plural(len(cells), "cell"),
        reason=escaped(reason_text(reason)),
        names=names,
    )


def expected(view: View) -> list[str]:
    """The trials that ended badly as expected, by how, with the reasons; and what a diagnostic trial showed of hangs."""
    groups: dict[str, list[Record]] = {}
    for record in _ended_badly(view):
        if is_expected(view, record["cell"], record["status"]):
            groups.setdefault(record["status"], []).append(record)
    texts = []
    for status, records in groups.items():
        cells = len({record["cell"] for record in records})
        reasons = list(dict.fromkeys(_without_class(record["reason"]).rstrip(".") for record in records))
        texts.append(
            say(
                "{trials} of {cells} {how}: {reasons}.",
                trials=plural(len(records), "trial"),
                cells=plural(cells, "cell"),
                how=ended(status),
                reasons=clauses(first_few([escaped(reason_text(reason)) for reason in reasons], MAX_FAILURES)),
            )
        )
        if status == "timeout":
            diagnosed = dict.fromkeys(line for r in records for line in hangs.diagnosis(view, r["cell"]))
            texts += list(diagnosed)[:MAX_DIAGNOSED]
    return texts


def _without_class(reason: str) -> str:
    """A reason without the module of its exception, so that one kind of failure is listed once."""
    head, colon, rest = reason.partition(": ")
    return f"{head.rpartition('.')[2]}{colon}{rest}"


def _ended_badly(view: View) -> Iterator[Record]:
    for record in view.run.records:
        if record.role not in (MACHINE, DIAGNOSTIC) and record["status"] in BAD_ENDINGS:
            yield record


def failures(view: View) -> tuple[list[Failure], int]:
    """The first kinds of failure that the experiment does not expect, and how many more there are."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in _ended_badly(view):
        if not is_expected(view, record["cell"], record["status"]):
            kind = record["cell"], record.role, record["status"], record["reason"]
            groups.setdefault(kind, []).append(record)
    order = {point.cell: number for number, point in enumerate(view.points)}
    kinds = [records for _, records in sorted(groups.items(), key=lambda pair: order.get(pair[0][0], 0))]
    return [_failure(view, records) for records in kinds[:MAX_FAILURES]], max(0, len(kinds) - MAX_FAILURES)


def _failure(view: View, records: list[Record]) -> Failure:
    first = records[0]
    labels = ", ".join(f"{key} {label}" for key, label in first["axes"].items() if label is not None)
    trials = plural(len(records), ROLES.get(first["role"], f"{first['role']} trial"))
    sentence = say(
        "**{how}**: {trials} of {cell}: {reason}",
        how=ended(first["status"]).capitalize(),
        trials=trials,
        cell=escaped(labels),
        reason=escaped(reason_text(first["reason"])),
    )
    if (first.get("hang") or {}).get("kind"):
        sentence = texts_of([sentence + say("."), hangs.kind(first["hang"])])
    left = {
        say("where it happened"): "traceback",
        say("where each thread stood"): "stacks",
        say("what it printed"): "output",
    }
    lines = hangs.diagnosis(view, first["cell"]) if first["status"] == "timeout" else []
    return Failure(
        sentence, lines, [(title, fenced(_end(first[key]))) for title, key in left.items() if first.get(key)]
    )


def _end(text: str) -> str:
    lines = text.rstrip().splitlines()
    return "\n".join(["…", *lines[-MAX_LINES:]] if len(lines) > MAX_LINES else lines)
