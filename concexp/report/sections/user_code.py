"""The user's code: which files were run, with their hashes, and what the code is."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from concexp.report.phrases import first_few
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated
from concexp.report.view import View

HASH_DIGITS = 12  # of a SHA-256: enough to compare by eye
MAX_LABELS = 6
NOT_NUMBERS = "not_numbers"  # the count of such values; after a dot the name that they were returned by


def files(view: View, data: str) -> list[tuple[str, str]]:
    """(the file, linked to its copy at `data`; the beginning of its SHA-256), in the order of their names."""
    return [
        (f"[{escaped(name)}]({data}/code/{quote(name)})", code(sha256[:HASH_DIGITS]))
        for name, sha256 in view.run.manifest.get("user_code", {}).items()
    ]


def remarks(view: View) -> list[str]:
    """What a reader must know to interpret the numbers: the form of each entry, whose clock timed it, what checks it."""
    entries: dict[str, dict[str, Any]] = view.run.manifest.get("preflight", {}).get("entries", {})
    sentences = []
    for form in dict.fromkeys(facts["form"] for facts in entries.values()):
        labels = [label for label, facts in entries.items() if facts["form"] == form]
        sentences.append(f"{_names(labels, entries)}: {escaped(form)}.{FORMS.get(form, '')}")
    timed = [label for label, facts in entries.items() if facts["returns"] == "seconds"]
    if timed:
        sentences.append(
            f"By a clock of its own: {_names(timed, entries)}. Throughput is workers / mean seconds that it returned, without "
            "what is around it."
        )
    for check in dict.fromkeys(facts["check"] for facts in entries.values() if facts["check"]):
        labels = [label for label, facts in entries.items() if facts["check"] == check]
        sentences.append(
            f"{code(check)} checks each value that {_names(labels, entries)} returns, within the measured time."
        )
    sentences += _not_numbers(view, entries)
    versions = dict.fromkeys(facts["version"] for facts in entries.values() if facts["version"])
    if versions:
        sentences.append(f"Installed: {enumerated([escaped(version) for version in versions])}.")
    return sentences


def _not_numbers(view: View, entries: dict[str, dict[str, Any]]) -> list[str]:
    """For each returned name how many of its values no mean can hold."""
    trials, sentences = view.run.measured, []
    for column in sorted(name for name in trials.columns if name.partition(".")[0] == NOT_NUMBERS):
        name = column.partition(".")[2]
        concerned = trials[trials[column].notna()]["workload"]
        for label in [label for label in entries if label in set(concerned)]:
            rows = trials[trials["workload"] == label]
            missing = rows[column].sum()
            # Where all were numbers only the operations are recorded, which returned one each.
            values = rows[f"values{column[len(NOT_NUMBERS) :]}"].fillna(rows["ops"]).sum()
            what = f"values of {code(name)}" if name else "values"
            sentences.append(
                f"{missing:,.0f} of {values:,.0f} {what} that {_names([label], entries)} returned were no numbers "
                "(NaN, infinite or None): the means leave them out."
            )
    return sentences


FORMS = {
    "coroutine function": " Where a model has no event loop, each worker has one of its own and does one operation after the "
    "other.",
    "class": " Each worker has an object of its own.",
    "asynchronous class": " Each worker has an object of its own, and where a model has no event loop, a loop.",
    "context manager": " Each worker has entered it once.",
    "asynchronous context manager": " Each worker has entered it once; where a model has no event loop, it has one of its own.",
}


def _names(labels: list[str], entries: dict[str, dict[str, Any]]) -> str:
    """The first of these entries by label, and by target where the label is different."""
    shown = []
    for label in labels:
        target = entries[label]["target"]
        shown.append(code(label) if label == target else f"{code(label)} ({code(target)})")
    return enumerated(first_few(shown, MAX_LABELS, rest_counts=False))
