"""What to do: one line that follows from the answer, and recommends nothing that the data do not support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from concexp.analysis import doubt_codes
from concexp.analysis.cells import MISSING
from concexp.analysis.stats.intervals import FEWEST
from concexp.report.answer import correctness, endings, forbidden, latencies, skipped
from concexp.report.answer.standings import VALUES, WORKERS, Standing, contestant_text, enough, tells_workers
from concexp.report.contest import compared, contest_of
from concexp.report.phrases import MAX_NAMES, cell_text, first_few, series_text, titles_text, with_primitives
from concexp.report.points import Point
from concexp.report.text.language import clauses, message, phrases, say, translated
from concexp.report.text.markdown import code
from concexp.report.text.numbers import enumerated, plural
from concexp.report.view import View

MAX_ADVICE = 2  # pieces in the line
ANY = message("whichever suits you best")
MAX_CHOICES = 3  # of different winners; of more, the answer itself is the advice
MEASURING = ("measure", "load")  # the blocks of the YAML that say how it is measured
MAX_WORSE = 2  # contestants to avoid, where nothing can be called best
CHOSEN = ("clear", "tie", "workers", "numbers", "open")


def what_to_do(view: View, found: Sequence[Standing]) -> str:
    """The line; "" where nothing follows."""
    pieces = [piece for advise in ADVICE for piece in advise(view, found)][:MAX_ADVICE]
    return clauses(pieces) + say(".") if pieces else ""


def _finish(view: View, found: Sequence[Standing]) -> list[str]:
    """An unfinished or quick run has no other advice than to measure."""
    if any(point.status == MISSING for point in view.points):
        return [say("give the same command again: it continues the run")]
    if view.run.manifest.get("quick"):
        return [say("run it without `--quick` before you rely on a number")]
    return []


def _timeouts(view: View, found: Sequence[Standing]) -> list[str]:
    if not endings.never_noticed(view):
        return []
    return [say("set a timeout of your own for what is never noticed")]


def _losses(view: View, found: Sequence[Standing]) -> list[str]:
    """What loses, or came to what is forbidden, must not be used where that matters."""
    pieces = []
    for metric, cls in _counted(view):
        if losing := _losing(view, metric):
            thing = _singular(cls.unit)
            pieces.append(
                say("do not use {cells} where every {thing} counts", cells=_either(view, losing), thing=thing)
            )
    return [*pieces, *forbidden.advice(view)]


def _counted(view: View) -> list[tuple[str, Any]]:
    """The metrics that count what was lost of something."""
    return [(metric, cls) for metric, cls in view.metrics.items() if cls.share_of and cls.verb]


def _losing(view: View, metric: str) -> dict[str, Point]:
    """The cells that lose a share of something in some comparison, by name: the first of each."""
    found: dict[str, Point] = {}
    for point in (point for comparison in view.comparisons for point in comparison.points):
        if point.value(metric).mean > 0:
            found.setdefault(cell_text(view, point), point)
    return found


def _either(view: View, cells: Mapping[str, Point]) -> str:
    """Cells by their names, with "or"; those that share a primitive name it once."""
    points = list(cells.values())
    one_primitive = len({view.primitive(point) for point in points}) == 1
    if not one_primitive or any(name != series_text(view, point) for name, point in cells.items()):
        return enumerated(first_few(list(cells), MAX_NAMES), "or")
    series = list(dict.fromkeys(code(view.series_name(point)) for point in points))
    either = enumerated(first_few(series, MAX_NAMES), "or")
    return with_primitives(view, either, [view.primitive(points[0])], points)


def _is_bad(view: View, point: Point) -> bool:
    """Whether a cell, or one that differs by its conditions only, lost something or came to what is forbidden."""
    name = cell_text(view, point)
    return any(name in _losing(view, metric) for metric, _ in _counted(view)) or forbidden.is_like_bad(view, point)


def _singular(unit: str) -> str:
    word = translated(unit)
    return word if word != unit else word.removesuffix("s")


def _closed_loops(view: View, found: Sequence[Standing]) -> list[str]:
    if not latencies.hidden_by_closed_loops(view):
        return []
    return [say("test with requests that arrive at a given rate: the closed loop hides most of the wait")]


def _overloads(view: View, found: Sequence[Standing]) -> list[str]:
    if any(point.sample.overloaded for point in view.points):
        return [say("keep arrivals below the rate that is served")]
    return []


def _choices(view: View, found: Sequence[Standing]) -> list[str]:
    """Use the winner; of a tie, any; no more workers than it takes; nothing that loses, here or elsewhere."""
    if not _leaves_a_choice(view):
        return []
    groups: dict[str, list[Standing]] = {}
    for one in found:
        if one.best is not None and one.state in CHOSEN and (choice := _choice(view, one)):
            groups.setdefault(choice, []).append(one)
    if not groups or len(groups) > MAX_CHOICES:
        return []
    everywhere = len(groups) == 1 and len(next(iter(groups.values()))) == len(compared(view))
    parts = []
    for choice, members in groups.items():
        counts = {_workers(view, one) for one in members}
        is_told = members[0].kind == WORKERS or tells_workers(view, members)
        if len(counts) == 1 and not is_told and _varies(view) and choice != say(ANY) and members[0].state != "open":
            choice = say("{cell} with {workers}", cell=choice, workers=plural(counts.pop(), "worker"))
        if not everywhere and any(one.title for one in members):
            choice = say("{choice} for {titles}", choice=choice, titles=titles_text([one.title for one in members]))
        parts.append(choice)
    if everywhere or not any(one.title for one in found):
        return [say("use {choice}", choice=phrases(parts))]
    return [say("use {choices}", choices=phrases(parts))]


def _leaves_a_choice(view: View) -> bool:
    """Not where the numbers are made up, nor between ways to measure, which show what a measurement sees."""
    contest = contest_of(view)
    is_about_measuring = contest is not None and all(key.partition(".")[0] in MEASURING for key in contest.axes)
    return not is_about_measuring and any(point.model not in view.simulated for point in view.points)


def _choice(view: View, one: Standing) -> str:
    if one.kind == WORKERS:
        return plural(_workers(view, one), "worker")
    assert one.best is not None
    if one.state == "open":  # what is behind is known, if not what is best
        behind = sorted(contestant_text(view, one.kind, lead.rival) for lead in one.behind)
        few = 0 < len(behind) <= min(MAX_WORSE, len(one.near))
        return say("anything but {cells}", cells=enumerated(behind)) if few else ""
    points = [one.plateau] if one.plateau is not None else [one.best, *(lead.rival for lead in one.near)]
    points = [point for point in points if not _is_bad(view, point)]
    names = sorted(contestant_text(view, one.kind, point) for point in points)
    if len(names) > MAX_NAMES or (len(names) == len(one.leads) + 1 and len(names) > 2):
        return say(ANY)
    return enumerated(names, "or") if names else ""


def _workers(view: View, one: Standing) -> int:
    """The fewest workers of the best that are enough; of a contest, those that the contestant had."""
    assert one.best is not None
    if one.kind == VALUES:
        return (one.plateau or one.best).parallelism
    same = [p for p in one.comparison.points if view.series_name(p) == view.series_name(one.best)]
    return (enough(view, [p for p in same if view.primitive(p) == view.primitive(one.best)]) or one.best).parallelism


def _varies(view: View) -> bool:
    return len({point.workers for point in view.points if point.has_numbers} - {None}) > 1


def _measure_better(view: View, found: Sequence[Standing]) -> list[str]:
    """Where there is no verdict on times, and one was asked for: what would give one."""
    if not correctness.asks_for_times(view):
        return []
    if cure := better_measurements(view):
        return [cure]
    # What half of the claims need, such as more CPUs, no repetition replaces.
    if found and all(one.state == "open" and not one.behind for one in found) and not skipped.sentences(view):
        return [say("repeat it more often: the differences are too small for this number of repetitions")]
    return []


def better_measurements(view: View) -> str:
    """How to measure cells that have too few trials or doubtful ones; "" where there are none."""
    with_numbers = [point for point in view.points if point.has_numbers]
    if with_numbers and min(point.sample.count for point in with_numbers) < FEWEST:
        return say("measure at least {count} repetitions", count=FEWEST)
    codes = {
        code
        for point in with_numbers
        if not point.enough_clean_trials
        for trial in point.doubtful
        for code in trial.doubts_about(point.primary)
    }
    if not codes:
        return ""
    if codes & doubt_codes.SHORT:
        return say("measure the doubtful cells (‡) again with a longer load")
    if codes & doubt_codes.DISTURBED:
        return say("measure the doubtful cells (‡) again on a quiet machine")
    return say("measure the doubtful cells (‡) again")


# In the order of their importance.
ADVICE = (_finish, _timeouts, _losses, _closed_loops, _overloads, _choices, _measure_better)
