"""The verdicts of a run as plain text: on its claims, on versions of the user's code, and on how its trials ended."""

from __future__ import annotations

from collections.abc import Sequence

from concexp.analysis.results import Run
from concexp.report.answer import versions as about_versions
from concexp.report.checked import (
    CLAIMS,
    ENDED_BADLY,
    INCONCLUSIVE,
    NOT_JUDGED,
    PASSED,
    REGRESSION,
    SUPPORTED,
    TRIALS,
    VERSIONS,
    Checked,
)
from concexp.report.contest import judged
from concexp.report.sections.claims import ClaimRow, claim_rows
from concexp.report.text.language import say, written_in
from concexp.report.text.markdown import plain
from concexp.report.text.numbers import plural
from concexp.report.text.reasons import reason_text
from concexp.report.versions import BAD, SLOWER, Change, labels_of, versions_of
from concexp.report.view import View
from concexp.report.views import view_of
from concexp.run.storage.journal import Record

WORDS = {"skipped": NOT_JUDGED}  # of claims, where they are other than the outcome
MAX_TRIALS = 20  # that ended badly, named one by one


def of_run(run: Run, tolerance: float | None, bad: Sequence[Record], language: str) -> list[Checked]:
    """All verdicts of a run: on its claims, on versions unless the tolerance is None, and on how its trials ended.

    `bad` are the records of trials that ended as nobody expected. Texts are in a language, words never.
    """
    with written_in(language):
        view = view_of(run)
        versions = of_versions(view, tolerance) if tolerance is not None and labels_of(view) else []
        return [*of_claims(view), *versions, of_trials(bad, len(run.firsts))]


def of_claims(view: View) -> list[Checked]:
    """The claims in the order of the experiment; a claim that does not hold has all its evidence."""
    return [
        Checked(CLAIMS, plain(row.says), WORDS.get(row.word, row.word), "\n".join(map(plain, _evidence(row))))
        for row in claim_rows(view)
    ]


def _evidence(row: ClaimRow) -> list[str]:
    first = say("{word}: {text}", word=row.expect, text=row.summary)
    return [first, *(row.evidence if row.word == SUPPORTED else row.lines)]


def of_versions(view: View, tolerance: float) -> list[Checked]:
    """Each cell of a version beside that of the reference: a regression is one that is slower by more than the tolerance.

    The tolerance is a share, 0.05. A version that cannot run, or ends badly, where the reference does well, is a regression too.
    """
    view = judged(view)
    found = versions_of(view)
    if found is None or not found.changes:
        reference, *others = labels_of(view)
        name = say("{version} beside {reference}", version=", ".join(others), reference=reference)
        return [Checked(VERSIONS, name, INCONCLUSIVE, say("No cell could be compared."))]
    return [_version(view, found.reference, change, tolerance) for change in found.changes]


def _version(view: View, reference: str, change: Change, tolerance: float) -> Checked:
    name = f"{plain(about_versions.cell_name(view, change))} · {change.version}"
    text = plain(about_versions.change_text(view, change))
    if change.verdict == BAD and change.point.reason:
        text = say("{word}: {text}", word=text, text=reason_text(change.point.reason))
    compared = say("{text}, relative to {reference}", text=text, reference=reference)
    return Checked(VERSIONS, name, word_of(change, tolerance), compared)


def word_of(change: Change, tolerance: float) -> str:
    """Whether a version is a regression beyond a tolerance, a share: with its whole interval, or since it does not run any more."""
    if change.verdict == BAD:
        only_here = change.reference.has_numbers and change.reference.status == "ok"
        return REGRESSION if only_here else INCONCLUSIVE
    if not change.has_interval:
        return INCONCLUSIVE
    if change.verdict == SLOWER and change.factor.lo > 1 + tolerance:
        return REGRESSION
    return PASSED if change.factor.hi <= 1 + tolerance else INCONCLUSIVE


def of_trials(bad: Sequence[Record], ran: int) -> Checked:
    """Whether all trials ended as the experiment expects; `bad` are the records of those that did not."""
    lines = [f"{_labels(record)}: {record['status']}: {reason_text(record['reason'])}" for record in bad[:MAX_TRIALS]]
    if len(bad) > MAX_TRIALS:
        lines.append(say("{count} more", count=len(bad) - MAX_TRIALS))
    text = "\n".join(lines) or plural(ran, "trial")
    return Checked(TRIALS, say("all trials end as expected"), ENDED_BADLY if bad else PASSED, text)


def _labels(record: Record) -> str:
    """`my.py:parse, threads, workers 2`: the labels of a trial's cell, with the names of axes of numbers."""
    known = {axis: label for axis, label in record["axes"].items() if label is not None}
    return ", ".join(str(label) if isinstance(label, str) else f"{axis} {label}" for axis, label in known.items())
