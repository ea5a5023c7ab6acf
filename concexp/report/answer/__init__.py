"""The answer in sentences: each number comes from the data, and no sentence says more than its interval supports.

Each module writes one kind of sentence, in Markdown, and none where it has nothing to say: `sentences_for(view, comparison)`
about one comparison, `sentences(view)` about the whole run; `verdicts` and `summary` write about all comparisons together.
The first screen has room for a few sentences and one line of advice; each comparison has its own further down the page.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from concexp.experiment.version_names import AXIS as VERSIONS
from concexp.report.answer import (
    activity,
    advice,
    blocked,
    caveats,
    correctness,
    counts,
    endings,
    gains,
    in_doubt,
    latencies,
    primitives,
    skipped,
    standings,
    summary,
    verdicts,
    versions,
    winner,
)
from concexp.report.answer.findings import FINDINGS, Finding, in_order, of_kind
from concexp.report.contest import compared, contest_of, judged
from concexp.report.open_loops import closed_loops, is_open
from concexp.report.points import Comparison
from concexp.report.sections import doubtful, outcomes, time_breakdown
from concexp.report.text.language import message, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import escaped, plain
from concexp.report.text.numbers import sentence_case
from concexp.report.view import View, once_per_view

MAX_SENTENCES = 4  # of the answer: what a reader takes in at a glance
SENTENCE_END = re.compile(r"\. |。")
NO_WINNER = message("no winner")


def answer(view: View) -> list[str]:
    """The first sentences of the page; if there are more than it has room for, the most important ones."""
    return [one.text for one in _kept(view)]


def finding(view: View, kinds: Sequence[str] = FINDINGS) -> str:
    """The first sentence of the answer of such a kind, in plain text: the title of the first picture; "" without any.

    Of several sentences of its kind, the first one that decides something.
    """
    found = [one for one in _kept(view) if one.kind in kinds]
    texts = [SENTENCE_END.split(plain(one.text))[0].rstrip(".") for one in found if one.kind == found[0].kind]
    decided = [text for text in texts if say(NO_WINNER) not in text]
    return next(iter([*decided, *texts]), "")


def kind_of_finding(view: View) -> str:
    """The kind of the first sentence of the answer that says what was found; "" without any."""
    return next((one.kind for one in _kept(view) if one.kind in FINDINGS), "")


def what_to_do(view: View) -> str:
    """The line below them: what follows from the answer; "" where nothing does."""
    return advice.what_to_do(judged(view), [] if _answers_by_latency(view) else _standings(view))


def in_detail(view: View) -> list[str]:
    """What else there is to say of the only comparison; empty where there are several, which the tables show."""
    if len(view.comparisons) != 1:
        return []
    return [sentence for sentence in about(view, view.comparisons[0]) if sentence not in answer(view)]


def about(view: View, comparison: Comparison) -> list[str]:
    """All sentences about one comparison; of a single cell among others the table has the figure."""
    alone = len(comparison.points) == 1 and len(view.comparisons) > 1
    modules = () if alone or is_open(view, comparison) else (winner, gains, primitives)
    sentences = [sentence for module in modules for sentence in module.sentences_for(view, comparison)]
    if len(view.comparisons) == 1:  # as the answer puts it
        return [*sentences, *(one.text for one in summary.tallies(view, [comparison]))]
    return [*sentences, *counts.sentences_for(view, comparison)]


@once_per_view
def _kept(view: View) -> list[Finding]:
    """The sentences that the answer has room for, in the order of the page."""
    return in_order(_all(view), MAX_SENTENCES)


def _all(view: View) -> list[Finding]:
    """Everything that the answer could say."""
    if _compares_versions(view):
        return _about_versions(view)
    closed = closed_loops(view)
    latency, by_latency = latencies.in_answer(view), _answers_by_latency(view)
    found, total = _standings(view), len(compared(view))
    about_outcomes, timed = correctness.is_the_question(view), correctness.asks_for_times(view)
    undecided = [] if by_latency or about_outcomes else _undecided(view)
    no_winner = [] if about_outcomes else in_doubt.here_and_there(found, total)
    kind = "winner" if contest_of(view) is None else "best"
    findings = [
        *of_kind("caveats", caveats.before_numbers(view)),
        *of_kind("skipped", skipped.sentences(view)),
        *of_kind("undecided", undecided),
        *of_kind("blocked", blocked.sentences(view)),
        *of_kind("endings", endings.sentences(view)),
        *of_kind("losses", outcomes.sentences(view)),
        *of_kind("cannot run", correctness.cannot_run(view)),
        *of_kind("activity", activity.sentences(view)),
        *latency,
        *([] if by_latency else verdicts.findings(judged(view), found, total, kind)),
        *summary.tallies(view, view.comparisons),
        *([] if latency or not timed or judged(view) is not view else summary.conditions(view)),
        *([] if latency else summary.claimed(view, closed)),
        *of_kind("bad endings", caveats.sentences(view)),
    ]
    if findings and not timed:
        return findings
    return [
        *findings,
        *([] if latency else of_kind("effect", _alone(view, closed))),
        *of_kind("peaks", summary.peaks(view, closed)),
        *summary.prices(view, closed),
        *of_kind("reasons", time_breakdown.in_answer(view)),
        *of_kind("doubtful", [] if undecided else [texts_of([text, *no_winner]) for text in doubtful.sentences(view)]),
    ]


def _undecided(view: View) -> list[str]:
    """That nothing is decided because of doubts, why, and what would help; empty where something is."""
    if not correctness.asks_for_times(view):
        return []
    which = in_doubt.everywhere(judged(view), _standings(view))
    why, cure = doubtful.sentences(judged(view)), advice.better_measurements(judged(view))
    return [texts_of([which, *why, sentence_case(cure) + say(".")])] if which and why and cure else []


def _alone(view: View, closed: list[Comparison]) -> list[str]:
    """The figures of workloads with one comparison in which nothing competes."""
    workloads = Counter(str(comparison.labels["workload"]) for comparison in closed)
    competing = {point.cell for one in _standings(view) for point in one.comparison.points}
    sentences = []
    for one in closed:
        if not any(point.cell in competing for point in one.points) and workloads[str(one.labels["workload"])] == 1:
            title = escaped(view.title(one.labels)) if len(view.comparisons) > 1 else ""
            sentences += [
                say("**{title}**: {text}", title=title, text=text) if title else text
                for text in winner.sentences_for(view, one)[:1]
            ]
    return sentences


def _compares_versions(view: View) -> bool:
    """Whether the answer is about versions of the user's code."""
    contest = contest_of(view)
    return contest is not None and list(contest.axes) == [VERSIONS] and bool(versions.sentences(judged(view)))


def _about_versions(view: View) -> list[Finding]:
    """Everything that the answer could say of versions of the user's code."""
    of = judged(view)
    further = [*versions.sentences(of)[1:], *versions.notes(of), *versions.missing(of)]
    return [
        *of_kind("caveats", caveats.before_numbers(view)),
        *of_kind("blocked", blocked.sentences(view)),
        *of_kind("losses", versions.sentences(of)[:1]),
        *of_kind("best", further),
        *of_kind("doubtful", [*versions.disturbed(of), *doubtful.sentences(view, versions.judged_cells(of))]),
        *of_kind("bad endings", caveats.sentences(view)),
    ]


@once_per_view
def _standings(view: View) -> list[standings.Standing]:
    """How each comparison ends, of those whose primary metric is no given; none of versions, which `versions` writes about."""
    if _compares_versions(view) or not correctness.asks_for_times(view):
        return []
    view = judged(view)
    return standings.standings(view, [one for one in compared(view) if not is_open(view, one)])


def _answers_by_latency(view: View) -> bool:
    """Whether latencies are the answer, and nothing is called best."""
    return contest_of(view) is None and bool(latencies.in_answer(view))
