"""What claims can refer to in a run: cells, facts about them, and the trials that a number may rest on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from concexp import catalog
from concexp.analysis import doubts
from concexp.analysis.cells import Baseline
from concexp.analysis.samples import Sample, Trial
from concexp.experiment import expressions, units
from concexp.experiment.selections import matches
from concexp.experiment.statuses import MEASURED, NUMBERED
from concexp.plan.claim_cases import Cells
from concexp.run.storage.journal import Record

if TYPE_CHECKING:
    from concexp.analysis.results import Run


class NoVerdict(Exception):
    """An expression has no value here; with the reason, and the outcome that this gives the claim.

    `lacking` has the cells whose further trials would give it one, each with the factor by which they are too uncertain.
    """

    def __init__(
        self, word: Literal["inconclusive", "skipped"], reason: str, lacking: Mapping[str, float] | None = None
    ) -> None:
        super().__init__(reason)
        self.outcome = word
        self.reason = reason
        self.lacking = lacking or {}


class Unmet(NoVerdict):
    """A claim's `when` is false for a case, so the claim is not about it."""


class Measured:
    """What claims can refer to in a run: cells, their samples and facts."""

    def __init__(self, run: Run) -> None:
        self.samples: Mapping[str, Sample] = run.samples
        self.cells = Cells(run.axes_by_cell, run.cpus)
        self.impossible = {cell: planned["reason"] for cell, planned in run.cells_by_id.items() if planned["reason"]}
        self.records = {str(record["cell"]): record for record in run.of_role(MEASURED)}
        self._baseline = Baseline(run.header)
        allow = run.spec.get("allow") or []
        self._allow: list[Mapping[str, Any]] = [allow] if isinstance(allow, dict) else allow
        self.level = run.level
        self._run = run

    @cached_property
    def cpu_starved_cells(self) -> dict[str, float]:
        """The cells that more CPUs might have made faster, each with the largest possible factor: a CPU for each worker."""
        wanting = doubts.wanting_more_cpus(self._run.facts_by_trial).to_numpy()
        by_row = pd.Series(wanting[self._run.measured_by_trial.numbers])
        share = by_row.groupby(self._run.measured["cell"]).mean()
        return {str(cell): self.cells.axes[str(cell)]["workers"] / self.cells.cpus for cell in share.index[share > 0.5]}

    def baseline(self, cell: str) -> str:
        """The id of the cell that another is relative to; "" if there is none."""
        return self._baseline.of(self.cells.axes[cell])

    def fact(self, cell: str, name: str) -> Any:
        """A fact about a cell that is no metric, in SI units; None where it does not apply; the name itself if it names no fact."""
        if name == "cpus":
            return self.cells.cpus
        if name == "effective_cpus":
            effective = self.samples[cell].effective_cpus if cell in self.samples else np.nan
            return None if np.isnan(effective) else effective
        axes, record = self.cells.axes[cell], self.records.get(cell, Record())
        if name in self.cells.labels:
            return plain(axes.get(name))
        if name == "startup":
            return record.get("startup")
        owner, dot, parameter = name.rpartition(".")
        if owner == "load":
            return record.get("load", {}).get(parameter)
        for kind, parameters in record.get("parameters", {}).items():
            if owner in (kind, axes.get(kind)) and parameter in parameters:
                return plain(parameters[parameter])
        words = {label for labels in self.cells.labels.values() for label in labels}
        return None if dot and name not in words and not owner.endswith(".py") else name

    def sample(self, cell: str) -> Sample:
        """The trials of a cell; raises NoVerdict if it has none."""
        if cell in self.impossible:
            raise NoVerdict("skipped", self.impossible[cell])
        if cell not in self.samples:
            raise NoVerdict("skipped", "it was not run")
        return self.samples[cell]

    def basis(self, cell: str, name: str, metric: Any, any_outcome: bool) -> Basis:
        """The trials that a claim about a metric rests on, and those that are missing; raises NoVerdict without any."""
        sample = self.sample(cell).of(name)
        run = [trial for trial in sample.trials if trial.status != "unsupported"]
        numbered = NUMBERED if not metric.is_timed() or any_outcome else ("ok",)
        known, missing, lacking = [], [], 0
        for trial in run:
            has = np.isfinite(trial.means.get(name, np.nan))
            if has and (metric.ends_badly or trial.status in numbered):
                known.append(trial)
            elif metric.ends_badly or (trial.status not in numbered and not self._allowed(cell, trial.status)):
                missing.append(trial)
            else:
                lacking += trial.status in numbered
        if not known and (reason := _nothing_known(sample, name, metric, lacking)):
            raise NoVerdict("inconclusive", reason)
        sure = known if not metric.is_timed() else [trial for trial in known if not trial.doubts_about(name)]
        if sure and (withheld := sample.withheld(name, sure)):
            times = sample.shortfall(name, sure)
            raise NoVerdict("inconclusive", withheld, {cell: math.sqrt(times)} if times > 1 else {})
        bounds = [self._bounds(metric, cell, trial) for trial in missing]
        return Basis(name, known, sure, missing, bounds, len(run))

    def values(self, cell: str, name: str, trials: Sequence[Trial]) -> dict[int, float]:
        """The value of a metric in each of these trials of a cell, by block."""
        return self.sample(cell).of(name).values(name, trials)

    def skewed(self, cell: str, name: str, trials: Sequence[Trial], drawn: NDArray[np.float64]) -> NDArray[np.float64]:
        """The draws of a metric's mean, from those that its values in these trials give."""
        return self.sample(cell).of(name).skewed(name, trials, drawn)

    def _allowed(self, cell: str, status: str) -> bool:
        """Whether `allow:` expects this status of this cell: then its other trials are what the experiment is about."""
        labels = {**self.cells.axes[cell], "status": status}
        return any(matches(selection, labels) for selection in self._allow)

    def _bounds(self, metric: Any, cell: str, trial: Trial) -> tuple[float, float]:
        """What a trial without a value may have had: anything, but of one that ran into its timeout more is known."""
        if trial.status == "timeout":
            load = self.records[cell].get("load", {})
            ops = load.get("ops")
            if ops is not None and load.get("scaling") == "weak":
                ops *= self.cells.axes[cell].get("workers") or 1
            return metric.at_timeout(self._pass_at_timeout, ops)  # type: ignore[no-any-return]
        return metric.range  # type: ignore[no-any-return]

    @cached_property
    def _pass_at_timeout(self) -> float:
        """Seconds that a pass took on average, at least, in a trial that was killed at its timeout.

        The timeout counts from the trial's start, so the time around the passes is taken off: the most that a trial needed for
        it that ended well, or half of the timeout if none did.
        """
        measure = self._run.spec["measure"]
        timeout = units.duration(measure.get("timeout", "60s"))
        around = [
            record["duration_s"] - sum(one.get("wall_s") or 0.0 for one in record.passes)
            for record in self._run.of_role(MEASURED)
            if record["status"] in NUMBERED and record.passes and record.get("duration_s") is not None
        ]
        left = timeout - max(around) if around else timeout / 2
        return float(max(0.0, left) / (measure.get("warmup", 0) + measure.get("iterations", 1)))

    def tries(self, cell: str, name: str, metric: Any) -> tuple[int, str]:
        """In how many operations, or trials, a count of a cell could have been more than 0."""
        rows = self._run.rows(cell)
        if name in rows:
            rows = rows[rows[name].notna()]
        if metric.share_of and metric.share_of in rows:
            return int(rows[metric.share_of].sum()), metric.tried()
        return int(rows["trial"].nunique()), "trial"


@dataclass(frozen=True)
class Basis:
    """The trials behind a mean.

    name      the metric
    known     those with a value and the right status
    sure      those of them without a doubt about it
    missing   those that ended badly or wrong, without being expected to
    bounds    the lowest and the highest value that each of the missing may have had
    run       the number of all trials
    """

    name: str
    known: Sequence[Trial]
    sure: Sequence[Trial]
    missing: Sequence[Trial]
    bounds: Sequence[tuple[float, float]]
    run: int

    def too_few(self, fewest: int) -> str:
        """Why a verdict on a mean cannot rest on it; "" if it can."""
        if len(self.sure) >= fewest:
            return ""
        timed = catalog.load("metric", self.name).is_timed()
        codes = ", ".join(sorted({code for trial in self.known for code in trial.doubts_about(self.name) if timed}))
        which = f"the others are doubtful ({codes})" if self.sure else f"all are doubtful ({codes})"
        why = f", {which}" if codes else ""
        count = f"only {len(self.sure)} of {self.run} trials count" if self.sure else "no trial counts"
        return f"{count}{why}; a verdict on {'time' if timed else 'a mean'} needs {fewest}"

    @property
    def endings(self) -> str:
        """How the missing trials ended: `7 timeout`."""
        return ", ".join(f"{count} {status}" for status, count in Counter(t.status for t in self.missing).items())


def _nothing_known(sample: Sample, name: str, metric: Any, lacking: int) -> str:
    """Why no trial has a value that counts; "" where the missing ones may tell something."""
    if metric.ends_badly:
        timed_out = sample.statuses["timeout"]
        return "" if timed_out else f"{name} was not recorded"
    if not sample.has_numbers:
        return "" if sample.statuses["timeout"] else f"it has no numbers: {sample.endings}"
    if lacking:
        return f"{name} was not recorded"
    return "every outcome was wrong, and the time of a wrong outcome proves nothing"


def plain(label: Any) -> Any:
    """A label as claims use it: a text with a unit becomes its number, a flag `on` or `off`."""
    if isinstance(label, bool):
        return "on" if label else "off"
    quantity = expressions.quantity(label) if isinstance(label, str) else None
    return label if quantity is None else quantity
