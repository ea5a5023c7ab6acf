"""A verdict on anything that a check is about, with the words that verdicts have in logs and for other programs."""

from __future__ import annotations

from dataclasses import dataclass

# What is checked.
CLAIMS, VERSIONS, CELLS, TRIALS, PAGE = "claims", "versions", "cells", "trials", "page"
# Verdicts. The words are part of what other programs read: they are never translated.
SUPPORTED, REFUTED, INCONCLUSIVE, NOT_JUDGED = "supported", "refuted", "inconclusive", "not judged"
PASSED, REGRESSION, ENDED_BADLY = "passed", "regression", "ended badly"
FAILURES = (REFUTED, REGRESSION, ENDED_BADLY)
# Neither passed nor failed: a reader of a list of verdicts must not take one for passed.
OPEN = (INCONCLUSIVE, NOT_JUDGED)


@dataclass(frozen=True)
class Checked:
    """One verdict.

    kind  claims, versions, cells (of stored runs that were compared), trials, or the page where it lacks a part
    name  what it is about: a claim in its author's words, or a cell
    word  the verdict
    text  what the verdict rests on, in lines of plain text
    """

    kind: str
    name: str
    word: str
    text: str = ""
