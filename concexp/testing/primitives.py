"""The contract of primitives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from concexp import catalog
from concexp.testing import trials
from concexp.testing.described import Described
from concexp.testing.workloads import INTERFACES


class SyncContract(Described):
    """A primitive is described, and does what its interface promises, in every model that has the tools for it.

    parameters  those with which it works, where the defaults do not
    most        workloads of concexp's own that are tried in each model
    """

    kind = "sync"
    parameters: ClassVar[Mapping[str, Any]] = {}
    most: ClassVar[int] = 2

    @property
    def named(self) -> tuple[str, Mapping[str, Any]]:
        """The primitive with its parameters."""
        return self.name, self.parameters

    def test_it_declares_its_interface(self) -> None:
        """It is one of the known ones."""
        assert trials.entry("sync", self.named).build().interface in INTERFACES[1:]

    def test_workloads_that_take_it_run(self) -> None:
        """Workers that it guards or connects lose nothing: the checks of concexp's own workloads notice that."""
        ran = 0
        for model in trials.models():
            tried = 0
            for workload in self._takers():
                triple = workload, model, self.named
                if tried < self.most and not trials.refusal(triple, 2):
                    assert trials.assert_went_well(triple, trials.trial(triple))["ops"] == trials.OPS
                    tried += 1
            ran += tried
        assert ran, "no workload and model can use it"

    def _takers(self) -> list[str]:
        """The workloads of concexp's own that take its interface, and do nothing wrong on purpose."""
        interface = trials.entry("sync", self.named).build().interface
        taking = [name for name, cls in catalog.classes("workload").items() if interface in cls.takes]
        return [name for name in taking if not catalog.origin("workload", name)]
