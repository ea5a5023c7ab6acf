"""The answer in sentences: each number comes from the data, and no sentence says more than its interval supports.

Each module writes one kind of sentence, in Markdown, and none where it has nothing to say: `sentences_for(view, comparison)`
about one comparison, `sentences(view)` about the whole run; `verdicts` and `summary` write about all comparisons together.
The first screen has room for a few sentences and one line of advice; each comparison has its own further down the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from concexp.experiment.version_names import AXIS as VERSIONS
from concexp.report.answer import (
    advice,
    blocked,
    caveats,
    counts,
    endings,
    gains,
    primitives,
    standings,
    summary,
    verdicts,
    versions,
    winner,
)
from concexp.report.contest import compared, contest_of, judged
from concexp.report.long_axes import chosen
from concexp.report.open_loops import is_open
from concexp.report.sections import doubtful, latency, time_breakdown
from concexp.report.text.markdown import escaped, plain
from concexp.report.text.numbers import plural, sentence_case
from concexp.report.view import Comparison, View, once_per_view

MAX_COMPARISONS = 24  # with sentences of their own; the tables have all
MAX_SENTENCES = 4  # of the answer: what a reader takes in at a glance

# Which kinds of sentences the answer keeps if it has no room for all: the lowest numbers.
PRIORITY = {
    "caveats": 0,
    "blocked": 0,
    "losses": 1,
    "endings": 1,
    "latency": 1,
    "effect": 1,
    "doubtful": 1,
    "bad endings": 1,
    "winner": 2,
    "peaks": 3,
    "primitives": 3,
    "nothing lost": 4,
    "conditions": 5,
    "reasons": 6,
}

# Sentences on how far the data can be trusted, and why: no finding of their own.
NO_FINDINGS = ("caveats", "doubtful", "bad endings", "reasons")
NO_WINNER = "no winner"

Kinds = list[tuple[str, str]]  # (kind, sentence)


def answer(view: View) -> list[str]:
    """The first sentences of the page; if there are more than it has room for, the most important ones."""
    return [sentence for _, sentence in _kept(view)]


def finding(view: View) -> str:
    """The first sentence of the answer that says what was found, in plain text: the title of the first picture; "" without any.

    Of several sentences of its kind, the first one that decides something.
    """
    found = [(kind, plain(text).rstrip(".")) for kind, text in _kept(view) if kind not in NO_FINDINGS]
    decided = [text for kind, text in found if kind == found[0][0] and NO_WINNER not in text]
    return next(iter([*decided, *(text for _, text in found)]), "")


def what_to_do(view: View) -> str:
    """The line below them: what follows from the answer; "" where nothing does."""
    return advice.what_to_do(judged(view), [] if _tells_latency(view) else _standings(view))


def per_comparison(view: View) -> list[str]:
    """The sentences of each comparison as items of a list."""
    comparisons = chosen(view, view.comparisons, MAX_COMPARISONS, lambda comparison: comparison.labels)
    if len(view.comparisons) == 1:
        return [sentence for sentence in _about(view, view.comparisons[0]) if sentence not in answer(view)]
    items = []
    for comparison in comparisons:
        sentences = _about(view, comparison)
        title = f"**{escaped(view.title(comparison.labels))}**"
        if len(sentences) == 1:
            items.append(f"{title}: {sentences[0]}")
        elif sentences:
            items.append("\n  - ".join([title, *sentences]))
    more = len(view.comparisons) - len(comparisons)
    return [*items, *([f"{plural(more, 'more comparison')} in the tables below."] if more > 0 else [])]


def _about(view: View, comparison: Comparison) -> list[str]:
    """All sentences about one comparison; of a single cell among others the table has the figure."""
    alone = len(comparison.points) == 1 and len(view.comparisons) > 1
    modules = () if alone or is_open(view, comparison) else (winner, gains, primitives)
    sentences = [sentence for module in modules for sentence in module.sentences_for(view, comparison)]
    if len(view.comparisons) == 1:  # as the answer puts it
        return [*sentences, *(text for text, _ in summary.tallies(view, [comparison]))]
    return [*sentences, *counts.sentences_for(view, comparison)]


@once_per_view
def _kept(view: View) -> Kinds:
    """The sentences that the answer has room for, in the order of the page."""
    sentences = _all(view)
    by_priority = sorted(range(len(sentences)), key=lambda place: (PRIORITY[sentences[place][0]], place))
    return [sentences[place] for place in sorted(by_priority[:MAX_SENTENCES])]


def _all(view: View) -> Kinds:
    """Everything that the answer could say, in the order of the page."""
    if _compares_versions(view):
        return _about_versions(view)
    closed = [comparison for comparison in view.comparisons if not is_open(view, comparison)]
    latencies, told = latency.in_answer(view), _tells_latency(view)
    effects = [] if latencies else summary.conditions(view, closed)
    tallies = summary.tallies(view, view.comparisons)
    found, total = _standings(view), len(compared(view))
    no_winner = verdicts.in_doubt(found, total)
    winners = _of_kind("winner", [] if told else verdicts.sentences(judged(view), found, total))
    contested = contest_of(view) is not None
    undecided = [] if told else _undecided(view)
    return [
        *_of_kind("caveats", caveats.before_numbers(view)),
        *_of_kind("doubtful", undecided),
        *_of_kind("blocked", blocked.sentences(view)),
        *_of_kind("endings", endings.sentences(view)),
        *(winners if contested else ()),
        *_of_kind("latency", latencies),
        *(("losses", text) for text, lost in tallies if lost),
        *(() if contested else winners),
        *(("effect", text) for text, competes in effects if not competes),
        *_of_kind("effect", [] if latencies else _alone(view, closed)),
        *_of_kind("peaks", summary.peaks(view, closed)),
        *_of_kind("primitives", summary.prices(view, closed)),
        *(("conditions", text) for text, competes in effects if competes),
        *(("nothing lost", text) for text, lost in tallies if not lost),
        *_of_kind("reasons", time_breakdown.main_reasons(view)),
        *_of_kind("doubtful", [] if undecided else [f"{text}{no_winner}" for text in doubtful.sentences(view)]),
        *_of_kind("bad endings", caveats.sentences(view)),
    ]


def _undecided(view: View) -> list[str]:
    """That nothing can be told because of doubts, why, and what would help; empty where something can."""
    told = verdicts.undecided(judged(view), _standings(view))
    why, cure = doubtful.sentences(judged(view)), advice.better_measurements(judged(view))
    return [" ".join([told, *why, f"{sentence_case(cure)}."])] if told and why and cure else []


def _alone(view: View, closed: list[Comparison]) -> list[str]:
    """The figures of workloads with one comparison in which nothing competes."""
    workloads = Counter(str(comparison.labels["workload"]) for comparison in closed)
    competing = {point.cell for one in _standings(view) for point in one.comparison.points}
    sentences = []
    for one in closed:
        if not any(point.cell in competing for point in one.points) and workloads[str(one.labels["workload"])] == 1:
            title = f"**{escaped(view.title(one.labels))}**: " if len(view.comparisons) > 1 else ""
            sentences += [f"{title}{text}" for text in winner.sentences_for(view, one)[:1]]
    return sentences


def _compares_versions(view: View) -> bool:
    """Whether the answer is about versions of the user's code."""
    contest = contest_of(view)
    return contest is not None and list(contest.axes) == [VERSIONS] and bool(versions.sentences(judged(view)))


def _about_versions(view: View) -> Kinds:
    """Everything that the answer could say of versions of the user's code."""
    of = judged(view)
    first, *more = versions.sentences(of)
    return [
        *_of_kind("caveats", caveats.before_numbers(view)),
        *_of_kind("blocked", blocked.sentences(view)),
        *_of_kind("losses", [first, *more]),
        *_of_kind("winner", versions.notes(of)),
        *_of_kind("winner", versions.missing(of)),
        *_of_kind("doubtful", doubtful.sentences(view)),
        *_of_kind("bad endings", caveats.sentences(view)),
    ]


@once_per_view
def _standings(view: View) -> list[standings.Standing]:
    """How each comparison ends, of those whose primary metric is no given; none of versions, which `versions` writes about."""
    if _compares_versions(view):
        return []
    view = judged(view)
    return standings.standings(view, [one for one in compared(view) if not is_open(view, one)])


def _tells_latency(view: View) -> bool:
    """Whether latencies are the answer, and nothing is called best."""
    return contest_of(view) is None and bool(latency.in_answer(view))


def _of_kind(kind: str, sentences: Iterable[str]) -> Kinds:
    return [(kind, sentence) for sentence in sentences]
