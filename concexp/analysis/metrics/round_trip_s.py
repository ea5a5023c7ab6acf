"""How long it takes to hand something over and get it back."""

from __future__ import annotations

from typing import Any

from concexp.analysis import metrics


class Metric(metrics.Metric):
    """Mean time of a round trip of one pair of workers, there and back: the window, times the pairs, per round trip."""

    title = "round trip time"
    known_as = ("rtt", "round trip")
    unit = "s"
    better = "lower"
    shown = "when present"
    order = 13
    follows_speed = True

    def of(self, frame: Any) -> Any:
        return frame["wall_s"] * self.recorded(frame, "pairs") / frame["ops"]
