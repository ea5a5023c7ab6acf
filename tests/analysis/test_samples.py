"""Which trials a cell's numbers come from."""

from concexp.analysis.samples import samples
from tests.helpers import journal_builder, scenarios


def sample(folder, effective=1.9, repetitions=6, **cell):
    """The sample of a run with one cell."""
    one = journal_builder.cell(**{"model": "processes", "workers": 2, **cell})
    return samples(journal_builder.write(folder, [one], repetitions=repetitions, effective=effective).trials)[one["id"]]


def test_doubtful_trials_are_left_out_of_timings(tmp_path):
    """With enough trials beyond doubt, timings come from those alone; counts keep all."""
    spun = [1.9, 1.9, 1.9, 1.0, 1.0, 1.0, 1.9, 1.9, 1.9]
    found = sample(tmp_path, effective=spun, repetitions=8, counts={"lost_updates": 0})
    assert (found.count, len(found.doubtful()), found.enough_clean_trials()) == (8, 2, True)
    assert sorted(found.by_block("throughput")) == [0, 1, 2, 5, 6, 7]
    assert sorted(found.by_block("lost_updates", counted=True)) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert found.effective_cpus == 1.9


def test_too_few_beyond_doubt(tmp_path):
    """With fewer than three left, the numbers come from all trials, and the cell is not trusted."""
    found = sample(tmp_path, effective=[1.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.9])
    assert not found.enough_clean_trials()
    assert len(found.by_block("throughput")) == 6


def test_a_single_trial_may_be_trusted(tmp_path):
    """One trial beyond doubt is trusted, though it has no interval."""
    found = sample(tmp_path, repetitions=1, effective=[1.9, 1.9])
    assert found.enough_clean_trials()


def test_an_observed_trial_that_ended_badly_leaves_the_others_as_they_are(tmp_path):
    """The cell's status is that of its measured trials; the share comes from the observed ones that have numbers."""
    run = journal_builder.write(tmp_path, **scenarios.observed())
    (found,) = [s for s in run.samples.values() if any(trial.status == "timeout" for trial in s.observed)]
    assert (found.status, found.count) == ("ok", 6)
    assert sorted(found.by_block("wait_share")) == [0, 1, 3, 4, 5]
    assert sorted(found.by_block("throughput")) == [0, 1, 2, 3, 4, 5]


def test_doubtful_observed_trials_are_left_out_too(tmp_path):
    """With enough observed trials beyond doubt, waits come from those alone, whatever the doubts of the measured ones."""
    facts = scenarios.observed()["cells"][1]["observed"]["facts"]
    one = journal_builder.cell(
        "counter", "threads", "lock", 2, observed={"facts": facts, "answer": {"traced": True}}, facts={"waits": None}
    )
    found = samples(journal_builder.write(tmp_path / "all", [one]).trials)[one["id"]]
    assert not found.doubtful()
    assert len(found.by_block("wait_share")) == 6  # all are doubtful: they are all there is
    frame = journal_builder.write(tmp_path / "some", [{**one, "observed": {"facts": facts}}]).trials
    hit = (frame["role"] == "observed") & (frame["block"] < 2)
    found = samples(frame.assign(doubts=frame["doubts"].mask(hit, "traced")))[one["id"]]
    assert sorted(found.by_block("wait_share")) == [2, 3, 4, 5]
    assert len(found.by_block("throughput")) == 6


def test_a_cell_that_was_only_looked_at_is_missing(tmp_path):
    """Until a cell has a trial run as it is, it has none."""
    frame = journal_builder.write(tmp_path, **scenarios.observed()).trials
    assert samples(frame[frame["role"] == "observed"]) == {}


def rate_and_floors(growth, rate=400.0, duration=2.0):
    """The load and the facts of an open loop whose latency grows by `growth` s for each second."""
    floors = [0.01 + growth * duration / 5 * part for part in range(5)]
    times = {name: journal_builder.histogram(0.02) for name in ("latency", "service_time")}
    return {
        "load": {"rate": rate, "duration": duration, "arrivals": "constant"},
        "facts": {**times, "latency_floor_s": floors, "ops": round(rate * duration), "wall_s": duration},
    }


def open_loop(folder, growth, **more):
    """The sample of an open loop."""
    one = journal_builder.cell("sleep", "threads", workers=1, wants="io", **{**rate_and_floors(growth), **more})
    return journal_builder.write(folder, [one], repetitions=4).samples[one["id"]]


def test_the_latency_of_an_overload_is_withheld(tmp_path):
    """More arrives than is served: the latency has no value, for a reason; the service time and the throughput have theirs."""
    found = open_loop(tmp_path / "over", 0.08)
    assert found.overloaded
    assert found.by_block("latency_p50_s") == found.by_block("latency_mean_s") == {}
    assert "more operations arrived than were served" in found.withheld("latency_p99_s")
    assert len(found.by_block("service_time_p99_s")) == len(found.by_block("throughput")) == 4
    found = open_loop(tmp_path / "not", 0.04)
    assert not found.overloaded
    assert len(found.by_block("latency_p50_s")) == 4


def test_a_percentile_needs_ten_operations_beyond(tmp_path):
    """Of 999 operations, 99 % is a matter of chance; of 1,000 it is told, and 90 % of 100."""
    for count, beyond in ((999, False), (1000, True)):
        one = journal_builder.cell(facts={"service_time": [[1000, count]]})
        run = journal_builder.write(tmp_path / str(count), [one], repetitions=1, iterations=1)
        (found,) = run.samples.values()
        assert bool(found.by_block("service_time_p99_s")) is beyond
        assert bool(found.withheld("service_time_p99_s")) is not beyond
        assert found.by_block("service_time_p90_s")
    why = open_loop(tmp_path / "open", 0.0).withheld("latency_p999_s")
    assert why == "99.9 % of only 8000 operations is a matter of chance: it takes 10000"


def test_a_sample_tells_how_much_a_percentile_lacks(tmp_path):
    """Too few operations lack a multiple of theirs; an overload, a mean and enough of them lack nothing that trials could give."""
    few = open_loop(tmp_path / "few", 0.0)
    assert few.shortfall("latency_p999_s") == 10000 / 8000
    assert few.shortfall("latency_p999_s", few.trials[:1]) == 10000 / 2000
    assert few.shortfall("latency_p99_s") == few.shortfall("latency_mean_s") == few.shortfall("throughput") == 1
    assert open_loop(tmp_path / "over", 0.08).shortfall("latency_p999_s") == 1
