"""What trials left behind: what was ended or removed, and what may belong to another program."""

from __future__ import annotations

from collections import Counter

from concexp.report.text.markdown import code
from concexp.report.text.numbers import enumerated, plural
from concexp.report.view import View

MAX_NAMES = 3  # of one kind
WORDS = {"shared memory": "shared-memory block"}


def sentences(view: View) -> list[str]:
    """One sentence on what certainly came from trials, one on what appeared in /dev/shm meanwhile and was left alone."""
    texts = []
    for sure in (True, False):
        counts: Counter[tuple[str, str]] = Counter()
        trials = 0
        for record in view.run.records:
            leaks = [(one["what"], one["name"]) for one in record.get("leaked") or () if one["sure"] is sure]
            counts.update(leaks)
            trials += bool(leaks)
        if counts:
            what = enumerated([_kind(kind, counts) for kind in dict.fromkeys(kind for kind, _ in counts)])
            texts.append(
                f"{plural(trials, 'trial')} left something behind, which was ended or removed: {what}."
                if sure
                else f"During {plural(trials, 'trial')} {what} appeared in /dev/shm that no process holds: maybe another "
                "program's, so nothing was removed."
            )
    return texts


def _kind(kind: str, counts: Counter[tuple[str, str]]) -> str:
    names = [(name, count) for (what, name), count in counts.items() if what == kind]
    total = plural(sum(count for _, count in names), WORDS.get(kind, kind))
    return (
        f"{total} ({', '.join(code(name) for name, _ in names[:MAX_NAMES])}{', …' if len(names) > MAX_NAMES else ''})"
    )
