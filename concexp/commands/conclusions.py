"""What a run that has ended comes to, as lines: its answer and verdicts for the terminal, and its doubts for the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concexp.analysis.results import Run


def spoken_lines(run: Run, answer: bool = True, verbose: bool = False, language: str = "") -> list[str]:
    """The question, the answer and the verdict on each claim; without `answer` the verdicts alone.

    With `verbose` each claim has the evidence of all its cases. They are in the language of the experiment's page, or in another.
    """
    from concexp.report import places, terminal
    from concexp.report.text.language import written_in

    with written_in(language or places.language_of(run.spec)):
        return [*(terminal.answer_lines(run) if answer else ()), *terminal.verdict_lines(run, verbose)]


def doubt_lines(run: Run) -> Iterator[str]:
    """Each doubt with the number of measured trials that have it."""
    from concexp.analysis.doubt_codes import MEANING

    trials = run.firsts["doubts"].fillna("").tolist()
    counts = Counter(code for codes in trials for code in codes.split(",") if code)
    for code, count in counts.most_common():
        yield f"doubt: {code} in {count} of {len(trials)} trials: {MEANING[code]}"
