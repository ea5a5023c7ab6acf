"""A run -> how fast the machine was over time, and the two states that its trials fall into, if they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from concexp.analysis.stats.states import TwoStates, two_states

if TYPE_CHECKING:
    from concexp.analysis.results import Run


def trial_speeds(run: Run) -> pd.DataFrame:
    """The trials of all roles whose speed was recorded, in the order in which they ran: `block`, `started_at`, `cpu_speed`."""
    frame = run.trials
    if "cpu_speed" not in frame:
        return pd.DataFrame({"block": [], "started_at": [], "role": [], "cpu_speed": [], "reference_s": []})
    firsts = frame.take(run.by_trial.firsts)
    return firsts[firsts["cpu_speed"].notna()].sort_values("started_at", kind="stable")


def speed_states(run: Run) -> TwoStates | None:
    """The two speeds beside the run's trials, in the order of `trial_speeds`; None if there is one, or none was recorded."""
    return two_states(trial_speeds(run)["cpu_speed"].to_numpy(float))


def spinner_speeds(run: Run) -> list[tuple[int, float]]:
    """(block, rounds per second of one spinner alone) of each measurement of the machine that recorded it, in order."""
    return [
        (record["block"], float(np.median(record["alone_per_s"])))
        for record in run.machine
        if record.get("alone_per_s")
    ]
