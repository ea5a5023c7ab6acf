"""The answer about versions of the user's code: faster, slower, the same within some percent, or cannot tell."""

import re

import pytest

from concexp.report.answer import answer, finding, versions, what_to_do
from concexp.report.view import View
from tests.helpers import journal_builder

MANIFEST = {
    "versions": {
        "main": {
            "kind": "commit",
            "identity": "1a2b3c4" * 5 + "12345",
            "commit": "1a2b3c4" * 5 + "12345",
            "folder": "main",
        },
        "worktree": {"kind": "worktree", "identity": "f" * 64, "folder": "worktree"},
    },
    "user_code": {"main/my.py": "a" * 64, "worktree/my.py": "b" * 64},
}


def cells(rates, code=("main", "worktree"), workload="my.py:parse", **more):
    """Two versions of one function on each model; `rates` are (main's, worktree's) by model."""
    return [
        journal_builder.cell(
            workload, model, workers=None if model == "serial" else 2, rate=rate, unit="call",
            plugins={"workload": workload}, axes={"code": label}, **more,
        )
        for model, pair in rates.items()
        for label, rate in zip(code, pair, strict=True)
    ]  # fmt: skip


@pytest.fixture
def viewed(tmp_path):
    """The view of a made-up run of versions, with a control."""

    def viewed(found, repetitions=20, **more):
        spec = {"baseline": {"code": "main"}, **more.pop("spec", {})}
        given = {"manifest": MANIFEST, "beside": [("control", dict(found[0]))], **more}
        return View(journal_builder.write(tmp_path, found, repetitions=repetitions, spec=spec, **given))

    return viewed


def test_slower_under_one_model_and_the_same_elsewhere(viewed):
    """The first sentence says where, by how much, and what holds elsewhere; the second how sure that is."""
    view = viewed(cells({"serial": (1000, 1000), "threads": (1000, 880), "processes": (2000, 2000)}))
    first, sure = answer(view)
    assert re.fullmatch(
        r"\*\*my\.py:parse\*\*: `worktree` is 1[345] % slower than `main` \(1\d(\.\d)?–1\d(\.\d)? %\) under `threads`; "
        r"no difference beyond [012](\.\d+)? % elsewhere\.",
        first,
    )
    assert sure.startswith(
        "Of 3 comparisons corrected together: were the versions equal, any difference would be named in 5 %"
    )
    assert re.search(r"Noise floor: [012](\.\d+)? %, ", sure)
    assert finding(view).startswith("my.py:parse: worktree is 1")
    assert what_to_do(view) == ""


def test_faster_is_said_as_such(viewed):
    """The other way round, and of two versions under the only model no condition is named."""
    (first, sure) = answer(viewed(cells({"serial": (1000, 1100)})))
    assert re.fullmatch(r"\*\*my\.py:parse\*\*: `worktree` is [\d.]+ % faster than `main` \(.* %\)\.", first)
    assert sure.startswith("Were the versions equal, a difference would be named in 5 % of runs at most.")


def test_a_factor_of_two_is_said_as_one(viewed):
    """`takes 3 times as long`, and not 200 % slower."""
    assert re.search(
        r"`worktree` takes 3\.0\d? times as long as `main`", answer(viewed(cells({"serial": (3000, 1000)})))[0]
    )


def test_equal_versions_are_the_same_within_a_bound(viewed):
    """The bound is that of the interval, and no less than the noise floor."""
    view = viewed(cells({"serial": (1000, 1000)}))
    assert re.match(
        r"\*\*my\.py:parse\*\*: no difference of `worktree` from `main` beyond [012](\.\d+)? %\.", answer(view)[0]
    )
    (row,) = versions.table(view).rows
    assert row[-1].startswith("the same within ")


def test_what_is_too_noisy_cannot_be_told(viewed):
    """An interval that reaches beyond the margin is neither a difference nor none."""
    (first, _) = answer(viewed(cells({"serial": (1000, 1010)}, noise=0.2), repetitions=8))
    assert re.match(
        r"\*\*my\.py:parse\*\*: cannot tell whether `worktree` is slower or faster than `main` \(from \d+ % faster to",
        first,
    )


def test_too_few_trials_give_no_verdict(viewed):
    """Two trials have no interval."""
    assert (
        "no verdict on `worktree` with 2 trials per cell"
        in answer(viewed(cells({"serial": (1000, 700)}), repetitions=2))[0]
    )


def test_the_reference_is_that_of_the_baseline(viewed):
    """Without one it is the first version."""
    found = cells({"serial": (1000, 800)})
    assert "`main` is 25 % faster than `worktree`" in answer(viewed(found, spec={"baseline": {"code": "worktree"}}))[
        0
    ].replace("24 %", "25 %").replace("26 %", "25 %")


def test_what_only_one_version_has_is_said(viewed):
    """Its cell in the other version has a reason, and nothing is compared with it."""
    found = cells({"serial": (1000, 1000)})
    new = cells({"serial": (500, 500)}, workload="my.py:added")
    new[0] |= {"status": "unsupported", "reason": "not in main (1a2b3c4): my.py defines no function 'added'"}
    texts = answer(viewed([*found, *new]))
    assert "Not compared: `my.py:added`, not in main (1a2b3c4): my.py defines no function 'added'." in texts
    assert "`main` is" not in " ".join(texts)


def test_other_answers_and_equal_code_are_said(viewed):
    """Trials stay valid; a reader must know."""
    differs = {
        "workload": "my.py:parse",
        "version": "worktree",
        "against": "main",
        "difference": "operation 1 returned 3, in main 2",
    }
    equal = {
        **MANIFEST,
        "user_code": {"main/my.py": "a" * 64, "worktree/my.py": "a" * 64},
        "preflight": {"versions": [differs]},
    }
    text = " ".join(answer(viewed(cells({"serial": (1000, 1000)}), manifest=equal)))
    assert (
        "`my.py:parse` returns something else in `worktree` than in `main`: operation 1 returned 3, in main 2." in text
    )
    assert "`worktree` ran the same code as `main`: no imported file differs" in text


def test_the_table_has_each_comparison(viewed):
    """The reference with its commit, both figures, the change with its interval, and the verdict."""
    found = versions.table(viewed(cells({"serial": (1000, 1000), "threads": (1000, 880)})))
    assert found.heads == ["cell", "main (1a2b3c4), calls/s", "worktree, calls/s", "change", "verdict"]
    assert [row[0] for row in found.rows] == ["my.py:parse · `serial`", "my.py:parse · `threads`"]
    assert re.fullmatch(r"1\d % slower \(.*\)", found.rows[1][3])
    assert found.rows[1][-1] == "**slower**"
