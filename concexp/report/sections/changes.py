"""What code under test changed of its interpreter and its threads, and did not change back."""

from __future__ import annotations

from collections import Counter

from concexp.report.text.language import say
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural
from concexp.report.view import View

MAX_SHOWN = 5


def sentences(view: View) -> list[str]:
    """One sentence: each setting with its value before and after, the most frequent first; none where nothing changed."""
    counts: Counter[tuple[str, str, str]] = Counter()
    trials = 0
    for record in view.run.records:
        changes = (record.get("answer") or {}).get("changed") or ()
        counts.update({(one["what"], one["before"], one["after"]) for one in changes})
        trials += bool(changes)
    if not counts:
        return []
    shown = [
        say(
            "{setting} from {before} to {after} ({trials})",
            setting=escaped(what),
            before=code(before),
            after=code(after),
            trials=plural(count, "trial"),
        )
        for (what, before, after), count in counts.most_common(MAX_SHOWN)
    ]
    if len(counts) > MAX_SHOWN:
        shown.append(say("{count} more", count=len(counts) - MAX_SHOWN))
    return [
        say(
            "In {trials} the code under test changed settings: {settings}.",
            trials=plural(trials, "trial"),
            settings=enumerated(shown),
        )
    ]
