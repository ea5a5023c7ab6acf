"""The sentences say what the data supports, with the numbers of cells.csv, and nothing else."""

import csv
import itertools
import math
import re

import numpy as np
import pytest

from concexp.analysis import results
from concexp.analysis.stats.intervals import t_quantile
from concexp.report.answer import answer, beside
from concexp.report.sections import doubtful, fairness, latency
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import agrees

FACTORS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}
FIGURE = re.compile(r"([\d,.]+)(x| (?:([kMG]) )?[a-z][a-z ]*/s)(?: \(|, )([\d,.]+)–([\d,.]+)\)")


@pytest.fixture
def said(tmp_path):
    """The sentences about a made-up journal, as one text: the answer, what is told of each contest, and why there is doubt."""

    def say(cells, **more):
        return "\n".join(sentences(View(journal_builder.write(tmp_path, cells, **more))))

    return say


def sentences(view):
    """All that is told, each item of a list for itself."""
    return [one for found in (answer, beside, doubtful.reasons) for text in found(view) for one in text.split("\n  - ")]


def ratios(run):
    """Mean and ends of the paired ratio of throughputs of any two cells, computed here a second time."""
    frame = run.trials.dropna(subset=["throughput"])
    frame = frame[(frame["doubts"] == "")]
    logs = np.log(frame["throughput"].astype(float)).groupby([frame["cell"], frame["block"]]).mean().unstack()
    for above, below in itertools.permutations(logs.index, 2):
        both = (logs.loc[above] - logs.loc[below]).dropna()
        half = t_quantile(len(both) - 1) * both.std(ddof=1) / math.sqrt(len(both))
        yield tuple(math.exp(value) for value in (both.mean(), both.mean() - half, both.mean() + half))


@pytest.mark.parametrize(
    "make", [scenarios.scaling, scenarios.syncs, scenarios.waiting, scenarios.parameters, scenarios.partly_withheld]
)
def test_numbers_are_those_of_the_cells(tmp_path, make):
    """Every figure with an interval is a cell's in cells.csv, or the paired ratio of two cells."""
    run = journal_builder.write(tmp_path, **make())
    results.write(run)
    with (run.folder / "cells.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    known = [
        tuple(float(row[f"{metric}{end}"]) for end in ("", "_lo", "_hi"))
        for row in rows
        for metric in ("throughput", "speedup")
        if row.get(f"{metric}_lo")
    ] + list(ratios(run))
    text = "\n".join(sentences(View(run)))
    figures = FIGURE.findall(text)
    assert len(figures) >= 4
    for mean, _, prefix, low, high in figures:
        factor = FACTORS[prefix]
        assert any(
            agrees(mean, values[0] / factor) and agrees(low, values[1] / factor) and agrees(high, values[2] / factor)
            for values in known
        ), (mean, low, high)


def test_winner(said):
    """The best is named with its figure, its gain, its share of the effective CPUs, and its lead over the runner-up."""
    text = said(journal_builder.sweep(workers=(1, 2), rate=journal_builder.amdahl(0.0, 1.86)))
    assert re.search(
        r"`processes` with 2 workers is best: 1,\d\d\d sums/s \(.*?\), 1\.8\dx \(.*?\) the speed of `serial` "
        r"\(0\.9\d of the 1\.90 effective CPUs\), 1\.8\dx \(.*?\) ahead of the runner-up, `threads` with [12] workers?\.",
        text,
    )
    assert re.search(r"No gain over `serial`: `threads` [01]\.\d+x \(.*?\) with 2 workers\.", text)


def test_share_is_gain_over_effective(said):
    """The share of the effective CPUs is the gain divided by them."""
    text = said(**scenarios.scaling())
    found = re.findall(r"([\d.]+)x \([^)]*\)[^;.]*?(\d\.\d\d) of the (\d\.\d\d) effective CPUs", text)
    assert found
    for gain, share, effective in found:
        assert float(share) == pytest.approx(float(gain) / float(effective), abs=0.011)


def test_tie(said):
    """Two that cannot be told apart are called not resolved, and neither is called best."""
    text = said(**scenarios.tied())
    assert "not resolved from" in text
    assert "is best" not in text


def test_too_few_trials(said):
    """From one trial nothing is resolved, nothing is best, and there is no bracket."""
    text = said(**scenarios.single())
    assert "With 1 trial per cell (an interval needs 3) nothing is resolved." in text
    assert "is best" not in text
    assert "–" not in text
    assert "nan" not in text


def test_invalid_never_wins(said):
    """However fast a wrong answer is, the best right one is named, and the wrong one is told of."""
    text = said(**scenarios.bad())
    assert not re.search(r"`threads` with 2 workers (is|has|reaches)", text)
    assert "Wrong outcome (†) (wrong sum): `threads` with 2 workers." in text


def test_only_invalid(said):
    """Where every outcome is wrong, nobody wins."""
    cells = [
        journal_builder.cell(model=m, workers=2, status="invalid", reason="wrong") for m in ("threads", "processes")
    ]
    assert "No winner is named: every outcome was wrong (†)." in said(cells)


def test_partly_failed_never_wins(said):
    """A cell that ended badly once is told of, and cannot be best."""
    text = said(**scenarios.bad())
    assert "`simulated` with 2 workers ended badly in 1 of 6 trials (§)" in text
    assert "`simulated` with 2 workers is best" not in text


def test_how_many_ended_badly(said):
    """Cells without any number are counted by how they ended."""
    assert "**3 cells did not end well** (1 failed, 1 crashed and 1 timed out)" in said(**scenarios.bad())


def test_withheld(said):
    """Where spinners found CPUs withheld, there is no verdict on scaling but the reason, and how we know."""
    text = said(**scenarios.withheld())
    assert "No winner is named" in text
    assert "Gain over" not in text
    assert (
        "**No timing verdict for 2 of 5 cells** (‡): the machine withheld CPUs ([how we know](#how-far-to-trust-it))."
        in text
    )
    assert "did the work of 1.10 to 1.31 CPUs (median 1.21) where 2 CPUs are usable" in text
    assert "this touches 12 of 30 trials" in text
    assert "run queue" not in text


def test_waited(said):
    """Where only the run queue tells, that is what is named, with its figure, and not the spinners."""
    text = said(**scenarios.waited())
    assert (
        "stood in the run queue for 21 % of their time (median of 6 trials) although there was a CPU for each" in text
    )
    assert "spinners" not in text


def test_stolen(said):
    """Where only the host's theft tells, that is what is named, with its figure."""
    cells = journal_builder.sweep(workers=(1, 2), rate=journal_builder.amdahl(0.0, 1.9))
    cells[-1]["facts"] = {"wall_s": 0.5, "steal_s": 0.3}
    text = said(cells)
    assert "the host of this virtual machine took 30 % of the CPU time (median of 6 trials); this touches 6" in text
    assert "spinners" not in text


def test_enough_left(said):
    """Where the machine withheld CPUs in some blocks only, the others give the verdict."""
    text = said(**scenarios.partly_withheld())
    assert "`processes` with 2 workers is best" in text
    assert "No timing verdict" not in text


def test_other_doubts(said):
    """A doubt that is not the machine's is named by its code."""
    cells = [
        journal_builder.cell(model="serial"),
        journal_builder.cell(model="threads", workers=2, facts={"server_cpu_s": 0.5}),
    ]
    assert "**No timing verdict for 1 of 2 cells** (‡): `server_bound` in 1 cell" in said(cells)


def test_slower(said):
    """A model that is slower at every number of workers is told so."""
    cells = journal_builder.sweep(
        models=("serial", "threads"), workers=(2, 4), rate=lambda _, m, w: 1000 if m == "serial" else 800 / w
    )
    text = said(cells)
    assert "`serial` is best" in text
    assert re.search(r"Slower than `serial`, even at best: `threads` 0\.(39|40)\dx \(.*?\) with 2 workers", text)


def test_unresolved_gain(said):
    """A gain whose interval spans 1 widely is neither a gain nor none."""
    cells = journal_builder.sweep(workers=(2,), rate=lambda _, m, w: 1000 if m != "processes" else 3000, noise=0.25)
    assert "Not resolved from `serial`: `threads`" in said(cells)


def test_without_a_baseline(said):
    """Without a baseline, gains are relative to the same model with fewest workers."""
    cells = journal_builder.sweep(models=("threads", "processes"), workers=(1, 2), rate=journal_builder.amdahl())
    text = said(cells, spec={"baseline": {}})
    assert re.search(
        r"Gain over the same with fewest workers: `processes` (2\.0\d|1\.9\d)x \(.*?\) with 2 workers", text
    )
    assert "speed of" not in text


def test_doubtful_baseline(said):
    """A gain over a baseline that is itself doubtful or wrong is not told."""
    cells = journal_builder.sweep(workers=(2,), rate=journal_builder.amdahl())
    cells[0]["status"] = "invalid"
    text = said(cells)
    assert "the speed of" not in text
    assert "Gain over" not in text


def test_lost_updates(said):
    """Who lost how many of its updates, in how many trials; and exactly 0 for the others that run concurrently."""
    cells = [
        journal_builder.cell("counter", "serial", unit="increment", counts={"lost_updates": 0}),
        journal_builder.cell(
            "counter", "threads", "none", 2, counts={"lost_updates": 50}, status="invalid", unit="increment"
        ),
        journal_builder.cell("counter", "threads", "lock", 2, counts={"lost_updates": 0}, unit="increment"),
    ]
    text = said(cells)
    assert "`threads` × `none` with 2 workers lost 10 % of its updates, in 6 of 6 trials (†)." in text
    assert "Exactly 0 updates were lost by `threads` × `lock` with 2 workers." in text
    assert "Wrong outcome" not in text


def test_counts_survive_doubt(said):
    """Lost updates are told also where no timing verdict is."""
    cells = [
        journal_builder.cell(model="processes", workers=2, counts={"lost_updates": 5}, status="invalid"),
        journal_builder.cell(model="threads", workers=2, counts={"lost_updates": 0}),
    ]
    text = said(cells, effective=1.0)
    assert "lost" in text
    assert "Exactly 0 updates were lost by `threads`." in text
    assert "No winner is named: no cell is beyond doubt (‡)." in text


def test_price_of_a_primitive(said):
    """Each primitive is told relative to none, per model, and the invalid reference is marked."""
    text = said(**scenarios.syncs())
    assert re.search(
        r"Relative to `threads` × `none`, throughput is 0\.42\dx \(.*?\) with `lock`, .* with `rlock`", text
    )
    assert "Relative to `processes` × `none`†, throughput is" in text


def test_price_without_none(said):
    """Where every cell has a primitive, they are told relative to the best."""
    cells = [
        journal_builder.cell("counter", "threads", sync, 2, rate=rate)
        for sync, rate in (("semaphore", 100), ("lock", 400), ("rlock", 300))
    ]
    assert "Relative to `threads` × `lock`, throughput is 0.7" in said(cells)


def test_no_number_at_all(said):
    """Where nothing has a number there is no winner, no gain: only how it ended."""
    text = said(**scenarios.all_failed())
    assert text == "**1 cell did not end well** (1 failed): see [what went wrong](#what-went-wrong)."


def test_unfinished(said):
    """A run without trials says that it is not finished."""
    assert "7 of 7 cells have no trial yet" in said(**scenarios.nothing())


def test_made_up(said):
    """Made-up numbers are called so before any of them is shown."""
    assert said(**scenarios.bad()).startswith("**These numbers are made up** by `simulated`")


def test_quick(said):
    """A quick pass is called so."""
    assert said(**scenarios.single(), manifest={"quick": True}).startswith("This was a quick pass")


def test_lower_is_better(said):
    """For a metric of which less is better, the smallest wins, and the factor is still above 1."""
    cells = [
        journal_builder.cell(model="serial", facts={"startup_s": 0.001}),
        journal_builder.cell(model="threads", workers=2, facts={"startup_s": 0.004}),
    ]
    text = said(cells, spec={"primary": "startup_s"})
    assert "`serial` is best: 1.00 ms" in text
    assert "4.00x ahead of the runner-up, `threads` with 2 workers" in text


@pytest.mark.parametrize("make", scenarios.ALL)
def test_language(tmp_path, make):
    """No sentence holds a number that was not measured, a doubled word or sign, or a singular with many."""
    run = journal_builder.write(tmp_path, **make())
    view = View(run)
    for sentence in [*sentences(view), *latency.told(view), *fairness.told(view)]:
        assert not re.search(r"\bnan\b|\bNone\b|\binf\b|\d\.\d{5,}|  |,,|\.\.|;\.|\(\)| ,", sentence), sentence
        assert not re.search(r"\b1 (workers|trials|cells|CPUs)\b|\b[2-9] (worker|trial|cell|CPU)\b", sentence), sentence
        assert sentence[0].isupper() or sentence[0] in "`*0123456789", sentence
        assert sentence.endswith((".", ").", "**")), sentence


# Several contests together ---------------------------------------------------------------------------------------------


def contests(*rates, **more):
    """Threads and processes with 2 workers over as many sizes as rates are given: (threads, processes) of each."""
    return {
        "cells": [
            journal_builder.cell(
                "hash_blocks", model, workers=2, rate=rate, unit="block", axes={"hash_blocks.size": f"{size}B"}, **more
            )
            for size, pair in enumerate(rates, 1)
            for model, rate in zip(("threads", "processes"), pair, strict=True)
        ],
        "spec": {"baseline": {}},
    }


@pytest.mark.parametrize("make", scenarios.ALL)
def test_the_answer_is_short(tmp_path, make):
    """The first screen has six sentences at most, whatever was run, and each contest is told of further down."""
    view = View(journal_builder.write(tmp_path, **make()))
    assert 1 <= len(answer(view)) <= 6
    if len(view.contests) > 1:
        titles = [view.title(contest.labels) for contest in view.contests]
        told = beside(view)
        assert len(told) == len(titles)
        assert all(found.startswith("**") for found in told)


def test_one_winner_of_several(tmp_path):
    """Who wins how often, with the least and the largest lead: other data, other sentences."""
    told = answer(View(journal_builder.write(tmp_path, **contests((100, 200), (100, 300), (100, 150)))))
    assert re.match(
        r"`processes` is best in all 3 comparisons, 1\.[45]\dx \(.*?\) \(size 3B\) to [23]\.\d\dx \(.*?\) \(size 2B\) ahead",
        told[0],
    )
    told = answer(View(journal_builder.write(tmp_path / "b", **contests((100, 200), (300, 100), (100, 150)))))
    assert told[0].startswith("`processes` is best in 2 of 3 comparisons, ")
    assert "; `threads` in 1, " in told[0]
    assert re.search(
        r"The best throughput goes from 1\d\d blocks/s .* \(size 3B\) to (29|30)\d blocks/s .* \(size 2B\) over 3",
        told[-1],
    )


def test_no_winner_of_several(tmp_path):
    """Where the best are not resolved from the next, nobody is called best, and the best figures are named."""
    told = answer(View(journal_builder.write(tmp_path, **contests((100, 105), (100, 200), noise=0.03))))
    assert told[0].startswith("`processes` is best in 1 of 2 comparisons")
    assert re.match(
        r"Nobody is best in 1 of 2 comparisons: the best figure, of `\w+` in size 1B, is not resolved from the next\.",
        told[1],
    )
    told = answer(View(journal_builder.write(tmp_path / "few", **contests((100, 200), (100, 300)), repetitions=1)))
    assert told[0] == "With 1 trial per cell (an interval needs 3) nothing is resolved in any of the 2 comparisons."


def test_one_without_a_rival(tmp_path):
    """Where all others went wrong the one that is left is named, and not called best."""
    made = contests((100, 200), (100, 300))
    for one in made["cells"]:
        one["status"] = "invalid" if one["axes"]["model"] == "processes" else "ok"
    told = answer(View(journal_builder.write(tmp_path, **made)))
    assert (
        told[0]
        == "Without a rival whose trials are all right and beyond doubt: `threads` in size 1B and `threads` in size 2B."
    )


def test_gains_of_several(tmp_path):
    """The largest gain of each model and where it is, and which gain nothing where."""
    cells = journal_builder.sweep(("cpu_sum", "sleep"), workers=(1, 2), noise=0.003,
                            rate=lambda work, model, n: 1000 * (n if model == "processes" or work == "sleep" else 1))  # fmt: skip
    told = answer(View(journal_builder.write(tmp_path, cells)))
    text = "\n".join(told)
    assert re.search(
        r"Largest gains over `serial`: `(threads|processes)` [12]\.\d+x \(.*?\) with 2 workers in (cpu_sum|sleep|cpu\\_sum), ",
        text,
    )
    assert "(a gain in 3 of 4 cases)." in text
    assert "No gain over `serial`: `threads` in cpu\\_sum." in text


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({}, "turns at the GIL or other serial time"),
        ({"cpu_s": 1.9}, "more CPU time per operation than one worker needs"),
    ],
)
def test_why_it_stops_scaling(tmp_path, facts, reason):
    """The answer tells to what most of the workers' time is lost, with whom; other facts, another reason."""
    cells = journal_builder.sweep(("cpu_sum", "sort"), workers=(1, 2, 4), rate=journal_builder.amdahl(0.0, 1.9))
    for one in cells:
        if one["axes"]["model"] == "threads":
            one["facts"] = facts
    told = answer(View(journal_builder.write(tmp_path, cells)))
    assert (
        f"With most workers their time is lost mainly to {reason} (`threads` in cpu\\_sum and `threads` in sort; at most"
        in "".join(told)
    )


def test_losses_of_several(tmp_path):
    """How many cells lost something, which lost most, and how many lost nothing."""
    text = "\n".join(answer(View(journal_builder.write(tmp_path, **scenarios.syncs()))))
    worst = r"most by `\w+` × `none`† in counter(\\_call)?: [\d.]+ % of its updates, in 6 of 6 trials \(†\)"
    assert re.search(rf"Updates were lost in 3 cells, {worst}; exactly 0 in the 25 other cells", text)


def test_faults_without_a_number(tmp_path):
    """Where every cell ends badly on purpose, the answer tells the least and the most of what was measured of that."""
    cells = [
        journal_builder.cell("faulty", model, workers=2, status="crashed", reason="killed",
                       record={"detected_s": detected})
        for model, detected in (("threads", 0.002), ("processes", 0.5))
    ]  # fmt: skip
    told = answer(View(journal_builder.write(tmp_path, cells, spec={"metrics": ["detection_s"]})))
    assert told == [
        "**2 cells did not end well** (2 crashed): see [what went wrong](#what-went-wrong).",
        "`detection_s` goes from 2.00 ms (model threads) to 500 ms (model processes).",
    ]
