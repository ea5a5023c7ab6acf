"""The contract of workloads."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Mapping
from typing import Any, ClassVar

from concexp import catalog
from concexp.experiment.spec import KINDS
from concexp.testing import trials
from concexp.testing.described import Described
from concexp.trial import passes, tools

INTERFACES = ("none", "guard", "channel", "stream", "shards", "signal", "state")
LONG_S = 1e9  # a window long enough for any time spent waiting


class WorkloadContract(Described):
    """A workload is described, runs on every model that it does not refuse, and notices a wrong outcome.

    parameters  those with which it succeeds quickly, where the defaults do not
    """

    kind = "workload"
    parameters: ClassVar[Mapping[str, Any]] = {}

    @property
    def named(self) -> tuple[str, Mapping[str, Any]]:
        """The workload with its parameters."""
        return self.name, self.parameters

    def test_it_declares_itself(self) -> None:
        """Its shape, resource, unit, own load and the primitives that it takes are among the known words."""
        workload = trials.entry("workload", self.named).build()
        assert workload.shape in ("tasks", "workers")
        assert workload.resource in ("cpu", "io")
        assert workload.unit
        assert set(workload.load) in ({"duration"}, {"ops", "scaling"})
        assert workload.takes
        assert set(workload.takes) <= {*INTERFACES, *catalog.names("sync")}

    def test_what_it_draws_follows_the_block(self) -> None:
        """It says what it draws if it has the dice in its hand, and has no randomness but theirs."""
        module = inspect.getmodule(catalog.load("workload", self.name))
        source = inspect.getsource(module) if module is not None else ""
        draws = "self.dice(" in source or "self.luck" in source
        assert draws == bool(catalog.load("workload", self.name).draws), "`draws` says what `self.dice` is for"
        assert "import random" not in source, (
            "random numbers come from `self.dice(…)`: the same for all cells of a block"
        )

    def test_it_runs_on_every_model(self) -> None:
        """Every model that is not refused does its operations, passes its check and leaves nothing behind."""
        ran = 0
        for model in trials.models():
            for triple in trials.supported(self.named, model):
                outcome = trials.trial(triple)
                iteration = trials.assert_went_well(triple, outcome, trials.races(triple))
                assert iteration["ops"] == trials.OPS, f"{triple}: {iteration['ops']} operations, not {trials.OPS}"
                ran += 1
                break
        assert ran, "no model can run it"

    def test_it_runs_with_five_workers(self) -> None:
        """An odd number of workers, some of which have less to do than others, makes no difference."""
        load = {"ops": 8, "scaling": "strong"}
        for model in ("threads", "processes"):
            for triple in trials.supported(self.named, model, 5, load):
                iteration = trials.assert_went_well(triple, trials.trial(triple, 5, load), trials.races(triple))
                assert iteration["ops"] == 8
                break

    def test_it_runs_for_a_given_time(self) -> None:
        """With a duration as load, if it takes one, it does at least one operation and passes its check."""
        if "duration" not in catalog.load("workload", self.name).load:
            return
        for triple in trials.supported(self.named, "threads", 2, trials.A_MOMENT):
            outcome = trials.trial(triple, load=trials.A_MOMENT)
            assert trials.assert_went_well(triple, outcome, trials.races(triple))["ops"] >= 1
            break

    def test_its_check_notices_a_wrong_outcome(self) -> None:
        """Its check accepts what was done, and neither one more nor one less."""
        triple = next(trials.supported(self.named, "threads"))
        for error in (1, -1):
            right, wrong = self._checked(triple, error)
            assert right == "", f"the check refuses a right outcome: {right}"
            assert wrong != "", f"the check accepts a total that is off by {error}"

    def _checked(self, triple: trials.Triple, error: int) -> tuple[str, str]:
        """What the check says of a right outcome in this process, and of one that is off by `error`."""
        workload, model, sync = (trials.entry(kind, one).build() for kind, one in zip(KINDS, triple, strict=True))
        with tempfile.TemporaryDirectory() as folder:
            pace = {tools.loop_name(loop): trials.ROUNDS for loop in workload.loops}
            owner, factories, array = model.primitives()
            lent = tools.Tools(owner, factories, array, False, folder, 2)
            kit = tools.Kit(lent, sync, None, 2, folder, trials.OPS, pace)
            kit.primitive = sync.build(lent, getattr(workload, "capacity", 0))
            shared = workload.prepare(kit)
            try:
                model.open(tools.Job(workload, 2, kit.primitive, shared, folder))
                workload.reset(shared)
                reports = model.run([(first, n, None) for first, n in workload.shares(trials.OPS, 2)])
                model.close()
                outcome = passes.Outcome(reports, LONG_S, 2)
                right = workload.check(shared, outcome)[0]
                outcome.total += error
                return right, workload.check(shared, outcome)[0]
            finally:
                workload.release(shared)
                lent.end()
