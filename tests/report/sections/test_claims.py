"""The claims on the page."""

import re

import pytest

from concexp import report
from concexp.experiment.claims import of_data
from concexp.report.sections import claims
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios

SCALING = journal_builder.sweep(workers=(1, 2, 4), rate=journal_builder.amdahl(0.0, 1.9))


def claim_row(folder, claim, **made):
    made = made or {"cells": journal_builder.sweep(workers=(1, 2, 4), rate=journal_builder.amdahl(0.0, 1.9))}
    (row,) = claims.claim_rows(View(journal_builder.write(folder, **made, spec={"claims": [claim]})))
    return row


def test_a_claim_with_its_cases(tmp_path):
    """Verdict, words, what was expected and when, how many cases decided it, and each with its numbers or its reason."""
    row = claim_row(
        tmp_path, {"says": "it *grows*", "of": {"model": "processes"}, "when": "workers > 1", "expect": "speedup > 1.5"}
    )
    assert (row.word, row.says) == ("supported", "it \\*grows\\*")
    assert row.expect == "`speedup > 1.5` of model `processes` where `workers > 1`"
    assert row.summary == "of 3 cases, supported in 2 and skipped in 1."
    assert re.fullmatch(r"supported: `processes`, 2 workers: 1\.\d+x \(1\.\d+–1\.\d+\) &gt; 1\.50x", row.lines[0])
    assert row.lines[2] == "skipped: `processes`, 1 worker: it is about workers &gt; 1, and workers is 1"


@pytest.mark.parametrize(
    ("of", "shown"),
    [
        (None, "`throughput > 1`"),
        ("workers > 1", "`throughput > 1` of `workers > 1`"),
        (
            {"model": ["threads", "serial"], "workers": 2},
            "`throughput > 1` of model `threads` or `serial`, workers `2`",
        ),
        ({"gil": True}, "`throughput > 1` of gil `on`"),
    ],
)
def test_the_cells_that_it_speaks_of(of, shown):
    """As the experiment says it: a condition, or labels; nothing where it speaks of all."""
    (claim,) = of_data([{"expect": "throughput > 1", "of": of}])
    assert claims.expected(claim) == shown


def test_what_is_withheld_has_its_numbers_too(tmp_path):
    """Too few CPUs are the reason, and what was measured is given with it."""
    facts = {"facts": {"cpu_s": 1.0}}
    cells = journal_builder.sweep(
        models=("serial", "processes"), workers=(4,), rate=journal_builder.amdahl(0.0, 1.9), **facts
    )
    row = claim_row(tmp_path, {"of": {"model": "processes"}, "expect": "speedup >= 3"}, cells=cells)
    reason = "this machine gives 2 of the 4 CPUs that its workers could use; "
    assert re.fullmatch(rf"inconclusive: `processes`: {reason}1\.\d+x \(.*\) ≥ 3x", row.lines[0])


def test_the_refuted_come_first(tmp_path):
    """What refutes a claim comes before what supports it; that it is sure goes without saying."""
    row = claim_row(tmp_path, {"of": {"model": "processes"}, "expect": "speedup > 1.5"})
    assert [line.partition(":")[0] for line in row.lines] == ["refuted", "supported", "supported"]
    assert row.lines[0].endswith(" &gt; 1.50x")


def test_alike_cases_are_told_together(tmp_path):
    """Exact results and reasons that are the same make one line."""
    row = claim_row(tmp_path, {"of": "sync != none", "expect": "lost_updates == 0"}, cells=scenarios.syncs()["cells"])
    assert row.lines == [
        "supported: 22 cases: 0 = 0 in 3,282,920 operations: no more than 1 in 1,095,866 (95 %)",
        "skipped: `counter`, `asyncio`, `rlock`; `counter_call`, `asyncio`, `rlock`: asyncio has no RLock",
    ]


def test_many_lines_are_counted(tmp_path):
    """Of each verdict a few lines are shown, the others counted."""
    cells = [journal_builder.cell(model="threads", workers=n, rate=100 * n) for n in range(1, 11)]
    row = claim_row(tmp_path, {"expect": "throughput > 10"}, cells=cells)
    assert len(row.lines) == 7
    assert row.lines[-1] == "supported: 4 more cases"


@pytest.mark.parametrize(
    ("expect", "shown"),
    [
        ("startup_s < 1s", r"\d\.\d+ ms .* &lt; 1,?000 ms"),
        ("startup_s + 1ms > 1us", r"\d\.\d+ ms .* &gt; 0\.001\d* ms"),
        ("throughput == 1900/s within 10%", r"1,\d+ \(.*\) = 1,900 within 10 %"),
        ("throughput > 5 * throughput[workers=1]", r"1,\d+ \(.*\) &gt; \d,\d+ \(.*\)"),
        ("throughput / throughput[workers=1] < 3", r"1\.\d+ \(.*\) &lt; 3"),
        ("first(workers where speedup > 9) > 1", r"never &gt; 1"),
        ("status in [ok, invalid]", r"`ok` in `ok, invalid`"),
        ("status != ok or status == ok", r"`ok` ≠ `ok`; `ok` = `ok`"),
    ],
)
def test_numbers_have_their_units(tmp_path, expect, shown):
    """Both sides stand in one unit; a ratio has none, a word is a word, what never happens is never."""
    row = claim_row(tmp_path, {"of": {"model": "processes", "workers": 4}, "expect": expect})
    assert re.fullmatch(rf"\w+: `processes`(, 4 workers)?: {shown}", row.lines[0]), row.lines


def test_the_section_of_the_page(tmp_path):
    """Below the answer and the first picture, above the others; none where nothing is claimed."""
    made = {"cells": SCALING}
    run = journal_builder.write(
        tmp_path, **made, spec={"claims": [{"says": "a|b", "expect": "throughput[threads] > 1"}]}
    )
    page = report.write(run, tmp_path).read_text("utf-8")
    places = [
        page.index(text)
        for text in ("![", "## Claims", "## Side by side", "![throughput of", "## How far to trust it", "### Evid")
    ]
    assert places == sorted(places)
    row = r"^\| a\\\|b \| \d workers?: throughput [^(]* &gt; 1 \| \*\*Supported\*\* \(3 cases\) \|$"
    assert "| claimed | measured | verdict |" in page
    assert re.search(row, page, re.MULTILINE)
    assert re.search(r"^1\. supported: \d workers?: .* &gt; 1$", page, re.MULTILINE)
    bare = journal_builder.write(
        tmp_path / "bare", cells=journal_builder.sweep(workers=(1,), rate=journal_builder.amdahl())
    )
    assert "## Claims" not in report.write(bare, tmp_path / "bare").read_text("utf-8")


def test_a_claim_of_another_version(tmp_path):
    """A claim that this version cannot read is reported as skipped, and the page is written."""
    row = claim_row(tmp_path, {"expect": "throughput ~ 3"})
    assert (row.word, row.lines) == ("skipped", [])
    assert row.summary.startswith("it cannot be read: ")


def test_the_closest_call_is_short(tmp_path):
    """The case by what varies, both means, and how sure the verdict is; no intervals, which the evidence has."""
    row = claim_row(tmp_path, {"of": {"model": "processes"}, "when": "workers > 1", "expect": "speedup > 1.5"})
    assert re.fullmatch(r"`processes`, 2 workers: speedup 1\.\d+x &gt; 1\.50x", row.closest)
    mean = row.closest.partition(" &gt; ")[0].replace("speedup ", "")
    assert mean == row.lines[0].removeprefix("supported: ").partition(" (")[0]
    assert row.cases == "2 supported, 1 skipped"
    assert row.evidence == row.lines[:1]


def test_what_others_published_stands_in_the_claim(tmp_path):
    """The claim's words, the figure, and its source, whose address is a link; a user's text does nothing there."""
    claim = {
        "says": "half | as fast",
        "published": "<b>1.13x</b>",
        "source": "A. B., https://x.org/a_b?c=1, 2025",
        "expect": "throughput > 1",
    }
    row = claim_row(tmp_path, claim)
    assert row.is_published
    assert row.claimed == (
        "half \\| as fast. Published: &lt;b&gt;1.13x&lt;/b&gt; (A. B., [x.org](https://x.org/a_b?c=1), 2025)"
    )
    assert row.columns[0] == row.claimed
    own = claim_row(tmp_path / "own", {"says": "it is", "expect": "throughput > 1"})
    assert (own.claimed, own.is_published) == ("it is", False)


NOISY = [
    journal_builder.cell(rate=1000, noise=0.2),
    journal_builder.cell(model="threads", workers=2, rate=1050, noise=0.2),
]


@pytest.mark.parametrize(
    ("claim", "made", "why"),
    [
        ({"expect": "throughput > 1", "when": "cpus >= 4"}, {}, r"it takes 4 CPUs, and there are 2"),
        ({"expect": "throughput > 1", "of": {"model": "gone"}}, {}, r"none of the cells that it is about was run"),
        (
            {"expect": "throughput[threads] > 1.05 * throughput[serial]"},
            {"cells": NOISY},
            r"[\d,]+–[\d,]+ against [\d,]+–[\d,]+",
        ),
        (
            {"expect": "throughput > 1000/s", "of": {"model": "serial"}},
            {"cells": NOISY},
            r"[\d,]+–[\d,]+ against 1,000",
        ),
        (
            {"expect": "throughput[threads] == throughput[serial] within 5%"},
            {"cells": NOISY},
            r"[\d,]+–[\d,]+ against [\d,]+–[\d,]+ within 5 %",
        ),
        ({"expect": "throughput > 1"}, {"cells": NOISY, "repetitions": 2}, r"only 2 of 2 trials count"),
        (
            {"expect": "throughput > 1"},
            {"cells": [journal_builder.cell(facts={"run_queue_wait_s": 0.4})]},
            r"no trial counts, all are doubtful \(.*machine.*\)",
        ),
        (
            {"expect": "throughput > 1"},
            {"cells": [journal_builder.cell(status=["ok"] * 3 + ["timeout"] * 3)]},
            r"3 of 6 trials did not end well \(3 timeout\), and the others do not speak for them",
        ),
        (
            {"expect": "throughput > 1"},
            {
                "cells": [
                    journal_builder.cell(),
                    journal_builder.cell(model="threads", status="unsupported", reason="no such thing"),
                ]
            },
            r"",
        ),
        (
            {"expect": "throughput > 1", "of": {"model": "threads"}},
            {
                "cells": [
                    journal_builder.cell(),
                    journal_builder.cell(model="threads", status="unsupported", reason="no such thing"),
                ]
            },
            r"no such thing",
        ),
        ({"expect": "lost_updates == 0"}, {}, r"lost\\_updates was not recorded"),
        ({"expect": "throughput ~ 3"}, {}, r"it cannot be read: .*"),
    ],
)
def test_an_open_claim_says_why_in_a_clause(tmp_path, claim, made, why):
    """The guard with what there is, the doubt, the interval beside the threshold; a decided claim needs none."""
    row = claim_row(tmp_path, claim, **made)
    assert re.fullmatch(why, row.why), (row.word, row.why)
    assert bool(row.why) == (row.word in ("inconclusive", "skipped"))
    verdict = row.columns[2]
    assert verdict.startswith(f"**{row.word.capitalize()}**")
    assert verdict.endswith(f": {row.why}" if row.why else ("**", ")"))


def test_reasons_that_are_the_same_stand_once(tmp_path):
    """Of several kinds two are shown, the others counted."""
    cells = [
        journal_builder.cell(model="threads", workers=n, status="unsupported", reason=f"no {n}") for n in (1, 2, 3)
    ]
    cells += [
        journal_builder.cell(f"sleep{n}", model="threads", workers=1, status="unsupported", reason="no 1")
        for n in (1, 2)
    ]
    for one in cells:
        one["plugins"] = {"workload": "cpu_sum"}
    row = claim_row(
        tmp_path, {"of": {"model": "threads"}, "expect": "throughput > 1"}, cells=[journal_builder.cell(), *cells]
    )
    assert (row.word, row.cases, row.why) == ("skipped", "5 cases", "no 1; 2 more")
    assert row.columns[1:] == ("–", "**Skipped** (5 cases): no 1; 2 more")


def test_what_was_measured_is_shown_where_the_open_cases_have_no_numbers(tmp_path):
    """Then that of the cases that were judged."""
    cells = [
        journal_builder.cell(rate=1000),
        journal_builder.cell(model="threads", workers=2, facts={"run_queue_wait_s": 0.4}),
    ]
    row = claim_row(tmp_path, {"expect": "throughput > 10"}, cells=cells)
    assert row.word == "inconclusive"
    assert re.fullmatch(r"`serial`: throughput [\d,]+ &gt; 10", row.closest)
    assert "doubtful" in row.why


def test_a_parameter_that_follows_another_is_not_named(tmp_path):
    """Where each size has one number of operations, the size alone names the case."""
    cells = [
        journal_builder.cell(model="threads", workers=2, axes={"fib.size": size, "load.ops": ops})
        for size, ops in (("1B", 100), ("1KiB", 10))
    ]
    row = claim_row(tmp_path, {"expect": "throughput > 1"}, cells=cells)
    assert [line.partition(": ")[2].partition(": ")[0] for line in row.lines] == ["`size 1B`", "`size 1KiB`"]
