"""A comparison -> README.md, figures/ and comparison.csv in a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from concexp.analysis import results
from concexp.analysis.comparing.comparison import Comparison
from concexp.experiment.blocks import DEFAULT_LANGUAGE
from concexp.report.comparison import tables
from concexp.report.comparison.data import cells_frame
from concexp.report.comparison.sentences import answer
from concexp.report.comparison.tables import Table
from concexp.report.contents import Picture
from concexp.report.page import markdown_templates
from concexp.report.places import figures_name, page_name
from concexp.report.text.labels import whole_sentences
from concexp.report.text.language import current, say, written_in
from concexp.report.text.markdown import code, escaped, fenced
from concexp.report.text.numbers import level_text, plural
from concexp.run.storage.atomic import replaced
from concexp.run.storage.foreign_text import printable

ALT_TEXT = 320
TABLE = "comparison.csv"


@dataclass(frozen=True)
class Section:
    """A section: sentences, tables, and a list."""

    title: str
    sentences: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)


def write(comparison: Comparison, folder: Path, command: str = "", language: str = DEFAULT_LANGUAGE) -> Path:
    """Write the page in a language, its pictures and its table; returns the page's path. `command` is how to make it again."""
    with written_in(language):
        return _write(comparison, folder, command)


def _write(comparison: Comparison, folder: Path, command: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    drawn = draw(comparison, folder)
    filling = {
        "title": title(comparison),
        "outline": _outline(comparison),
        "sentences": answer(comparison),
        "pictures": drawn,
        "parts": list(_sections(comparison, command)),
    }
    text = markdown_templates().get_template("comparison.md").render(filling)
    page = folder / page_name(current())
    with replaced(page) as draft:
        draft.write_text(printable(re.sub(r"\n{3,}", "\n\n", text)).rstrip() + "\n", "utf-8")
    with replaced(folder / TABLE) as draft:
        cells_frame(comparison).map(results.printed).to_csv(draft, index=False, lineterminator="\n")
    return page


def draw(comparison: Comparison, folder: Path) -> list[Picture]:
    """Draw the pictures that suit a comparison into figures/ or its like for the language; those of an earlier one go."""
    figures = folder / figures_name(current())
    if figures.is_symlink():
        figures.unlink()
    drawn = []
    for name, plot in pictures().items():
        path = figures / f"{name}.png"
        prepared = plot.prepare(comparison)
        if not prepared:
            path.unlink(missing_ok=True)
            continue
        with replaced(path) as draft:
            alt = plot.draw(comparison, prepared, draft)
        drawn.append(Picture(f"{figures.name}/{name}.png", whole_sentences(alt, ALT_TEXT), plot.caption(comparison)))
    return drawn


def pictures() -> Mapping[str, Any]:
    """The modules of the pictures by name, in their order on the page; matplotlib is loaded with them."""
    from concexp.report.plots import _history, _ratios

    return {"ratios": _ratios, "history": _history}


def title(comparison: Comparison) -> str:
    """The question of the runs, and what is done about it."""
    question = str(comparison.sides.runs[0].spec["question"])
    if comparison.sides.is_history:
        return say("{question} {runs} compared", question=question, runs=plural(len(comparison.sides.runs), "run"))
    return (
        say("{question} Two sides compared", question=question)
        if len(comparison.sides.runs) > 2
        else say("{question} Two runs compared", question=question)
    )


def _outline(comparison: Comparison) -> str:
    """Which runs stand on which side."""
    if comparison.sides.is_history:
        runs = comparison.sides.runs
        return say(
            "{count} of {name}, from {first} to {last}",
            count=plural(len(runs), "run"), name=code(runs[0].spec["name"]), first=code(runs[0].header["run"]),
            last=code(runs[-1].header["run"]),
        )  # fmt: skip
    return " · ".join(
        f"{name}: {', '.join(code(run.header['run']) for run in runs)}"
        for name, runs in comparison.sides.by_name.items()
    )


def _sections(comparison: Comparison, command: str) -> Iterator[Section]:
    different = tables.circumstances(comparison)
    yield Section(say("What differs around the figures"), list(filter(None, [tables.alike(comparison)])), [different])
    found = list(tables.history(comparison) if comparison.sides.is_history else tables.cells(comparison))
    if found:
        yield Section(say("Cells"), [_meaning(comparison)], found)
    if (claims := tables.claims(comparison)) is not None:
        yield Section(say("Claims"), [], [claims])
    if listed := tables.unmatched(comparison):
        yield Section(say("Not compared"), [], [], listed)
    yield Section(say("How it was judged"), _method(comparison))
    again = [say("The same page again:"), fenced(command, "sh")] if command else []
    yield Section(say("Runs"), again, [], list(_runs(comparison)))


def _meaning(comparison: Comparison) -> str:
    if comparison.sides.is_history:
        return say(
            "▲ and ▼: a step before this run, up or down; ¦: a step that the machine may explain. "
            "[{table}]({table}) has all figures.",
            table=TABLE,
        )
    return say(
        "In brackets: {level} intervals. B / A contains what two runs of the same thing may differ by; beside it "
        "stands what the "
        "trials alone would give. [{table}]({table}) has all figures.",
        level=level_text(comparison.level), table=TABLE,
    )  # fmt: skip


def _method(comparison: Comparison) -> list[str]:
    level = level_text(1 - comparison.level)
    if comparison.sides.is_history:
        return [
            say(
                "A step is found by cutting every stretch of runs at every place (wild binary segmentation, "
                "Fryzlewicz 2014) and "
                "judging each cut by Student's t over the means of the runs; the chance that any step is named in "
                "any cell if "
                "nothing changes is at most {level}. Runs of one day resemble each other, which this does not know.",
                level=level,
            )
        ]
    named = say(
        "Differences are named with a false discovery rate of {level} over {count} (Benjamini & Hochberg 1995).",
        level=level, count=plural(len(comparison.compared), "comparison"),
    )  # fmt: skip
    if comparison.machine.is_estimated:
        spread = say(
            "The spread between runs is a random effect: Paule & Mandel 1982, with the interval of Knapp & Hartung 2003 on "
            "{degrees} degrees of freedom; it is taken as the same on both sides.",
            degrees=len(comparison.sides.runs) - 2,
        )
    else:
        spread = say(
            "With one or two runs a side the spread between runs cannot be estimated. Instead, a difference counts only "
            "beyond the machine range: the span of what the sentinel, the spinners, the reference loop beside a "
            "cell's windows, "
            "the work in an operation of a given time, and the A/A control differ by, with their own intervals."
        )
    return [
        spread,
        named,
        say(
            "A regression is a cell that is worse by more than {tolerance} with its whole interval; a cell whose whole "
            "interval lies within it is the same.",
            tolerance=f"{100 * comparison.tolerance:g} %",
        ),
    ]


def _runs(comparison: Comparison) -> Iterator[str]:
    for name, runs in comparison.sides.by_name.items():
        for run in runs:
            manifest = run.manifest
            commit = str((manifest.get("git") or {}).get("commit", ""))[:12]
            parts = [
                code(run.header["run"]),
                escaped(str(manifest.get("started_at") or "")[:10]),
                f"identity {code(manifest['identity'][:16])}",
                f"commit {code(commit)}" if commit else "",
                f"concexp {escaped(manifest['concexp'])}",
            ]
            yield f"{name}: {', '.join(filter(None, parts))}"
