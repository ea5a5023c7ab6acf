"""The models side by side: each at its best number of workers, sorted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from concexp.report.numbers import known, many, scale_of
from concexp.report.plots import _style
from concexp.report.view import Group, View

COLUMNS = 2
PANELS = 8


class Plot:
    """Comparison: a dot per model at its best number of workers, with its 95 % interval; † invalid, ‡ doubtful (both hollow)."""

    def applies(self, view: View) -> bool:
        """Worth drawing where there is something to compare."""
        return any(len(group.lines()) > 1 for group in view.groups)

    def draw(self, view: View, path: Path) -> str:
        """Draw the picture; returns its alt text."""
        groups = [group for group in view.groups if len(group.lines()) > 1]
        shown = groups[:PANELS]
        columns = min(COLUMNS, len(shown))
        rows = -(-len(shown) // columns)
        most = max(len(group.lines()) for group in shown)
        with _style.settings():
            figure, grid = _style.figure(columns, rows, 5.6, 1.2 + 0.42 * most)
            panels = [panel for line in grid for panel in line]
            for panel, group in zip(panels, shown, strict=False):
                self._panel(view, group, panel)
                if len(view.groups) > 1:
                    panel.set_title(view.title(group), loc="left")
            for panel in panels[len(shown) :]:
                panel.set_visible(False)
            _style.save(figure, path)
        more = f" {len(groups) - len(shown)} further groups are not drawn." if len(groups) > len(shown) else ""
        return f"{view.primary} of each model at its best number of workers, sorted, with 95 % intervals.{more}"

    def _panel(self, view: View, group: Group, axes: Any) -> None:
        metric = view.primary
        higher = view.metric.better != "lower"
        best = []
        for _, rows in group.lines():
            values = rows[metric].dropna()
            if not values.empty:
                best.append(rows.loc[values.idxmax() if higher else values.idxmin()])
        best.sort(key=lambda row: row[metric], reverse=not higher)
        factor, unit = scale_of([row[metric] for row in best], view.metric.unit)
        for place, row in enumerate(best):
            self._dot(view, row, place, factor, axes)
        axes.set_yticks(range(len(best)), [self._label(view, row) for row in best])
        axes.set_ylim(-0.6, len(best) - 0.4)
        axes.grid(axis="y", visible=False)
        highest = max(v for row in best for v in (row[metric], row[f"{metric}_hi"]) if known(v)) / factor
        lowest = min(row[metric] for row in best) / factor
        if lowest > 0 and highest / lowest > 30:
            axes.set_xscale("log")
        else:
            axes.set_xlim(0, highest * 1.08)
        name = (
            f"{unit.replace('/s', '').strip()} {many(group.unit)}/s".strip()
            if metric == "throughput"
            else f"{metric} ({unit})"
        )
        axes.set_xlabel(f"{name} ({'more' if higher else 'less'} is better)")

    @staticmethod
    def _label(view: View, row: Any) -> str:
        mark = "†" if row["status"] == "invalid" else ""
        return view.who(row) + mark + ("" if view.trusted(row["cell"]) else "‡")

    @staticmethod
    def _dot(view: View, row: pd.Series, place: int, factor: float, axes: Any) -> None:
        colour, marker = view.style(str(row["model"]))
        value = row[view.primary] / factor
        low, high = row[f"{view.primary}_lo"], row[f"{view.primary}_hi"]
        if known(low, high):
            axes.errorbar(value, place, xerr=[[value - low / factor], [high / factor - value]], fmt="none", ecolor=colour,
                          elinewidth=2.2, capsize=4)  # fmt: skip
        hollow = row["status"] != "ok" or not view.trusted(row["cell"])
        axes.plot(value, place, marker=marker, markersize=9, markeredgecolor=colour, markeredgewidth=1.6,
                  markerfacecolor="white" if hollow else colour)  # fmt: skip
