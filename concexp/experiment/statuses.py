"""How a trial can end."""

from __future__ import annotations

# From good to bad: a cell's status is the worst of its trials'.
STATUSES = ("ok", "invalid", "failed", "crashed", "timeout", "unsupported")
NUMBERED = ("ok", "invalid")  # these have numbers
