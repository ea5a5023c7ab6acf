"""The caption of a picture: what it shows, and of its signs those that are in it."""

from __future__ import annotations

from collections.abc import Callable

from concexp import catalog
from concexp.analysis.stats.intervals import LEVEL
from concexp.report.sections import scaling_laws, time_breakdown
from concexp.report.text.language import clauses, message, say, sentences, translated
from concexp.report.text.numbers import enumerated, level_text, sentence_case
from concexp.report.view import View

# What a sign means, in words or by the run, and whether a picture of this run may have it.
Sign = tuple[str | Callable[[View], str], Callable[[View], bool]]
MEANING = {"†": message("wrong"), "§": message("failed in part"), "‡": message("doubtful")}
MIN_LEFT = 0.005  # of the workers' time: less to the left of 0 is rounding, and not drawn


def caption(view: View, cls: type) -> str:
    """The first line of a picture's docstring, its note, and its `signs` that apply. All are written for 95 % intervals."""
    signs: list[Sign] = getattr(cls, "signs", [])
    shown = clauses(
        [translated(text) if isinstance(text, str) else text(view) for text, applies in signs if applies(view)]
    )
    of_signs = sentence_case(shown) + say(".") if shown else ""
    parts = [translated(catalog.summary(cls)), translated(getattr(cls, "note", "")), of_signs]
    return sentences(list(filter(None, parts))).replace(level_text(LEVEL), level_text(view.run.level))


def has_marks(view: View) -> bool:
    """Whether some cell is wrong, failed in part or doubtful."""
    return any(point.mark for point in view.points)


def hollow(view: View) -> str:
    """`hollow: doubtful (‡)`: the marks that cells of this run have."""
    used = {sign for point in view.points for sign in point.mark}
    words = [say("{word} ({sign})", word=say(word), sign=sign) for sign, word in MEANING.items() if sign in used]
    return say("hollow: {words}", words=enumerated(words, "or"))


def has_laws(view: View) -> bool:
    """Whether a scaling law was fitted to some series."""
    return any(not series.scaling.refusal for series in scaling_laws.measured_series(view))


def lacks_numbers(view: View) -> bool:
    """Whether some cell has no primary metric."""
    return any(not point.value(view.primary).has_value for point in view.points)


def has_latency(view: View) -> bool:
    """Whether some operations were timed from their intended start."""
    latencies = [name for name, metric in view.metrics.items() if metric.open_loop and metric.pooled]
    return any(point.value(name).has_value for point in view.points for name in latencies)


def exceeds_baseline(view: View) -> bool:
    """Whether workers somewhere did more useful work than as many times the baseline."""
    return any(bar.split.residual.mean < -MIN_LEFT for _, own in time_breakdown.bars(view) for bar in own)


HOLLOW: Sign = (hollow, has_marks)
