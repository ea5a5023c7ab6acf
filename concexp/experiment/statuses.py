"""How a trial can end, and what a record of the journal is about."""

from __future__ import annotations

# From good to bad: a cell's status is the worst of its trials'.
STATUSES = ("ok", "invalid", "failed", "crashed", "timeout", "unsupported")
NUMBERED = ("ok", "invalid")  # these have numbers

# Roles: the values of the column `role`.
MEASURED = "measured"  # a trial of a cell: the only role that enters cells.csv, claims and comparisons
CONTROL = "control"  # the A/A control: a cell that is measured a second time in every block, for the noise floor
SENTINEL = "sentinel"  # the same small work in every block, or every few, to detect drift
OBSERVED = "observed"  # a trial of a cell under a probe that would change what is timed
PICTURED = "pictured"  # the one trial of a cell for a picture of what each worker did when, or for a diagnosis
DIAGNOSTIC = "diagnostic"  # a hung trial run once more with watched locks, to find a cycle of waiting workers
MACHINE = "machine"  # not a trial: what the spinners between trials measured
