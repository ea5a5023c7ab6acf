"""What the page says about the machine's speed, and about figures that cannot be known."""

import random
import re

from concexp.report.sections import speed, trust
from concexp.report.view import View
from tests.helpers import journal_builder


def seconds(unit, slow):
    """By block, whatever the iteration."""
    return lambda block, k: unit * slow[block]


def view(folder, slow_share=0.4, loops=True, repetitions=12, spec=None, **more):
    """A run of three cells on a CPU that is sometimes 1.85 times slower."""
    cells = []
    for model, workers in (("serial", None), ("threads", 2), ("processes", 2)):
        coins = random.Random(model)
        slow = [1.85 if coins.random() < slow_share else 1.0 for _ in range(repetitions)]
        given = {"course": seconds(1.0, slow), **({"loop": seconds(2e-4, slow)} if loops else {})}
        cells.append(journal_builder.cell(model=model, workers=workers, **given, **more))
    return View(journal_builder.write(folder, cells, repetitions=repetitions, spec=spec))


def test_two_speeds_are_told_with_their_share(tmp_path):
    """How often it was fast, how much slower the rest, and how many trials met that."""
    found = view(tmp_path)
    (sentence,) = [text for text in speed.threats(found) if "two speeds" in text]
    frame = found.run.trials.drop_duplicates("trial")
    slow = int((frame["reference_s"] > 3e-4).sum())
    assert f"{100 * (36 - slow) / 36:.0f} % of the time" in sentence
    assert "a reference loop took 0.200 ms, otherwise 1.9 times as long" in sentence
    assert f"{slow} of 36 trials met the slow state" in sentence


def test_adjusted_intervals_are_named(tmp_path):
    """Which metric, how much the speed explains, and where the figures as measured stand."""
    text = speed.adjusted(view(tmp_path))
    assert text.startswith("Throughput")
    assert re.search(r"adjusted for the machine's speed, which explains (99|100) % of the variation within cells", text)
    assert "`throughput_raw`" in text


def test_figures_as_measured_are_in_a_column_that_exists(tmp_path):
    """Where cells.csv has the speed-up alone, that is what is adjusted, and its column is the one that is named."""
    found = view(tmp_path, spec={"primary": "speedup", "metrics": ["speedup"]})
    text = speed.adjusted(found)
    assert text.startswith("Speedup is adjusted for the machine's speed")
    assert "`speedup_raw`" in text
    assert "speedup_raw" in found.run.cells
    assert "throughput_raw" not in found.run.cells


def test_trials_that_only_the_adjusted_metrics_keep_are_told(tmp_path):
    """They count for the primary metric, which is adjusted, and not for other timings: the page says so, and doubts no cell."""
    found = view(tmp_path)
    slow = int((found.run.firsts["doubts"] == "slow_cpu").sum())
    assert slow > 0
    assert not any(point.mark for point in found.points)
    told = [text for text in trust.threats(found) if "on a slow CPU" in text]
    assert told == [
        f"{slow} trials on a slow CPU are left out of timings that are not adjusted for it, where enough others are left; counts "
        "keep all of them."
    ]


def test_without_recorded_speeds_nothing_is_said_of_them(tmp_path):
    """Older runs: no two speeds, no adjustment; but trials far from their cell's others are told."""
    found = view(tmp_path, slow_share=0.1, loops=False)
    assert speed.adjusted(found) == ""
    (sentence,) = [text for text in speed.threats(found) if "Single figures" in text]
    assert sentence.startswith("Single figures are less certain than their intervals: ")
    assert "lie far from the others of their cells, 1.8 times slower" in sentence


def test_a_quiet_run_has_nothing_to_tell(tmp_path):
    """One speed and no disturbance; only what the intervals are about, and what can have gone unseen."""
    found = view(tmp_path, slow_share=0.0, noise=0.02)
    assert [text for text in speed.threats(found) if "two speeds" in text or "far from" in text] == []
    (about,) = speed.assurances(found)
    assert about == "What disturbs fewer than 8.0 % of trials may have gone unseen, by hitting none of these 36 trials."


def test_trials_that_needed_more_cpu_time_are_counted(tmp_path):
    """Over a tenth more CPU time for an operation than in the median of the cell, and what the loop beside them says."""
    facts = {block: {"cpu_s": 0.5, "wall_s": 0.5, "ops": 500} for block in range(6)}
    facts[2]["cpu_s"] = 0.6
    loop = {"loop": lambda block, k: 2e-4 * (1.2 if block == 2 else 1.0)}
    start = "1 of 6 trials that compute used over 10 % more CPU time per operation than is usual in its cell; "
    for folder, more, end in (
        ("old", {}, "the speed of its CPU was not recorded."),
        ("slow", loop, "beside it the CPU was slower."),
        ("fast", {"loop": lambda block, k: 2e-4}, "beside it the CPU was no slower."),
    ):
        run = journal_builder.write(tmp_path / folder, [journal_builder.cell(by_block=facts, **more)])
        assert start + end in speed.threats(View(run))


def test_one_trial_has_no_median(tmp_path):
    """One trial that lies far from the others is so many times slower; of several it is the median that is told."""
    for slow, end in (([2], "times slower."), ([2, 7], "times slower as a median.")):
        cell = journal_builder.cell(course=lambda block, k, slow=slow: 1.85 if block in slow else 1.0)
        run = journal_builder.write(tmp_path / str(len(slow)), [cell], repetitions=12)
        (sentence,) = [text for text in speed.threats(View(run)) if "Single figures" in text]
        assert end in sentence


def test_what_can_have_gone_unseen_knows_doubts(tmp_path):
    """Trials that count although doubtful are called so."""
    facts = {"service_time": journal_builder.histogram(0.005), "swapped_in": 99}
    cells = [journal_builder.cell("echo", "threads", workers=4, wants="io", facts=facts)]
    found = View(journal_builder.write(tmp_path, cells, spec={"metrics": ["throughput", "service_time_p50_s"]}))
    (about,) = speed.assurances(found)
    assert "hitting none of these 6 trials (6 of them doubtful)" in about
