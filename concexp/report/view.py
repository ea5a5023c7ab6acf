"""A run as the page sees it: groups of cells that are compared with each other, and what may be said of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from concexp import catalog
from concexp.cells import Sample
from concexp.results import Run
from concexp.stats.comparison import ratio
from concexp.stats.intervals import Interval

AXES_OF_A_LINE = ("model", "workers")


@dataclass(frozen=True)
class Group:
    """Cells that differ in model and workers alone: one panel of a picture, one bullet of the answer."""

    labels: dict[str, Any]
    cells: pd.DataFrame  # rows of Run.cells
    unit: str
    wants: str

    def lines(self) -> list[tuple[str, pd.DataFrame]]:
        """(model's label, its cells with numbers, by workers), in the order of the experiment."""
        numbered = self.cells[self.cells["status"].isin(["ok", "invalid"])]
        return [(str(m), rows.sort_values("workers")) for m, rows in numbered.groupby("model", sort=False)]


class View:
    """A run with what pictures and sentences need beside the table of cells."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.cells = run.cells
        self.primary: str = run.spec["primary"]
        self.metric: Any = catalog.load("metric", self.primary)
        self.axes = list(run.header["axes"])
        self.cpus: int = run.manifest["machine"]["cpus"]
        self.effective: float | None = run.effective_cpus
        records = [record for record in run.records if record["role"] == "measured"]
        self.by_cell = {record["cell"]: record for record in records}
        self.plugins = {record["axes"]["model"]: record["plugins"]["model"] for record in records}

    @cached_property
    def samples(self) -> dict[str, Sample]:
        """The trials of each cell."""
        return {str(cell): Sample(rows) for cell, rows in self.run.trials.groupby("cell", sort=False)}

    @cached_property
    def simulated(self) -> bool:
        """Whether some number was made up."""
        return any(catalog.load("model", name).simulated for name in set(self.plugins.values()) if ":" not in name)

    @cached_property
    def groups(self) -> list[Group]:
        """The groups in the order of the experiment; those without any number are left out."""
        keys = [key for key in self.axes if key not in AXES_OF_A_LINE]
        found = []
        for labels, rows in self.cells.groupby(keys, sort=False, dropna=False):
            if rows["status"].isin(["ok", "invalid"]).any():
                record = self.by_cell[rows["cell"].iloc[0]]
                shown = {key: None if pd.isna(v) else v for key, v in zip(keys, labels, strict=True)}
                found.append(Group(shown, rows, record["unit"], record["wants"]))
        return self._with_common(found)

    def _with_common(self, groups: list[Group]) -> list[Group]:
        """Cells to which an axis does not apply (serial has no start method, say) are shown beside those to which it does."""
        varying = {key: {group.labels[key] for group in groups} for key in (groups[0].labels if groups else {})}
        found = []
        for group in groups:
            missing = [k for k, v in group.labels.items() if v is None and len(varying[k]) > 1]
            fits = [
                other
                for other in groups
                if other is not group
                and missing
                and all(
                    other.labels[k] is not None if k in missing else other.labels[k] == v
                    for k, v in group.labels.items()
                )
            ]
            if not fits:
                found.append(group)
        extended = []
        for group in found:
            own = group.cells
            for other in groups:
                if other not in found and all(v is None or v == group.labels[k] for k, v in other.labels.items()):
                    own = pd.concat([other.cells, own])
            extended.append(Group(group.labels, own, group.unit, group.wants))
        return extended

    def title(self, group: Group) -> str:
        """What tells this group from the others: labels of the axes that vary between groups."""
        varying = [k for k in group.labels if len({str(g.labels[k]) for g in self.groups}) > 1]
        parts = []
        for key in varying:
            label = group.labels[key]
            if label is not None and not (
                key == "sync" and label == "none" and len(varying) == 1 + ("workload" in varying) - 1
            ):
                parts.append(str(label) if key in ("workload", "sync") else f"{key} {label}")
        return " · ".join(parts) or str(group.labels.get("workload", ""))

    def trusted(self, cell: str) -> bool:
        """Whether a timing verdict may rest on this cell: enough of its trials are beyond doubt."""
        return self.samples[cell].trusted

    def codes(self, cell: str) -> list[str]:
        """The doubts of a cell's trials, the most frequent first."""
        rows = self.samples[cell].rows.drop_duplicates("trial")
        return list(rows["doubts"].str.split(",").explode().replace("", pd.NA).dropna().value_counts().index)

    def compared(self, above: str, below: str) -> Interval:
        """The ratio of the primary metric of two cells."""
        metric = self.metric
        return ratio(
            self.samples[above].by_block(self.primary, metric), self.samples[below].by_block(self.primary, metric)
        )

    def style(self, model: str) -> tuple[str, str]:
        """(colour, marker) of a model, the same in every picture of every report."""
        cls = catalog.load("model", self.plugins[model])
        return getattr(cls, "colour", "#000000"), getattr(cls, "marker", "o")

    def who(self, row: Any) -> str:
        """A cell's model and workers: `processes ×2`."""
        return str(row["model"]) if pd.isna(row["workers"]) else f"{row['model']} ×{row['workers']}"
