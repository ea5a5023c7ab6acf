"""Cells without a timing verdict, and the evidence."""

from types import SimpleNamespace

from concexp.analysis import doubt_codes
from concexp.report.sections import doubtful
from tests.helpers import journal_builder, scenarios


def test_withheld(answer_text):
    """Where spinners show that CPUs were withheld, the page gives the reason and the evidence instead of a verdict."""
    text = answer_text(**scenarios.withheld())
    assert "**Cannot tell which model is best.** **No verdict on time" in text
    assert "([evidence](#how-far-to-trust-it)). Measure the doubtful cells (‡) again on a quiet machine." in text
    assert "No winner: " in text
    assert "Gain over" not in text
    assert (
        "**No verdict on time for 2 of 5 cells** (‡): the machine disturbed the measurement ([evidence](#how-far-to-trust-it))."
        in text
    )
    assert "did the work of 1.10 to 1.31 CPUs (median 1.21) where 2 CPUs are usable" in text
    assert "this affects 12 of 30 trials" in text
    assert "waited for a CPU" not in text


def test_waited(answer_text):
    """Where only waits for a CPU show it, these are given with their figure, and the spinners are not."""
    text = answer_text(**scenarios.waited())
    assert "waited for a CPU for 21 % of their time (median of 6 trials) although there was a CPU for each" in text
    assert "spinners" not in text


def test_stolen(answer_text):
    """Where only time stolen by the host shows it, that is named with its figure."""
    cells = journal_builder.sweep(workers=(1, 2), rate=journal_builder.amdahl(0.0, 1.9))
    cells[-1]["facts"] = {"wall_s": 0.5, "steal_s": 0.3}
    text = answer_text(cells)
    assert "the host of this virtual machine took 30 % of the CPU time (median of 6 trials); this affects 6" in text
    assert "spinners" not in text


def test_other_doubts(answer_text):
    """A doubt that is not the machine's is given in words, without its code."""
    cells = [
        journal_builder.cell(model="serial"),
        journal_builder.cell(model="threads", workers=2, facts={"server_cpu_s": 0.5}),
    ]
    assert "**No verdict on time for 1 of 2 cells** (‡): the workload's own server was the limit ([" in answer_text(
        cells
    )


def test_two_cells_are_both(answer_text):
    """All of two cells are both of them."""
    cells = [journal_builder.cell(model=m, workers=2, facts={"server_cpu_s": 0.5}) for m in ("threads", "asyncio")]
    assert "**No verdict on time for both cells** (‡): the workload's own server was the limit ([" in answer_text(cells)


def test_doubts_of_equal_counts_have_one_order():
    """Doubts that touch as many cells are listed in the order of their names, whatever Python's hash seed is."""
    codes = ["too_short", "skew", "server_bound", "leftover", "apart", "paged"]
    point = SimpleNamespace(primary="throughput", doubtful=[SimpleNamespace(doubts_about=lambda name: codes)])
    causes = [cause for cause, _ in doubtful._causes([point, point]).most_common()]
    assert causes == sorted(doubt_codes.IN_BRIEF[code] for code in codes)


def test_all_that_disturbs_is_one_reason():
    """The codes that a quiet machine cures are one reason in the answer, and count each cell once."""
    both, one = (
        SimpleNamespace(primary="throughput", doubtful=[SimpleNamespace(doubts_about=lambda name, codes=codes: codes)])
        for codes in (["slow_cpu", "queue", "machine"], ["stopped", "skew"])
    )
    assert doubtful._causes([both, one]) == {
        "the machine disturbed the measurement": 2,
        "workers started at different times": 1,
    }


def test_a_reason_of_some_cells_has_their_number(answer_text):
    """Where not all doubtful cells share a reason, it says how many have it."""
    cells = [
        journal_builder.cell(model="threads", workers=2, facts={"server_cpu_s": 0.5}),
        journal_builder.cell(model="processes", workers=2, facts={"server_cpu_s": 0.5, "start_skew_s": 0.5}),
    ]
    text = answer_text(cells)
    assert "(‡): the workload's own server was the limit and workers started at different times (1 of them) ([" in text
