"""The answer in sentences: each number is bound to the data, and nothing is said that its interval does not support."""

from __future__ import annotations

from typing import Any

import pandas as pd

from concexp.report.numbers import known, many, plural, rounded, scale_of, spread
from concexp.report.view import Group, View
from concexp.stats.intervals import Interval

# A speed-up whose whole interval lies within these is called no gain: 5 % would need a quieter machine than most.
NO_GAIN = (0.9, 1.1)
BULLETS = 12


def answer(view: View) -> list[str]:
    """The sentences of the first screen, Markdown, one paragraph or bullet each."""
    found = []
    if view.simulated:
        found.append("**These numbers are made up** by the model `simulated`: they say nothing about any machine.")
    for group in view.groups[:BULLETS]:
        sentences = [*_winner(view, group), *_scaling(view, group), *_lost(view, group)]
        if sentences:
            head = f"**{view.title(group)}**: " if len(view.groups) > 1 else ""
            found.append(head + " ".join(sentences))
    if len(view.groups) > BULLETS:
        found.append(f"{len(view.groups) - BULLETS} more groups are in the table below.")
    return found + _withheld(view) + _bad(view)


def _best(view: View, rows: pd.DataFrame) -> Any:
    """The best cell of some; None where the metric has no better side or no value."""
    values = rows[view.primary].dropna()
    if values.empty or view.metric.better is None:
        return None
    return rows.loc[values.idxmax() if view.metric.better == "higher" else values.idxmin()]


def _rate(view: View, group: Group, row: Any) -> str:
    """A cell's primary metric in words."""
    values = [row[view.primary], row[f"{view.primary}_lo"], row[f"{view.primary}_hi"]]
    factor, unit = scale_of(values[:1], view.metric.unit)
    if view.metric.unit == "1/s":
        unit = f" {unit[:-2]}{' ' if unit[:-2] else ''}{many(group.unit)}/s".replace("  ", " ")
    return spread(values[0] / factor, values[1] / factor, values[2] / factor, f" {unit.strip()}" if unit else "")


def _winner(view: View, group: Group) -> list[str]:
    """Who wins, by how much over the baseline, and from whom it cannot be told apart."""
    good = group.cells[(group.cells["status"] == "ok")]
    good = good[[view.trusted(cell) for cell in good["cell"]]] if len(good) else good
    best = _best(view, good)
    if best is None:
        return []
    rivals = [_best(view, rows) for model, rows in good.groupby("model", sort=False) if model != best["model"]]
    tied: list[tuple[Any, Interval]] = []
    beaten: list[tuple[Any, Interval]] = []
    for rival in rivals:
        if rival is None:
            continue
        found = view.compared(best["cell"], rival["cell"])
        won = known(found.lo, found.hi) and (found.lo > 1 or found.hi < 1)
        (beaten if won else tied).append((rival, found))
    what = _rate(view, group, best)
    if not rivals:
        return [f"{_name(best)} reaches {what}."]
    if tied:
        names = _listed([_name(rival) for rival, _ in tied])
        why = "" if known(best[f"{view.primary}_lo"]) else " (fewer than 3 trials give no interval)"
        start = f"the best figure is {what}, by {_name(best)}, but it is not resolved from {names}{why}."
        return [start[0].upper() + start[1:]]
    nearest, gap = min(beaten, key=lambda pair: abs(pair[1].mean - 1))
    factor = gap if gap.mean >= 1 else type(gap)(1 / gap.mean, 1 / gap.hi, 1 / gap.lo, gap.n)
    return [
        f"{_name(best)} is best: {what}, {spread(factor.mean, factor.lo, factor.hi, 'x')} ahead of the next model, "
        f"{_name(nearest)}."
    ]


def _name(row: Any) -> str:
    if pd.isna(row["workers"]):
        return f"`{row['model']}`"
    return f"`{row['model']}` with {plural(int(row['workers']), 'worker')}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def _scaling(view: View, group: Group) -> list[str]:
    """How far each model's speed-up goes, or why that is not said."""
    if "speedup" not in group.cells:
        return []
    said = []
    for model, rows in group.lines():
        several = rows[(rows["workers"] > 1).fillna(False) & rows["speedup"].notna() & (rows["status"] == "ok")]
        if several.empty:
            continue
        firm = several[[view.trusted(cell) for cell in several["cell"]]]
        if firm.empty:
            continue  # `_withheld` tells why
        best = firm.loc[firm["speedup"].idxmax()]
        mean, lo, hi = best["speedup"], best["speedup_lo"], best["speedup_hi"]
        figure = spread(mean, lo, hi, "x")
        workers = plural(int(best["workers"]), "worker")
        baseline = " · ".join(f"{v}" for v in (view.run.spec.get("baseline") or {}).values())
        if not known(lo, hi):
            said.append(
                f"`{model}` shows {figure} the speed of {baseline} with {workers}, from too few trials for an interval."
            )
        elif hi < NO_GAIN[1] and lo > NO_GAIN[0]:
            said.append(f"`{model}` gains nothing: at most {figure} the speed of {baseline}, with {workers}.")
        elif hi < 1:
            said.append(f"`{model}` loses: at most {figure} the speed of {baseline}, with {workers}.")
        elif lo > 1:
            said.append(
                f"`{model}` reaches {figure} the speed of {baseline} with {workers}{_share(view, group, best)}."
            )
        else:
            said.append(f"`{model}` at {figure} the speed of {baseline} with {workers}: a gain is not resolved.")
    return said


def _share(view: View, group: Group, best: Any) -> str:
    """A speed-up as a share of the CPUs that the machine gave, where CPUs are what is wanted."""
    if group.wants != "cpu" or view.effective is None or best["workers"] < view.cpus:
        return ""
    share = rounded(best["speedup"] / view.effective, 2)
    return f", {share} of the {rounded(view.effective)} effective CPUs that this machine gave"


def _lost(view: View, group: Group) -> list[str]:
    """What the unguarded lost and the guarded did not: counts, which no noise can change."""
    if "lost_updates" not in group.cells:
        return []
    said, safe = [], []
    for _, row in group.cells[group.cells["status"].isin(["ok", "invalid"])].iterrows():
        if row["lost_updates"] == 0:
            safe.append(row)
        elif known(row["lost_updates"]):
            sample = view.samples[row["cell"]].numbered
            share = sample["lost_updates"].sum() / (sample["ops"].sum() or 1)
            said.append(f"{_name(row)} lost {rounded(100 * share, 2)} % of its updates (invalid)")
    text = [f"{'; '.join(said)}."] if said else []
    concurrent = [row for row in safe if not pd.isna(row["workers"]) and row["workers"] > 1]
    if concurrent:
        text.append(f"Exactly 0 updates were lost by {_and([_name(row) for row in concurrent])}.")
    return text


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _withheld(view: View) -> list[str]:
    """Where no timing verdict is given, and how we know that none may be."""
    doubtful = [row for _, row in view.cells.iterrows() if row["doubtful"] and not view.trusted(row["cell"])]
    if not doubtful:
        return []
    codes = pd.Series([code for row in doubtful for code in view.codes(row["cell"])]).value_counts()
    said = [f"**No timing verdict for {plural(len(doubtful), 'cell')}** (marked ‡ in the table): "]
    if "machine" in codes:
        spins = [record["effective_cpus"] for record in view.run.machine if record["effective_cpus"] is not None]
        figures = f"between {rounded(min(spins))} and {rounded(max(spins))}" if spins else "fewer"
        said.append(
            f"in {codes['machine']} of them this machine withheld CPUs. We know because spinners before and after each "
            f"block got {figures} of {plural(view.cpus, 'usable CPU')}, and because run-queue waits were recorded."
        )
    others = [f"`{code}` in {count}" for code, count in codes.items() if code != "machine"]
    if others:
        said.append(("Other doubts: " if "machine" in codes else "the doubts are ") + ", ".join(others) + ".")
    return [said[0] + " ".join(said[1:])]


def _bad(view: View) -> list[str]:
    """How many cells ended badly."""
    bad = view.cells[view.cells["status"].isin(["failed", "crashed", "timeout"])]
    if bad.empty:
        return []
    counts = ", ".join(f"{count} {status}" for status, count in bad["status"].value_counts().items())
    return [f"**{plural(len(bad), 'cell')} did not end well** ({counts}): see [what went wrong](#what-went-wrong)."]
