"""The answer in sentences: each number is bound to the data, and nothing is said that its interval does not support.

One file is one kind of finding. `said(view, contest)` tells of one contest, `told(view)` of the whole run, `overall` of all
contests together; they return sentences in Markdown, none where there is nothing to say. The first screen has room for a
few of them; what each contest says stands further down.
"""

from __future__ import annotations

from concexp.report.answer import caveats, counts, gains, primitives, summary, winner
from concexp.report.comparisons import CONTESTS
from concexp.report.sections import doubtful, latency, time_breakdown
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import plural
from concexp.report.view import View

SENTENCES = 6  # of the answer: what a reader takes in at a glance


def answer(view: View) -> list[str]:
    """What the page says first; where there is more to say than room, what matters most."""
    return [sentence for _, sentence in _kept(view)]


def beside(view: View) -> list[str]:
    """What each contest says, as items of a list; of a single contest, what the answer had no room for."""
    contests = view.contests[:CONTESTS]
    if len(contests) == 1:
        kept = {sentence for _, sentence in _kept(view)}
        return [sentence for _, sentence in _one(view) if sentence not in kept]
    found = []
    for contest in contests:
        kinds = (counts,) if latency.is_open(view, contest) else (winner, gains, primitives, counts)
        sentences = [s for finding in kinds for s in finding.said(view, contest)]
        if sentences:
            title = f"**{escaped(view.title(contest.labels))}**"
            lone = len(sentences) == 1
            found.append(f"{title}: {sentences[0]}" if lone else "\n  - ".join([title, *sentences]))
    more = len(view.contests) - len(contests)
    return [*found, *([f"{plural(more, 'more comparison')} in the tables below."] if more > 0 else [])]


def _kept(view: View) -> list[tuple[int, str]]:
    """The sentences of the answer with their ranks, in the order of the page: the lowest ranks as far as there is room."""
    found = [(0, sentence) for sentence in caveats.before(view)]
    found += _one(view) if len(view.contests) == 1 else _several(view)
    found += [(2, sentence) for sentence in doubtful.told(view)]
    found += [(4, sentence) for sentence in caveats.told(view)]
    room = sorted(range(len(found)), key=lambda place: (found[place][0], place))[:SENTENCES]
    return [found[place] for place in sorted(room)]


def _one(view: View) -> list[tuple[int, str]]:
    """The sentences of a single contest."""
    (contest,) = view.contests
    found = [(1, sentence) for sentence in latency.first(view)]
    ranked = ((2, counts),) if found else ((1, winner), (3, gains), (5, primitives), (2, counts))
    found += [(rank, sentence) for rank, finding in ranked for sentence in finding.said(view, contest)]
    return [*found, *((6, sentence) for sentence in time_breakdown.mainly(view))]


def _several(view: View) -> list[tuple[int, str]]:
    """The sentences of all contests together."""
    all_contests = view.contests[:CONTESTS]
    contests = [contest for contest in all_contests if not latency.is_open(view, contest)]
    races = summary.races(view, contests)
    parts = (
        (1, latency.first(view)),
        (1, summary.winners(view, races)),
        (7, summary.gap(view, races)),
        (3, summary.gains(view, contests)),
        (3, summary.peaks(view, contests)),
        (4, time_breakdown.mainly(view)),
        (5, summary.prices(view, contests)),
        (6, summary.conditions(view, contests)),
        (2, summary.tallies(view, all_contests)),
    )
    return [(rank, sentence) for rank, sentences in parts for sentence in sentences]
