"""The contracts that packages inherit: concexp's own plug-ins keep them, and a plug-in with a mistake does not."""

import importlib
import sys
import textwrap
from importlib.metadata import EntryPoint

import pytest

from concexp import catalog, installed
from concexp.testing import MetricContract, ModelContract, PlotContract, SyncContract, WorkloadContract
from tests.helpers.plugin_package import ENTRY_POINTS, FILES

pytestmark = pytest.mark.slow


class TestTheirWorkload(WorkloadContract):
    name = "cpu_sum"


class TestTheirModel(ModelContract):
    name = "threads"


class TestTheirSync(SyncContract):
    name = "semaphore"
    most = 1


class TestTheirMetric(MetricContract):
    name = "throughput"


class TestTheirPlot(PlotContract):
    name = "comparison"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Installs the package with a plug-in of each kind, and further modules with a workload `mistaken`, for this process."""
    before = set(sys.modules)

    def install(module):
        for name, text in {**FILES, "mistaken_for_concexp.py": module}.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text))
        groups = {}
        for line in f"{ENTRY_POINTS}[concexp.workloads]\nmistaken = mistaken_for_concexp:Mistaken\n".splitlines():
            if line.startswith("["):
                group = line.strip("[]")
            else:
                name, _, value = line.partition(" = ")
                groups.setdefault(group, {})[name] = (EntryPoint(name, value, group),)
        monkeypatch.setattr(installed, "points", lambda kind: groups.get(installed.GROUPS.get(kind), {}))
        monkeypatch.syspath_prepend(str(tmp_path))
        importlib.invalidate_caches()
        for cached in (catalog.load, catalog.origin):
            cached.cache_clear()

    yield install
    for name in set(sys.modules) - before:
        if name.partition(".")[0].endswith("_for_concexp"):
            del sys.modules[name]
    for cached in (catalog.load, catalog.origin):
        cached.cache_clear()


MISTAKEN = """\
from theirs_for_concexp.in_trials import Doubling
from concexp.trial import tools

class Mistaken({base}):
    \"\"\"{summary}\"\"\"

    unit = "doubling"
{body}
"""


@pytest.mark.parametrize(
    ("base", "summary", "body", "test", "why"),
    [
        ("Doubling", "Doubling, rightly.\n\n    times: how often\n    ", "", "", ""),
        ("Doubling", "Doubling.", "", "test_it_is_described", "does not explain times"),
        ("tools.Workload", "Nothing is checked.", "    def work(self, me, n): return n", "test_its_check_notices_a_wrong_outcome",
         "the check accepts a total that is off by"),
        ("Doubling", "Half.", "    def work(self, me, n): return super().work(me, n) // 2", "test_it_runs_on_every_model",
         "invalid: wrong"),
        ("Doubling", "Dice.", "    def prepare(self, kit): self.dice(1)", "test_what_it_draws_follows_the_block", "`draws` says"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_workload_is_found(package, base, summary, body, test, why):
    """By the test whose docstring says so; a workload without mistakes passes all of them."""
    package(MISTAKEN.format(base=base, summary=summary, body=body))

    class Contract(WorkloadContract):
        name = "mistaken"

    failed = {}
    wanted = [test] if test else [name for name in dir(Contract) if name.startswith("test_")]
    for name in wanted:
        try:
            getattr(Contract(), name)()
        except AssertionError as error:
            failed[name] = str(error)
    assert [*failed] == ([test] if test else []), failed
    assert why in failed.get(test, "")


def test_a_metric_without_its_facts_is_found(package):
    """The experiment of the contract has to record what the metric is computed from."""
    package(MISTAKEN.format(base="Doubling", summary="x", body=""))

    class Contract(MetricContract):
        name = "doublings_per_s"

    with pytest.raises(AssertionError, match="records nothing that it is computed from"):
        Contract().test_it_has_a_number_per_row()
