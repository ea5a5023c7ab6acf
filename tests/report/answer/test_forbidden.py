"""What not to use where forbidden outcomes must not come: by the labels that tell what came to them from what never did."""

import pytest

from concexp.report.answer import what_to_do
from concexp.report.text.language import written_in
from concexp.report.view import View
from tests.helpers import journal_builder, scenarios

GRADES = {"once": "acceptable", "twice": "forbidden"}
ENTRY = {"form": "function", "returns": "any", "target": "my.py:f", "check": "", "version": "", "outcomes": GRADES}


def advice(folder, twice, workload="mine", **more):
    """The advice on cells of user code `mine` of which so many of 100 calls came to `twice`, by (model, primitive)."""
    cells = [
        journal_builder.cell(workload, model, sync, 2, plugins={"workload": "cpu_sum"}, status="invalid" if n else "ok",
                             counts={"outcomes": 100, "outcomes.once": 100 - n, "outcomes.twice": n}, **more)
        for (model, sync), n in twice.items()
    ]  # fmt: skip
    manifest = {"preflight": {"entries": {"mine": ENTRY}}}
    spec = {"baseline": {}}
    return what_to_do(
        View(journal_builder.write(folder, cells, repetitions=3, iterations=1, manifest=manifest, spec=spec))
    )


def test_arguments_that_compete(tmp_path):
    """One label that all bad cells have, and no good one, stands for them; what came and how often follows."""
    view = View(journal_builder.write(tmp_path, **scenarios.habits()))
    text = "do not use `safe False` where `made_again` or `popped_from_empty` must never come: they came in 0.300 % to 93.7 %"
    assert what_to_do(view).startswith(f"{text}, never in 72,000 outcomes with `safe True`")
    with written_in("zh"):
        assert "`safe False`" in what_to_do(view)


@pytest.mark.parametrize(
    ("twice", "text"),
    [
        ({("threads", "none"): 99, ("threads", "lock"): 0, ("processes", "none"): 9, ("processes", "lock"): 0},
         "do not use `none` where `twice` must never come: it came in 9.00 % to 99.0 %, never in 600 outcomes with `lock`"),
        ({("threads", "none"): 99, ("threads", "lock"): 99, ("asyncio", "none"): 0, ("asyncio", "lock"): 0},
         "do not use `threads` where `twice` must never come: it came in 99.0 %, never in 600 outcomes with `asyncio`"),
        ({("threads", "none"): 99, ("threads", "lock"): 0, ("asyncio", "none"): 0, ("asyncio", "lock"): 0},
         "do not use `threads` × `none` where `twice` must never come: it came in 99.0 %, never in 900 outcomes with "
         "`threads` × `lock`, `asyncio` × `none` or `asyncio` × `lock`"),
        ({("threads", "none"): 99, ("threads", "lock"): 1},
         "do not use `none` or `lock` where `twice` must never come: it came in 1.00 % to 99.0 %"),
    ],
)  # fmt: skip
def test_models_and_primitives(tmp_path, twice, text):
    """The fewest that tell good from bad are named; where everything is bad nothing is said to be good."""
    said = advice(tmp_path, twice)
    assert said.startswith((f"{text};", f"{text}."))


def test_what_is_bad_elsewhere_is_not_recommended(tmp_path):
    """A cell whose code names no outcomes may win, but not with what came to a forbidden one."""
    cells = [
        journal_builder.cell("mine", "threads", sync, 2, plugins={"workload": "cpu_sum"}, status="invalid" if n else "ok",
                             counts={"outcomes": 100, "outcomes.once": 100 - n, "outcomes.twice": n})
        for sync, n in {"none": 5, "lock": 0}.items()
    ]  # fmt: skip
    cells += [
        journal_builder.cell("cpu_sum", "threads", sync, 2, rate=rate)
        for sync, rate in {"none": 2e3, "lock": 1e3}.items()
    ]
    manifest = {"preflight": {"entries": {"mine": ENTRY}}}
    view = View(journal_builder.write(tmp_path, cells, manifest=manifest, spec={"baseline": {}}))
    assert "use `none`" not in what_to_do(view).replace("do not use `none`", "")


def test_nothing_forbidden_came(tmp_path):
    """Then there is nothing to keep away from."""
    assert "do not use" not in advice(tmp_path, {("threads", "none"): 0, ("threads", "lock"): 0})
