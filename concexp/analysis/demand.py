"""What a workload wants, a CPU or to wait: measured by the trials of the same work with the fewest workers.

A worker's time is spent on a CPU, in the run queue (it wants a CPU that it does not get), or waiting. The share of the first two
is the work's demand. With several workers it is a share of what they could use at once: one CPU each where they run apart, and
one CPU in all where they take turns, at the GIL, in one thread, or at what they share. So fewer workers show it better.

An experiment may say it instead (`wants:` beside a workload). What the workload itself declares is a hint: it counts where
nothing was recorded, and where the share lies between `WAITS` and `COMPUTES`, so that no small difference decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from concexp.analysis.trial_rows import TrialRows
from concexp.experiment.statuses import NUMBERED

CPU, IO = "cpu", "io"
FIXED = "wants_fixed"  # a column, only where some experiment says what a workload wants
# The share of the time from which on work wants a CPU, up to which it waits, and from which on the rest is noise.
COMPUTES, WAITS, ALL = 0.75, 0.25, 0.9
# Waits per operation and worker below which the time off the CPU was no wait of the operations: something stopped the workers.
RARE = 0.01
FACTS = ("wall_s", "ops", "cpu_s", "run_queue_wait_s", "steal_s", "voluntary_switches", "background_ops")


def work_axes(names: Sequence[str]) -> list[str]:
    """The columns that say which work a trial did, whatever carried it."""
    return [name for name in names if name in ("workload", "python") or name.startswith("workload.")]


def executions(trials: pd.DataFrame) -> pd.Series:
    """The number of threads of execution of each trial: one where workers take turns in one thread, else one per worker."""
    return workers_of(trials).mask((trials["parallel"] == "one").fillna(False).astype(bool), 1.0)


def workers_of(trials: pd.DataFrame) -> pd.Series:
    """The number of workers of each trial; 1 where it does not apply."""
    return trials["workers"].astype("Float64").fillna(1).astype(float)


def demands(frame: pd.DataFrame, rows: TrialRows) -> pd.DataFrame:
    """The demand of each trial's work, by the trial's number: `cpu_share`, 0 to 1, NaN if unknown, and `wants`, cpu or io."""
    trials = frame.take(rows.firsts).reset_index(drop=True)
    facts = [name for name in FACTS if name in frame]
    trials = trials.assign(**frame[facts].astype(float).groupby(rows.numbers).mean())
    own = _own_share(trials)
    workers = workers_of(trials)
    same = [trials[name] for name in work_axes(list(trials))]
    fewest = workers.where(own.notna()).groupby(same, dropna=False).transform("min")
    share = own.where(workers == fewest).groupby(same, dropna=False).transform("median")
    hinted = trials["wants"].astype(object)
    fixed = trials[FIXED].fillna(False).astype(bool) if FIXED in trials else pd.Series(False, trials.index)
    share = share.mask(fixed, hinted.map({CPU: 1.0, IO: 0.0}).astype(float))
    wants = hinted.mask(share >= COMPUTES, CPU).mask(share <= WAITS, IO)
    return pd.DataFrame({"cpu_share": share.mask(share >= ALL, 1.0), "wants": pd.array(wants, dtype="string")})


def shares_by_cell(frame: pd.DataFrame) -> dict[str, float]:
    """The demand of each cell's work, by the cell's id; where it is unknown, all or nothing, as `wants` has it."""
    first = frame.drop_duplicates("cell")
    known = first["cpu_share"].where(first["cpu_share"].notna(), (first["wants"] == CPU).astype(float))
    return dict(zip(first["cell"].astype(str), known.astype(float), strict=True))


def _own_share(trials: pd.DataFrame) -> pd.Series:
    """The share of what each trial's workers could use that they ran, or waited for a CPU; NaN where that does not show.

    It does not show where arrivals or a second role have a part in it.
    """
    used = trials["cpu_s"] + trials["run_queue_wait_s"]
    # What the host stole from others on the machine counts as well: at most as much as the trial itself had.
    wanted = (used + np.minimum(trials["steal_s"].fillna(0.0), used)) / trials["wall_s"]
    share = (wanted / workers_of(trials)).where(_apart(trials), _in_turns(trials, wanted)).clip(0.0, 1.0)
    # False where the switches were not recorded.
    stopped = trials["voluntary_switches"] * workers_of(trials) < RARE * trials["ops"]
    share = share.mask(stopped, 1.0)
    shows = trials["status"].isin(NUMBERED).astype(bool)
    for name in ("load.rate", "background_ops"):
        if name in trials:
            shows &= trials[name].isna()
    return share.where(shows & wanted.notna())


def _in_turns(trials: pd.DataFrame, wanted: pd.Series) -> pd.Series:
    """The share of workers that may take turns with one CPU, of which they want `wanted` together.

    Where that is less than one, tasks rarely wait for their turn: for as much of their time as the CPU is taken.
    """
    tasks = (trials["shape"] == "tasks").fillna(False).astype(bool)
    rarely = np.minimum(wanted, wanted / workers_of(trials) / (1 - wanted.where(wanted < COMPUTES)))
    return wanted.mask(tasks & rarely.notna(), rarely)


def _apart(trials: pd.DataFrame) -> pd.Series:
    """True where each worker can have a CPU of its own, and none waits for another."""
    free = trials["parallel"].notna() & ~trials["parallel"].isin(["one", "threads"])
    without_gil = (trials["parallel"] == "threads") & ~trials["gil_start"].fillna(True).astype(bool)
    return (free | without_gil).fillna(False).astype(bool) & (trials["shape"] == "tasks").fillna(False).astype(bool)
