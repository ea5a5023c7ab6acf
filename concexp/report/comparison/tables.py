"""The tables of a comparison: circumstances, cells, claims, and the cells without a partner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from concexp.analysis.comparing import judgement
from concexp.analysis.comparing.circumstances import Row
from concexp.analysis.comparing.comparison import Comparison
from concexp.analysis.comparing.history import Series
from concexp.analysis.comparing.judgement import Compared
from concexp.analysis.comparing.matching import Unmatched
from concexp.report.comparison.circumstances import name_of
from concexp.report.comparison.naming import Names, change_text, figure_text, shown, title_of
from concexp.report.comparison.sentences import reason_text, relative_text, words_of
from concexp.report.text.language import clauses, message, say
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import enumerated, sentence_case

MOST_ROWS = 200
MOST_UNMATCHED = 30
NOT_ASKED = message("not asked")  # of a claim that a run does not have


@dataclass(frozen=True)
class Table:
    """A table in Markdown: a title, "" for none; its heads, and its rows; `texts` columns of text, then numbers."""

    title: str
    heads: list[str]
    rows: list[list[str]]
    texts: int = 1
    note: str = ""


def circumstances(comparison: Comparison) -> Table:
    """What differs around the figures, and what each run says of its own moment."""
    rows = [row for row in comparison.circumstances if row.differs or (row.part == "moment" and any(row.values))]
    sides = list(comparison.sides.by_name)
    if comparison.sides.is_history:
        cells = [[escaped(name_of(row.name)), _over_runs(row)] for row in rows]
        return Table("", ["", say("in the runs")], cells, 2)
    cells = [[escaped(name_of(row.name)), *(_of_side(comparison, row, side) for side in sides)] for row in rows]
    return Table("", ["", *sides], cells, 1 + len(sides))


def _of_side(comparison: Comparison, row: Row, side: str) -> str:
    values = dict.fromkeys(row.values[number] for number in comparison.sides.numbers(side))
    return "; ".join(shown(value) for value in values)


def _over_runs(row: Row) -> str:
    """`3.11.7 in 1–3, 3.13.1 in 4`: each value with the runs in which it held."""
    parts: list[tuple[str, int, int]] = []
    for number, value in enumerate(row.values, 1):
        if parts and parts[-1][0] == value:
            parts[-1] = (value, parts[-1][1], number)
        else:
            parts.append((value, number, number))
    return "; ".join(
        say("{value} in {runs}", value=shown(value), runs=str(first) if first == last else f"{first}–{last}")
        for value, first, last in parts
    )


def alike(comparison: Comparison) -> str:
    """The circumstances of the machine and the interpreter that are the same, in a sentence; "" if none is known."""
    same = [
        f"{escaped(name_of(row.name))} {escaped(row.values[0], 80)}"
        for row in comparison.circumstances
        if not row.differs and row.values[0] and row.part in ("machine", "interpreter") and "compiled" not in row.name
    ]
    return say("The same in all: {facts}.", facts=clauses(same)) if same else ""


def cells(comparison: Comparison) -> Iterator[Table]:
    """The compared cells, a table per metric; ratios to the baseline apart."""
    names = Names(comparison)
    for relative in dict.fromkeys(one.relative for one in comparison.compared):
        for metric in comparison.metrics:
            own = [one for one in comparison.compared if (one.metric, one.relative) == (metric, relative)]
            if own:
                yield _cells(names, metric, own)


def _cells(names: Names, metric: str, own: Sequence[Compared]) -> Table:
    title = sentence_case(escaped(title_of(metric)))
    title = relative_text(title, own[0].relative) if own[0].is_relative else title
    keys = names.varying or list(names.constant)[:1]
    rows = [
        [
            *(shown("" if one.match.labels.get(key) is None else str(one.match.labels[key])) for key in keys),
            verdict_text(one),
            *(_figure(names, one, side) for side in (0, 1)),
            change_text(one.ratio),
            change_text(one.within),
        ]
        for one in own[:MOST_ROWS]
    ]
    heads = [*map(escaped, keys), say("verdict"), "A", "B", say("B / A"), say("by the trials alone")]
    constant = ", ".join(f"{escaped(key)} {escaped(label)}" for key, label in names.constant.items() if key not in keys)
    note = say("Everywhere: {labels}.", labels=constant) if constant else ""
    return Table(title, heads, rows, len(keys) + 1, note)


def _figure(names: Names, one: Compared, side: int) -> str:
    text = figure_text(one.figures[side], one.metric, names.unit(one.match), one.is_relative)
    endings = one.endings[side] if one.endings else None
    if endings and endings.bad:
        ended = f"{endings.bad}/{endings.run} {', '.join(endings.statuses)}"
        return ended if text == "–" else f"{text}; {ended}"
    return text


def verdict_text(one: Compared) -> str:
    """`**slower**`, `the same`, `cannot tell: the interval is too wide`; and whether it is beyond the tolerance."""
    if one.is_named:
        text = f"**{words_of(one.metric, one.word)}**"
        return say("{word}, beyond the tolerance", word=text) if one.check == "regression" else text
    if one.word == "same":
        return say("the same")
    if one.reason == judgement.ENDED and one.check == "regression":
        return say("**ends badly**: {reason}", reason=reason_text(one))
    return say("cannot tell: {reason}", reason=reason_text(one))


def history(comparison: Comparison) -> Iterator[Table]:
    """The figures over all runs, a table per metric, each step marked at the run before which it is."""
    names = Names(comparison)
    for metric in comparison.metrics:
        own = [series for series in comparison.series if series.metric == metric]
        if own:
            keys = names.varying or list(names.constant)[:1]
            rows = [
                [
                    *(shown("" if one.match.labels.get(key) is None else str(one.match.labels[key])) for key in keys),
                    *_over_time(names, one),
                ]
                for one in own[:MOST_ROWS]
            ]
            heads = [*map(escaped, keys), *comparison.sides.by_name]
            yield Table(sentence_case(escaped(title_of(metric))), heads, rows, len(keys))


def _over_time(names: Names, series: Series) -> list[str]:
    marks = {step.at: "¦" if step.is_machine else "▲" if step.ratio.mean > 1 else "▼" for step in series.steps}
    texts = (figure_text(one, series.metric, names.unit(series.match)).partition(" (")[0] for one in series.figures)
    return [f"{marks.get(number, '')} {text}".strip() for number, text in enumerate(texts)]


def claims(comparison: Comparison) -> Table | None:
    """Each claim with what became of it, and its verdict in each run; None without claims."""
    if not comparison.claims:
        return None
    sides = list(comparison.sides.by_name)
    rows = []
    for claim in comparison.claims:
        own = []
        for side in sides:
            outcomes = [say(claim.outcomes[number] or NOT_ASKED) for number in comparison.sides.numbers(side)]
            own.append(", ".join(dict.fromkeys(outcomes)))
        rows.append([f"**{claim_word(claim.word)}**", escaped(claim.says), *own])
    return Table("", ["", say("claim"), *sides], rows, 2 + len(sides))


def claim_word(word: str) -> str:
    """What became of a claim."""
    words = {
        "reproduced": say("reproduced"),
        "differs": say("differs"),
        "cannot tell": say("cannot tell"),
        "not asked": say("not in all runs"),
    }
    return words[word]


def unmatched(comparison: Comparison) -> list[str]:
    """The cells without a partner, each with the reason; of many the first."""
    names = Names(comparison)
    groups: dict[tuple[str, str], list[str]] = {}
    for one in comparison.matching.unmatched:
        keys = [key for key in one.labels if key in names.varying or key in one.axes] or list(one.labels)
        groups.setdefault((one.side, _why(one)), []).append(code(names.of(one.labels, keys)))
    sentences = [
        say(
            "Only in {side}: {cells}: {why}.",
            side=side,
            cells=enumerated(found[:6]) + (f" + {len(found) - 6}" if len(found) > 6 else ""),
            why=why,
        )
        for (side, why), found in groups.items()
    ]
    return sentences[:MOST_UNMATCHED]


def _why(one: Unmatched) -> str:
    if one.axes:
        parts = [code(Names.part(key, label)) for key, label in one.axes.items()]
        return say("no other side has {labels}", labels=enumerated(parts, "or"))
    if one.parameters:
        parts = [
            say("{name} is {here} here and {there} there", name=code(name), here=code(here), there=code(there))
            for name, here, there in one.parameters
        ]
        return say("the cell with the same labels has other parameters: {parameters}", parameters="; ".join(parts))
    return say("no other side has this combination")
