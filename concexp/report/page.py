"""The page of a run: README.md from its template, and the pictures beside it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from concexp import catalog, doubts
from concexp.report import findings
from concexp.report.numbers import known, plural, scale_of, spread
from concexp.report.view import View
from concexp.results import Run

FAILURES = 10
ROWS = 200


def write(run: Run, folder: Path) -> Path:
    """Write README.md and figures/ into a folder; returns the page's path."""
    view = View(run)
    folder.mkdir(parents=True, exist_ok=True)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("concexp.report"),
        autoescape=False,  # Markdown, not HTML: `escaped` does it
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["escaped"] = escaped
    environment.filters["fenced"] = fenced
    text = environment.get_template("page.md").render(
        run=run,
        spec=run.spec,
        manifest=run.manifest,
        machine=run.manifest["machine"],
        answer=findings.answer(view),
        pictures=_pictures(view, folder),
        table=_table(view),
        skipped=_skipped(view),
        failures=_failures(view),
        threats=_threats(view),
        effective=_effective(view),
        data=os.path.relpath(run.folder, folder),
        counts=_counts(view),
        plural=plural,
    )
    page = folder / "README.md"
    page.write_text(re.sub(r"\n{3,}", "\n\n", text), "utf-8")
    return page


def escaped(value: Any) -> str:
    """Text of a user's as Markdown shows it, and not as Markdown reads it."""
    return re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", str(value)).replace("\n", " ")


def fenced(text: str) -> str:
    """A block of text that nothing in it can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def _pictures(view: View, folder: Path) -> list[dict[str, str]]:
    """Draw the pictures that were asked for, or those that suit the data."""
    wanted = view.run.spec["report"]["plots"]
    found = []
    for name in wanted if wanted is not None else sorted(catalog.names("plot"), reverse=True):
        plot = catalog.load("plot", name)()
        if plot.applies(view):
            path = folder / "figures" / f"{name}.png"
            found.append(
                {"path": f"figures/{name}.png", "alt": plot.draw(view, path), "legend": catalog.summary(type(plot))}
            )
        else:
            (folder / "figures" / f"{name}.png").unlink(missing_ok=True)  # of an earlier run
    return found


def _table(view: View) -> dict[str, Any]:
    """The cells with numbers: constant columns lifted out, the best of each group bold, units chosen for reading."""
    cells = view.cells[view.cells["status"].isin(["ok", "invalid"])]
    axes = [key for key in view.axes if cells[key].astype(str).nunique() > 1]
    constant = {
        key: cells[key].iloc[0]
        for key in view.axes
        if key not in axes and len(cells) and not pd.isna(cells[key].iloc[0])
    }
    metrics = [c for c in cells.columns if f"{c}_lo" in cells.columns and cells[c].notna().any()]
    scales = {name: scale_of(list(cells[name]), catalog.load("metric", name).unit) for name in metrics}
    best = {str(row["cell"]) for group in view.groups if (row := _best_of(view, group)) is not None}
    rows = []
    for _, cell in cells.head(ROWS).iterrows():
        mark = "†" if cell["status"] == "invalid" else ""
        mark += "" if view.trusted(cell["cell"]) else "‡"
        row = ["" if pd.isna(cell[key]) else escaped(cell[key]) for key in axes]
        for name in metrics:
            factor = scales[name][0]
            text = spread(cell[name] / factor, cell[f"{name}_lo"] / factor, cell[f"{name}_hi"] / factor)
            text = f"{text} {mark}".strip() if name == view.primary else text
            row.append(f"**{text}**" if name == view.primary and cell["cell"] in best else text)
        rows.append([*row, f"{cell['trials']}" + (f" ({cell['doubtful']} doubtful)" if cell["doubtful"] else "")])
    heads = [f"{name}{f' ({unit})' if unit else ''}" for name, (_, unit) in scales.items()]
    # A page is for reading: numbers with a factor of 1000 stand in their unit, the names are the columns of cells.csv.
    return {"heads": [*map(escaped, axes), *map(escaped, heads), "trials"], "rows": rows, "constant": constant,
            "more": max(0, len(cells) - ROWS), "left": len(axes)}  # fmt: skip


def _best_of(view: View, group: Any) -> Any:
    rows = group.cells[group.cells["status"] == "ok"]
    rows = rows[[view.trusted(cell) for cell in rows["cell"]]] if len(rows) else rows
    return findings._best(view, rows) if len(rows) > 1 else None


def _skipped(view: View) -> list[tuple[str, int, str]]:
    """(reason, how many cells, an example) of what cannot exist."""
    cells = view.cells[view.cells["status"] == "unsupported"]
    found = []
    for reason, rows in cells.groupby("reason", sort=False):
        labels = [str(rows.iloc[0][key]) for key in ("workload", "model", "sync") if key in rows]
        found.append((str(reason), len(rows), " × ".join(labels)))
    return found


def _failures(view: View) -> dict[str, Any]:
    """The first trials that ended badly, and how many more there are."""
    bad = [r for r in view.run.records if r["role"] == "measured" and r["status"] in ("failed", "crashed", "timeout")]
    shown = []
    seen = set()
    for record in bad:
        if (record["cell"], record["status"], record["reason"]) in seen:
            continue
        seen.add((record["cell"], record["status"], record["reason"]))
        same = sum(
            r["cell"] == record["cell"] and r["status"] == record["status"] and r["reason"] == record["reason"]
            for r in bad
        )
        labels = ", ".join(f"{key} {label}" for key, label in record["axes"].items() if label is not None)
        details = record["traceback"] or record["stacks"] or record["output"]
        shown.append(
            {
                "labels": labels,
                "status": record["status"],
                "reason": record["reason"],
                "count": same,
                "details": details,
            }
        )
    return {"shown": shown[:FAILURES], "more": max(0, len(shown) - FAILURES)}


def _threats(view: View) -> list[str]:
    """What makes the numbers less certain, counted."""
    found = []
    trials = view.run.trials.drop_duplicates("trial")
    numbered = trials[trials["status"].isin(["ok", "invalid"])]
    codes = numbered["doubts"].str.split(",").explode()
    for code, count in codes[codes != ""].value_counts().sort_index().items():
        found.append(f"`{code}` in {count} of {plural(len(numbered), 'trial')}: {doubts.MEANING[str(code)]}.")
    repetitions = view.run.spec["measure"]["repetitions"]
    if repetitions < 3:
        found.append(f"{plural(repetitions, 'trial')} per cell: no interval can be given below 3.")
    if view.effective is not None and view.effective < 0.9 * view.cpus:
        found.append(
            f"This machine gave {view.effective:.2f} of {view.cpus} CPUs (median of the spinner measurements)."
        )
    if view.run.manifest["machine"].get("virtual"):
        found.append("This is a virtual machine: its CPUs may be shared with others.")
    return found


def _effective(view: View) -> str:
    values = [r["effective_cpus"] for r in view.run.machine if r["effective_cpus"] is not None]
    if not values:
        return "not measured"
    return f"{view.effective:.2f} (median of {len(values)}; {min(values):.2f}–{max(values):.2f})"


def _counts(view: View) -> dict[str, int]:
    trials = view.run.trials.drop_duplicates("trial")
    return {
        "cells": int((view.cells["status"] != "unsupported").sum()),
        "trials": int((trials["status"] != "unsupported").sum()),
        "invalid": int((view.cells["status"] == "invalid").sum()),
        "doubtful": int(sum(known(d) and d > 0 for d in view.cells["doubtful"].astype(float))),
    }
