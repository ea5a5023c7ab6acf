"""The answer in sentences: each number comes from the data, and no sentence says more than its interval supports.

Each module writes one kind of sentence, in Markdown, and none where it has nothing to say: `sentences_for(view, comparison)`
about one comparison, `sentences(view)` about the whole run; `rankings` and `summary` write about all comparisons together.
The first screen has room for a few sentences; each comparison has its own further down the page.
"""

from __future__ import annotations

from collections.abc import Iterable

from concexp.report.answer import caveats, counts, gains, primitives, rankings, summary, winner
from concexp.report.long_axes import chosen
from concexp.report.sections import doubtful, latency, time_breakdown
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import plural
from concexp.report.view import View, once_per_view

MAX_COMPARISONS = 24  # with sentences of their own; the tables have all
MAX_SENTENCES = 6  # of the answer: what a reader takes in at a glance

# Which kinds of sentences the answer keeps if it has no room for all: the lowest numbers.
PRIORITY = {
    "caveats": 0,
    "winner": 1,
    "latency": 1,
    "counts": 2,
    "doubtful": 2,
    "gains": 3,
    "peaks": 3,
    "bad endings": 4,
    "reasons of many": 4,
    "primitives": 5,
    "conditions": 6,
    "reasons of one": 6,
    "gap": 7,
}

Kinds = list[tuple[str, str]]  # (kind, sentence)


def answer(view: View) -> list[str]:
    """The first sentences of the page; if there are more than it has room for, the most important ones."""
    return [sentence for _, sentence in _kept(view)]


def per_comparison(view: View) -> list[str]:
    """The sentences of each comparison as items of a list; of a single comparison, those that the answer left out."""
    comparisons = chosen(view, view.comparisons, MAX_COMPARISONS, lambda comparison: comparison.labels)
    if len(view.comparisons) == 1:
        kept = {sentence for _, sentence in _kept(view)}
        return [sentence for _, sentence in _one(view) if sentence not in kept]
    items = []
    for comparison in comparisons:
        modules = (counts,) if latency.is_open(view, comparison) else (winner, gains, primitives, counts)
        sentences = [sentence for module in modules for sentence in module.sentences_for(view, comparison)]
        title = f"**{escaped(view.title(comparison.labels))}**"
        if len(sentences) == 1:
            items.append(f"{title}: {sentences[0]}")
        elif sentences:
            items.append("\n  - ".join([title, *sentences]))
    more = len(view.comparisons) - len(comparisons)
    return [*items, *([f"{plural(more, 'more comparison')} in the tables below."] if more > 0 else [])]


@once_per_view
def _kept(view: View) -> Kinds:
    """The sentences that the answer has room for, in the order of the page."""
    sentences = [
        *_of_kind("caveats", caveats.before_numbers(view)),
        *(_one(view) if len(view.comparisons) == 1 else _several(view)),
        *_of_kind("doubtful", doubtful.sentences(view)),
        *_of_kind("bad endings", caveats.sentences(view)),
    ]
    by_priority = sorted(range(len(sentences)), key=lambda place: (PRIORITY[sentences[place][0]], place))
    return [sentences[place] for place in sorted(by_priority[:MAX_SENTENCES])]


def _one(view: View) -> Kinds:
    """The sentences of a run with a single comparison."""
    (comparison,) = view.comparisons
    latencies = latency.in_answer(view)
    sentences = _of_kind("latency", latencies)
    if not latencies:
        sentences += _of_kind("winner", winner.sentences_for(view, comparison))
        sentences += _of_kind("gains", gains.sentences_for(view, comparison))
        sentences += _of_kind("primitives", primitives.sentences_for(view, comparison))
    sentences += _of_kind("counts", counts.sentences_for(view, comparison))
    return sentences + _of_kind("reasons of one", time_breakdown.main_reasons(view))


def _several(view: View) -> Kinds:
    """The sentences of all comparisons together: what is counted is never cut before."""
    every = view.comparisons
    closed = [comparison for comparison in every if not latency.is_open(view, comparison)]
    ranked = rankings.rankings(view, closed)
    return [
        *_of_kind("latency", latency.in_answer(view)),
        *_of_kind("winner", rankings.winners(view, ranked)),
        *_of_kind("gap", rankings.gap(view, ranked)),
        *_of_kind("gains", summary.largest_gains(view, closed)),
        *_of_kind("peaks", summary.peaks(view, closed)),
        *_of_kind("reasons of many", time_breakdown.main_reasons(view)),
        *_of_kind("primitives", summary.prices(view, closed)),
        *_of_kind("conditions", summary.conditions(view, closed)),
        *_of_kind("counts", summary.tallies(view, every)),
    ]


def _of_kind(kind: str, sentences: Iterable[str]) -> Kinds:
    return [(kind, sentence) for sentence in sentences]
