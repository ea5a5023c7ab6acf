"""Versions of the user's code: which is faster or slower than the reference, where they are the same, and what cannot be told.

Each sentence is one of TEXTS with its values filled in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from concexp.analysis.stats.intervals import FEWEST, Interval
from concexp.experiment.statuses import NUMBERED
from concexp.experiment.version_names import AXIS
from concexp.report.phrases import MAX_NAMES, TIMES, first_few, is_speed, percent_change
from concexp.report.points import Point
from concexp.report.text.language import clauses, message, phrases, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, level_text, plural, rate_unit, rounded, scale_of, spread
from concexp.report.versions import (
    BAD,
    DOUBTFUL,
    FASTER,
    FEW,
    OPEN,
    SAME,
    SLOWER,
    Change,
    Versions,
    commit,
    of_version,
    same_code,
    versions_of,
)
from concexp.report.view import View

MAX_EACH = 3  # differences with figures of their own in a sentence; of more, the smallest and the largest
MAX_ROWS = 16
EQUALLY_FAST = 0.9  # share of the pairs, from which on nothing is said of those that do not count
SPEED, QUALITY = (message("slower"), message("faster")), (message("worse"), message("better"))
TEXTS = {
    "differs": message("{version} is {percent} {word} than {reference} ({interval}){where}"),
    "differs without ends": message("{version} is {percent} {word} than {reference}{where}"),
    "more": message("{percent} {word} ({interval}){where}"),
    "several": message("{version} is {low} to {high} {word} than {reference} in {count} of {total} comparisons"),
    "more of several": message("{low} to {high} {word} in {count}"),
    "twice as slow": message("{version} takes {factor} times as long as {reference} ({interval}){where}"),
    "twice as fast": message("{version} is {factor} times as fast as {reference} ({interval}){where}"),
    "same": message("no difference of {version} from {reference} beyond {percent}{where}"),
    "same elsewhere": message("no difference beyond {percent} elsewhere"),
    "same here": message("no difference beyond {percent}{where}"),
    "open": message("cannot tell whether {version} is {word} than {reference}{where} ({range})"),
    "few": message("no verdict on {version} with {trials} per cell (an interval needs {fewest})"),
    "doubtful": message("no verdict on {version}: trials are doubtful (‡){where}"),
    "bad": message("no verdict on {version}: trials failed, were wrong, or could not run{where}"),
    "nothing": message("Nothing to compare: no cell ran both in {reference} and in another version."),
    "error": message(
        "Of {comparisons} corrected together: were the versions equal, any difference would be named in {share} of "
        "runs at most. "
        "Noise floor: {floor}."
    ),
    "one": message(
        "Were the versions equal, a difference would be named in {share} of runs at most. Noise floor: {floor}."
    ),
    "floor": message("{percent}, by which the same code may seem to differ from itself"),
    "no floor": message("not measured"),
    "disturbed": message(
        "The machine disturbed most of these trials (‡). The versions ran in random order in each of {blocks} blocks, so that it "
        "hit each alike: that they differ is sure, by how much less so."
    ),
    "equal speed": message(
        "The CPU changed its speed: of {blocks} pairs of trials those {pairs} count beside which it was equally fast."
    ),
    "same code": message(
        "{versions} ran the same code as {reference}: no imported file differs, so any difference is noise."
    ),
    "answers": message("{workload} returns something else in {version} than in {reference}: {difference}."),
    "missing": message("Not compared: {workload}, {reason}."),
}


@dataclass(frozen=True)
class Table:
    """A row per comparison."""

    heads: list[str]
    rows: list[list[str]]


def sentences(view: View) -> list[str]:
    """The answer about versions, the most important first; empty where none are compared."""
    found = versions_of(view)
    if found is None:
        return []
    if not any(change.verdict != BAD for change in found.changes):
        return [say(TEXTS["nothing"], reference=code(found.reference))]
    workloads = list(dict.fromkeys(str(change.point.labels["workload"]) for change in found.changes))
    texts: list[tuple[str, bool]] = []
    for workload in workloads:
        for version in dict.fromkeys(change.version for change in found.changes):
            own = [c for c in found.changes if c.version == version and str(c.point.labels["workload"]) == workload]
            if own:
                text = clauses(_parts(view, found, own)) + say(".")
                differs = any(change.verdict in (SLOWER, FASTER) for change in own)
                texts.append((say("**{title}**: {text}", title=escaped(workload), text=text), differs))
    return _sorted(texts)


def _sorted(texts: list[tuple[str, bool]]) -> list[str]:
    """The sentences of workloads in the order of the experiment; of many those with differences first, and the rest counted."""
    every = [text for text, _ in texts]
    if len(texts) <= MAX_NAMES:
        return [texts_of(every)] if len(texts) > 2 else every
    shown = [text for text, _ in sorted(texts, key=lambda one: not one[1])][:MAX_NAMES]
    return [texts_of([*shown, say("{count} more in the table below.", count=len(texts) - len(shown))])]


def notes(view: View) -> list[str]:
    """How sure that is: the error rate of the family, the noise floor, equal code and answers that differ."""
    found = versions_of(view)
    if found is None:
        return []
    texts = _answers(view) + _equal_code(view, found)
    judged = [change for change in found.changes if change.verdict in (SLOWER, FASTER, SAME, OPEN)]
    if judged:
        share = level_text(1 - view.run.level)
        floor = say(TEXTS["no floor"])
        if not math.isnan(found.floor):
            floor = say(TEXTS["floor"], percent=_percent(found.floor - 1))
        key = "error" if len(judged) > 1 else "one"
        texts.append(say(TEXTS[key], comparisons=plural(len(judged), "comparison"), share=share, floor=floor))
    chosen = [one for one in judged if not one.beside and one.factor.n < EQUALLY_FAST * one.blocks]
    if chosen and (least := min(chosen, key=lambda one: one.factor.n)):
        texts.append(say(TEXTS["equal speed"], blocks=least.blocks, pairs=least.factor.n))
    return texts


def disturbed(view: View) -> list[str]:
    """That the machine disturbed what a difference was named of, and why that holds all the same."""
    found = versions_of(view)
    beside = [change.factor.n for change in (found.changes if found else ()) if change.has_interval and change.beside]
    return [say(TEXTS["disturbed"], blocks=min(beside))] if beside else []


def judged_cells(view: View) -> set[str]:
    """The cells that a verdict is about, whatever is doubted of them alone."""
    found = versions_of(view)
    changes = [change for change in (found.changes if found else ()) if change.has_interval]
    return {point.cell for change in changes for point in (change.reference, change.point)}


def missing(view: View) -> list[str]:
    """What some versions cannot run, and why."""
    reasons: dict[tuple[str, str], None] = {}
    for point in view.points:
        if point.status == "unsupported" and point.labels.get(AXIS) is not None and " in " in point.reason:
            reasons[str(point.labels["workload"]), point.reason] = None
    texts = [
        say(TEXTS["missing"], workload=code(label), reason=escaped(reason.rstrip("."))) for label, reason in reasons
    ]
    return [texts_of(first_few(texts, MAX_EACH))] if texts and versions_of(view) is not None else []


def _answers(view: View) -> list[str]:
    compared = (view.run.manifest.get("preflight") or {}).get("versions") or []
    return [
        say(
            TEXTS["answers"],
            workload=code(one["workload"]),
            version=code(one["version"]),
            reference=code(one["against"]),
            difference=escaped(one["difference"]),
        )
        for one in compared
        if one["difference"]
    ]


def _equal_code(view: View, found: Versions) -> list[str]:
    equal = [code(label) for label in same_code(view)]
    return [say(TEXTS["same code"], versions=enumerated(equal), reference=code(found.reference))] if equal else []


def _parts(view: View, found: Versions, own: Sequence[Change]) -> list[str]:
    """What is said of one workload in one version: differences, then where there are none, then what cannot be told."""
    parts: list[str] = []
    for verdict in (SLOWER, FASTER):
        members = sorted(
            (one for one in own if one.verdict == verdict), key=lambda one: -abs(math.log(one.factor.mean))
        )
        parts += _differences(view, found, members, verdict, len(own), bool(parts))
    values = {"version": code(own[0].version), "reference": code(found.reference)}
    for verdict in (SAME, OPEN, FEW, DOUBTFUL, BAD):
        members = [one for one in own if one.verdict == verdict]
        if members:
            alone = len(members) == len(own)
            elsewhere = not alone and len(parts) > 0 and len(_rest(own, (SLOWER, FASTER))) == len(members)
            parts.append(_undifferent(view, verdict, members, values, alone, elsewhere))
    return parts


def _rest(own: Sequence[Change], verdicts: Sequence[str]) -> list[Change]:
    return [one for one in own if one.verdict not in verdicts]


def _differences(
    view: View, found: Versions, members: Sequence[Change], verdict: str, total: int, has_subject: bool
) -> list[str]:
    """`worktree is 12 % slower than main (9–15 %) under threads`, each by itself, or all together where they are many."""
    word = say(_words(view)[verdict == FASTER])
    values = {"version": "", "reference": code(found.reference), "word": word, "total": total, "count": len(members)}
    if not members:
        return []
    values["version"] = code(members[0].version)
    if len(members) > MAX_EACH:
        sizes = sorted(_size(one).mean - 1 for one in members)
        key = "more of several" if has_subject else "several"
        return [say(TEXTS[key], low=_percent(sizes[0]), high=_percent(sizes[-1]), **values)]
    texts: list[str] = []
    for change in members:
        size = _size(change)
        mean, _, ends = percent_change(size).partition(" (")
        if size.mean >= TIMES and is_speed(view):
            key = "twice as slow" if verdict == SLOWER else "twice as fast"
            shown, _, ends = spread(size).partition(" (")
            more = {"factor": shown, "interval": ends.rstrip(")")}
        else:
            key = "more" if has_subject or texts else "differs" if ends else "differs without ends"
            more = {"percent": mean, "interval": f"{ends.rstrip(')')} %"}
        texts.append(say(TEXTS[key], where=_where(view, [change]), **more, **values))
    return [enumerated(texts)]


def _undifferent(
    view: View, verdict: str, members: Sequence[Change], values: dict[str, str], alone: bool, elsewhere: bool
) -> str:
    """What is said of cells without a named difference."""
    where = "" if alone else _where(view, members)
    if verdict == SAME:
        percent = _percent(max(one.within for one in members), up=True)
        key = "same" if alone else "same elsewhere" if elsewhere else "same here"
        return say(TEXTS[key], percent=percent, where=where, **values)
    if verdict == OPEN:
        lows, highs = [one.factor.lo for one in members], [one.factor.hi for one in members]
        worse, better = map(say, _words(view))
        ends = say(
            "from {low} {better} to {high} {worse}",
            low=_percent(1 / min(lows) - 1),
            better=better,
            high=_percent(max(highs) - 1),
            worse=worse,
        )
        if min(lows) >= 1 or max(highs) <= 1:  # a difference within the noise floor, or one that chance may have made
            ends = say("{percent}, within the noise", percent=_percent(abs(members[0].factor.mean - 1)))
        key = "open"
        return say(
            TEXTS[key], word=say("{names} or {last}", names=worse, last=better), range=ends, where=where, **values
        )
    trials = plural(min(one.point.sample.count for one in members), "trial")
    return say(TEXTS[verdict], trials=trials, fewest=FEWEST, where=where, **values)


def _where(view: View, members: Sequence[Change]) -> str:
    """` under threads with 2 workers`: what distinguishes these cells from the others of their workload; "" if nothing does."""
    names = list(dict.fromkeys(filter(None, (_condition(view, one.point) for one in members))))
    return say(" under {cells}", cells=enumerated(first_few(names, MAX_EACH))) if names else ""


def _words(view: View) -> tuple[str, str]:
    """What less and more of the primary metric is called."""
    return SPEED if is_speed(view) else QUALITY


def _condition(view: View, point: Point) -> str:
    """`threads` with 2 workers, size 3: the labels that vary, but for the workload and the version."""
    model = (
        code(view.series_name(point)) if "model" in view.varying_axes or view.series_name(point) != point.model else ""
    )
    workers = ""
    if "workers" in view.varying_axes and point.workers is not None:
        workers = say(" with {workers}", workers=plural(point.workers, "worker"))
    labels = {
        key: label
        for key, label in point.labels.items()
        if key not in ("workload", "workers", *of_version(view)) and not view.of_kind(key, "model")
    }
    parts = [f"{model}{workers}".strip(), escaped(view.title(labels))]
    return phrases(list(filter(None, parts)))


def _size(change: Change) -> Interval:
    """The factor as one of at least 1, whichever is better."""
    return change.factor if change.verdict == SLOWER else change.factor.inverted()


def _percent(share: float, up: bool = False) -> str:
    """A share as a percentage of two digits; rounded up where it is a bound."""
    if up and share > 0:
        digits = 1 - math.floor(math.log10(100 * share))
        share = math.ceil(100 * share * 10**digits - 1e-9) / 10**digits / 100
    return f"{rounded(100 * share, 2)} %"


def table(view: View) -> Table | None:
    """Each comparison: the figures of the reference and of the version, the change with its interval, and the verdict."""
    found = versions_of(view)
    if found is None or not any(change.reference.has_numbers or change.point.has_numbers for change in found.changes):
        return None
    means = [one.value(view.primary).mean for change in found.changes for one in (change.reference, change.point)]
    factor, prefix = scale_of(means, view.metric.unit)
    several = len(found.labels) > 2
    operations = {change.point.unit for change in found.changes}
    unit = prefix
    if view.metric.unit == "1/s":
        unit = rate_unit(prefix, operations.pop() if len(operations) == 1 else "operation")
    names = [_named(view, found.reference), say("version") if several else _named(view, _other(found))]
    figures = [say("{title}, {unit}", title=name, unit=unit) if unit else name for name in names]
    heads = [say("cell"), *([say("compared")] if several else []), *figures, say("change"), say("verdict")]
    rows = []
    for change in found.changes[:MAX_ROWS]:
        cell = cell_name(view, change)
        named = [_named(view, change.version)] if several else []
        shown = [spread(one.value(view.primary).scaled(1 / factor)) for one in (change.reference, change.point)]
        rows.append([cell, *named, *shown, _change(view, change), _verdict(view, change)])
    if len(found.changes) > MAX_ROWS:
        rows.append([say("{count} more in cells.csv", count=len(found.changes) - MAX_ROWS), *[""] * (len(heads) - 1)])
    return Table(heads, rows)


def cell_name(view: View, change: Change) -> str:
    """The cell of a comparison: its workload, and what distinguishes it from others of that workload."""
    return " · ".join(filter(None, [escaped(str(change.point.labels["workload"])), _condition(view, change.point)]))


def change_text(view: View, change: Change) -> str:
    """The change with its interval, and the verdict where that says more: 2 % slower (−1–5 %), cannot tell."""
    texts = [_change(view, change)] if change.factor.has_value else []
    return phrases([*texts, *([_verdict(view, change)] if change.verdict not in (SLOWER, FASTER) else [])])


def _other(found: Versions) -> str:
    return next(label for label in found.labels if label != found.reference)


def _named(view: View, label: str) -> str:
    """A version with the short SHA of its commit: main (1a2b3c4)."""
    sha = commit(view, label)
    return f"{escaped(label)} ({sha})" if sha and sha != label[: len(sha)] else escaped(label)


def _change(view: View, change: Change) -> str:
    if not change.factor.has_value:
        return "–"
    worse, better = map(say, _words(view))
    is_worse = change.factor.mean >= 1
    size = change.factor if is_worse else change.factor.inverted()
    mean, _, ends = percent_change(size).partition(" (")
    text = say("{percent} {word}", percent=mean, word=worse if is_worse else better)
    return say("{text} ({note})", text=text, note=f"{ends.rstrip(')')} %") if ends else text


def _verdict(view: View, change: Change) -> str:
    words = dict(zip((SLOWER, FASTER), _words(view), strict=True))
    if change.verdict in words:
        return f"**{say(words[change.verdict])}**"
    if change.verdict == SAME:
        return say("the same within {percent}", percent=_percent(change.within, up=True))
    if change.verdict == BAD:
        ended = [one for one in (change.reference, change.point) if one.status not in NUMBERED]
        stopped = any(one.status == "unsupported" for one in ended)
        return say("cannot run") if stopped else say("ended badly or wrong")
    texts = {OPEN: message("cannot tell"), FEW: message("too few trials"), DOUBTFUL: message("doubtful (‡)")}
    return say(texts[change.verdict])
