"""The answer in sentences: each number is bound to the data, and nothing is said that its interval does not support.

One file is one kind of finding. `said(view, comparison)` tells of one comparison, `told(view)` of the whole run, `overall` of all
comparisons together; they return sentences in Markdown, none where there is nothing to say. The first screen has room for a
few of them; what each comparison says stands further down.
"""

from __future__ import annotations

from concexp.report.answer import caveats, counts, gains, primitives, summary, winner
from concexp.report.family import MAX_COMPARISONS
from concexp.report.sections import doubtful, latency, time_breakdown
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import plural
from concexp.report.view import View

MAX_SENTENCES = 6  # of the answer: what a reader takes in at a glance


def answer(view: View) -> list[str]:
    """What the page says first; where there is more to say than room, what matters most."""
    return [sentence for _, sentence in _kept(view)]


def per_comparison(view: View) -> list[str]:
    """What each comparison says, as items of a list; of a single comparison, what the answer had no room for."""
    comparisons = view.comparisons[:MAX_COMPARISONS]
    if len(comparisons) == 1:
        kept = {sentence for _, sentence in _kept(view)}
        return [sentence for _, sentence in _one(view) if sentence not in kept]
    found = []
    for comparison in comparisons:
        kinds = (counts,) if latency.is_open(view, comparison) else (winner, gains, primitives, counts)
        sentences = [s for finding in kinds for s in finding.sentences_for(view, comparison)]
        if sentences:
            title = f"**{escaped(view.title(comparison.labels))}**"
            lone = len(sentences) == 1
            found.append(f"{title}: {sentences[0]}" if lone else "\n  - ".join([title, *sentences]))
    more = len(view.comparisons) - len(comparisons)
    return [*found, *([f"{plural(more, 'more comparison')} in the tables below."] if more > 0 else [])]


def _kept(view: View) -> list[tuple[int, str]]:
    """The sentences of the answer with their ranks, in the order of the page: the lowest ranks as far as there is room."""
    found = [(0, sentence) for sentence in caveats.before_numbers(view)]
    found += _one(view) if len(view.comparisons) == 1 else _several(view)
    found += [(2, sentence) for sentence in doubtful.sentences(view)]
    found += [(4, sentence) for sentence in caveats.sentences(view)]
    room = sorted(range(len(found)), key=lambda place: (found[place][0], place))[:MAX_SENTENCES]
    return [found[place] for place in sorted(room)]


def _one(view: View) -> list[tuple[int, str]]:
    """The sentences of a single comparison."""
    (comparison,) = view.comparisons
    found = [(1, sentence) for sentence in latency.first(view)]
    ranked = ((2, counts),) if found else ((1, winner), (3, gains), (5, primitives), (2, counts))
    found += [(rank, sentence) for rank, finding in ranked for sentence in finding.sentences_for(view, comparison)]
    return [*found, *((6, sentence) for sentence in time_breakdown.main_reasons(view))]


def _several(view: View) -> list[tuple[int, str]]:
    """The sentences of all comparisons together."""
    all_comparisons = view.comparisons[:MAX_COMPARISONS]
    comparisons = [comparison for comparison in all_comparisons if not latency.is_open(view, comparison)]
    races = summary.rankings(view, comparisons)
    parts = (
        (1, latency.first(view)),
        (1, summary.winners(view, races)),
        (7, summary.gap(view, races)),
        (3, summary.gains(view, comparisons)),
        (3, summary.peaks(view, comparisons)),
        (4, time_breakdown.main_reasons(view)),
        (5, summary.prices(view, comparisons)),
        (6, summary.conditions(view, comparisons)),
        (2, summary.tallies(view, all_comparisons)),
    )
    return [(rank, sentence) for rank, sentences in parts for sentence in sentences]
