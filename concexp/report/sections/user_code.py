"""The user's code: which files were run, with their hashes, what the code is, and what its trials were given."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from concexp.experiment.environment import AXIS as ENVIRONMENT_AXIS
from concexp.experiment.environment import HASH_SEED
from concexp.report.phrases import first_few
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated
from concexp.report.view import View
from concexp.run.child.launch import ONE_THREAD

HASH_DIGITS = 12  # of a SHA-256: enough to compare by eye
MAX_LABELS = 6
MAX_FILES = 20
MAX_VALUE = 120  # characters of NAME=value
NOT_NUMBERS = "not_numbers"  # the count of such values; after a dot the name that they were returned by


def files(view: View, data: str) -> list[tuple[str, str]]:
    """(the file, linked to its copy at `data`; the beginning of its SHA-256), in the order of their names."""
    sources = [
        (f"[{escaped(name)}]({data}/code/{quote(name)})", code(sha256[:HASH_DIGITS]))
        for name, sha256 in view.run.manifest.get("user_code", {}).items()
    ]
    given = view.run.manifest.get("files", {}).items()
    shown = [(_data_file(name, one, data), code(one["sha256"][:HASH_DIGITS])) for name, one in given][:MAX_FILES]
    more = [(f"and {len(given) - MAX_FILES} more: see manifest.json", "")] if len(given) > MAX_FILES else []
    return [*sources, *shown, *more]


def _data_file(name: str, facts: dict[str, Any], data: str) -> str:
    if facts["kept"]:
        return f"[{escaped(name)}]({data}/files/{quote(name)}), in the working folder of each trial"
    return f"{escaped(name)} ({facts['bytes'] / 1e6:,.0f} MB, not kept), read by all trials"


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
    if sent := [label for label, facts in entries.items() if facts["returns"] == "sent"]:
        sentences.append(
            f"Results of {_names(sent, entries)} go back to the caller; from other processes they are pickled."
        )
    for over in dict.fromkeys(facts["over"] for facts in entries.values() if facts.get("over")):
        labels = [label for label, facts in entries.items() if facts.get("over") == over]
        sentences.append(f"Calls of {_names(labels, entries)} get the items of {code(over)}, one after the other.")
    for check in dict.fromkeys(facts["check"] for facts in entries.values() if facts["check"]):
        labels = [label for label, facts in entries.items() if facts["check"] == check]
        sentences.append(
            f"{code(check)} checks each value that {_names(labels, entries)} returns, within the measured time."
        )
    sentences += _answers(view, entries)
    sentences += _not_numbers(view, entries)
    versions = dict.fromkeys(facts["version"] for facts in entries.values() if facts["version"])
    if versions:
        sentences.append(f"Installed: {enumerated([escaped(version) for version in versions])}.")
    return [*sentences, *_environment(view)]


def _answers(view: View, entries: dict[str, dict[str, Any]]) -> list[str]:
    """Of which entries the values are the same under every model, of which not, and which could not be compared."""
    preflight = view.run.manifest.get("preflight", {})
    found: dict[str, dict[str, Any]] = preflight.get("answers") or {}
    found = {label: one for label, one in found.items() if label in entries}
    same = [label for label, one in found.items() if one["cells"] and not one["differ"] and not one["unlike"]]
    sentences = []
    if same:
        sentences.append(f"The same answers in all cells, compared operation by operation: {_names(same, entries)}.")
    for label, one in found.items():
        if one["differ"]:
            sentences.append(
                f"Other answers than under serial in {one['differ']} of {one['cells']} cells, whose trials are invalid: "
                f"{_names([label], entries)}{_example(view, label)}. If that is meant, {code('returns: any')} allows it."
            )
    for unlike in dict.fromkeys(one["unlike"] for one in found.values() if one["unlike"]):
        labels = [label for label, one in found.items() if one["unlike"] == unlike]
        sentences.append(f"Answers not compared, because {escaped(unlike)}: {_names(labels, entries)}.")
    return sentences


def _example(view: View, label: str) -> str:
    """The model of the first cell of a workload that returns something else, and both values, in brackets."""
    differing: dict[str, str] = view.run.manifest["preflight"].get("differing") or {}
    for cell, reason in differing.items():
        axes = view.run.axes_by_cell.get(cell, {})
        if axes.get("workload") == label:
            return f" ({escaped(axes['model'])}: {escaped(reason.partition(': ')[2])})"
    return ""


def _environment(view: View) -> list[str]:
    """The variables that the experiment sets, and how many threads numerical libraries have."""
    manifest = view.run.manifest
    variables: dict[str, str | None] = manifest.get("environment", {})
    swept = [
        axis.removeprefix(ENVIRONMENT_AXIS) for axis in view.run.header["axes"] if axis.startswith(ENVIRONMENT_AXIS)
    ]
    if not (variables or swept or manifest.get("secrets") or manifest.get("user_code")):
        return []
    fixed = [
        code(f"{name}={text}"[:MAX_VALUE]) if text is not None else f"{code(name)} not set"
        for name, text in variables.items()
        if name not in swept
    ]
    secrets = [f"{code(name)} (secret: its value is recorded nowhere)" for name in manifest.get("secrets", ())]
    parts = [*fixed, *secrets, *(f"{code(name)} as swept" for name in swept)]
    sentences = [f"Environment of the trials: {enumerated(first_few(parts, MAX_LABELS))}."] if parts else []
    set_here = {*variables, *swept}
    if set_here & set(ONE_THREAD):
        sentences.append(
            "Numerical libraries (BLAS, OpenMP) have one thread per process, except where these variables say otherwise."
        )
    else:
        sentences.append(
            "Numerical libraries (BLAS, OpenMP) have one thread per process; `environment:` would change that."
        )
    if HASH_SEED in set_here:
        sentences.append(
            f"{code(HASH_SEED)} is set: the order of sets and the like does not vary between trials, so no interval covers it."
        )
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
