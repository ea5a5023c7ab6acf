"""A small real run for metrics and pictures, made once for each class of tests."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any, ClassVar

from concexp.commands.api import Experiment, LoadedRun

MEASURE = {"repetitions": 3, "iterations": 1, "warmup": 0, "control": False}


class OfARun:
    """A contract about a run. `experiment` has the keys of a YAML: an experiment that records what is tested."""

    name: ClassVar[str]
    experiment: ClassVar[Mapping[str, Any]] = {
        "workload": "cpu_sum",
        "model": ["serial", "threads"],
        "sweep": {"workers": 2},
        "load": {"ops": 20, "scaling": "strong"},
    }
    _run: ClassVar[LoadedRun | None] = None

    @classmethod
    def run(cls) -> LoadedRun:
        """The run of the experiment: made when first asked for, in a folder that is removed."""
        if "_run" not in vars(cls) or cls._run is None:
            with tempfile.TemporaryDirectory() as folder:
                asked = {"name": "contract", "measure": MEASURE, **cls.experiment}
                cls._run = Experiment(asked).run(out=folder, progress="none")
        return cls._run
