"""What controls and the sentinel say of the measuring itself."""

import math
import random

import pytest

from concexp.analysis import noise
from concexp.analysis.stats.intervals import Interval
from concexp.analysis.stats.ratios import ratio
from concexp.trial.probes import latency as probe
from tests.helpers import journal_builder, scenarios


def made(folder, **more):
    return journal_builder.write(folder, **scenarios.watched(**more))


def throughputs(run, role, cell):
    """The mean throughput of each block's trial, from the records."""
    own = [r for r in run.records if r["role"] == role and r.get("cell") == cell]
    passes = {r["block"]: [i["ops"] / i["wall_s"] for i in r["answer"]["iterations"]] for r in own}
    return {block: math.exp(sum(map(math.log, rates)) / len(rates)) for block, rates in passes.items()}


def test_a_floor_is_the_farther_end_of_the_ratio(tmp_path):
    """The interval of control / measured paired by block, recomputed from the records; the floor is its farther end."""
    run = made(tmp_path)
    (floor,) = noise.noise_floors(run)
    expected = ratio(*(throughputs(run, role, floor.cell) for role in ("control", "measured")))
    ends = floor.ratio.mean, floor.ratio.lo, floor.ratio.hi
    assert ends == pytest.approx((expected.mean, expected.lo, expected.hi))
    assert floor.factor == max(expected.hi, 1 / expected.lo)
    assert 1 < floor.factor < 1.01
    assert floor.workload == "cpu_sum"


@pytest.mark.parametrize("unlike", [0.9, 1.1])
def test_what_differs_from_itself_raises_the_floor(tmp_path, unlike):
    """A control that is ten percent off, up or down, makes a floor of more than that."""
    (floor,) = noise.noise_floors(made(tmp_path, unlike=unlike))
    assert floor.ratio.mean == pytest.approx(unlike, rel=0.01)
    assert floor.factor > max(unlike, 1 / unlike)


def test_noisier_cells_have_a_higher_floor():
    """A control off by 1 % (half a percent either way) says 1.015; beside a ratio known to 5 % only, the floor is 1.06."""
    e = math.exp
    floor = noise.NoiseFloor("", "", Interval(e(0.01), e(0.005), e(0.015), 10))
    assert floor.factor == pytest.approx(e(0.015))
    assert floor.beside(Interval(1, e(-0.05), e(0.05), 10)) == pytest.approx(e(0.01 + 0.05))
    assert floor.beside(Interval(1, e(-0.001), e(0.001), 10)) == floor.factor
    assert floor.beside(Interval(1.2, math.nan, math.nan, 2)) == floor.factor
    assert noise.NO_FLOOR.beside(Interval(1, 0.5, 2, 10)) == 1


def test_a_borrowed_floor_is_in_proportion_to_the_noise_of_other_work():
    """A control of work that computes, ±50 % on a busy machine, says little of work that waits, known to 0.5 %."""
    e = math.exp
    floor = noise.NoiseFloor("", "", Interval(e(0.1), e(-0.4), e(0.6), 6), borrowed=True)
    waits, computes = (Interval(16, 16 / e(width), 16 * e(width), 6) for width in (0.005, 0.7))
    assert floor.beside(waits) == floor.under(waits) == pytest.approx(e(0.6 * 0.005 / 0.5))
    assert floor.beside(computes) == pytest.approx(e(0.6 + 0.2))
    assert floor.under(computes) == floor.factor
    assert noise.NoiseFloor("", "", floor.ratio).under(waits) == floor.factor


def test_controls_and_sentinels_enter_nothing_else(tmp_path):
    """cells.csv is the same with and without them; the frame has them under their roles."""
    run = made(tmp_path / "with", unlike=5.0)
    alone = made(tmp_path / "without", beside=())
    assert run.cells.equals(alone.cells)
    assert dict(run.trials.drop_duplicates("trial")["role"].value_counts()) == {
        "measured": 40,
        "control": 10,
        "sentinel": 10,
    }
    assert noise.noise_floors(alone) == []
    assert not noise.drift(alone).has_value


@pytest.mark.parametrize(
    ("per_block", "over_the_run", "is_drift"),
    [(0.02, 1.197, True), (-0.02, 0.835, True), (0.0, 1.0, False), (0.001, 1.009, False)],
)
def test_drift(tmp_path, per_block, over_the_run, is_drift):
    """What a block adds, times the blocks: slower or faster; a percent over the run is none that matters."""
    found = noise.drift(made(tmp_path, drift=per_block))
    # Blocks differ by 2 % whatever happens to the sentinel (`journal_builder`): the slope is not known better than that.
    assert found.lo <= over_the_run <= found.hi
    assert noise.drifted(found) is is_drift


def test_too_few_blocks(tmp_path):
    """Two blocks have no floor, five no drift: nothing is said."""
    assert noise.noise_floors(made(tmp_path / "two", repetitions=2)) == []
    assert not noise.drift(made(tmp_path / "five", repetitions=5, drift=0.1)).has_value


@pytest.mark.parametrize(
    ("ends", "known"), [((0.95, 1.05), True), ((0.9, 1.05), False), ((0.95, 1.2), False), ((1.05, 1.1), False)]
)
def test_no_drift_is_known_only_from_a_narrow_interval(ends, known):
    """An interval that holds 1 and reaches over a tenth cannot tell; one that does not hold 1 is a drift."""
    assert noise.no_drift(Interval(math.sqrt(ends[0] * ends[1]), *ends, 10)) is known


def percentiles(folder, slow=()):
    """A run about the 99th percentile: the trials scatter by 10 %, and those of the blocks in `slow` take three times as long."""
    luck = random.Random(3)
    facts = {}
    for block in range(10):
        middle = 1e-3 * math.exp(luck.gauss(0, 0.1)) * (3 if block in slow else 1)
        times = [int(1e9 * middle * math.exp(luck.gauss(0, 0.02))) for _ in range(2000)]
        facts[block] = {"service_time": probe.added([probe.histogram(times)])}
    spec = {"primary": "service_time_p99_s", "baseline": {}}
    cells = [journal_builder.cell(model="threads", workers=2, wants="io", by_block=facts)]
    return journal_builder.write(folder, cells, repetitions=10, iterations=1, spec=spec)


@pytest.mark.parametrize("slow", [(), (4,)])
def test_a_disturbance_of_a_percentile_is_looked_for_in_the_trials_own(tmp_path, slow):
    """The trials' own percentiles tell which one is apart: what each adds to the percentile of all of them is no time."""
    found = noise.disturbed(percentiles(tmp_path, slow))
    assert (found.trials, found.apart) == (10, len(slow))
    if slow:
        assert found.slower == pytest.approx(3, rel=0.2)


def test_only_times_and_rates_are_disturbed(tmp_path):
    """An index of fairness has no trials that are so many times slower."""
    cells = [journal_builder.cell(model="threads", workers=2)]
    run = journal_builder.write(tmp_path, cells, repetitions=10, spec={"primary": "fairness"})
    assert run.samples
    assert noise.disturbed(run).trials == 0


@pytest.mark.parametrize(("clean", "told"), [(2, 10), (5, 10), (6, 6)])
def test_too_few_sentinels_beyond_doubt_are_told_with_all_others(tmp_path, clean, told):
    """A drift takes six blocks: where fewer are beyond doubt all tell, and none is silently left out."""
    watched = scenarios.watched()
    sentinel = watched["beside"][1][1]
    sentinel["status"], sentinel["record"] = ["ok"] * clean + ["invalid"] * (10 - clean), {"left_behind": 1}
    run = journal_builder.write(tmp_path, **watched)
    assert len(noise.sentinel_times(run)) == told
    assert noise.drift(run).bounded
