"""What limits the page: made-up numbers, a quick or unfinished run, bad endings, wrong outcomes."""

from __future__ import annotations

from collections import Counter

from concexp.analysis.cells import MISSING
from concexp.report.expected import unexpected
from concexp.report.phrases import BAD_ENDINGS, MAX_NAMES, cell_text, cells_text, ended, first_few
from concexp.report.points import Point
from concexp.report.sections import outcomes
from concexp.report.text.language import counted, message, say
from concexp.report.text.language import sentences as texts_of
from concexp.report.text.markdown import anchor, code, escaped
from concexp.report.text.numbers import enumerated, plural
from concexp.report.text.reasons import reason_text
from concexp.report.view import View


def before_numbers(view: View) -> list[str]:
    """What a reader must know before the first number, as one item of the answer."""
    sentences = []
    if view.simulated:
        sentences.append(
            say(
                "**These numbers are made up** by {models}: they say nothing about any machine.",
                models=enumerated([code(label) for label in view.simulated]),
            )
        )
    if view.run.manifest.get("quick"):
        sentences.append(
            say("**A quick pass**, one short repetition of everything: it shows that it works, and no more.")
        )
    missing = sum(point.status == MISSING for point in view.points)
    if missing:
        sentences.append(
            counted(
                missing,
                "**Not finished**: {count} of {cells} has no trial yet.",
                "**Not finished**: {count} of {cells} have no trial yet.",
                cells=plural(len(view.points), "cell"),
            )
        )
    return [texts_of(sentences)] if sentences else []


def sentences(view: View) -> list[str]:
    """The cells that ended badly, and the wrong outcomes that no counted metric shows, as one item of the answer."""
    texts = [*_without_numbers(view), *_with_numbers(view), *_wrong_outcomes(view)]
    return [texts_of(texts)] if texts else []


def _without_numbers(view: View) -> list[str]:
    """How many cells ended badly in all their trials without being expected to, and how."""
    points = [point for point in view.points if not point.has_numbers and unexpected(view, point, set(BAD_ENDINGS))]
    if not points:
        return []
    statuses = Counter(point.status for point in points)
    counts = [say("{count} {how}", count=count, how=ended(status)) for status, count in statuses.items()]
    return [
        say(
            "**{cells} did not end well** ({counts}): see [what went wrong](#{place}).",
            cells=plural(len(points), "cell"),
            counts=enumerated(counts),
            place=anchor(say("What went wrong")),
        )
    ]


def _with_numbers(view: View) -> list[str]:
    """The cells that ended badly in some of their trials."""
    parts = []
    for point in (point for point in view.points if point.status in BAD_ENDINGS and point.has_numbers):
        bad = sum(point.sample.statuses[status] for status in BAD_ENDINGS)
        text = message("{cell} in {count} of {trials}, as expected")
        if unexpected(view, point, set(BAD_ENDINGS)):
            text = message("{cell} in {count} of {trials}")
        trials = plural(point.sample.count, "trial")
        parts.append(say(text, cell=cell_text(view, point), count=bad, trials=trials))
    if not parts:
        return []
    cells = enumerated(first_few(parts, MAX_NAMES))
    return [say("Some trials ended badly (§): {cells}. Their cells cannot win.", cells=cells)]


def _wrong_outcomes(view: View) -> list[str]:
    """The cells with wrong outcomes, other than those whose lost updates, forbidden outcomes and the like are counted."""
    counted = [metric for metric, cls in view.metrics.items() if cls.verb]
    forbidden = outcomes.forbidden_shares(view)
    wrong: list[Point] = [
        point
        for point in view.points
        if point.sample.statuses["invalid"]
        and not forbidden.get(point.cell)
        and not any(point.value(metric).mean > 0 for metric in counted)
    ]
    if not wrong:
        return []
    trials = [trial for point in wrong for trial in point.sample.trials if trial.status == "invalid"]
    reasons = {trial.reason for trial in trials}
    kinds = {reason.partition(":")[0] for reason in reasons}  # after the colon follow the figures of one trial
    common = reasons if len(reasons) == 1 else kinds
    cells = cells_text(view, wrong)
    if len(common) != 1:
        return [say("Wrong outcome (†): {cells}.", cells=cells)]
    return [say("Wrong outcome (†) ({reason}): {cells}.", reason=escaped(reason_text(common.pop())), cells=cells)]
