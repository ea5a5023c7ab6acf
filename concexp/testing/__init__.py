"""Contracts of plug-ins as tests to inherit: what holds for concexp's own workloads, models, primitives, metrics and pictures.

    from concexp.testing import WorkloadContract

    class TestDoubling(WorkloadContract):
        name = "doubling"

pytest runs them, as does any other runner that takes classes with methods `test_…`. Trials are real ones, in sealed children.
"""

from concexp.testing.metrics import MetricContract
from concexp.testing.models import ModelContract
from concexp.testing.plots import PlotContract
from concexp.testing.primitives import SyncContract
from concexp.testing.workloads import WorkloadContract

__all__ = ["MetricContract", "ModelContract", "PlotContract", "SyncContract", "WorkloadContract"]
