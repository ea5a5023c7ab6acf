"""The contract of pictures."""

from __future__ import annotations

from concexp import catalog
from concexp.report.contents import TITLES
from concexp.testing.described import Described
from concexp.testing.runs import OfARun

PNG = b"\x89PNG\r\n"


class PlotContract(OfARun, Described):
    """A picture suits the run of `experiment`, and the same run gives the same bytes."""

    kind = "plot"

    def test_it_has_a_place(self) -> None:
        """Its section is one of the page's."""
        assert catalog.load("plot", self.name).section in TITLES

    def test_it_suits_the_run(self) -> None:
        """What `prepare` returns is something to draw."""
        assert self.name in self.run().plots

    def test_the_same_run_gives_the_same_picture(self) -> None:
        """A PNG with a text for those who do not see it, without the time or a random number in it."""
        first, second = (self.run().plot(self.name) for _ in range(2))
        assert first.png[: len(PNG)] == PNG
        assert first.alt
        assert first.png == second.png
