"""The contract of models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from concexp import catalog
from concexp.testing import trials
from concexp.testing.described import Described

WORKERS = (1, 2, 5)


class ModelContract(Described):
    """A model is described, and carries concexp's own workloads with any number of workers.

    parameters  those with which it runs here, where the defaults do not
    workloads   workloads of which it runs at least one
    """

    kind = "model"
    parameters: ClassVar[Mapping[str, Any]] = {}
    workloads: ClassVar[tuple[str, ...]] = ("cpu_sum", "sleep", "counter", "bounded_buffer")

    @property
    def named(self) -> tuple[str, Mapping[str, Any]]:
        """The model with its parameters."""
        return self.name, self.parameters

    def test_it_declares_itself(self) -> None:
        """How its workers run side by side is one of the known words, and it lends tools."""
        model = trials.entry("model", self.named).build()
        assert model.parallel in ("one", "threads", "processes", "interpreters")
        owner, factories, _ = model.primitives()
        assert owner
        assert isinstance(factories, Mapping)

    def test_what_it_lacks_is_said(self) -> None:
        """A package that it needs and that is not there is a reason, not an error."""
        model = trials.entry("model", self.named).build()
        assert bool(model.missing()) <= bool(catalog.load("model", self.name).packages)

    def test_it_carries_workloads(self) -> None:
        """With one, two and five workers each operation is done once, and nothing is left behind."""
        ran = 0
        for workload in self.workloads:
            for workers in WORKERS:
                for triple in trials.supported(workload, self.named, workers):
                    outcome = trials.trial(triple, workers)
                    iteration = trials.assert_went_well(triple, outcome, trials.races(triple))
                    assert iteration["ops"] == trials.OPS
                    ran += 1
                    break
        assert ran, f"it runs none of {', '.join(self.workloads)}"

    def test_it_works_for_a_given_time(self) -> None:
        """With a duration as load it does operations until the time is over."""
        for triple in trials.supported("cpu_sum", self.named, 2, trials.A_MOMENT):
            assert trials.assert_went_well(triple, trials.trial(triple, load=trials.A_MOMENT))["ops"] >= 1
            break
