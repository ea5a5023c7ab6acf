"""A loop that calls block is recognised from what its child recorded, and is never called best."""

import pytest

from concexp.analysis import blocking
from concexp.report.view import View
from tests.helpers import journal_builder
from tests.helpers.pages import every_sentence

LOOP = {"loops": 1, "wall_s": 0.5, "idle_s": 0.0, "cpu_s": 0.005, "run_queue_wait_s": 0.005}
WAITS = {"wall_s": 0.5, "ops": 25, "voluntary_switches": 30, "cpu_s": 0.005}


@pytest.mark.parametrize(
    ("more", "share"),
    [
        ({}, 0.98),
        ({"idle_s": 0.48}, 0.02),  # it waits for events
        ({"cpu_s": 0.5}, 0.0),  # it computes
        ({"run_queue_wait_s": 0.45}, 0.09),  # it wants a CPU and has none
        ({"cpu_s": 0.25}, 0.49),
        ({"loops": 2, "cpu_s": 0.5, "run_queue_wait_s": 0.0}, 0.5),
        ({"idle_s": 0.7}, 0.0),  # clocks differ a little
        ({"wall_s": 0.0}, 0.0),
    ],
)
def test_what_is_left_of_its_time_is_blocked(more, share):
    """Neither events, nor a CPU, nor a wait for one."""
    assert blocking.share({**LOOP, **more}) == pytest.approx(share)


def cells(asyncio, workers=16, **facts):
    """A nap on threads, which the machine disturbed, and on a loop with this time."""
    return [
        journal_builder.cell("nap", "serial", rate=49, facts=WAITS, plugins={"workload": "sleep"}),
        journal_builder.cell("nap", "threads", workers=workers, rate=750, facts={**WAITS, "throttled_s": 0.2},
                             plugins={"workload": "sleep"}),
        journal_builder.cell("nap", "asyncio", workers=workers, rate=49.1, facts={**WAITS, **facts}, noise=0.001,
                             answer={"loop": asyncio}, plugins={"workload": "sleep"}),
    ]  # fmt: skip


def test_the_page_says_it_with_the_cure(tmp_path):
    """One sentence in the answer, and no word of being best, also where all others are doubtful."""
    view = View(journal_builder.write(tmp_path, cells(LOOP), spec={"baseline": {"model": "serial"}}))
    text = "\n".join(every_sentence(view))
    assert "`asyncio` makes **one call at a time**: calls that wait without `await` block the event loop" in text
    assert "`await asyncio.to_thread(…)`" in text
    assert not [one for one in text.splitlines() if "`asyncio`" in one and ("is best" in one or "best figure" in one)]
    assert [point.model for point in view.points if point.blocked] == ["asyncio"]
    assert [point.model for point in view.points if point.can_win] == ["serial"]


@pytest.mark.parametrize(
    ("loop", "more"),
    [
        ({**LOOP, "idle_s": 0.48}, {}),
        (LOOP, {"workers": 1}),  # one call at a time is all that was asked for
    ],
)
def test_other_loops_are_not_accused(tmp_path, loop, more):
    """A loop that waits for events, and one with a single worker."""
    text = "\n".join(every_sentence(View(journal_builder.write(tmp_path, cells(loop, **more)))))
    assert "one call at a time" not in text
