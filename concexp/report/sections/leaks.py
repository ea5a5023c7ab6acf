"""What trials left behind: what was ended or removed, and what may belong to another program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from concexp.report.phrases import first_few
from concexp.report.text.language import countable, listed, message, say
from concexp.report.text.markdown import code
from concexp.report.text.numbers import enumerated, plural
from concexp.report.view import View
from concexp.run.storage.journal import Record

Leak = Mapping[str, Any]
MAX_NAMES = 3  # of one kind
# What may be left behind, with a number before it.
COUNTED = {
    "process": countable("process"),
    "folder": countable("folder"),
    "socket": countable("socket"),
    "shared memory": countable("shared-memory block"),
    "semaphore": countable("semaphore"),
}
PROCESS = "process"
FOLDER = "folder"  # a trial's own: what of it could not be removed


def _removed(leak: Leak) -> bool:
    return bool(leak["sure"])


def _maybe_anothers(leak: Leak) -> bool:
    return not leak["sure"] and leak["what"] != FOLDER


def _own_folder(leak: Leak) -> bool:
    return bool(leak["what"] == FOLDER)


TOLD: tuple[tuple[Callable[[Leak], bool], str], ...] = (
    (_removed, message("{trials} left something behind, which was cleaned up: {what}.")),
    (
        _maybe_anothers,
        message(
            "During {trials} {what} appeared in /dev/shm that no process holds: maybe another program's, so it was "
            "not removed."
        ),
    ),
    (_own_folder, message("{trials} left a folder that could not be removed: {what}.")),
)


def sentences(view: View) -> list[str]:
    """What certainly came from trials, what appeared in /dev/shm meanwhile, and which files stayed: a sentence each."""
    texts = []
    for wanted, told in TOLD:
        counts: Counter[tuple[str, str]] = Counter()
        trials = 0
        for record in view.run.records:
            leaks = [(one["what"], one["name"]) for one in record.get("leaked") or () if wanted(one)]
            if wanted is _removed:
                leaks += _without_a_name(record)
            counts.update(leaks)
            trials += bool(leaks)
        if counts:
            what = enumerated([_kind(kind, counts) for kind in dict.fromkeys(kind for kind, _ in counts)])
            texts.append(say(told, trials=plural(trials, "trial"), what=what))
    return texts


def _without_a_name(record: Record) -> list[tuple[str, str]]:
    """The processes that outlived the trial, beyond those whose command lines are in the journal."""
    named = sum(one["what"] == PROCESS for one in record.get("leaked") or ())
    return [(PROCESS, "")] * max(0, (record.get("left_behind") or 0) - named)


def _kind(kind: str, counts: Counter[tuple[str, str]]) -> str:
    number = sum(count for (what, _), count in counts.items() if what == kind)
    total = plural(number, COUNTED.get(kind, kind))
    names = [name for what, name in counts if what == kind and name]
    if not names:
        return total
    return say("{text} ({note})", text=total, note=listed(first_few([code(name) for name in names], MAX_NAMES, False)))
