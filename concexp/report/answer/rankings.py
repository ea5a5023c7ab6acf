"""Several comparisons together: which cells are best in how many of them, and with which lead.

The rules are those of `winner`, which writes about a single comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from concexp.analysis.stats.intervals import FEWEST
from concexp.report.answer.winner import Lead, leads_over
from concexp.report.pairs import comparable, without_primitive
from concexp.report.phrases import cell_text, first_few, series_text
from concexp.report.text.markdown import escaped
from concexp.report.text.numbers import enumerated, plural, spread
from concexp.report.view import Comparison, Point, View

MAX_WINNERS = 3  # cells named in one sentence
MAX_TITLES = 3  # comparisons named where the sentence is about all of them


@dataclass(frozen=True)
class Ranking:
    """A comparison in which several models, or several primitives of one model, compete.

    best   the winner or the best figure; None where a doubtful cell may be better
    leads  over the other competitors that can win
    """

    comparison: Comparison
    title: str
    best: Point | None
    leads: Sequence[Lead] = ()

    @property
    def state(self) -> str:
        """What can be said of the best.

        clear     better than all others
        tied      not resolved from some other
        few       too few trials for any interval
        alone     no other competitor can win
        doubtful  a doubtful cell may be better
        """
        if self.best is None:
            return "doubtful"
        if not self.leads:
            return "alone"
        if all(lead.is_resolved for lead in self.leads):
            return "clear"
        return "tied" if any(lead.ratio.bounded for lead in self.leads) else "few"

    @property
    def smallest_lead(self) -> Lead:
        """The lead over the runner-up."""
        return min(self.leads, key=lambda lead: lead.ratio.mean)


def rankings(view: View, comparisons: Iterable[Comparison]) -> list[Ranking]:
    """The comparisons with at least two competitors."""
    ranked = []
    for comparison in comparisons:
        competitors = _competitors(view, comparison)
        if competitors is not None:
            ranked.append(_ranking(view, comparison, competitors))
    return ranked


def _competitors(view: View, comparison: Comparison) -> list[Point] | None:
    """The points that can win; None where fewer than two compete.

    Models compete by the best point of each series. Of a single model its primitives do, unless they are all relative to the
    point without one.
    """
    if len(view.best_per_series(comparison.points)) > 1:
        return view.best_per_series(point for point in comparison.points if point.can_win)
    series = [points for points in comparable(view, comparison).values() if without_primitive(view, points) is None]
    competitors = [point for points in series for point in points]
    return [point for point in competitors if point.can_win] if len(competitors) > 1 else None


def _ranking(view: View, comparison: Comparison, competitors: list[Point]) -> Ranking:
    title = escaped(view.title(comparison.labels))
    best = view.best(competitors)
    doubtful = [
        point
        for point in comparison.points
        if point.status == "ok" and not point.enough_clean_trials and point.value(view.primary).has_value
    ]
    if best is None or view.best([best, *doubtful]) is not best:
        return Ranking(comparison, title, None)
    return Ranking(comparison, title, best, leads_over(view, comparison, best, competitors))


def winners(view: View, ranked: Sequence[Ranking]) -> list[str]:
    """Which cells are best in how many comparisons, with the smallest and the largest lead; and in how many none is."""
    if view.metric.better is None:
        return []
    sentences = []
    for state, sentence in SENTENCES.items():
        matching = [ranking for ranking in ranked if ranking.state == state]
        if matching:
            sentences.append(sentence(view, matching, len(ranked)))
    return sentences


def _clear(view: View, clear: list[Ranking], total: int) -> str:
    """`processes` is best in 5 of 6 comparisons, 1.02x (…) (regex) to 1.10x (…) (sort) ahead …; `threads` in 1, …"""
    clear = sorted(clear, key=lambda ranking: _winner(view, ranking))
    groups = [list(members) for _, members in groupby(clear, key=lambda ranking: _winner(view, ranking))]
    groups.sort(key=lambda members: -len(members))
    first, *others = groups
    parts = [
        f"{_winner(view, first[0])} is best in {_of_comparisons(len(first), total)}, {_leads(first)} ahead of the runner-up"
    ]
    parts += [f"{_winner(view, group[0])} in {len(group)}, {_leads(group)}" for group in others[: MAX_WINNERS - 1]]
    more = sum(map(len, groups[MAX_WINNERS:]))
    if more:
        parts.append(f"others in {more}")
    return f"{'; '.join(parts)}."


def _winner(view: View, ranking: Ranking) -> str:
    """The best without its number of workers, which the comparison's section gives."""
    assert ranking.best is not None
    return series_text(view, ranking.best)


def _leads(ranked: list[Ranking]) -> str:
    """The smallest and the largest lead, and where they are: 1.02x (…) (regex) to 1.10x (…) (sort)."""
    ranked = sorted(ranked, key=lambda ranking: ranking.smallest_lead.ratio.mean)
    parts = []
    for ranking in ranked[:: max(1, len(ranked) - 1)]:
        parts.append(f"{spread(ranking.smallest_lead.ratio, 'x')} ({ranking.title})")
    return " to ".join(parts)


def _tied(view: View, tied: list[Ranking], total: int) -> str:
    cells = [f"{cell_text(view, ranking.best)} in {ranking.title}" for ranking in tied if ranking.best is not None]
    listed = enumerated(first_few(cells, MAX_WINNERS, rest_counts=False))
    figures = f"figures, of {listed}, are" if len(tied) > 1 else f"figure, of {listed}, is"
    where = _of_comparisons(len(tied), total, every="any of the")
    return f"Nobody is best in {where}: the best {figures} not resolved from the next."


def _few(view: View, few: list[Ranking], total: int) -> str:
    fewest = min(point.sample.count for ranking in few for point in ranking.comparison.points if point.has_numbers)
    return (
        f"With {plural(fewest, 'trial')} per cell (an interval needs {FEWEST}) nothing is resolved in "
        f"{_of_comparisons(len(few), total, every='any of the')}."
    )


def _alone(view: View, alone: list[Ranking], total: int) -> str:
    cells = [f"{_winner(view, ranking)} in {ranking.title}" for ranking in alone]
    listed = enumerated(first_few(cells, MAX_WINNERS, rest_counts=False))
    return f"Without a rival whose trials are all right and beyond doubt: {listed}."


def _doubtful(view: View, doubtful: list[Ranking], total: int) -> str:
    titles = titles_text([ranking.title for ranking in doubtful])
    where = _of_comparisons(len(doubtful), total, every="any of the")
    return f"No winner is named in {where} ({titles}): see [below](#side-by-side)."


# By the state of the rankings they are about, in the order of the answer.
SENTENCES = {"clear": _clear, "tied": _tied, "few": _few, "alone": _alone, "doubtful": _doubtful}


def gap(view: View, ranked: Sequence[Ranking]) -> list[str]:
    """Where the choice matters most: the largest lead of a best cell over the last one."""
    largest: tuple[Ranking, Lead] | None = None
    for ranking in ranked:
        resolved = [lead for lead in ranking.leads if lead.is_resolved]
        if len(ranking.leads) > 1 and resolved:
            lead = max(resolved, key=lambda lead: lead.ratio.mean)
            if largest is None or lead.ratio.mean > largest[1].ratio.mean:
                largest = ranking, lead
    if largest is None:
        return []
    ranking, lead = largest
    assert ranking.best is not None
    return [
        f"The choice matters most in {ranking.title}: {cell_text(view, ranking.best)} is {spread(lead.ratio, 'x')} ahead of "
        f"the last, {cell_text(view, lead.rival)}."
    ]


def _of_comparisons(count: int, total: int, every: str = "all") -> str:
    """`5 of 6 comparisons`, `all 6 comparisons`."""
    if total == 1:
        return "the one comparison"
    return f"{count} of {total} comparisons" if count < total else f"{every} {total} comparisons"


def titles_text(titles: Sequence[str]) -> str:
    """The first titles, and how many more there are."""
    return enumerated(first_few(titles, MAX_TITLES, rest_counts=False))
