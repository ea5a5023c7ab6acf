"""The first lines of a comparison: what differs around the figures, what the machine did, and what differs in them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from concexp import catalog
from concexp.analysis.comparing import judgement
from concexp.analysis.comparing.circumstances import Row
from concexp.analysis.comparing.comparison import Comparison
from concexp.analysis.comparing.figures import BASELINE
from concexp.analysis.comparing.history import Series, Step
from concexp.analysis.comparing.judgement import Compared, time_sign
from concexp.analysis.comparing.sides import A, B
from concexp.analysis.comparing.yardsticks import Machine
from concexp.analysis.doubts import WAIT_SHARE
from concexp.report.comparison.circumstances import name_of
from concexp.report.comparison.naming import Names, change_text, title_of
from concexp.report.phrases import first_few
from concexp.report.text.language import clauses, say, translated
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, plural, rounded, sentence_case

SHORT = 40  # characters of a value in a sentence
MOST = 5  # cells or circumstances that a sentence names
# In the order in which a sentence names what differs; what each run says of its own moment is in the table.
PARTS = ("code", "interpreter", "machine", "experiment", "concexp")


def answer(comparison: Comparison) -> list[str]:
    """The sentences under the title, as Markdown."""
    writers = (_history,) if comparison.sides.is_history else (_machine, _verdict, _relative)
    sentences = [*_differences(comparison)]
    for write in (*writers, _claims, _unmatched):
        sentences += write(comparison)
    return sentences


def _differences(comparison: Comparison) -> Iterator[str]:
    """What differs around the figures: what the user compares, and what else does."""
    for axis, labels in comparison.matching.across.items():
        values = ", ".join(
            say("{label} in {side}", label=code("–" if label is None else label), side=side)
            for side, label in dict(zip(comparison.sides.names, labels, strict=True)).items()
        )
        yield say("Compared across {axis}: {values}.", axis=code(axis), values=values)
    rows = [row for row in comparison.circumstances if row.differs and row.part in PARTS]
    rows.sort(key=lambda row: PARTS.index(row.part))
    if not rows:
        yield say("The runs differ in their date only: code, interpreter, machine and experiment are the same.")
    elif comparison.sides.is_history:
        named = first_few([escaped(name_of(row.name)) for row in rows], 2 * MOST, lead="")
        yield say("These differ between the runs: {names}.", names=enumerated(named))
    else:
        named = first_few([_change(comparison, row) for row in rows], MOST + 1)
        yield say("Besides the date these differ: {changes}.", changes=clauses(named))
    if any(row.name == "measuring code" and row.differs for row in rows):
        yield say(
            "The code with which concexp measures differs, so a difference of the figures may be concexp's own: to "
            "be sure, "
            "measure all runs with one version."
        )


def _change(comparison: Comparison, row: Row) -> str:
    """`processor: Intel → AMD`."""
    sides = [
        " / ".join(dict.fromkeys(row.values[number] or "–" for number in comparison.sides.numbers(name)))
        for name in comparison.sides.by_name
    ]
    before, after = (escaped(_short(text)) for text in sides)
    return say("{what}: {before} → {after}", what=escaped(name_of(row.name)), before=before, after=after)


def _short(text: str) -> str:
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def _machine(comparison: Comparison) -> Iterator[str]:
    """How the machine differed, what follows, and how far two runs of the same thing may differ."""
    machine = comparison.machine
    if machine.is_simulated:
        return
    if machine.other:
        yield say(
            "The runs come from different machines ({facts}), so absolute figures are not judged, only ratios within "
            "each run.",
            facts=enumerated([escaped(name_of(fact)) for fact in machine.other]),
        )
    elif machine.slower_side is not None:
        yield from _slower_machine(machine)
    elif not machine.is_estimated:
        yield _spread(comparison)


def _slower_machine(machine: Machine) -> Iterator[str]:
    side, other = machine.slower_side, 1 - (machine.slower_side or 0)
    assert side is not None
    names = (A, B)
    facts = []
    usable = machine.cpus.usable
    given = [min(*pair) for pair in zip(machine.cpus.given, map(float, usable), strict=True)]
    if machine.cpus.lacking is not None and all(map(math.isfinite, given)):
        facts.append(
            say(
                "run {side} had {given} of {usable} CPUs, run {other} had {more}",
                side=names[side],
                given=rounded(given[side], 2),
                usable=usable[side],
                other=names[other],
                more=rounded(given[other], 2),
            )
        )
    if machine.cpus.waiting[side] > machine.cpus.waiting[other] + WAIT_SHARE:
        facts.append(
            say(
                "the sentinel waited for a CPU for {share} of its time in {side}",
                share=_percent(machine.cpus.waiting[side]),
                side=names[side],
            )
        )
    for one in machine.yardsticks:
        times = one.slower.mean if side else -one.slower.mean
        if one.changed and times > 0:
            facts.append(
                say(
                    "{work} took {times} times as long in {side}",
                    work=translated(one.name),
                    times=rounded(math.exp(times)),
                    side=names[side],
                )
            )
    yield say(
        "The machine differed: {facts}. So nothing that is slower in {side} is named as a difference of the code.",
        facts=clauses(facts),
        side=names[side],
    )


def _percent(share: float) -> str:
    return f"{rounded(100 * share, 2)} %"


def _spread(comparison: Comparison) -> str:
    """How far two runs of the same thing may differ, where only the yardsticks say so."""
    timed = [one for one in comparison.cells if one.ratio.bounded and time_sign(catalog.load("metric", one.metric))]
    if not timed:
        return say("The runs have no figures that could be compared.")
    widest = max(max(one.span[1], 1 / one.span[0]) for one in timed)
    basis = say("the sentinel, the spinners, the reference loop and the A/A controls differ by that")
    if comparison.machine.lacks_yardsticks:
        basis = say("the runs hold no measure of the machine, so this is an assumption")
    return say(
        "With {runs} a side, how far two runs of the same thing differ is not in the data; the machine may explain up to "
        "{range} ({basis}), which every interval contains. Three runs a side would show it.",
        runs=say("one run") if len(comparison.sides.runs) == 2 else say("one or two runs"),
        range=_percent(widest - 1),
        basis=basis,
    )


def _verdict(comparison: Comparison) -> Iterator[str]:
    if comparison.machine.other:
        yield from _endings(comparison.cells, Names(comparison))
        return
    yield from _verdicts(comparison, comparison.cells)


def _relative(comparison: Comparison) -> Iterator[str]:
    if comparison.relative:
        yield from _verdicts(comparison, comparison.relative)


def _verdicts(comparison: Comparison, compared: Sequence[Compared]) -> Iterator[str]:
    """One metric after the other: which cells differ, which are the same, and for which it cannot be told."""
    names = Names(comparison)
    for metric in dict.fromkeys(one.metric for one in compared):
        own = [one for one in compared if one.metric == metric]
        what = escaped(title_of(metric))
        if own[0].is_relative:
            what = relative_text(what, own[0].relative)
        found = False
        for word in ("worse", "better", "higher", "lower"):
            cells = [one for one in own if one.word == word]
            if cells:
                found = True
                yield _named(names, what, metric, word, cells, len(own))
        yield _rest(comparison, what, own, found)
    yield from _endings(compared, names)


def relative_text(metric: str, relative: str) -> str:
    """What a metric is called where it is relative to something in the same run."""
    if relative == BASELINE:
        return say("{metric} relative to each run's baseline", metric=metric)
    return say("{metric} relative to the mean of its workload in each run", metric=metric)


def words_of(metric: str, word: str) -> str:
    """What a verdict is called: slower for worse, of times and rates."""
    if not time_sign(catalog.load("metric", metric)):
        return {"worse": say("worse"), "better": say("better"), "higher": say("higher"), "lower": say("lower")}[word]
    return {"worse": say("slower"), "better": say("faster"), "higher": say("higher"), "lower": say("lower")}[word]


def _named(names: Names, what: str, metric: str, word: str, cells: Sequence[Compared], count: int) -> str:
    """B is slower in 2 of 8 cells (throughput): …, the largest first."""
    ordered = sorted(cells, key=lambda one: -abs(math.log(one.ratio.mean)))
    listed = [say("{cell} {change}", cell=names.marked(one.match), change=change_text(one.ratio)) for one in ordered]
    return say(
        "**B is {word} than A in {some} of {all}** ({what}): {cells}.",
        word=words_of(metric, word), some=len(cells), all=plural(count, "cell"), what=what,
        cells=clauses(first_few(listed, MOST)),
    )  # fmt: skip


def _rest(comparison: Comparison, what: str, own: Sequence[Compared], found: bool) -> str:
    """How many cells are the same, and for how many nothing can be said, with the reasons."""
    same = sum(one.word == "same" for one in own)
    unclear = [one for one in own if one.word == "cannot tell"]
    parts = []
    if same:
        parts.append(
            say(
                "the same within {tolerance} in {cells}",
                tolerance=f"{100 * comparison.tolerance:g} %",
                cells=plural(same, "cell"),
            )
        )
    if unclear:
        reasons = Counter(reason_text(one) for one in unclear)
        parts.append(
            say(
                "cannot tell in {cells} ({reasons})",
                cells=plural(len(unclear), "cell"),
                reasons="; ".join(f"{count}: {reason}" for reason, count in reasons.most_common(MOST))
                if len(reasons) > 1
                else next(iter(reasons)),
            )
        )
    if not parts:
        return say("No other cell is left ({what}).", what=what)
    lead = say("Otherwise") if found else say("No difference is shown")
    return say("{lead} ({what}): {parts}.", lead=lead, what=what, parts=clauses(parts))


def reason_text(one: Compared) -> str:
    """Why nothing is said of a cell."""
    side, other = (A, B)[one.side], (A, B)[1 - one.side]
    endings = one.endings
    if one.reason == judgement.ENDED and endings is not None:
        own = endings[one.side]
        if own.unsupported:
            return say("it cannot run in {side}: {why}", side=side, why=escaped(own.unsupported, 80))
        return say(
            "{bad} of {run} in {side} ended badly: {statuses}",
            bad=own.bad, run=plural(own.run, "trial"), side=side, statuses=enumerated(list(own.statuses)),
        )  # fmt: skip
    texts = {
        judgement.NOWHERE: say("{side} has no figure", side=side),
        judgement.ZERO: say("a figure in {side} is 0 or less, so there is no ratio", side=side),
        judgement.FEW: say("{side} has fewer than 3 trials", side=side),
        judgement.DOUBTFUL: say("too many trials in {side} are doubtful", side=side),
        judgement.OTHER_MACHINE: say("different machines"),
        judgement.MACHINE: say("the machine was slower in {side} than in {other}", side=side, other=other),
        judgement.RANGE: say("within the noise floor") if one.is_relative else say("the machine may explain it"),
        judgement.CHANCE: say("within what chance produces in all comparisons together"),
        judgement.WIDE: say("the interval is too wide"),
    }
    return texts.get(one.reason, say("the interval is too wide"))


def _endings(compared: Sequence[Compared], names: Names) -> Iterator[str]:
    """The cells whose trials end badly on one side only."""
    for side, word in ((1, say("but not in A")), (0, say("but not in B"))):
        cells = [
            one
            for one in compared
            if one.endings and one.endings[side].bad and judgement.ends_worse(one.endings[1 - side], one.endings[side])
        ]
        if cells:
            listed = [
                say(
                    "{cell} {bad} of {run}, {statuses}",
                    cell=names.marked(one.match), bad=one.endings[side].bad, run=plural(one.endings[side].run, "trial"),
                    statuses=enumerated(list(one.endings[side].statuses)),
                )
                for one in cells if one.endings
            ]  # fmt: skip
            yield say(
                "**Trials end badly in {side}, {word}**: {cells}.",
                side=(A, B)[side],
                word=word,
                cells=clauses(first_few(listed, MOST)),
            )


def _claims(comparison: Comparison) -> Iterator[str]:
    counts = Counter(one.word for one in comparison.claims)
    words = {
        "reproduced": say("reproduced"),
        "differs": say("with another verdict"),
        "cannot tell": say("undecided in a run"),
        "not asked": say("not in all runs"),
    }
    parts = [f"{counts[word]} {text}" for word, text in words.items() if counts[word]]  # type: ignore[index]
    if parts:
        yield say("Claims: {counts}.", counts=", ".join(parts))


def _unmatched(comparison: Comparison) -> Iterator[str]:
    counts = Counter(one.side for one in comparison.matching.unmatched)
    if counts:
        parts = [say("{count} only in {side}", count=count, side=side) for side, count in sorted(counts.items())]
        yield say(
            "Compared are {matched}; {parts} (see “Not compared”).",
            matched=plural(len(comparison.matching.matches), "cell"),
            parts=", ".join(parts),
        )


def _history(comparison: Comparison) -> Iterator[str]:
    """The steps, the latest first."""
    names = Names(comparison)
    found = [(series, step) for series in comparison.series for step in series.steps]
    own = [pair for pair in found if not pair[1].is_machine]
    for word in ("worse", "better", "higher", "lower"):
        pairs = sorted((pair for pair in own if pair[1].word == word), key=lambda pair: -pair[1].at)
        if pairs:
            yield say(
                "**{metric} becomes {word}**: {steps}.",
                metric=sentence_case(escaped(title_of(pairs[0][0].metric))),
                word=words_of(pairs[0][0].metric, word),
                steps=clauses(first_few([_step(names, *pair) for pair in pairs], MOST)),
            )
    if not own:
        yield say(
            "No step is shown in {cells} over {runs}.",
            cells=plural(len(comparison.series), "cell"),
            runs=plural(len(comparison.sides.runs), "run"),
        )
    if len(found) > len(own):
        steps = [_step(names, *pair) for pair in found if pair[1].is_machine]
        yield say(
            "The machine changed at the same place, and may explain: {steps}.", steps=clauses(first_few(steps, MOST))
        )


def _step(names: Names, series: Series, step: Step) -> str:
    return say(
        "{cell} {change} from run {run} on",
        cell=names.marked(series.match), change=change_text(step.ratio), run=step.at + 1,
    )  # fmt: skip
