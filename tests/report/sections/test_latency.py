"""The 99th percentile in the sentences of the page and the answer."""

import pytest

from concexp import report
from concexp.report.answer import answer
from concexp.report.sections import latency
from concexp.report.sections.cells import tables as cell_tables
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios


@pytest.mark.parametrize(
    ("place", "rest"),
    [
        (1200, "; `processes` 2.94x of it."),
        (1100, "; cannot be told apart from `processes`."),
        (990, ", `processes`; `threads` 2.93x of it."),
    ],
)
def test_sentences_on_latency(tmp_path, place, rest):
    """The cell with the lowest 99th percentile, how much more the others have, or that they cannot be told apart."""
    cells = [
        journal_builder.cell(
            model=model, workers=2, facts={"service_time": sorted([[1000, 100], [own, 20 + (own == place)]])}
        )
        for model, own in (("threads", 1100), ("processes", place))
    ]
    spec = {"baseline": {}, "metrics": ["throughput", "service_time_p99_s"]}
    (text,) = latency.sentences(View(journal_builder.write(tmp_path, cells, spec=spec)))
    assert text.startswith("Lowest p99 service time ")
    assert text.endswith(rest)


def test_the_answer_on_an_open_loop(tmp_path):
    """For requests at a given rate the answer reports latency, and names no winner in throughput."""
    text = answer(View(journal_builder.write(tmp_path, **scenarios.recorded(open_loop=True))))
    assert text[0].startswith("Best p99 latency: 5.0 ms at size ")
    assert not any("is best" in one or "est throughput" in one for one in text)


def test_the_answer_on_one_open_loop(tmp_path):
    """One cell has a percentile, too."""
    facts = {"latency": journal_builder.histogram(0.05), "service_time": journal_builder.histogram(0.005)}
    made = {"cells": [journal_builder.cell("echo", "threads", workers=4, facts=facts)], "spec": {"baseline": {}}}
    assert answer(View(journal_builder.write(tmp_path, **made)))[0] == "P99 latency: 15 ms."


def test_an_overload_is_told_with_the_rate_that_is_served(tmp_path):
    """Where more arrives than can be served, answer, section and table say so, and no percentile of the latency is given."""
    facts = {"latency": journal_builder.histogram(0.05), "service_time": journal_builder.histogram(0.005), "ops": 200}
    facts |= {"latency_floor_s": [0.01, 0.2, 0.4, 0.6, 0.8], "wall_s": 1.0}
    load = {"rate": 400.0, "duration": 1.0, "arrivals": "constant"}
    over = journal_builder.cell("echo", "threads", workers=4, facts=facts, load=load, wants="io")
    calm = {**facts, "latency_floor_s": [0.01] * 5, "ops": 390}
    fine = journal_builder.cell("echo", "processes", workers=4, facts=calm, load=load, wants="io")
    for cells in ([over], [over, fine]):
        view = View(journal_builder.write(tmp_path / str(len(cells)), cells, spec={"baseline": {}}))
        assert "**Overloaded**: `threads` serves 200/s of 400/s." in answer(view)
        told = "No latency for 1 overloaded cell: it grows as long as such a load lasts. The rate that is served can be sustained."
        assert told in latency.sentences(view)
        assert not any("**Overloaded**" in text for text in latency.sentences(view))  # said once on a page
    (table,) = cell_tables(view)
    place = next(place for place, head in enumerate(table.heads) if head.startswith("p99 latency"))
    column = {row[0]: row[place] for row in table.rows}
    assert column["threads"] == "overloaded"
    assert column["processes"][0].isdigit()


def overloaded(**more):
    """Facts and load of a cell to which 400 operations arrive per second, and that serves half of them."""
    facts = {"latency": journal_builder.histogram(0.05), "latency_floor_s": [0.01, 0.2, 0.4, 0.6, 0.8], "ops": 200}
    load = {"rate": 400.0, "duration": 1.0, "arrivals": "constant"}
    return {"facts": {**facts, "wall_s": 1.0, **more}, "load": load, "wants": "io", "workers": 4}


def test_doubtful_overloads_promise_nothing(tmp_path):
    """Where all trials are doubtful the rate is marked and not called sustainable, and it is never above what arrived."""
    rates = {block: {"wall_s": wall} for block, wall in enumerate((0.3, 1.0, 3.0))}
    doubted = {**overloaded(steal_s=0.0, swapped_in=99), "by_block": rates}
    cells = [journal_builder.cell("echo", "threads", **doubted)]
    view = View(journal_builder.write(tmp_path / "one", cells, repetitions=3, spec={"baseline": {}}))
    (told,) = [text for text in answer(view) if "**Overloaded**" in text]
    assert "`threads` ‡ serves 207/s (" in told
    assert told.endswith("–400) of 400/s.")
    (told,) = [text for text in latency.sentences(view) if "overloaded" in text]
    assert told.endswith(
        "The rate that is served rests on too few trials beyond doubt (‡) to say that it can be sustained."
    )
    cells.append(journal_builder.cell("echo", "processes", **overloaded()))
    view = View(journal_builder.write(tmp_path / "two", cells, repetitions=3, spec={"baseline": {}}))
    (told,) = [text for text in latency.sentences(view) if "overloaded" in text]
    assert told.endswith("is served can be sustained; of 1 cell (‡) that is not known.")


def test_an_overload_hides_latencies_only(tmp_path):
    """How much the line grew is known just there; the percentiles of the latency are not."""
    spec = {"baseline": {}, "metrics": ["throughput", "backlog_growth", "latency_p99_s"]}
    calm = {"latency_floor_s": [0.01] * 5, "ops": 390}
    cells = [journal_builder.cell("echo", "threads", **overloaded())]
    cells.append(journal_builder.cell("echo", "processes", **overloaded(**calm)))
    (table,) = cell_tables(View(journal_builder.write(tmp_path, cells, spec=spec)))
    (row,) = [dict(zip(table.heads, row, strict=True)) for row in table.rows if "threads" in row]
    told = {head.replace("\\", "").partition(",")[0]: text for head, text in row.items()}
    assert told["p99 latency"] == "overloaded"
    assert told["backlog growth"] == "1.00"


def test_what_arrived_is_never_the_best_throughput(tmp_path):
    """In an open loop no throughput is in bold: it is the arrivals that are counted."""
    load = {"rate": 400.0, "duration": 1.0, "arrivals": "constant"}
    for where, given in (
        ("open", {"load": load, "facts": {"latency": journal_builder.histogram(0.05)}}),
        ("closed", {}),
    ):
        cells = [
            journal_builder.cell("echo", model, workers=4, wants="io", rate=rate, **given)
            for model, rate in (("threads", 400), ("processes", 380))
        ]
        view = View(journal_builder.write(tmp_path / where, cells, spec={"baseline": {}}))
        (table,) = cell_tables(view)
        assert any("**" in text for row in table.rows for text in row) is (where == "closed")


def test_too_few_operations_for_a_percentile_are_told(tmp_path):
    """The sentence says how many there are and how many it takes."""
    cells = [journal_builder.cell("echo", "threads", workers=4, facts={"service_time": [[1000, 50]]})]
    spec = {"baseline": {}, "metrics": ["throughput", "service_time_p99_s"]}
    (text,) = latency.sentences(View(journal_builder.write(tmp_path, cells, spec=spec)))
    assert text == "No p99 for 1 cell: 99 % of only 600 operations is a matter of chance: it takes 1000."


def search_cells():
    """Two cells whose trials searched for the highest rate."""
    cells = []
    for model, rate, until in (("threads", 200.0, "overloaded"), ("processes", 350.0, "latency_p99_s > 0.05")):
        facts = {"latency": journal_builder.histogram(0.05), "offered_rate": rate, "ops": round(rate)}
        facts |= {"latency_floor_s": [0.001 + 0.005 * part for part in range(5)] if rate == 200 else [0.001] * 5}
        load = {"rate": 100.0, "duration": 1.0, "arrivals": "constant", "until": until, "within": 0.05}
        cells.append(journal_builder.cell("echo", model, workers=4, facts=facts, load=load, wants="io"))
    return cells


def test_the_highest_rate_of_a_search_is_told(tmp_path):
    """The rate of the last step that was served, less what was left in the line; the highest first, with what was asked."""
    view = View(journal_builder.write(tmp_path, search_cells(), spec={"baseline": {}}, iterations=1))
    told = (
        "**Highest rate** of arrivals that is served: `processes` 350/s with 99 % of the operations within 50 ms; "
        "`threads` 195/s."
    )
    assert told in answer(view)
    assert told in latency.sentences(view)
    (table,) = cell_tables(view)
    assert any(head.startswith("sustainable") for head in table.heads)
    assert not any("**" in text for row in table.rows for text in row)


def test_no_sentence_stands_twice_on_a_page(tmp_path):
    """What the answer says of the rates is not said again in the section on latency."""
    page = report.write(journal_builder.write(tmp_path, search_cells(), spec={"baseline": {}}, iterations=1), tmp_path)
    lines = [line for line in page.read_text("utf-8").splitlines() if len(line) > 60 and not line.startswith("|")]
    assert [line for line in set(lines) if lines.count(line) > 1] == []
    assert sum("**Highest rate**" in line for line in lines) == 1


def test_rates_that_were_searched_for_are_compared(tmp_path):
    """With `primary: sustainable_rate` the highest is in bold, as any result is."""
    spec = {"baseline": {}, "primary": "sustainable_rate"}
    view = View(journal_builder.write(tmp_path, search_cells(), spec=spec, iterations=1))
    (table,) = cell_tables(view)
    assert [[text for text in row if "**" in text] for row in table.rows] == [[], ["**350**"]]
