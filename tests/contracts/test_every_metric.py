"""What every metric of the catalog keeps to, and what each of ours computes."""

import math
import subprocess
import sys

import pytest

from concexp import catalog
from concexp.analysis import results
from concexp.analysis.stats.intervals import Interval
from tests.helpers import journal_builder

NAMES = catalog.names("metric")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with losses, serial and concurrent cells."""
    cells = [
        journal_builder.cell(model="serial", rate=1000, noise=0),
        journal_builder.cell(model="threads", workers=2, rate=1900, noise=0, counts={"lost_updates": 3}),
    ]
    return journal_builder.write(tmp_path_factory.mktemp("run"), cells, repetitions=4)


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name):
    """A metric has a docstring, and its attributes are among those that mean something."""
    cls = catalog.load("metric", name)
    assert catalog.summary(cls).endswith(".") or ":" in catalog.summary(cls)
    assert cls.scale in ("log", "linear")
    assert cls.better in ("higher", "lower", None)
    assert cls.kind in ("time", "count", "value")
    assert cls.level in ("iteration", "cell")
    assert cls.shown in ("always", "when present", "when asked")
    assert cls.level == "iteration" or cls.compares in NAMES
    assert cls.probe in ("", *catalog.names("probe")), "no trial would have what it is computed from"
    assert not cls.follows_speed or (cls.kind, cls.scale, cls.level, cls.pooled) == ("time", "log", "iteration", False)
    assert not cls.follows_speed or cls.unit == "s" or cls.unit.endswith("/s"), "no time and no rate"


@pytest.mark.parametrize("name", [n for n in NAMES if catalog.load("metric", n).level == "iteration"])
def test_has_a_number_per_row(name, run):
    """A metric of iterations has one number per row of the frame, NaN where it was not recorded."""
    values = catalog.load("metric", name)().of(run.trials)
    assert len(values) == len(run.trials)
    assert values.dtype == float
    recorded = run.trials.drop(columns=["lost_updates"])
    empty = recorded.assign(**dict.fromkeys(recorded.select_dtypes("number").columns, math.nan))
    assert catalog.load("metric", name)().of(empty).isna().all()


@pytest.mark.parametrize("name", [n for n in NAMES if catalog.load("metric", n).level == "iteration"])
def test_stays_within_its_range(name, run):
    """What claims take for impossible does not occur, and a trial that was killed at its timeout is within it as well."""
    metric = catalog.load("metric", name)()
    low, high = metric.range
    assert metric.of(run.trials).dropna().between(low, high).all()
    assert not metric.positive or (metric.of(run.trials).dropna() > 0).all()
    for ops in (None, 1000):
        least, most = metric.at_timeout(5.0, ops)
        assert low <= least <= most <= high


@pytest.mark.parametrize("name", [n for n in NAMES if catalog.load("metric", n).level == "cell"])
def test_baseline_is_the_unit(name):
    """What compares with the baseline is 1 for one worker at its speed, and proportional to the ratio, as claims take it."""
    metric = catalog.load("metric", name)()
    assert metric.between(Interval(1, 1, 1, 3), 1) == Interval(1, 1, 1, 3)
    assert metric.between(Interval(3, 2, 4, 3), 5).mean == pytest.approx(
        3 * metric.between(Interval(1, 1, 1, 3), 5).mean
    )


@pytest.mark.parametrize("name", NAMES)
def test_tells_or_not(name, run):
    """A metric says of any frame whether it is worth showing."""
    assert catalog.load("metric", name)().tells(run.trials) in (True, False)


def test_throughput_and_cpus_used(run):
    """Throughput is operations, CPUs used are CPU seconds, each divided by the window."""
    frame = run.trials
    assert frame["throughput"].tolist() == pytest.approx((frame["ops"] / frame["wall_s"]).tolist())
    assert frame["cpus_used"].tolist() == pytest.approx((frame["cpu_s"] / frame["wall_s"]).tolist())


def test_speedup_and_efficiency(run):
    """Speedup is the ratio to the baseline, efficiency that per worker; the baseline's own is 1, without an interval."""
    serial, threads = run.cells.to_dict("records")
    assert threads["speedup"] == pytest.approx(1.9, rel=0.01)
    assert threads["efficiency"] == pytest.approx(threads["speedup"] / 2)
    assert threads["efficiency_lo"] == pytest.approx(threads["speedup_lo"] / 2)
    assert serial["speedup"] == serial["efficiency"] == 1
    assert math.isnan(serial["speedup_lo"])


def test_speedup_lives_among_the_cells_only(run):
    """What compares two cells is no column of the frame of iterations."""
    assert "speedup" not in run.trials
    assert "efficiency" not in run.trials


def test_lost_updates_are_counted_per_iteration(run):
    """Lost updates are the count of the workload's check; where none was made there is no number, not a zero."""
    by_model = run.trials.groupby("model")["lost_updates"]
    assert by_model.max()["threads"] == by_model.min()["threads"] == 3
    assert math.isnan(by_model.max()["serial"])


def test_a_given_window_tells_nothing(run):
    """Where the load is a duration, the window's length is no news; where operations were counted, it is."""
    metric = catalog.load("metric", "wall_s")()
    assert not metric.tells(run.trials)
    assert metric.tells(run.trials.assign(**{"load.duration": math.nan}))


def test_names_cost_no_library():
    """Asking for metrics and for the names of pictures loads neither pandas, scipy, matplotlib nor the template engine."""
    code = (
        "import sys; from concexp import catalog; catalog.names('plot');"
        "[catalog.load('metric', name) for name in catalog.names('metric')];"
        "print([m for m in ('pandas', 'scipy', 'matplotlib', 'jinja2', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_results_load_no_pictures():
    """Reading results loads no matplotlib, nor does the page's package."""
    code = "import sys; from concexp import report; from concexp.analysis import results; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_loading_a_folder_or_its_parent(run):
    """A run is found by its folder and by that of its experiment."""
    assert results.load(run.folder).header == results.load(run.folder.parent.parent).header


def test_messages_are_counted_with_their_bytes(tmp_path):
    """One way moves a message per operation, a round trip two; its time is that of one pair; a pickle is as long as it is."""
    one_way = {"message_bytes": 1000, "pickled_bytes": 1036}
    cells = [
        journal_builder.cell(model="threads", workers=2, rate=100, noise=0, counts=one_way),
        journal_builder.cell(model="processes", workers=4, rate=100, noise=0, counts={**one_way, "pairs": 2}),
    ]
    frame = journal_builder.write(tmp_path, cells, repetitions=3).trials
    transfer, trips = frame[frame["pairs"].isna()], frame[frame["pairs"].notna()]
    assert transfer["messages_per_s"].tolist() == pytest.approx(transfer["throughput"].tolist())
    assert trips["messages_per_s"].tolist() == pytest.approx((2 * trips["throughput"]).tolist())
    assert frame["bandwidth_bytes_per_s"].tolist() == pytest.approx((1000 * frame["messages_per_s"]).tolist())
    assert trips["round_trip_s"].tolist() == pytest.approx((2 / trips["throughput"]).tolist())
    assert transfer["round_trip_s"].isna().all()
    assert set(frame["pickled_bytes"]) == {1036}
