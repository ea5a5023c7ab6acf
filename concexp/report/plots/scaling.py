"""Throughput and speed-up against the number of workers, with intervals and the machine's limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from concexp.report.numbers import known, many, scale_of
from concexp.report.plots import _style
from concexp.report.view import Group, View

COLUMNS = 3
PANELS = 9


class Plot:
    """Scaling: one panel per group, a line per model; bands are 95 % intervals, hollow marks are invalid or doubtful cells."""

    def applies(self, view: View) -> bool:
        """Worth drawing where some model was measured with several numbers of workers."""
        return bool(self._groups(view))

    @staticmethod
    def _groups(view: View) -> list[Group]:
        return [g for g in view.groups if any(rows["workers"].nunique() > 1 for _, rows in g.lines())]

    def draw(self, view: View, path: Path) -> str:
        """Draw the picture; returns its alt text."""
        groups = self._groups(view)
        shown = groups[:PANELS]
        speed = "speedup" in view.cells and any(g.cells["speedup"].notna().any() for g in shown)
        kinds = (
            ["speedup" if speed else view.primary] if len(shown) > COLUMNS else [view.primary, *(["speedup"] * speed)]
        )
        columns = min(COLUMNS, len(shown))
        rows = -(-len(shown) // COLUMNS) if len(kinds) == 1 else len(kinds)
        with _style.settings():
            figure, grid = _style.figure(columns, rows)
            panels = [panel for line in grid for panel in line]
            handles: dict[str, Any] = {}
            for number, (kind, group) in enumerate((k, g) for k in kinds for g in shown):
                self._panel(view, group, kind, panels[number], handles)
                if len(view.groups) > 1:
                    panels[number].set_title(view.title(group))
            for panel in panels[len(kinds) * len(shown) :]:
                panel.set_visible(False)
            figure.legend(
                handles.values(),
                handles.keys(),
                loc="outside lower center",
                ncols=min(3 if columns == 1 else 5, len(handles)),
            )
            _style.save(figure, path)
        more = f" {len(groups) - len(shown)} further groups are not drawn." if len(groups) > len(shown) else ""
        return f"{' and '.join(kinds)} against the number of workers, one line per model.{more}"

    def _panel(self, view: View, group: Group, kind: str, axes: Any, handles: dict[str, Any]) -> None:
        lines = group.lines()
        workers = sorted({int(w) for _, rows in lines for w in rows["workers"].dropna()})
        factor, unit = scale_of(
            [v for _, rows in lines for v in rows[kind]], "x" if kind == "speedup" else view.metric.unit
        )
        seen: dict[str, int] = {}
        for model, rows in lines:
            colour, marker = view.style(model)
            dashes = _style.LINES[seen.setdefault(view.plugins[model], 0) % len(_style.LINES)]
            seen[view.plugins[model]] += 1
            handle = self._line(view, rows, kind, factor, axes, (colour, marker, dashes), workers)
            if handle is not None:
                handles.setdefault(model, handle)
        if kind == "speedup":
            self._limits(view, group, axes, workers, handles)
        _style.worker_axis(axes, workers)
        axes.set_ylim(bottom=0)
        if kind == "speedup":
            baseline = " · ".join(str(v) for v in (view.run.spec.get("baseline") or {}).values())
            axes.set_ylabel(f"speed-up over {baseline} (x)")
        elif kind == "throughput":
            axes.set_ylabel(f"{unit.replace('/s', '').strip()} {many(group.unit)}/s".strip())
        else:
            axes.set_ylabel(f"{kind} ({unit})" if unit else kind)

    @staticmethod
    def _line(
        view: View,
        rows: pd.DataFrame,
        kind: str,
        factor: float,
        axes: Any,
        style: tuple[str, str, str],
        workers: list[int],
    ) -> Any:
        colour, marker, dashes = style
        rows = rows[rows[kind].notna()]
        if rows.empty:
            return None
        if rows["workers"].isna().all():  # a model without workers: a level to compare with
            row = rows.iloc[0]
            line = axes.axhline(row[kind] / factor, color=colour, linestyle=(0, (1, 1.5)), linewidth=1.8, zorder=2)
            if known(row[f"{kind}_lo"]):
                axes.axhspan(
                    row[f"{kind}_lo"] / factor, row[f"{kind}_hi"] / factor, color=colour, alpha=0.12, linewidth=0
                )
            return line
        x = rows["workers"].astype(int)
        (line,) = axes.plot(
            x, rows[kind] / factor, dashes, color=colour, marker=marker, markersize=6.5, linewidth=1.8, zorder=3
        )
        if rows[f"{kind}_lo"].notna().any():
            axes.fill_between(
                x, rows[f"{kind}_lo"] / factor, rows[f"{kind}_hi"] / factor, color=colour, alpha=0.2, linewidth=0
            )
            low, high = rows[kind] - rows[f"{kind}_lo"], rows[f"{kind}_hi"] - rows[kind]
            axes.errorbar(
                x, rows[kind] / factor, [low / factor, high / factor], fmt="none", ecolor=colour, capsize=3, zorder=3
            )
        hollow = [
            status != "ok" or not view.trusted(cell) for status, cell in zip(rows["status"], rows["cell"], strict=True)
        ]
        axes.plot(x[hollow], (rows[kind] / factor)[hollow], linestyle="none", marker=marker, markersize=6.5,
                  markerfacecolor="white", markeredgecolor=colour, zorder=4)  # fmt: skip
        return line

    @staticmethod
    def _limits(view: View, group: Group, axes: Any, workers: list[int], handles: dict[str, Any]) -> None:
        """Perfect scaling, and what the machine gave."""
        top = max(workers)
        line = axes.plot([1, top], [1, top], color=_style.GREY, linewidth=1, linestyle=(0, (5, 3)), zorder=1)[0]
        handles["ideal"] = line
        ends = [*group.cells["speedup"].dropna(), *group.cells["speedup_hi"].dropna()]
        highest = max(ends, default=1.0)
        if group.wants == "cpu" and view.effective is not None:
            level = axes.axhline(view.effective, color=_style.INK, linewidth=1, linestyle="-.", zorder=1)
            handles[f"effective CPUs ({view.effective:.2f} of {view.cpus})"] = level
            highest = max(highest, view.effective)
        # The ideal may leave the picture: what was measured must not be squeezed for its sake.
        axes.set_ylim(0, max(highest, min(float(top), 1.6 * highest)) * 1.06)
