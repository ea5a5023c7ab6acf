"""The user's own code as the page tells it: which files were run, with their hashes, and what the code is."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated
from concexp.report.view import View

HASH_DIGITS = 12  # of a SHA-256: enough to compare by eye
MAX_LABELS = 6


def files(view: View, data: str) -> list[tuple[str, str]]:
    """(the file, linked to its copy; the beginning of its SHA-256), in the order of their names."""
    return [
        (f"[{escaped(name)}]({data}/code/{quote(name)})", code(sha256[:HASH_DIGITS]))
        for name, sha256 in view.run.manifest.get("user_code", {}).items()
    ]


def remarks(view: View) -> list[str]:
    """What a reader must know of it to read the numbers: what each is, whose clock times it, what checks it."""
    entries: dict[str, dict[str, Any]] = view.run.manifest.get("preflight", {}).get("entries", {})
    found = []
    for form in dict.fromkeys(facts["form"] for facts in entries.values()):
        own = [label for label, facts in entries.items() if facts["form"] == form]
        found.append(f"{_names(own, entries)}: {form}.{FORMS.get(form, '')}")
    timed = [label for label, facts in entries.items() if facts["returns"] == "seconds"]
    if timed:
        found.append(
            f"By a clock of its own: {_names(timed, entries)}. Throughput is workers / mean seconds that it returned, without "
            "what is around it."
        )
    for check in dict.fromkeys(facts["check"] for facts in entries.values() if facts["check"]):
        own = [label for label, facts in entries.items() if facts["check"] == check]
        found.append(f"{code(check)} checks each value that {_names(own, entries)} returns, within the measured time.")
    versions = dict.fromkeys(facts["version"] for facts in entries.values() if facts["version"])
    if versions:
        found.append(f"Installed: {enumerated([escaped(version) for version in versions])}.")
    return found


FORMS = {
    "coroutine function": " Where a model has no event loop, each worker has one of its own and does one operation after the "
    "other.",
    "class": " Each worker has an object of its own.",
    "asynchronous class": " Each worker has an object of its own, and where a model has no event loop, a loop.",
    "context manager": " Each worker has entered it once.",
    "asynchronous context manager": " Each worker has entered it once; where a model has no event loop, it has one of its own.",
}


def _names(labels: list[str], entries: dict[str, dict[str, Any]]) -> str:
    """The first of these entries, by label and, where that does not say it, by target."""
    shown = []
    for label in labels[:MAX_LABELS]:
        target = entries[label]["target"]
        shown.append(code(label) if label == target else f"{code(label)} ({code(target)})")
    more = len(labels) - MAX_LABELS
    return enumerated([*shown, *([f"{more} more"] if more > 0 else [])])
