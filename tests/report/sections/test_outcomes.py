"""The table of outcomes: what code names, and what workloads lost, with grades."""

from concexp import report
from concexp.report.answer import answer, what_to_do
from concexp.report.phrases import cell_on_page
from concexp.report.sections import outcomes
from concexp.report.text.numbers import rounded
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios

GRADES = {"once": "acceptable", "late": "interesting", "twice": "forbidden"}
ENTRY = {"form": "function", "returns": "any", "target": "my.py:f", "check": "", "version": "", "outcomes": GRADES}


def counts(once, late=0, twice=0, **more):
    named = {"once": once, "late": late, "twice": twice, **more}
    return {"outcomes": sum(named.values()), **{f"outcomes.{name}": n for name, n in named.items()}}


def made(folder, *cells, **more):
    """A run of cells of user code `mine` with these counts."""
    given = [
        journal_builder.cell("mine", axes={"workload.safe": label}, plugins={"workload": "cpu_sum"}, **one)
        for label, one in zip(("no", "yes", "very", "so so"), cells, strict=False)
    ]
    manifest = {"preflight": {"entries": {"mine": ENTRY}}}
    return journal_builder.write(folder, given, repetitions=3, iterations=1, manifest=manifest, **more)


def test_how_often_each_outcome_came(tmp_path):
    """A cell with one that is not acceptable has rows of its own; the others are taken together, with what never came."""
    bad = {"status": ["invalid", "invalid", "ok"], "counts": lambda block: counts(8, 1, 0 if block == 2 else 2)}
    run = made(tmp_path, bad, {"counts": counts(10)}, {"counts": counts(20)})
    rows = [(row.cells, row.result, row.often, row.grade) for row in outcomes.rows(View(run))]
    assert rows == [
        ("safe no", "`once`", "24 of 31 (77.4 %), in 3 of 3 trials", "acceptable"),
        ("", "`late`", "3 of 31 (9.68 %), in 3 of 3 trials", "**interesting**"),
        ("", "`twice`", "4 of 31 (12.9 %), in 2 of 3 trials", "**forbidden**"),
        ("safe yes; safe very", "`once`", "90 of 90 (100 %), in 6 of 6 trials", "acceptable"),
        ("", "`late`", "never in 90 outcomes", "interesting"),
        ("", "`twice`", "never in 90 outcomes", "forbidden"),
    ]
    page = report.write(run, tmp_path).read_text("utf-8")
    assert "## Outcomes\n\n| | result | how often | grade |\n" in page
    assert "A trial with a forbidden outcome is wrong (†)." in page
    said = answer(View(run))
    assert "Forbidden outcomes: safe no came to `twice` in 12.9 %. The 2 other cells never came to one." in said
    assert not any("Wrong outcome" in one for one in said)  # once is enough


def test_the_share_of_the_forbidden_is_a_picture(tmp_path):
    """The first one of a page whose answer begins with it; without a forbidden outcome there is none."""
    run = made(tmp_path, {"status": "invalid", "counts": counts(8, 0, 2)}, {"counts": counts(10)})
    assert outcomes.forbidden_shares(View(run)) == {
        point.cell: share for point, share in zip(View(run).points, (0.2, 0.0), strict=True)
    }
    page = report.write(run, tmp_path).read_text("utf-8")
    assert "![Share of forbidden outcomes, a field per cell. no: 20 %. yes: 0.](figures/outcomes.png)" in page
    good = made(tmp_path / "good", {"counts": counts(10)}, {"counts": counts(10)})
    assert "forbidden outcomes, a field" not in report.write(good, tmp_path / "good").read_text("utf-8")


def test_what_nobody_declared_is_forbidden(tmp_path):
    """It has a row where it came."""
    run = made(tmp_path, {"status": "invalid", "counts": counts(8, undeclared=2)}, {"counts": counts(10)})
    rows = outcomes.rows(View(run))
    assert [(row.result, row.grade) for row in rows[:2]] == [
        ("`once`", "acceptable"), ("`undeclared`", "**forbidden**"),
    ]  # fmt: skip
    assert not any(row.result == "`undeclared`" for row in rows[2:])


def test_where_nothing_was_forbidden(tmp_path):
    """The answer says in how many outcomes, and the table that they never came."""
    view = View(made(tmp_path, {"counts": counts(10)}))
    assert "No outcome was forbidden, in 30 outcomes." in answer(view)
    assert [row.often for row in outcomes.rows(view)][1:] == ["never in 30 outcomes"] * 2
    assert not outcomes.has_forbidden(view)


def test_what_a_workload_lost_is_an_outcome(tmp_path):
    """Updates that were lost are forbidden; cells of one worker are left out, and so is a run in which nothing was lost."""
    rows = outcomes.rows(View(journal_builder.write(tmp_path, **scenarios.syncs())))
    lost = [row for row in rows if row.grade == "**forbidden**"]
    assert lost
    assert {row.result for row in rows} == {"updates that were lost", "updates that were not lost"}
    assert any(row.cells.endswith(" cells") for row in rows)
    cells = [journal_builder.cell("counter", "threads", workers=2, counts={"lost_updates": 0})]
    assert outcomes.rows(View(journal_builder.write(tmp_path / "none", cells))) == []
    cells = [journal_builder.cell("counter", "threads", workers=1, counts={"lost_updates": 3})]
    assert outcomes.rows(View(journal_builder.write(tmp_path / "one", cells))) == []


def test_torn_reads_are_outcomes(tmp_path):
    """They stand in the same table, of all reads; one that does not say how many there were has no table."""
    view = View(journal_builder.write(tmp_path, **scenarios.readers()))
    assert [(row.cells, row.result, row.often) for row in outcomes.rows(view)[:2]] == [
        ("model threads · none", "reads that were torn", "492 of 10,800 (4.56 %), in 6 of 6 trials"),
        ("", "reads that were not torn", "10,308 of 10,800 (95.4 %), in 6 of 6 trials"),
    ]
    assert "never in 21,600 reads" in [row.often for row in outcomes.rows(view)]
    said = answer(view)[0]
    assert "`threads` without synchronisation tore 4.6 % of the reads, in 6 of 6 trials (†)" in said
    assert "No reads were torn by" in said
    assert what_to_do(view).startswith(
        "do not use `threads` or `processes` without synchronisation where every read counts"
    )
    cells = scenarios.readers()["cells"]
    for one in cells:
        del one["counts"]["reads"]
    view = View(journal_builder.write(tmp_path / "before", cells))
    assert outcomes.rows(view) == []
    assert "`threads` without synchronisation tore 41.0 reads per iteration, in 6 of 6 trials" in " ".join(answer(view))


def test_every_figure_of_the_table_is_what_was_recorded(tmp_path):
    """Counts, shares and numbers of trials of cells with rows of their own, counted again from the iterations; so are the sums."""
    view = View(journal_builder.write(tmp_path, **scenarios.habits()))
    points, found = {cell_on_page(view, point): point for point in view.points}, outcomes.rows(view)
    read = 0
    cells = ""
    for row in found:
        cells = row.cells or cells
        frames = [view.run.rows(points[name].cell) for name in cells.split("; ")]
        column = f"outcomes.{row.result.strip('`')}"
        count = sum(int(frame[column].sum()) for frame in frames)
        of = sum(int(frame["outcomes"].sum()) for frame in frames)
        trials = sum(frame.loc[frame[column] > 0, "trial"].nunique() for frame in frames)
        every = sum(frame["trial"].nunique() for frame in frames)
        if count:
            share = rounded(100 * count / of)
            assert row.often == f"{count:,} of {of:,} ({share} %), in {trials} of {every} trials"
        else:
            assert row.often == f"never in {of:,} outcomes"
        read += 1
    assert read == len(found) > 6


def test_a_run_without_outcomes_has_no_table(tmp_path):
    """Nor has one whose trials ended before they named any."""
    assert outcomes.rows(View(journal_builder.write(tmp_path, **scenarios.scaling()))) == []
    assert outcomes.rows(View(made(tmp_path / "bad", {"status": "failed"}))) == []


def test_claims_count_outcomes(tmp_path):
    """A count that is always 0 is a fact, of so many outcomes."""
    spec = {
        "claims": [{"expect": "outcomes.twice == 0"}, {"of": {"workload.safe": "no"}, "expect": "outcomes.late > 0"}]
    }
    view = View(made(tmp_path, {"counts": counts(8, 1)}, {"counts": counts(10)}, spec=spec))
    first, second = view.verdicts
    assert (first.outcome, second.outcome) == ("supported", "supported")
    assert [(case.zero.count, case.zero.of) for case in first.cases] == [(27, "outcome"), (30, "outcome")]
