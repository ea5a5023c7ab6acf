"""What a comparison calls its cells, sides and figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from concexp import catalog
from concexp.analysis.comparing.comparison import Comparison
from concexp.analysis.comparing.matching import Match
from concexp.analysis.stats.intervals import Interval
from concexp.experiment.statuses import MEASURED
from concexp.report.phrases import TIMES
from concexp.report.text.labels import one_line
from concexp.report.text.language import say, translated
from concexp.report.text.markdown import code, escaped
from concexp.report.text.numbers import plural, rate_unit, scale_of, spread

WIDEST = 10.0  # a factor from which on percentages say less
KINDS = ("workload", "model", "sync")


class Names:
    """The names of a comparison's cells: only what varies among them is in a name."""

    def __init__(self, comparison: Comparison) -> None:
        self._labels = [match.labels for match in comparison.matching.matches]
        keys = list(dict.fromkeys(key for labels in self._labels for key in labels))
        self.varying = [key for key in keys if len({str(one.get(key)) for one in self._labels} - {"None"}) > 1]
        self._units = {
            record["cell"]: str(record.get("unit") or "operation")
            for run in comparison.sides.runs
            for record in run.of_role(MEASURED)
        }

    @property
    def constant(self) -> dict[str, Any]:
        """The labels that all cells share, by axis."""
        first = self._labels[0] if self._labels else {}
        return {key: label for key, label in first.items() if key not in self.varying and label is not None}

    def of(self, labels: Mapping[str, Any], keys: Sequence[str] = ()) -> str:
        """`cpu_sum · threads · 2 workers`; all labels if `keys` are given, or if none varies."""
        shown = [(key, labels[key]) for key in (keys or self.varying or KINDS) if labels.get(key) is not None]
        return " · ".join(self.part(key, label) for key, label in shown)

    @staticmethod
    def part(key: str, label: Any) -> str:
        """One label in a name."""
        if key in KINDS:
            return one_line(label)
        return plural(label, "worker") if key == "workers" else one_line(f"{key.rpartition('.')[2]} {label}")

    def marked(self, match: Match) -> str:
        """A cell's name in a sentence of Markdown."""
        return code(self.of(match.labels))

    def unit(self, match: Match) -> str:
        """What one operation of a cell is."""
        return next((self._units[cell] for cell in match.cells if cell in self._units), "operation")


def figure_text(value: Interval, metric: str, operation: str, is_relative: bool = False) -> str:
    """A figure with its unit and interval: `2.38 M sums/s (2.33–2.42)`; `1.9x`; `–` without one."""
    unit = "x" if is_relative else str(catalog.load("metric", metric).unit)
    factor, prefix = scale_of([value.mean], unit)
    name = rate_unit(prefix, operation) if unit == "1/s" else {"s": prefix, "bytes": f"{prefix}B"}.get(unit, unit)
    suffix = name if name in ("", "x") else f" {name}"
    return spread(value.scaled(1 / factor), suffix)


def change_text(ratio: Interval) -> str:
    """A ratio B / A as a change: `−11 % (−13 to −9)`, `+1.2 % (−0.3 to 2.7)`; a factor from 2 on: `2.4x (2.2–2.6)`."""
    if not ratio.has_value:
        return "–"
    if not 1 / TIMES < ratio.mean < TIMES or not ratio.bounded or ratio.hi > WIDEST:
        return spread(ratio, "x")
    mean, lo, hi = (100 * (end - 1) for end in (ratio.mean, ratio.lo, ratio.hi))
    half = (hi - lo) / 2
    places = 0 if half >= 1 else 1 if half >= 0.2 else 2
    texts = [f"{value:.{places}f}".replace("-", "−") for value in (mean, lo, hi)]
    texts = [text.removeprefix("−") if not text.strip("−0.") else text for text in texts]
    sign = "+" if texts[0].strip("0.") and mean > 0 else ""
    ends = say("{low} to {high}", low=texts[1], high=texts[2])
    return f"{sign}{texts[0]} %" if half == 0 else f"{sign}{texts[0]} % ({ends})"


def title_of(metric: str) -> str:
    """What pages call a metric."""
    return translated(str(catalog.load("metric", metric).title)) or metric


def side_text(comparison: Comparison, name: str) -> str:
    """The runs of a side by their ids."""
    runs = comparison.sides.by_name[name]
    return ", ".join(code(run.header["run"]) for run in runs)


def shown(value: str) -> str:
    """A text of the manifests in a table: `–` for nothing."""
    return escaped(value) if value else "–"
