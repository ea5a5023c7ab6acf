"""The user's code: which files were run, with their hashes, what the code is, and what its trials were given."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from concexp.experiment.environment import AXIS as ENVIRONMENT_AXIS
from concexp.experiment.environment import HASH_SEED
from concexp.report.phrases import first_few
from concexp.report.text.language import message, say, translated
from concexp.report.text.language import sentences as texts_of
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
    left = len(given) - MAX_FILES
    more = [(say("and {count} more: see manifest.json", count=left), "")] if left > 0 else []
    return [*sources, *shown, *more]


def _data_file(name: str, facts: dict[str, Any], data: str) -> str:
    if facts["kept"]:
        return say("{file}, in the working folder of each trial", file=f"[{escaped(name)}]({data}/files/{quote(name)})")
    size = f"{facts['bytes'] / 1e6:,.0f}"
    return say("{file} ({size} MB, not kept), read by all trials", file=escaped(name), size=size)


def remarks(view: View) -> list[str]:
    """What a reader must know to interpret the numbers: the form of each entry, whose clock timed it, what checks it."""
    entries: dict[str, dict[str, Any]] = view.run.manifest.get("preflight", {}).get("entries", {})
    sentences = []
    for form in dict.fromkeys(facts["form"] for facts in entries.values()):
        labels = [label for label, facts in entries.items() if facts["form"] == form]
        what = say("{names}: {form}.", names=_names(labels, entries), form=escaped(translated(form)))
        sentences.append(texts_of([what, *([say(FORMS[form])] if form in FORMS else [])]))
    timed = [label for label, facts in entries.items() if facts["returns"] == "seconds"]
    if timed:
        sentences.append(
            say(
                "By a clock of its own: {names}. Throughput is workers / mean seconds that it returned, without what "
                "is around it.",
                names=_names(timed, entries),
            )
        )
    if sent := [label for label, facts in entries.items() if facts["returns"] == "sent"]:
        sentences.append(
            say(
                "Results of {names} go back to the caller; from other processes they are pickled.",
                names=_names(sent, entries),
            )
        )
    for over in dict.fromkeys(facts["over"] for facts in entries.values() if facts.get("over")):
        labels = [label for label, facts in entries.items() if facts.get("over") == over]
        sentences.append(
            say(
                "Calls of {names} get the items of {items}, one after the other.",
                names=_names(labels, entries),
                items=code(over),
            )
        )
    for check in dict.fromkeys(facts["check"] for facts in entries.values() if facts["check"]):
        labels = [label for label, facts in entries.items() if facts["check"] == check]
        sentences.append(
            say(
                "{check} checks each value that {names} returns, within the measured time.",
                check=code(check),
                names=_names(labels, entries),
            )
        )
    sentences += _answers(view, entries)
    sentences += _not_numbers(view, entries)
    versions = dict.fromkeys(facts["version"] for facts in entries.values() if facts["version"])
    if versions:
        sentences.append(say("Installed: {versions}.", versions=enumerated([escaped(version) for version in versions])))
    return [*sentences, *_environment(view)]


def _answers(view: View, entries: dict[str, dict[str, Any]]) -> list[str]:
    """Of which entries the values are the same under every model, of which not, and which could not be compared."""
    preflight = view.run.manifest.get("preflight", {})
    found: dict[str, dict[str, Any]] = preflight.get("answers") or {}
    found = {label: one for label, one in found.items() if label in entries}
    same = [label for label, one in found.items() if one["cells"] and not one["differ"] and not one["unlike"]]
    sentences = []
    if same:
        sentences.append(
            say("The same answers in all cells, compared operation by operation: {names}.", names=_names(same, entries))
        )
    for label, one in found.items():
        if one["differ"]:
            sentences.append(
                say(
                    "Other answers than under serial in {count} of {all} cells, whose trials are invalid: {names}. "
                    "If that is meant, "
                    "{key} allows it.",
                    count=one["differ"],
                    all=one["cells"],
                    names=_with_example(view, label, _names([label], entries)),
                    key=code("returns: any"),
                )
            )
    for unlike in dict.fromkeys(one["unlike"] for one in found.values() if one["unlike"]):
        labels = [label for label, one in found.items() if one["unlike"] == unlike]
        sentences.append(
            say(
                "Answers not compared, because {reason}: {names}.",
                reason=escaped(unlike),
                names=_names(labels, entries),
            )
        )
    return sentences


def _with_example(view: View, label: str, names: str) -> str:
    """With the model of the first cell of a workload that returns something else, and both values, in brackets."""
    differing: dict[str, str] = view.run.manifest["preflight"].get("differing") or {}
    for cell, reason in differing.items():
        axes = view.run.axes_by_cell.get(cell, {})
        if axes.get("workload") == label:
            example = f"{escaped(axes['model'])}: {escaped(reason.partition(': ')[2])}"
            return say("{text} ({note})", text=names, note=example)
    return names


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
        code(f"{name}={text}"[:MAX_VALUE]) if text is not None else say("{name} not set", name=code(name))
        for name, text in variables.items()
        if name not in swept
    ]
    secrets = [
        say("{name} (secret: its value is recorded nowhere)", name=code(name)) for name in manifest.get("secrets", ())
    ]
    parts = [*fixed, *secrets, *(say("{name} as swept", name=code(name)) for name in swept)]
    sentences = []
    if parts:
        sentences = [say("Environment of the trials: {variables}.", variables=enumerated(first_few(parts, MAX_LABELS)))]
    set_here = {*variables, *swept}
    if set_here & set(ONE_THREAD):
        sentences.append(
            say(
                "Numerical libraries (BLAS, OpenMP) have one thread per process, except where these variables say "
                "otherwise."
            )
        )
    else:
        sentences.append(
            say("Numerical libraries (BLAS, OpenMP) have one thread per process; `environment:` would change that.")
        )
    if HASH_SEED in set_here:
        sentences.append(
            say(
                "{name} is set: the order of sets and the like does not vary between trials, so no interval covers it.",
                name=code(HASH_SEED),
            )
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
            counts = {
                "count": f"{missing:,.0f}",
                "all": f"{values:,.0f}",
                "names": _names([label], entries),
            }
            if name:
                text = say(
                    "{count} of {all} values of {metric} that {names} returned were not numbers (NaN, infinite or "
                    "None): the means leave "
                    "them out.",
                    metric=code(name),
                    **counts,
                )
            else:
                text = say(
                    "{count} of {all} values that {names} returned were not numbers (NaN, infinite or None): the "
                    "means leave them out.",
                    **counts,
                )
            sentences.append(text)
    return sentences


FORMS = {
    message("coroutine function"): message(
        "Where a model has no event loop, each worker has one of its own and does one operation after the other."
    ),
    "class": message("Each worker has an object of its own."),
    message("asynchronous class"): message(
        "Each worker has an object of its own, and where a model has no event loop, a loop."
    ),
    "context manager": message("Each worker has entered it once."),
    message("asynchronous context manager"): message(
        "Each worker has entered it once; where a model has no event loop, it has one of its own."
    ),
}


def _names(labels: list[str], entries: dict[str, dict[str, Any]]) -> str:
    """The first of these entries by label, and by target where the label is different."""
    shown = []
    for label in labels:
        target = entries[label]["target"]
        shown.append(code(label) if label == target else say("{text} ({note})", text=code(label), note=code(target)))
    return enumerated(first_few(shown, MAX_LABELS, rest_counts=False))
