"""The contract of metrics."""

from __future__ import annotations

import math

from concexp import catalog
from concexp.analysis.stats.intervals import Interval
from concexp.testing.described import Described
from concexp.testing.runs import OfARun


class MetricContract(OfARun, Described):
    """A metric says what it is, has a number per row where its facts were recorded, and stays within its range."""

    kind = "metric"

    def test_it_says_what_it_is(self) -> None:
        """Its attributes are among those that mean something."""
        cls = catalog.load("metric", self.name)
        assert cls.scale in ("log", "linear")
        assert cls.better in ("higher", "lower", None)
        assert cls.kind in ("time", "count", "value")
        assert cls.level in ("iteration", "cell")
        assert cls.shown in ("always", "when present", "when asked")
        assert cls.level == "iteration" or cls.compares in catalog.names("metric")
        assert cls.probe in ("", *catalog.names("probe")), "no trial would have what it is computed from"
        assert not cls.follows_speed or cls.unit == "s" or cls.unit.endswith("/s"), "no time and no rate"

    def test_it_has_a_number_per_row(self) -> None:
        """Where its facts were recorded: `experiment` has to record them. NaN where nothing was."""
        metric = catalog.load("metric", self.name)()
        if metric.level == "cell":
            assert metric.between(Interval(1, 1, 1, 3), 1) == Interval(1, 1, 1, 3)
            return
        frame = self.run().trials
        found = metric.of(frame)
        assert len(found) == len(frame)
        assert found.dtype == float
        assert found.notna().any(), "the experiment of this contract records nothing that it is computed from"
        empty = frame.assign(**dict.fromkeys(frame.select_dtypes("number").columns, math.nan))
        assert metric.of(empty).isna().all(), "a number came out of nothing"

    def test_it_stays_within_its_range(self) -> None:
        """A claim takes what is beyond `range` for impossible; a trial that was killed at its timeout is within it as well."""
        metric = catalog.load("metric", self.name)()
        low, high = metric.range
        if metric.level == "iteration":
            assert metric.of(self.run().trials).dropna().between(low, high).all()
        for ops in (None, 1000):
            least, most = metric.at_timeout(5.0, ops)
            assert low <= least <= most <= high

    def test_it_is_a_column_of_the_run(self) -> None:
        """Tables and claims find it by its name."""
        metric = catalog.load("metric", self.name)
        table = self.run().cells if metric.level == "cell" else self.run().trials
        assert self.name in table
