"""What the page says about the differences it can resolve, and whether the wanted precision was reached."""

import re
from dataclasses import replace

import pytest

from concexp import report
from concexp.report.sections import precision as limits
from concexp.report.text.numbers import rounded
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios
from tests.helpers.pages import answer_and_details

HEAD = "## How far to trust it"


@pytest.fixture
def view(tmp_path):
    """The view of a made-up run."""
    return lambda **more: View(journal_builder.write(tmp_path, **more))


def answered(found):
    return "\n".join(answer_and_details(found))


def measured(precision="", **more):
    """A run of two cells, one quiet and one noisy, whose experiment wanted this."""
    cells = [
        journal_builder.cell(rate=1000, noise=0.0001),
        journal_builder.cell(model="threads", workers=2, rate=1500, noise=0.2),
    ]
    measure = {"repetitions": 8, "timeout": "60s", **more}
    if precision:
        measure["precision"] = precision
    return {"cells": cells, "repetitions": 8, "spec": {"measure": measure}}


def test_the_noise_floor_is_on_the_page(tmp_path):
    """The factor, the cell that was measured twice, the ratio with its interval, and the absence of a drift."""
    run = journal_builder.write(tmp_path, **scenarios.watched())
    page = report.write(run, tmp_path).read_text("utf-8").partition(HEAD)[2]
    (floor,) = View(run).floors
    assert f"Noise floor: {rounded(100 * (floor.factor - 1), 2)} %. " in page
    assert "cpu\\_sum · model serial, measured twice, differed by " in page
    assert "No drift: the same small work changed by " in page
    assert "`drift`" not in page


def test_a_control_unlike_its_cell_is_told(view):
    """Where a cell differs from its own control, the page says that both are the same."""
    (sentence,) = [line for line in limits.assurances(view(**scenarios.watched(unlike=1.2))) if "Noise floor" in line]
    assert re.search(r"differed by (19|20|21) %( \([^)]*\))?, although it is the same\.$", sentence)


@pytest.mark.parametrize(("drift", "word"), [(0.03, "longer"), (-0.03, "less")])
def test_a_drift_is_a_reason_for_doubt(view, drift, word):
    """Three percent a block are a drift over ten of them, slower or faster, and no longer called none."""
    found = view(**scenarios.watched(drift=drift))
    (sentence,) = limits.threats(found)
    assert sentence.startswith("`drift`: the same small work")
    assert f") {word} at the end" in sentence
    assert not any("drift" in line for line in limits.assurances(found))


def test_an_effect_beyond_the_floor_is_resolved(view):
    """5 % between two cells whose noise is a tenth of it: the better is best, and no floor is mentioned."""
    cells = [
        journal_builder.cell(rate=1000, noise=0.001),
        journal_builder.cell(model="threads", workers=2, rate=1050, noise=0.001),
    ]
    calm = answered(view(cells=cells, repetitions=10, beside=[("control", cells[0])]))
    assert "is best: " in calm
    assert "noise floor" not in calm


def test_an_effect_within_a_high_floor_is_not_resolved(view):
    """15 % where the same cell is 20 % beside itself: not resolved, and why, for the best and for the others."""
    cells = [
        journal_builder.cell(rate=1000, noise=0.001),
        journal_builder.cell(model="threads", workers=2, rate=1150, noise=0.001),
        journal_builder.cell(model="asyncio", workers=2, rate=1140, noise=0.001),
        journal_builder.cell(model="processes", workers=2, rate=860, noise=0.001),
    ]
    control = {**cells[0], "rate": 1200.0}
    text = answered(view(cells=cells, repetitions=10, beside=[("control", control)]))
    assert "has the best figure" in text
    assert "but cannot be told apart from" in text
    assert "`serial` (within the noise floor of 20 %)" in text
    unresolved = re.search(r"^Cannot be told apart from `serial`: (.*)$", text, re.MULTILINE)[1].split("; ")
    assert [text.split(" ")[0] for text in unresolved] == ["`asyncio`", "`processes`"]
    assert all("within the noise floor of 20 %" in text for text in unresolved)


def test_a_floor_is_the_workloads_own(view):
    """Workloads without a control borrow the floor of the one with it."""
    found = view(**scenarios.watched(unlike=1.2))
    own, other = found.comparisons
    assert found.floor(own.points) == found.floors[0]
    assert found.floor(other.points) == replace(found.floors[0], borrowed=True)
    assert found.floors[0].factor > 1.2
    floors = {
        comparison.points[0].labels["workload"]: found.floor(comparison.points) for comparison in found.comparisons
    }
    assert set(floors) == {"cpu_sum", "sleep"}


def test_a_precision_that_was_reached(view):
    """All intervals are as narrow as was wanted: an assurance, and no threat."""
    found = view(**measured("40%", max_repetitions=50))
    assert limits.assurances(found) == ["Every interval of throughput is within ±40 % of its mean, as wanted."]
    assert limits.threats(found) == []


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"max_repetitions": 8}, "The limit of 8 repetitions (`max_repetitions`) ended the run"),
        ({"budget": "26s"}, "The budget of 26 s ended the run"),  # 16 trials of 1.5 s are 24 s; a block would take 3 s
        ({"budget": "600s"}, "The run is not finished (the same command continues it): it stopped"),
    ],
)
def test_a_precision_that_was_not_reached(view, more, reason):
    """Which cells are not so narrow, how wide they are, and what ended the run before."""
    found = view(**measured("3%", **more))
    (sentence,) = limits.threats(found)
    half = found.points[1].value("throughput")
    width = 100 * (half.hi - half.lo) / 2 / half.mean
    assert sentence == (
        f"{reason} before every interval of throughput was within ±3 % of its mean; not so narrow: "
        f"model threads ±{width:.0f} %."
    )


def test_claims_and_cells_that_trials_did_not_settle(view):
    """An open claim by its words, and a cell without an interval with how its trials ended, beside the intervals."""
    made = measured("40%", max_repetitions=8)
    made["cells"].append(journal_builder.cell(model="processes", workers=2, status="crashed", reason="it fell"))
    near = {"says": "threads *gain*", "of": {"model": "threads"}, "expect": "throughput > 1500"}
    made["spec"]["claims"] = [near, {"of": {"model": "serial"}, "expect": "throughput > 10"}]
    (sentence,) = limits.threats(view(**made))
    assert sentence == (
        "The limit of 8 repetitions (`max_repetitions`) ended the run before every claim was settled; inconclusive: "
        "threads \\*gain\\*. No interval of throughput, and more trials would not give one: model processes (8 crashed)."
    )


def test_repetitions_that_the_budget_did_not_allow(view):
    """Eight of ten blocks were run: the budget ended the run, and the page says so."""
    (sentence,) = limits.threats(
        view(**measured(budget="26s") | {"spec": {"measure": {"repetitions": 10, "budget": "26s"}}})
    )
    assert sentence == "The budget of 26 s ended the run after 8 of 10 repetitions of every cell."


def test_a_budget_that_was_enough(view):
    """With all repetitions done there is nothing to report."""
    assert limits.threats(view(**measured(budget="26s"))) == []


def test_a_wide_interval_is_not_called_no_drift(view):
    """A sentinel that scatters widely may have drifted or not: the page says that it cannot tell, and how far it scatters."""
    loud = scenarios.watched()
    for role, cell in loud["beside"]:
        if role == "sentinel":
            cell["noise"] = 0.4
    (sentence,) = [text for text in limits.assurances(view(**loud)) if "drifted" in text]
    assert sentence.startswith("Cannot tell whether the machine drifted: the same small work changed by ")
    assert re.search(r"its slowest block took \d\.\d+ times as long as the fastest", sentence)


def test_what_a_percentile_lacked_and_what_trials_cannot_give_it(view):
    """Too few operations are told with what it takes; an overload as what more trials would not cure."""
    timed = {"service_time": [[1000, 100]], "latency": [[1000, 100]]}
    overloaded = {**timed, "latency_floor_s": [0.001 + 0.1 * part for part in range(5)]}
    made = measured("3%", max_repetitions=8)
    load = {"rate": 1000.0, "duration": 0.5, "arrivals": "constant"}
    made["cells"] = [
        journal_builder.cell("sleep", model, workers=2, wants="io", facts={**facts, "ops": 1000}, load=load)
        for model, facts in (("threads", timed), ("processes", overloaded))
    ]
    made["spec"] |= {"primary": "latency_p99_s", "baseline": {}}
    found = view(**made, iterations=1)
    (sentence,) = [line for line in limits.threats(found) if "interval" in line]
    assert sentence == (
        "The limit of 8 repetitions (`max_repetitions`) ended the run before every cell had enough operations for p99 latency; too "
        "few: model threads (99 % of only 800 operations is a matter of chance: it takes 1000). No interval of p99 latency, and "
        "more trials would not give one: model processes (more operations arrived than were served, so that the latency depends on "
        "how long the load lasted)."
    )


def test_a_sentinel_in_too_few_blocks_says_nothing(view):
    """Five blocks show no drift, and exclude none: there is nothing to say."""
    assert not [text for text in limits.assurances(view(**scenarios.watched(repetitions=5))) if "drift" in text]
